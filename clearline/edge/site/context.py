"""What every template may show: who the provider is, where one stands, what was chosen."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import unquote, urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from clearline.edge.site.account.access import subject_of
from clearline.edge.site.account.own_choices import signal_kept_at
from clearline.edge.site.brand import read_logo
from clearline.edge.site.content import content
from clearline.edge.site.remembered import currency_for
from clearline.edge.site.visit import KEPT_FIELD, Kept, Visit, visit_of
from clearline.policy.choices import GPC_CLOSES
from clearline.reach.visitors.event import Kind
from clearline.rights.choices.asked import PROMPT, Wording, answers_in_words, withdrawal
from clearline.service.accounts import queries as accounts
from clearline.service.accounts.age_correction import is_told_of_closing
from clearline.service.accounts.closing_proof import find_address
from clearline.service.accounts.queries import HOLDER_CLAUSE
from clearline.trust.consent import queries as consent
from clearline.trust.gate import queries as gate

ADDRESS_CHARACTERS_MAX: Final = 500  # of a beacon's parameters; longer ones the collector refuses

NAV: Final = (
    ("services", _("Services")),
    ("rates", _("Rates")),
    ("help", _("Help")),
    ("contact", _("Contact")),
)
ACCOUNT_NAV: Final = (
    ("account", _("Overview")),
    ("account_profile", _("Profile")),
    ("account_security", _("Security")),
    ("account_my_data", _("My data")),
    ("account_team", _("Team")),
)
SAVED: Final = frozenset({Kept.SAVED, Kept.WITHOUT_YES})
UNASKED: Final = frozenset({"choices", "choice"})  # pages that are themselves the question


@dataclass(frozen=True, slots=True)
class NavLink:
    """One entry of the main navigation; `current` is what aria-current says, "" when elsewhere."""

    url: str
    title: str | Promise
    current: str


@dataclass(frozen=True, slots=True)
class Announced:
    """A coming edition that people must be told of: its first day, and that of the one before."""

    before: date
    day: date


class Site:
    """The variable `site` of every template; what is not shown is not worked out."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.provider = settings.ENV.provider
        self.language = settings.LANGUAGE_CODE[:2]

    @property
    def visit(self) -> Visit:
        return visit_of(self.request)

    @property
    def has_logo(self) -> bool:
        return read_logo(settings.ENV.instance) is not None

    @property
    def nav(self) -> list[NavLink]:
        links = []
        for name, title in NAV:
            url = reverse(name)
            is_below = self.request.path.startswith(url)
            current = "page" if self.request.path == url else "true"
            links.append(NavLink(url, title, current if is_below else ""))
        return links

    @property
    def is_signed_in(self) -> bool:
        return subject_of(self.request) is not None

    @property
    def account_erased_on(self) -> date | None:
        """The day on which a closed account is erased; None while it is open."""
        subject, policy = subject_of(self.request), self.visit.policy
        closed_at = accounts.find_closed_at(subject) if subject else None
        clause = policy.edition.find_clause(HOLDER_CLAUSE) if policy else None
        return clause.kept.end(closed_at).date() if closed_at and clause else None

    @property
    def erasure_proof(self) -> str:
        """The address of the proof that a closed account was erased; "" while it is open."""
        subject = subject_of(self.request)
        return find_address(subject) if subject else ""

    @property
    def is_closing_final(self) -> bool:
        """Whether the closing of the account cannot be taken back."""
        subject = subject_of(self.request)
        return subject is not None and accounts.is_closing_final(subject)

    @property
    def may_correct_age(self) -> bool:
        """Whether an age that closed the account for good is corrected here: no link told of it."""
        subject = subject_of(self.request)
        return subject is not None and not is_told_of_closing(subject, now=timezone.now())

    @cached_property
    def may_say_yes(self) -> bool:
        """Whether a yes counts: not that of a customer of unknown age, or under 13."""
        subject = self.visit.subject
        return subject is None or accounts.may_say_yes(subject)

    @property
    def account_nav(self) -> list[NavLink]:
        """Return the pages of the account."""
        links = []
        for name, title in ACCOUNT_NAV:
            url = reverse(name)
            is_below = name != "account" and self.request.path.startswith(url)
            current = "page" if self.request.path == url else "true" if is_below else ""
            links.append(NavLink(url, title, current))
        return links

    @property
    def is_gpc(self) -> bool:
        return self.visit.is_gpc

    @cached_property
    def signal_kept_at(self) -> datetime | None:
        """Since when the account keeps a signal of a browser or app; None if it keeps none."""
        has_no = self.visit.choices.no >= GPC_CLOSES
        return signal_kept_at(self.visit) if has_no else None

    @property
    def updated(self) -> date | None:
        """The first day of the edition in force."""
        return self.visit.policy.edition.date if self.visit.policy else None

    @property
    def announced(self) -> Announced | None:
        """The edition that every page tells of before it takes effect, as the policy promises."""
        step = gate.shelf().announced(self.visit.now) if self.visit.policy else None
        return step and Announced(step[0].edition.date, step[1].edition.date)

    @property
    def is_cookie_refused(self) -> bool:
        is_told = self.request.GET.get(KEPT_FIELD) == Kept.REFUSED
        return is_told and self.visit.chosen is None

    @property
    def saved(self) -> str:
        """The answers that this browser keeps since the last click, in words; "" after others."""
        is_told = self.request.GET.get(KEPT_FIELD) in SAVED
        return answers_in_words(self.visit.choices) if is_told and self.visit.chosen else ""

    @property
    def is_yes_left_out(self) -> bool:
        """Say whether the answer just given had a yes that was not kept."""
        return self.request.GET.get(KEPT_FIELD) == Kept.WITHOUT_YES

    @property
    def is_asked(self) -> bool:
        match = self.request.resolver_match
        if self.visit.policy is None or self.is_cookie_refused:
            return False
        if match is not None and match.url_name in UNASKED:
            return False
        return consent.needs_prompt(self.visit.chosen, self.visit.policy, self.visit.now)

    @property
    def prompt(self) -> Wording:
        return PROMPT

    @property
    def withdrawal(self) -> Wording | None:
        """What the foot offers to a browser that said yes to something it was asked."""
        visit = self.visit
        if visit.policy is None or visit.chosen is None:
            return None
        has_yes = not visit.chosen.choices.yes.isdisjoint(consent.ASKED_BY_PROMPT)
        return withdrawal(visit.policy) if has_yes else None

    @property
    def back(self) -> str:
        """Where an answer to the prompt leads back to."""
        return self.request.get_full_path() if self.request.method == "GET" else self.request.path

    @property
    def currency(self) -> str:
        return currency_for(self.visit, content(self.visit.now).catalogue)

    @property
    def told_url(self) -> str:
        """The address that this page is counted under where it is not the browser's own, or ""."""
        path: str = getattr(self.request, "clearline_told_path", "")
        return settings.ENV.url + path if path else ""

    @property
    def is_answered(self) -> bool:
        """Say whether an answer given on this page led back to it, so that its view is counted."""
        if self.request.GET.get(KEPT_FIELD) not in set(Kept):
            return False
        came_from = self.request.headers.get("Referer", "").partition("?")[0]
        return unquote(came_from) == settings.ENV.url + self.request.path

    @property
    def first_told(self) -> str:
        """What the page tells of first, a kind of event; "" when there is nothing to tell."""
        if not self.is_answered:
            return Kind.VIEW
        on_device = self.visit.on_device
        return Kind.YES if on_device is not None and on_device.id else ""

    @property
    def beacon_url(self) -> str:
        """The picture that counts a page where scripts do not run; each rendering is one view."""
        match = self.request.resolver_match
        told_url = self.told_url
        is_service = match is not None and match.url_name == "service" and not told_url
        parts = {
            "id": secrets.token_hex(8),
            "url": told_url or (settings.ENV.url + self.request.path)[:ADDRESS_CHARACTERS_MAX],
            "referrer": self.request.headers.get("Referer", "")[:ADDRESS_CHARACTERS_MAX],
            "service": match.kwargs["slug"] if match is not None and is_service else "",
        }
        told = {"kind": self.first_told} if self.is_answered else {}
        return "/c/b.gif?" + urlencode(parts | told)


def page(request: HttpRequest) -> dict[str, object]:
    return {"site": Site(request)}
