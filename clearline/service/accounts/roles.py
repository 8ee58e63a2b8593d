"""Kinds of accounts, and what a person may do in one."""

from enum import StrEnum


class AccountKind(StrEnum):
    PERSONAL = "personal"
    BUSINESS = "business"


class MemberRole(StrEnum):
    """What somebody may do in an account. Each account has exactly one owner."""

    OWNER = "owner"
    BILLING = "billing"
    OWN_LINES = "own_lines"
    READ_ONLY = "read_only"
