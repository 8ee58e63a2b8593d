"""What a login is for, and what someone of the staff may do."""

from enum import StrEnum


class LoginKind(StrEnum):
    STAFF = "staff"
    CUSTOMER = "customer"


class Role(StrEnum):
    """What someone of the staff may do. Roles add up."""

    MARKETER = "marketer"
    ADMINISTRATOR = "administrator"
