"""The desk: a customer is found by exactly what they say, opened for a contact, and shut again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from math import ceil
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from clearline.edge.staff.access import CUSTOMERS, actor_of, signed_in_member
from clearline.kit.access import open_to, require_step_up
from clearline.kit.errors import Refusal
from clearline.kit.problem import status_of
from clearline.policy.condition import choice_in_words
from clearline.policy.vocabulary import Answer, SubjectId
from clearline.rights.ledger_words.values import AGES, VALUES, word_of
from clearline.service.accounts.queries import Membership
from clearline.service.accounts.roles import AccountKind, MemberRole
from clearline.service.contacts import way_back as way_backs
from clearline.service.contacts.documents import Document, Lost
from clearline.service.desk import actions as desk
from clearline.service.desk import queries, way_back
from clearline.service.desk.actions import ContactTooLong, ContactUsed, NotFoundHere, Shown
from clearline.service.desk.contact import REFERENCE_MAX, Channel, Contact, ContactWrong
from clearline.service.desk.duties import ADDRESSES, SEALED, Field, fields_of, roles_at_desk
from clearline.service.desk.queries import OpenNow
from clearline.service.desk.terms import TERM_MAX
from clearline.trust.consent.account import Said
from clearline.trust.safeguards.roles import Role

MINUTE_S: Final = 60
TYPED_MAX: Final = 80  # of a field that is shown again
# One below the other where somebody owns several, in the order of the numbers above them.
KINDS: Final[Mapping[AccountKind, Promise]] = {
    AccountKind.PERSONAL: gettext_lazy("A person's own"),
    AccountKind.BUSINESS: gettext_lazy("For a business"),
}


@dataclass(frozen=True, slots=True, repr=False)
class Fact:
    """One field of the customer's page: what it is called, and its lines."""

    name: str | Promise
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Teammate:
    """Who acts in the customer's account."""

    number: str
    role: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ChoiceShown:
    """One choice in force: what was said, since when, and where it came from."""

    title: str
    is_yes: bool
    at: datetime
    origin: str


