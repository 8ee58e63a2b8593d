"""Finding customers by exactly what they say, and what is found or open at the desk now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from django.db.models import QuerySet

from clearline.policy.vocabulary import ClauseId, SubjectId
from clearline.service.accounts import queries as accounts
from clearline.service.desk.contact import Channel, Contact
from clearline.service.desk.duties import roles_at_desk
from clearline.service.desk.models import Search, Sighting
from clearline.service.desk.terms import Term
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards.roles import LoginKind, Role

OPEN_CLAUSE: Final = ClauseId("support.open")
FOUND_WINDOW: Final = timedelta(minutes=15)  # to open whom one found
FOUND_MAX: Final = 20  # with one and the same term


Finder = Callable[[str], tuple[SubjectId, ...]]


def owner_of_user_id(text: str) -> tuple[SubjectId, ...]:
    found = logins.find_customer(logins.name_index(text, LoginKind.CUSTOMER))
    return () if found is None else (found,)


# Who holds such a thing, asked of the module that keeps it: whole terms only, by keyed hashes.
# First those of whom it is known that it is theirs, then those who only said so.
PROVED: Final[Mapping[Term, Finder]] = {
    Term.EMAIL: accounts.list_by_proved_email,
    Term.TELEPHONE: accounts.list_by_line,
    Term.USER_ID: owner_of_user_id,
    Term.ACCOUNT_NUMBER: accounts.list_by_account_number,
}
SAID: Final[Mapping[Term, Finder]] = {
    Term.EMAIL: accounts.list_by_email,
    Term.TELEPHONE: accounts.list_by_contact_number,
}


def find_customers(terms: Mapping[Term, str]) -> Mapping[SubjectId, bool]:
    """Return whoever has exactly one of these, at most 20, and of whom one is known as theirs."""
    found: dict[SubjectId, bool] = {}
    for finders, is_proved in ((PROVED, True), (SAID, False)):
        for term, text in terms.items():
            for subject in finders[term](text) if term in finders else ():
                found.setdefault(subject, is_proved)
    return dict(islice(found.items(), FOUND_MAX))


@dataclass(frozen=True, slots=True)
class Found:
    """Whom the last search found: only what tells one from another without opening anything.

    `is_proved` says whether what they were found by is known to be theirs: of an address that was
    never confirmed, and of a number that somebody gave to be reached at, it is not.
    """

    subject: SubjectId
    since: datetime
    is_closing: bool
    is_proved: bool


@dataclass(frozen=True, slots=True)
class OpenNow:
    """A customer who is open to someone of the staff, for which roles, by which contact."""

    subject: SubjectId
    roles: tuple[Role, ...]
    contact: Contact
    opened_at: datetime
    shuts_at: datetime
    is_proved: bool  # what the customer was found by


def list_found(staff: str, *, now: datetime) -> tuple[Found, ...]:
    """Return whom the last search of someone of the staff found, while they may open them."""
    at = Search.objects.filter(staff=staff).order_by("-searched_at", "-pk").first()
    if at is None:
        return ()
    rows = found_by(staff, now=now).filter(found_at=at.searched_at).order_by("pk")
    standings = ((row, accounts.find_standing(row.subject)) for row in rows)
    return tuple(
        Found(SubjectId(row.subject), each.opened_at, each.closed_at is not None, row.is_proved)
        for row, each in standings
        if each is not None
    )


def is_found(staff: str, subject: SubjectId, *, now: datetime) -> bool:
    """Say whether someone of the staff found this customer within the last quarter of an hour."""
    return found_by(staff, now=now).filter(subject=subject).exists()


def is_proved(staff: str, subject: SubjectId, *, now: datetime) -> bool:
    """Say whether they found them by something that is known to be the customer's."""
    return found_by(staff, now=now).filter(subject=subject, is_proved=True).exists()


def list_open(staff: str, *, now: datetime) -> tuple[OpenNow, ...]:
    """Return who is open to someone of the staff now, whoever shuts first at the top."""
    return tuple(map(to_open, opened_by(staff, now=now).order_by("shut_at", "pk")))


def find_open(staff: str, subject: SubjectId, *, now: datetime) -> OpenNow | None:
    row = opened_by(staff, now=now).filter(subject=subject).first()
    return None if row is None else to_open(row)


def found_by(staff: str, *, now: datetime) -> QuerySet[Sighting]:
    return Sighting.objects.filter(
        staff=staff, opened_at__isnull=True, found_at__gt=now - FOUND_WINDOW, found_at__lte=now
    )


def opened_by(staff: str, *, now: datetime) -> QuerySet[Sighting]:
    return Sighting.objects.filter(staff=staff, opened_at__lte=now, shut_at__gt=now)


def to_open(row: Sighting) -> OpenNow:
    if row.opened_at is None or row.shut_at is None:
        message = "This row says that nothing was opened."
        raise ValueError(message)
    return OpenNow(
        subject=SubjectId(row.subject),
        roles=roles_at_desk(Role(each) for each in row.roles.split(",")),
        contact=Contact(Channel(row.channel), row.reference),
        opened_at=row.opened_at,
        shuts_at=row.shut_at,
        is_proved=row.is_proved,
    )
