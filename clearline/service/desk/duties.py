"""What each role of the staff may see of a customer whom they opened: one table. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from clearline.policy.vocabulary import Category
from clearline.service.accounts.roles import AddressKind
from clearline.trust.safeguards.roles import Role


class Field(StrEnum):
    """One thing that a customer's page for the staff may tell, in the order in which it does."""

    NAME = "name"
    SCREEN_NAME = "screen_name"
    EMAIL = "email"
    ACCOUNT_NUMBER = "account_number"
    ACCOUNT_KIND = "account_kind"
    BUSINESS_NAME = "business_name"
    LINES = "lines"
    SERVICE_ADDRESS = "service_address"
    BILLING_ADDRESS = "billing_address"
    AGE_RANGE = "age_range"
    STATE = "state"
    AGREEMENT = "agreement"
    TEAM = "team"
    CHOICES = "choices"


# docs/access.md shows the same table; a test compares the two.
DUTIES: Final[Mapping[Role, tuple[Field, ...]]] = {
    Role.SUPPORT: (
        Field.NAME,
        Field.SCREEN_NAME,
        Field.EMAIL,
        Field.ACCOUNT_NUMBER,
        Field.ACCOUNT_KIND,
        Field.BUSINESS_NAME,
        Field.LINES,
        Field.SERVICE_ADDRESS,
        Field.STATE,
        Field.AGREEMENT,
        Field.TEAM,
    ),
    Role.BILLING: (
        Field.NAME,
        Field.EMAIL,
        Field.ACCOUNT_NUMBER,
        Field.ACCOUNT_KIND,
        Field.BUSINESS_NAME,
        Field.BILLING_ADDRESS,
        Field.STATE,
    ),
    Role.PRIVACY_OFFICER: (
        Field.NAME,
        Field.EMAIL,
        Field.ACCOUNT_NUMBER,
        Field.AGE_RANGE,
        Field.STATE,
        Field.AGREEMENT,
        Field.CHOICES,
    ),
}
# Sealed by its parts.
ADDRESSES: Final[Mapping[Field, AddressKind]] = {
    Field.SERVICE_ADDRESS: AddressKind.SERVICE,
    Field.BILLING_ADDRESS: AddressKind.BILLING,
}
# What else is sealed; the others are told by rows that say nothing of a person by themselves.
SEALED: Final[Mapping[Field, Category]] = {
    Field.NAME: Category.NAME,
    Field.SCREEN_NAME: Category.ACCOUNT_USERNAME,
    Field.EMAIL: Category.CONTACT_EMAIL,
    Field.ACCOUNT_NUMBER: Category.ACCOUNT,
    Field.BUSINESS_NAME: Category.CONTACT_ORGANIZATION,
    Field.LINES: Category.CONTACT_PHONE_NUMBER,
    Field.AGE_RANGE: Category.DEMOGRAPHIC_AGE_RANGE,
    Field.CHOICES: Category.PRIVACY_PREFERENCES,
}


def roles_at_desk(roles: Iterable[Role]) -> tuple[Role, ...]:
    """Return those of some roles whose work is with customers, always in one order."""
    given = frozenset(roles)
    return tuple(role for role in DUTIES if role in given)


def fields_of(roles: Iterable[Role]) -> tuple[Field, ...]:
    """Return what these roles may see together, in the order of the page."""
    seen = {field for role in roles_at_desk(roles) for field in DUTIES[role]}
    return tuple(field for field in Field if field in seen)
