"""Every address says who may open it, and a test walks all of them; which are ours to lead to."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeVar

View = TypeVar("View", bound=Callable[..., object])
MARK: Final = "open_to"
STEP_UP_MARK: Final = "require_step_up"  # by which methods; None: by each
NEW_PROOF_MARK: Final = "require_new_proof"
SENT: Final = frozenset({"POST"})
PAGES: Final = frozenset({"GET", "HEAD", "POST"})
FACTOR_MARK: Final = "opens_without_factor"
PATH_CHARACTERS_MAX: Final = 500


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


def require_step_up(view: View) -> View:
    """Say that a view asks for a proof, not older than 15 minutes, of who one is.

    It marks only, as `open_to` does; it is written above every other decorator but that.
    """
    setattr(view, STEP_UP_MARK, None)
    return view


def require_step_up_to_send(view: View) -> View:
    """Say that a view asks for such a proof where a form is sent, and shows itself without."""
    setattr(view, STEP_UP_MARK, SENT)
    return view


def require_new_proof(view: View) -> View:
    """Say that a view asks for such a proof newer than the sign-in itself: no open session does it.

    It marks only, as `open_to` does, and is written where `require_step_up` would be.
    """
    setattr(view, NEW_PROOF_MARK, True)
    setattr(view, STEP_UP_MARK, PAGES)
    return view


def needs_new_proof(view: object) -> bool:
    """Say whether having signed in lately is not proof enough for a view."""
    return bool(getattr(view, NEW_PROOF_MARK, False))


def needs_step_up(view: object, method: str) -> bool:
    """Say whether a view asks for a proof of who one is before it answers to a method."""
    methods: frozenset[str] | None = getattr(view, STEP_UP_MARK, frozenset())
    return methods is None or method in methods


def opens_without_factor(view: View) -> View:
    """Say that a page of the console opens to staff who have no second factor yet."""
    setattr(view, FACTOR_MARK, True)
    return view


def is_open_without_factor(view: object) -> bool:
    return bool(getattr(view, FACTOR_MARK, False))


def is_own_path(asked: str, *, below: str = "/") -> bool:
    """Say whether an address that was asked for is a page of this site below that path.

    Tabs and line breaks are refused: readers of addresses drop them, and what is left may name
    another host; so are backslashes, which they take for slashes.
    """
    return (
        asked.startswith(below)
        and not asked.startswith("//")
        and "\\" not in asked
        and asked.isprintable()
        and len(asked) <= PATH_CHARACTERS_MAX
    )
