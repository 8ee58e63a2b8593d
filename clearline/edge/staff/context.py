"""What every page of the console may show: who is here, where they can go, what is in force."""

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clearline.edge.staff.access import CUSTOMERS, FIGURES, LEDGER, STAFF, WATCH, member_of
from clearline.kit.access import Audience
from clearline.kit.errors import Refusal
from clearline.policy.edition import Edition
from clearline.trust.gate import queries as gate
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.queries import LogStatus
from clearline.trust.safeguards.queries import StaffMember

NAV: Final = (
    ("staff_today", _("Today"), FIGURES),
    ("staff_visitors", _("Visitors"), FIGURES),
    ("staff_customers", _("Customers"), CUSTOMERS),
    ("staff_health", _("Health"), WATCH),
    ("staff_ledger", _("Ledger"), LEDGER),
    ("staff_people", _("People"), (Audience.ADMINISTRATOR,)),
    ("staff_security", _("You"), STAFF),
)


@dataclass(frozen=True, slots=True)
class NavLink:
    """One entry of the console's navigation; `current` is what aria-current says."""

    url: str
    title: str | Promise
    current: str


class Console:
    """The variable `staff` of the console's templates; what is not shown is not worked out."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def member(self) -> StaffMember | None:
        return member_of(self.request)

    @property
    def nav(self) -> list[NavLink]:
        """Return the pages that this person may open."""
        member = self.member
        if member is None:
            return []
        roles = {Audience(role) for role in member.roles}
        return [
            NavLink(url, title, self.current_at(url))
            for name, title, audience in NAV
            if roles.intersection(audience)
            for url in (reverse(name),)
        ]

    def current_at(self, url: str) -> str:
        path = self.request.path
        if path == url:
            return "page"
        is_below = url != reverse("staff_today") and path.startswith(url)
        return "true" if is_below else ""

    @property
    def edition(self) -> Edition | None:
        """The edition of the policy in force, or None when nothing is."""
        try:
            return gate.policy_in_force(timezone.now()).edition
        except Refusal:
            return None

    @property
    def log(self) -> LogStatus:
        return ledger.log_state()


def page(request: HttpRequest) -> dict[str, object]:
    return {"staff": Console(request)}
