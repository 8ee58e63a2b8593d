"""Opening for a person what is held of them, telling who used it, and giving both as a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db import transaction

from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, Use
from clearline.policy.vocabulary import (
    Category,
    Purpose,
    Recipient,
    RecipientClass,
    SubjectId,
    SubjectKind,
)
from clearline.policy.words import purpose_in_words
from clearline.rights.ledger_words.person import KINDS_OF, Group, sentence_for, who_for
from clearline.rights.my_data.held import Held
from clearline.rights.my_data.queries import list_held
from clearline.trust.gate import actions as gate
from clearline.trust.gate import queries as gate_queries
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger import queries as ledger_queries
from clearline.trust.ledger.entries.accounts import DataExported, DataShown
from clearline.trust.ledger.queries import LIST_MAX, OwnEntry
from clearline.trust.vault import queries as vault


class FileForm(StrEnum):
    """The forms of the file in which a person takes their data with them."""

    HTML = "html"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are asked for: a group or all, moments, and those before one of one's own."""

    group: Group | None = None
    first: datetime | None = None
    after: datetime | None = None
    before: str = ""


def wanted_between(
    first: date | None, last: date | None, *, group: Group | None, before: str, zone: ZoneInfo
) -> Wanted:
    """Return which lines those of whole days are, the first and the last one among them."""
    after = last + timedelta(days=1) if last and last < date.max else None
    return Wanted(group, start_of(first, zone), start_of(after, zone), before)


def start_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    """Return the first moment of a day; None for one beyond all clocks."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC) if day else None
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True)
class Line:
    """One use of a person's data in words for them.

    `why` is the purpose of the clause that it rests on, "" when it rests on none. Where
    `is_readable` is false the words are damaged, and only that and when it happened is known.
    """

    id: str
    kind: str
    at: datetime
    kept_until: datetime
    sentence: str
    who: str
    why: str
    clause: str
    edition: str
    is_readable: bool
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines, the newest first; `older` asks for those before, "" when these are the last."""

    lines: tuple[Line, ...]
    older: str


@dataclass(frozen=True, slots=True, repr=False)
class Export:
    """One person's file: what is held, opened, and each line, fetched while the file is written."""

    made_at: datetime
    held: tuple[Held, ...]
    lines: Iterator[Line]


def show_held(*, by: Actor, subject: SubjectId, now: datetime) -> tuple[Held, ...]:
    """Open all that the policy lets a person see of what is held of them.

    A secret that only proves who they are stays shut, and so does what no clause lets us show.
    Raises gate.UseDenied, NoEditionInForce. Source: GDPR 15; clauses account.show, account.team,
    account.factor.
    """
    permits = ask_to_show(by, subject, now)
    held = opened(subject, permits, now)

    with transaction.atomic():
        for permit in permits:
            entry = DataShown(categories=shown_in(held, permit), by=str(by))
            ledger.append(entry, subject=subject, permit=permit, now=now)
    return held


def export(*, by: Actor, subject: SubjectId, form: FileForm, now: datetime) -> Export:
    """Open all that is held of a person and give it with every line about them, to take along.

    The lines end at this moment: the entry of this very export is the last. They are fetched while
    the file is written, so a long one needs no memory.
    Raises gate.UseDenied, NoEditionInForce. Source: GDPR 15, 20; clause account.show.
    """
    ask_to_tell(by, subject, now)
    permits = ask_to_show(by, subject, now)
    held = opened(subject, permits, now)

    with transaction.atomic():
        for permit in permits:
            entry = DataExported(categories=shown_in(held, permit), format=form, by=str(by))
            newest = ledger.append(entry, subject=subject, permit=permit, now=now)
    return Export(now, held, lines_up_to(newest.id, subject))


def show_lines(
    *, by: Actor, subject: SubjectId, wanted: Wanted, limit: int, now: datetime
) -> Lines:
    """Tell a person who used their data when and why, at most 200 lines.

    Looking leaves no line of its own, which would bury those that tell something.
    Raises NoSuchEntry, gate.UseDenied, NoEditionInForce. Source: clause account.acts.
    """
    ask_to_tell(by, subject, now)
    found = ledger_queries.list_about(
        subject,
        limit=limit,
        before=wanted.before,
        kinds=KINDS_OF[wanted.group] if wanted.group else (),
        within=(wanted.first, wanted.after),
    )
    purposes = purposes_by_clause()
    return Lines(tuple(to_line(each, subject, purposes) for each in found.entries), found.older)


def ask_to_show(by: Actor, subject: SubjectId, now: datetime) -> tuple[Permit, ...]:
    """Return the permits to open what is held of a person; that of clause account.show is last.

    The others are asked for where something of their kinds is held.
    """
    held = {each.category for each in vault.list_sealed(subject)}
    *others, profile = uses_to_show(by, subject)
    uses = [*(each for each in others if each.categories & held), profile]
    return tuple(gate.ask(use=use, choices=NOTHING_CHOSEN, now=now) for use in uses)


