"""The policy page, its editions, what changed between them, cookies, and proofs of choice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from clearline.edge.site.answers import NothingInForce
from clearline.edge.site.visit import visit_of
from clearline.kit.access import Audience, open_to
from clearline.policy.compile import CompiledPolicy
from clearline.policy.condition import Nothing, choices_in, in_words
from clearline.policy.difference import Change, ChangeKind, PartName, Reason, Run, difference
from clearline.policy.edition import Clause, Edition
from clearline.policy.headings import HEADING_OF, HEADINGS, Heading
from clearline.policy.plain import as_plain
from clearline.policy.shelf import Published
from clearline.policy.words import (
    category_in_words,
    law_in_words,
    purpose_in_words,
    recipients_in_words,
)
from clearline.rights.agreement.check import agreement_of
from clearline.service.accounts import closing_proof
from clearline.trust.consent.cookies import DECLARED, wire_name
from clearline.trust.gate import queries as gate
from clearline.trust.ledger import queries as ledger

STANDINGS: Final[dict[str, str | Promise]] = {
    "in force": gettext_lazy("in force"),
    "coming": gettext_lazy("coming"),
    "past": "",
}

PART_NAMES: Final = {
    PartName.TEXT: gettext_lazy("What it says"),
    PartName.WHAT: gettext_lazy("What"),
    PartName.ABOUT: gettext_lazy("About whom"),
    PartName.WHY: gettext_lazy("Why"),
    PartName.WHO: gettext_lazy("Who gets it"),
    PartName.CHOICE: gettext_lazy("Your choice"),
    PartName.OTHERWISE: gettext_lazy("Without your yes"),
    PartName.HOW_LONG: gettext_lazy("How long"),
    PartName.PROMISE: gettext_lazy("Under which heading"),
    PartName.LAW: gettext_lazy("Which law"),
}
KINDS: Final = {
    ChangeKind.ADDED: gettext_lazy("added"),
    ChangeKind.REMOVED: gettext_lazy("removed"),
    ChangeKind.CHANGED: gettext_lazy("changed"),
}

EDITIONS_REMEMBERED: Final = 8  # of 50 kB each; another one is made when it is read
unchanging = cache_control(public=True, max_age=86_400)


@dataclass(frozen=True, slots=True)
class ClauseShown:
    """One clause in words: its sentence, and what stands beside it in the margin."""

    id: str
    text: str
    otherwise: str
    law: str
    what: str
    why: str
    who: str
    how_long: str
    choice: str
    has_choice: bool


@dataclass(frozen=True, slots=True)
class Section:
    """One of the eight headings with its sentences and clauses."""

    number: int
    slug: str
    title: str
    statements: tuple[str, ...]
    clauses: tuple[ClauseShown, ...]
    is_last: bool


@dataclass(frozen=True, slots=True)
class PartShown:
    """One part of a clause that differs, under the name that the policy page has for it."""

    name: str | Promise
    runs: tuple[Run, ...]
    keys: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """One clause, or the sentences of one heading, that differ; `key` is the clause's id."""

    title: str
    key: str
    kind_text: str | Promise
    parts: tuple[PartShown, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class CookieShown:
    name: str
    what_for: str
    kept: str
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EditionListed:
    """One published edition; `before` is the date of the one that it replaced."""

    day: date
    sha256: str
    clauses: int
    standing: str  # in force, coming, or past
    standing_text: str
    before: date | None


@open_to(Audience.EVERYONE)
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the edition in force."""
    visit = visit_of(request)
    if visit.policy is None:
        raise NothingInForce
    return policy_page(request, visit.policy)


@open_to(Audience.EVERYONE)
@require_safe
def edition(request: HttpRequest, day: date) -> HttpResponse:
    """Show one published edition as it was, is or will be."""
    return policy_page(request, published(day).policy)


def policy_page(request: HttpRequest, policy: CompiledPolicy) -> HttpResponse:
    visit = visit_of(request)
    is_in_force = policy is visit.policy
    shown = {
        "edition": policy.edition,
        "parts": parts_html(
            policy,
            # Of another edition nobody knows them: the table is made from the program of today.
            cookies=cookies_shown() if is_in_force else (),
            is_in_force=is_in_force,
            language=get_language(),
        ),
        "is_in_force": is_in_force,
        "is_coming": policy.edition.date > gate.shelf().today(visit.now),
        "coming": coming.edition if is_in_force and (coming := next_policy(request)) else None,
    }
    return render(request, "site/privacy.html", shown)


@lru_cache(maxsize=EDITIONS_REMEMBERED)
def parts_html(
    policy: CompiledPolicy,
    *,
    cookies: tuple[CookieShown, ...],
    is_in_force: bool,
    language: str | None,
) -> SafeString:
    """Return the summary and the eight parts of an edition, alike for everybody who reads them.

    They are by far the longest text of the site: making them for each reader took three quarters
    of the page's time.
    """
    del language  # it tells one translation from the next
    found = agreement_of(policy) if is_in_force else None
    shown = {
        "edition": policy.edition,
        "sections": tuple(sections_of(policy.edition)),
        "cookies": cookies,
        "agreement": found and {"covered": found.places_covered, "found": found.places_found},
    }
    return render_to_string("site/parts/policy_parts.html", shown)


def next_policy(request: HttpRequest) -> CompiledPolicy | None:
    return gate.shelf().coming(visit_of(request).now)


def sections_of(edition: Edition) -> Iterator[Section]:
    """Yield the eight headings in their order."""
    for number, heading in enumerate(HEADINGS, start=1):
        yield Section(
            number=number,
            slug=heading.key.replace("_", "-"),
            title=heading.title,
            statements=edition.statements_under(heading),
            clauses=tuple(map(clause_shown, clauses_under(heading, edition))),
            is_last=number == len(HEADINGS),
        )


def clauses_under(heading: Heading, edition: Edition) -> list[Clause]:
    return [each for each in edition.clauses if HEADING_OF[each.promise] is heading]


def clause_shown(clause: Clause) -> ClauseShown:
    return ClauseShown(
        id=clause.id,
        text=clause.text,
        otherwise=clause.otherwise,
        law=" · ".join(map(law_in_words, clause.law)),
        what=sentence(", ".join(map(category_in_words, clause.categories))),
        why=sentence(purpose_in_words(clause.purpose)),
        who=sentence(recipients_in_words(clause.recipients)),
        how_long=sentence(str(clause.kept)),
        choice=choice_in_words(clause),
        has_choice=bool(choices_in(clause.requires)),
    )


def choice_in_words(clause: Clause) -> str:
    """Say when a clause holds; where nothing is asked, that it is so."""
    if isinstance(clause.requires, Nothing):
        return _("Not asked: it is done as the words above say.")
    return sentence(in_words(clause.requires))


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def cookies_shown() -> tuple[CookieShown, ...]:
    """Return every cookie that the program may set, under the name that browsers see here."""
    is_https = settings.ENV.is_https
    return tuple(
        CookieShown(
            name=wire_name(cookie, is_https=is_https),
            what_for=f"{cookie.what_for} {_('Set')} {cookie.set_when}.",
            kept=in_days_or_hours(cookie.lifetime.total_seconds()),
            clauses=cookie.clauses,
        )
        for cookie in DECLARED
    )


def in_days_or_hours(seconds: float) -> str:
    hours = round(seconds / 3600)
    return _("%d hours") % hours if hours < 48 else _("%d days") % (hours // 24)  # noqa: PLR2004  # two days


def published(day: date) -> Published:
    """Return a published edition. Raises Http404."""
    found = gate.shelf().find(day)
    if found is None:
        raise Http404
    return found


@open_to(Audience.EVERYONE)
@require_safe
def editions(request: HttpRequest) -> HttpResponse:
    """List every published edition, the newest first."""
    visit = visit_of(request)
    shelf = gate.shelf()
    rows, today = shelf.editions, shelf.today(visit.now)
    befores = (None, *(each.date for each in rows))
    listed = [
        EditionListed(
            day=each.date,
            sha256=each.sha256,
            clauses=len(each.policy.edition.clauses),
            standing=(standing := standing_of(each, visit.policy, today)),
            standing_text=str(STANDINGS[standing]),
            before=before,
        )
        for each, before in zip(rows, befores, strict=False)
    ]
    return render(request, "site/editions.html", {"editions": listed[::-1]})


def standing_of(each: Published, in_force: CompiledPolicy | None, today: date) -> str:
    if each.policy is in_force:
        return "in force"
    return "coming" if each.date > today else "past"


@open_to(Audience.EVERYONE)
@require_safe
def changes(request: HttpRequest, old: date, new: date) -> HttpResponse:
    """Show what differs between two editions, word by word."""
    before, after = published(old).policy.edition, published(new).policy.edition
    found = tuple(map(change_shown, difference(before, after)))
    shown = {"old": before, "new": after, "changes": found}
    return render(request, "site/difference.html", shown)


def change_shown(change: Change) -> ChangeShown:
    return ChangeShown(
        title=change.title,
        key=change.key,
        kind_text=KINDS[change.kind],
        parts=tuple(
            PartShown(PART_NAMES[each.name], each.runs, each.keys) for each in change.parts
        ),
        reasons=change.reasons,
    )


@open_to(Audience.EVERYONE)
@require_safe
@unchanging
def edition_toml(request: HttpRequest, day: date) -> HttpResponse:
    """Give the published text, byte for byte."""
    del request
    return as_file(published(day).text.encode(), f"privacy-policy-{day}.toml", "application/toml")


@open_to(Audience.EVERYONE)
@require_safe
@unchanging
def edition_json(request: HttpRequest, day: date) -> HttpResponse:
    del request
    found = published(day)
    plain = as_plain(found.policy.edition) | {"sha256": found.sha256}
    response = JsonResponse(plain, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="privacy-policy-{day}.json"'
    return response


@open_to(Audience.EVERYONE)
@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    """Show every cookie that there can be, and those that this browser holds."""
    names = [each.name for each in cookies_shown()]
    held = [name for name in names if name in request.COOKIES]
    return render(request, "site/cookies.html", {"cookies": cookies_shown(), "held": held})


@open_to(Audience.EVERYONE)
@require_safe
def receipt(request: HttpRequest, entry_id: str) -> HttpResponse:
    """Give the proof of a choice or an erasure to whoever holds its number.

    That of a choice stands in their cookie; that of an erasure they were told when they closed.
    Raises NoSuchEntry, NothingErased, ClosingTakenBack; NotInTree within the first seconds.
    """
    closing_proof.refuse_unerased(entry_id, now=visit_of(request).now)
    told = ledger.open_receipt(entry_id)
    content = ledger.receipt_file(told)
    response = as_file(content, f"receipt-{entry_id[:8]}.json", "application/json")
    response["Cache-Control"] = "private, no-store"
    return response


def as_file(content: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
