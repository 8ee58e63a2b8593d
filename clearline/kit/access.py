"""Every address says who may open it; a test walks all of them."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeVar

View = TypeVar("View", bound=Callable[..., object])
MARK: Final = "open_to"


class Audience(StrEnum):
    """Who may open a page. Staff roles are named as in trust/safeguards."""

    EVERYONE = "everyone"
    CUSTOMER = "customer"  # signed in; what is another's is not found
    APP = "app"  # the app of a customer, by the key that it was given; never by a cookie
    SUPPORT = "support"
    BILLING = "billing"
    MARKETER = "marketer"
    PRIVACY_OFFICER = "privacy_officer"
    SECURITY_OFFICER = "security_officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


def open_to(*audience: Audience) -> Callable[[View], View]:
    """Say who may open a view. It marks only: what keeps others out stands in the edge."""

    def mark(view: View) -> View:
        setattr(view, MARK, frozenset(audience))
        return view

    return mark


def audience_of(view: object) -> frozenset[Audience] | None:
    """Return who may open a view, or None when it does not say."""
    told: frozenset[Audience] | None = getattr(view, MARK, None)
    return told