@dataclass(frozen=True, slots=True)
class Timer:
    """How long something stays open, as the stylesheet counts it down: minutes and seconds.

    The page hides by itself what is open, at most ten seconds early; the server shuts it in time.
    """

    shuts_at: datetime
    minutes: int
    seconds: int  # in steps of ten
    minutes_begun: int
    part: int

    @classmethod
    def of(cls, opened: OpenNow, now: datetime) -> "Timer":
        left_s = int((opened.shuts_at - now).total_seconds())
        minutes, rest_s = divmod(left_s, MINUTE_S)
        part = round(100 * left_s / desk.OPEN_WINDOW.total_seconds())
        return cls(opened.shuts_at, minutes, rest_s // 10 * 10, ceil(left_s / MINUTE_S), part)


@open_to(*CUSTOMERS)
@sensitive_post_parameters("term")
@require_http_methods(["GET", "HEAD", "POST"])
def customers(request: HttpRequest) -> HttpResponse:
    """Ask for one thing of a customer's; whom it finds alone is led to at once."""
    if request.method != "POST":
        return show_desk(request)
    by, term = actor_of(signed_in_member(request)), request.POST.get("term", "")
    try:
        found = desk.search(by=by, text=term, now=timezone.now())
    except (desk.NothingToLookFor, desk.TooManySearches) as refused:
        return show_desk(request, refused, term=term[:TERM_MAX])
    if len(found) == 1:
        return redirect("staff_customer", subject=found[0])
    return redirect(f"{reverse('staff_customers')}?searched=yes")


def show_desk(
    request: HttpRequest, refused: Refusal | None = None, *, term: str = ""
) -> HttpResponse:
    member, now = signed_in_member(request), timezone.now()
    is_searched = request.GET.get("searched") == "yes" and refused is None
    open_ones = desk.name_open(by=actor_of(member), roles=member.roles, now=now)
    found = queries.list_found(member.public_id, now=now) if is_searched else ()
    shown = {
        "found": found,
        "has_unproved": not all(each.is_proved for each in found),
        "is_searched": is_searched,
        "open_ones": [(opened, name, Timer.of(opened, now)) for opened, name in open_ones],
        "is_shut": request.GET.get("shut") == "yes",
        "roles": roles_at_desk(member.roles),
        "error": str(refused or ""),
        "term": term,
        "term_max": TERM_MAX,
    }
    status = status_of(refused) if refused else HTTPStatus.OK
    return render(request, "staff/customers.html", shown, status=status)


@open_to(*CUSTOMERS)
@require_http_methods(["GET", "HEAD"])
def customer(request: HttpRequest, subject: str) -> HttpResponse:
    """Show a customer who is open; ask for the reason to open one who was found, no one else.

    Who is open is asked for a reason where the address says that they are for another contact.
    """
    member, now, whom = signed_in_member(request), timezone.now(), SubjectId(subject)
    opened = queries.find_open(member.public_id, whom, now=now)
    if opened is not None and request.GET.get("another") != "yes":
        return show_customer(request, whom, now)
    return ask_reason(request, whom)


def gone(request: HttpRequest) -> HttpResponse:
    return render(request, "staff/customer_gone.html", status=HTTPStatus.NOT_FOUND)


def ask_reason(
    request: HttpRequest, subject: SubjectId, refused: Refusal | None = None
) -> HttpResponse:
    """Ask at which contact whoever is found or open is to be opened; of them nothing is shown."""
    member, now = signed_in_member(request), timezone.now()
    opened = queries.find_open(member.public_id, subject, now=now)
    if opened is None and not queries.is_found(member.public_id, subject, now=now):
        return gone(request)
    is_proved = queries.is_proved(member.public_id, subject, now=now)
    shown = {
        "subject": subject,
        "before": opened.contact if opened else None,
        "channel_before": VALUES["channel"][opened.contact.channel] if opened else "",
        "is_proved": opened.is_proved if opened else is_proved,
        "channels": [(each, VALUES["channel"][each]) for each in Channel],
        "channel": request.POST.get("channel", ""),
        "reference": request.POST.get("reference", "")[:TYPED_MAX],
        "reference_max": REFERENCE_MAX,
        "fields": [VALUES["fields"][each] for each in fields_of(member.roles)],
        "error": str(refused or ""),
        "reference_error": str(refused) if is_of_reference(refused) else "",
    }
    status = status_of(refused) if refused else HTTPStatus.OK
    return render(request, "staff/customer_reason.html", shown, status=status)


def is_of_reference(refused: Refusal | None) -> bool:
    return isinstance(refused, ContactWrong) and refused.field == "reference"


@open_to(*CUSTOMERS)
@require_step_up
@sensitive_post_parameters("reference")
@require_POST
def open_one(request: HttpRequest, subject: str) -> HttpResponse:
    """Open a customer who was found, or is open for another one, for the contact of the form."""
    member, whom = signed_in_member(request), SubjectId(subject)
    is_another = request.POST.get("another") == "yes"
    act = desk.open_for_another if is_another else desk.open_customer
    try:
        contact = Contact.read(request.POST.get("channel", ""), request.POST.get("reference", ""))
        act(
            by=actor_of(member),
            roles=member.roles,
            subject=whom,
            contact=contact,
            now=timezone.now(),
        )
    except NotFoundHere:
        return gone(request)
    except (ContactWrong, ContactUsed) as refused:
        return ask_reason(request, whom, refused)
    return redirect("staff_customer", subject=subject)


@open_to(*CUSTOMERS)
@require_step_up
@require_POST
def keep(request: HttpRequest, subject: str) -> HttpResponse:
    """Keep a customer open for another quarter of an hour."""
    member, whom, now = signed_in_member(request), SubjectId(subject), timezone.now()
    try:
        desk.keep_open(by=actor_of(member), roles=member.roles, subject=whom, now=now)
    except NotFoundHere:
        return gone(request)
    except ContactTooLong as refused:
        return show_customer(request, whom, now, refused)
    return redirect("staff_customer", subject=subject)


@open_to(*CUSTOMERS)
@require_POST
def shut(request: HttpRequest, subject: str) -> HttpResponse:
    """Shut a customer at once."""
    by = actor_of(signed_in_member(request))
    try:
        desk.shut_now(by=by, subject=SubjectId(subject), now=timezone.now())
    except NotFoundHere:
        return gone(request)
    return redirect(f"{reverse('staff_customers')}?shut=yes")


def show_customer(
    request: HttpRequest, subject: SubjectId, now: datetime, refused: Refusal | None = None
) -> HttpResponse:
    member = signed_in_member(request)
    try:
        told = desk.show_customer(by=actor_of(member), roles=member.roles, subject=subject, now=now)
    except NotFoundHere:  # erased, or the role taken, since it was opened
        return gone(request)
    shown = {
        "subject": subject,
        "name": name_of(told),
        "is_closing": told.standing.closed_at is not None,
        "timer": Timer.of(told.opened, now),
        "contact": told.opened.contact,
        "is_proved": told.opened.is_proved,
        "channel": VALUES["channel"][told.opened.contact.channel],
        "facts": list(facts_of(told)),
        "team": None if told.team is None else teammates_of(told.team),
        "choices": None if told.choices is None else choices_of(told.choices),
        "error": str(refused or ""),
        "way_back": told_of_way_back(request, told, None, now),
    }
    status = status_of(refused) if refused else HTTPStatus.OK
    return render(request, "staff/customer.html", shown, status=status)


def told_of_way_back(
    request: HttpRequest, told: Shown, refused: Refusal | None, now: datetime
) -> dict[str, object] | None:
    """Return what the page tells of a way back in; None for who has no part in it."""
    member, opened = signed_in_member(request), told.opened
    if Role.SUPPORT not in opened.roles or Role.SUPPORT not in member.roles:
        return None
    standing = way_backs.find_standing(opened.subject, now=now)
    waiting = standing.waiting
    return {
        # Whoever changed the name lately may have done it to fit a document of their own.
        "name": told.earlier_names[0][0] if told.earlier_names else name_of(told),
        "earlier_names": told.earlier_names,
        "is_visit": way_back.may_begin(opened, member.roles),
        "standing": standing,
        "is_own": waiting is not None and waiting.asked_by == member.public_id,
        "document": word_of("document", waiting.document) if waiting else "",
        "why": word_of("why", waiting.why) if waiting else "",
        "reasons": [(each, VALUES["why"][each]) for each in Lost],
        "documents": [(each, VALUES["document"][each]) for each in Document],
        "typed": request.POST,
        "error": str(refused or ""),
    }


def name_of(told: Shown) -> str:
    return told.values[SEALED[Field.NAME]][0]


def facts_of(told: Shown) -> Iterator[Fact]:
    """Yield what the roles may see, line by line; a team and choices have tables of their own."""
    for field in told.fields:
        if field in SEALED and field is not Field.CHOICES:
            values = told.values.get(SEALED[field], ())
            lines = tuple(str(AGES.get(each, each)) for each in values)
        elif field in ADDRESSES:
            lines = told.addresses[field].lines() if field in told.addresses else ()
        elif field is Field.ACCOUNT_KIND:
            lines = tuple(str(KINDS[each]) for each in told.kinds or ())
        elif field is Field.STATE:
            lines = tuple(state_of(told))
        elif field is Field.AGREEMENT:
            lines = tuple(agreement_of(told))
        else:
            continue
        yield Fact(VALUES["fields"][field], lines or (_("None"),))


def state_of(told: Shown) -> Iterator[str]:
    since = date_format(timezone.localtime(told.standing.opened_at), "j F Y")
    if told.erased_on is None:
        yield _("Open, customer since %s") % since
    else:
        yield _("Closed, customer since %s") % since
        # The same of a closing for good, which tells of an age that support has no need to know.
        yield _("Erased on %s, unless it is opened again before") % date_format(
            told.erased_on, "j F Y"
        )


def agreement_of(told: Shown) -> Iterator[str]:
    if told.agreed is not None:
        words = {
            "edition": date_format(told.agreed.edition, "j F Y"),
            "day": date_format(timezone.localtime(told.agreed.at), "j F Y"),
        }
        yield _("Agreed to the edition of %(edition)s on %(day)s") % words
    if told.is_asked_to_agree:
        yield _("Is asked to agree to the edition in force at the next sign-in")


def teammates_of(team: tuple[Membership, ...]) -> list[Teammate]:
    return [Teammate(each.subject[:8], role_of(each.role), each.since) for each in team]


def role_of(role: MemberRole) -> str:
    return _("owner") if role is MemberRole.OWNER else word_of("role", role)


def choices_of(choices: Mapping[str, Said]) -> list[ChoiceShown]:
    return [
        ChoiceShown(
            title=choice_in_words(name),
            is_yes=said.answer is Answer.YES,
            at=said.at,
            origin=word_of("method", said.method),
        )
        for name, said in sorted(choices.items())
    ]
