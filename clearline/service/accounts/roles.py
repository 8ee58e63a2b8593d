"""Closed lists: kinds of accounts, addresses and devices, and what a person may do in one."""

from enum import StrEnum


class AccountKind(StrEnum):
    """Whose contract an account is: the person's who owns it, or a business's."""

    PERSONAL = "personal"
    BUSINESS = "business"


class MemberRole(StrEnum):
    """What somebody may do in an account. Each account has exactly one owner."""

    OWNER = "owner"
    BILLING = "billing"
    OWN_LINES = "own_lines"
    READ_ONLY = "read_only"


class AddressKind(StrEnum):
    """What a postal address is for."""

    BILLING = "billing"
    SERVICE = "service"


class DeviceKind(StrEnum):
    """With what a service is used, where it matters for setting it up."""

    DESK_PHONE = "desk_phone"
    ADAPTER = "adapter"
    COMPUTER = "computer"
    MOBILE = "mobile"
