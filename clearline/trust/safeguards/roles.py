"""What a login is for, and what someone of the staff may do."""

from enum import StrEnum


class LoginKind(StrEnum):
    STAFF = "staff"
    CUSTOMER = "customer"


class Role(StrEnum):
    """What someone of the staff may do. Roles add up."""

    SUPPORT = "support"  # opens a customer at a contact, for a quarter of an hour
    BILLING = "billing"  # likewise
    MARKETER = "marketer"  # sees figures, and no customer
    PRIVACY_OFFICER = "privacy_officer"
    SECURITY_OFFICER = "security_officer"  # the ledger and the health of the site
    AUDITOR = "auditor"  # the ledger alone
    ADMINISTRATOR = "administrator"  # manages the staff, and sees no customer