def uses_to_show(by: Actor, subject: SubjectId) -> tuple[Use, ...]:
    """Return the uses by which all that is held is opened, but secrets.

    Whoever read a secret in a file could sign in by it.
    """
    return (
        Use(
            by=by,
            subject=subject,
            categories=frozenset({Category.ACCOUNT_SETTINGS}),
            purpose=Purpose.ESSENTIAL_SERVICE_OPERATIONS,
            about=SubjectKind.CUSTOMER,
            recipient=Recipient(RecipientClass.SUBJECT),
        ),
        Use(
            by=by,
            subject=subject,
            categories=frozenset({Category.DEVICE_DEVICE_ID}),
            purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
            about=SubjectKind.CUSTOMER,
            recipient=Recipient(RecipientClass.SUBJECT),
        ),
        Use(
            by=by,
            subject=subject,
            categories=frozenset(
                {
                    Category.NAME,
                    Category.CONTACT_ADDRESS_STREET,
                    Category.CONTACT_ADDRESS_CITY,
                    Category.CONTACT_ADDRESS_STATE,
                    Category.CONTACT_ADDRESS_POSTAL_CODE,
                    Category.CONTACT_ADDRESS_COUNTRY,
                    Category.CONTACT_EMAIL,
                    Category.CONTACT_ORGANIZATION,
                    Category.CONTACT_PHONE_NUMBER,
                    Category.FINANCIAL,
                    Category.PRIVACY_PREFERENCES,
                    Category.ACCOUNT,
                    Category.ACCOUNT_USERNAME,
                    Category.DEMOGRAPHIC_AGE_RANGE,
                    Category.DEVICE_KIND,
                }
            ),
            purpose=Purpose.ESSENTIAL_SERVICE,
            about=SubjectKind.CUSTOMER,
            recipient=Recipient(RecipientClass.SUBJECT),
        ),
    )


def ask_to_tell(by: Actor, subject: SubjectId, now: datetime) -> Permit:
    use = Use(
        by=by,
        subject=subject,
        categories=frozenset({Category.AUTHORIZATION_CREDENTIALS, Category.ACCOUNT}),
        purpose=Purpose.ESSENTIAL_SERVICE_SECURITY,
        about=SubjectKind.CUSTOMER,
        recipient=Recipient(RecipientClass.SUBJECT),
    )
    return gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)


def opened(subject: SubjectId, permits: tuple[Permit, ...], now: datetime) -> tuple[Held, ...]:
    """Return what is held with its values, each once, where a permit opens them."""
    values: dict[Category, dict[str, None]] = {}
    everything = vault.list_sealed(subject)
    for permit in permits:
        sealed = [each for each in everything if each.category in permit.categories]
        texts = vault.open_all(sealed, permit=permit, now=now)
        for each, text in zip(sealed, texts, strict=True):
            found = values.setdefault(each.category, {})
            if text:  # where nothing is left, what was there has been erased before its row
                found[text] = None
    return tuple(
        Held(each.category, each.sealed, each.keepings, tuple(values[each.category]))
        if each.category in values
        else each
        for each in list_held(subject, now=now)
    )


def shown_in(held: tuple[Held, ...], permit: Permit) -> tuple[str, ...]:
    """Return the kinds of data that were opened under a permit."""
    kinds = (each.category for each in held if each.values)
    return tuple(sorted(each for each in kinds if each in permit.categories))


def lines_up_to(newest: str, subject: SubjectId) -> Iterator[Line]:
    """Yield the line of an entry and all of the same person before it, the newest first."""
    purposes = purposes_by_clause()
    yield from (
        to_line(each, subject, purposes)
        for each in ledger_queries.list_about(subject, limit=LIST_MAX).entries
        if each.id == newest
    )
    older = newest
    while older:
        found = ledger_queries.list_about(subject, limit=LIST_MAX, before=older)
        yield from (to_line(each, subject, purposes) for each in found.entries)
        older = found.older


def purposes_by_clause() -> Mapping[tuple[str, str], str]:
    """Return what each clause of each published edition is for, in words."""
    return {
        (each.date.isoformat(), clause.id): purpose_in_words(clause.purpose)
        for each in gate_queries.shelf().editions
        for clause in each.policy.edition.clauses
    }


def to_line(entry: OwnEntry, subject: SubjectId, purposes: Mapping[tuple[str, str], str]) -> Line:
    fields = entry.fields
    return Line(
        id=entry.id,
        kind=entry.kind,
        at=entry.at,
        kept_until=entry.expires_at,
        sentence="" if fields is None else sentence_for(entry.kind, fields),
        who="" if fields is None else who_for(entry.kind, fields, subject),
        why=purposes.get((entry.edition, entry.clause), ""),
        clause=entry.clause,
        edition=entry.edition,
        is_readable=fields is not None,
        is_signed=entry.is_signed,
    )
