"""Bringing in the customers of an earlier system: each once, by the number of their account."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from django.db import IntegrityError, models, transaction

from clearline.kit.errors import Conflict
from clearline.kit.seen import Seen
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Answer, Category, Purpose, SubjectId, SubjectKind
from clearline.service.accounts.age import choices_at_start
from clearline.service.accounts.customer_file import (
    CustomerRow,
    Fault,
    RowWrong,
    answers_in,
    in_one_form,
)
from clearline.service.accounts.models import (
    Account,
    BroughtList,
    EmailAddress,
    Holder,
    ImportedCustomer,
    ImportedLine,
    Member,
)
from clearline.service.accounts.roles import AccountKind, MemberRole
from clearline.trust.blind_index import folded, indexer
from clearline.trust.consent import actions as consent
from clearline.trust.consent.account import is_yes_over
from clearline.trust.consent.actions import Brought
from clearline.trust.gate import actions as gate
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.accounts import CustomersImported
from clearline.trust.vault import actions as vault_actions

Row = TypeVar("Row", bound=models.Model)

ROWS_AT_ONCE: Final = 1_000
A_DAY: Final = timedelta(days=1)
INSERTED_AT_ONCE: Final = 500
KEEP_IMPORTED: Final = Use(
    by=Actor(ActorKind.JOB, "import"),
    subject=SubjectId("customer"),
    categories=frozenset(
        {
            Category.NAME,
            Category.CONTACT_EMAIL,
            Category.CONTACT_PHONE_NUMBER,
            Category.CONTACT_ORGANIZATION,
            Category.ACCOUNT,
            Category.ACCOUNT_USERNAME,
            Category.DEMOGRAPHIC_AGE_RANGE,
            Category.FINANCIAL,
            Category.PRIVACY_PREFERENCES,
        }
    ),
    purpose=Purpose.ESSENTIAL_SERVICE,
    about=SubjectKind.CUSTOMER,
)


class ImportedMeanwhile(Conflict):
    """Somebody else took one of the numbers in this moment; nothing of the batch was written."""

    code = "imported_meanwhile"


@dataclass(frozen=True, slots=True)
class SeenInFile:
    """What came before in the same file."""

    accounts: Seen = field(default_factory=Seen)
    emails: Seen = field(default_factory=Seen)
    lines: Seen = field(default_factory=Seen)


@dataclass(frozen=True, slots=True, repr=False)
class Keyed:
    """A row with the codes by which it is found."""

    row: CustomerRow
    account: bytes
    email: bytes
    lines: tuple[bytes, ...]
    whole: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some rows: how many came in, how many were here, and those that cannot.

    Of who came in, how many a yes was left out because it had no day that has been, or was older
    than a yes lasts.
    """

    taken: int
    here_already: int
    wrong: tuple[RowWrong, ...]
    yeses_undated: int = 0
    yeses_old: int = 0


@dataclass(frozen=True, slots=True)
class Sorted:
    new: tuple[Keyed, ...]
    here_already: int
    wrong: tuple[RowWrong, ...]


def look_through(rows: Sequence[CustomerRow], *, seen: SeenInFile, now: datetime) -> Batch:
    """Return what would become of some rows, at most 1,000, and write nothing."""
    return told_of(sort(rows, seen), now)


def told_of(found: Sorted, now: datetime) -> Batch:
    undated = old = 0
    for each in found.new:
        yeses = sum(answer is Answer.YES for answer in answers_in(each.row.choices).values())
        why = why_no_yes(each.row, now)
        undated += yeses * (why is NoYes.UNDATED)
        old += yeses * (why is NoYes.OLD)
    return Batch(len(found.new), found.here_already, found.wrong, undated, old)


class NoYes(StrEnum):
    """Why a yes of an earlier system does not come in."""

    UNDATED = "undated"  # or of a day that is to come
    OLD = "old"


def why_no_yes(row: CustomerRow, now: datetime) -> NoYes | None:
    """Return why no yes of a row comes in, None where each does.

    What was said long ago is no yes of today: one that was said here would be over as well.
    """
    if row.choices_day is None or said_at(row.choices_day) > now + A_DAY:  # elsewhere it is
        return NoYes.UNDATED
    return NoYes.OLD if is_yes_over(said_at(row.choices_day), now) else None


def said_at(day: date) -> datetime:
    """Return the first moment of a day, so that no yes lasts longer than it may."""
    return datetime.combine(day, time(), UTC)


def held_of(row: CustomerRow, now: datetime) -> dict[str, Answer]:
    """Return the answers of a row that come in: each no, and a yes whose time is not over."""
    is_held = why_no_yes(row, now) is None
    return {
        name: answer
        for name, answer in answers_in(row.choices).items()
        if is_held or answer is Answer.NO
    }


def import_customers(
    rows: Sequence[CustomerRow],
    *,
    by: Actor,
    seen: SeenInFile,
    now: datetime,
    list_number: str = "",
) -> Batch:
    """Bring some customers in, at most 1,000, all of them or, after a crash, none.

    A customer who came in before with the very same row is counted, not brought in again. One
    entry of the ledger commits to the batch, and each who had chosen something has one of their
    own. Raises ImportedMeanwhile, gate.UseDenied,
    NoEditionInForce. Source: clause account.import.
    """
    permit = gate.ask(use=KEEP_IMPORTED, choices=NOTHING_CHOSEN, now=now)
    found = sort(rows, seen)
    if not found.new:
        return told_of(found, now)
    subjects = [SubjectId(secrets.token_hex(16)) for _ in found.new]
    pairs = list(zip(subjects, found.new, strict=True))
    people = [brought(subject, each.row, now) for subject, each in pairs]
    chosen = [each for each in people if each.choices != NOTHING_CHOSEN]
    permit_to_choose = consent.ask_to_begin(now) if chosen else None

    try:
        with transaction.atomic():
            write(pairs, now)
            belong_to_list(subjects, list_number, by, now)
            if permit_to_choose is not None:
                edition = date.fromisoformat(permit_to_choose.edition)
                consent.bring_many(chosen, edition=edition, permit=permit_to_choose, now=now)
            entry = CustomersImported(customers=len(pairs), sha256=manifest_of(pairs), by=str(by))
            ledger.append(entry, subject=None, permit=permit, now=now)
    except IntegrityError:
        message = "Another import or a new account took a number meanwhile. Run the same again."
        raise ImportedMeanwhile(message) from None
    return told_of(found, now)


def brought(subject: SubjectId, row: CustomerRow, now: datetime) -> Brought:
    """Return what is to hold of somebody's choices: those of before, and those of their age."""
    by_age = choices_at_start(row.age) if row.age else {}
    return Brought(
        subject=subject,
        answers=held_of(row, now),
        by_age={name.value: answer for name, answer in by_age.items()},
        gpc=row.gpc,
        yes_at=min(said_at(row.choices_day), now) if row.choices_day else now,
    )


def manifest_of(pairs: Sequence[tuple[SubjectId, Keyed]]) -> str:
    """Return the hash of a batch's lines: each random number with the keyed hash of its row."""
    lines = "".join(f"{subject} {keyed.whole.hex()}\n" for subject, keyed in pairs)
    return hashlib.sha256(lines.encode()).hexdigest()


def write(pairs: Sequence[tuple[SubjectId, Keyed]], now: datetime) -> None:
    accounts = [
        Account(
            owner=subject,
            number=each.row.account_number,
            number_index=each.account,
            kind=AccountKind.BUSINESS if each.row.business_name else AccountKind.PERSONAL,
            business_name=each.row.business_name or None,
            opened_at=now,
        )
        for subject, each in pairs
    ]
    people: list[models.Model] = []
    for subject, each in pairs:
        people += rows_of_person(subject, each, now)
    vault_actions.seal_many([*accounts, *people])
    Account.objects.bulk_create(accounts, batch_size=INSERTED_AT_ONCE)
    Member.objects.bulk_create(
        (
            Member(account=account, subject=account.owner, role=MemberRole.OWNER, since=now)
            for account in accounts
        ),
        batch_size=INSERTED_AT_ONCE,
    )
    account_of = {account.owner: account for account in accounts}
    for row in people:
        if isinstance(row, ImportedLine):
            row.account = account_of[row.subject]
    insert(Holder.objects, [row for row in people if isinstance(row, Holder)])
    insert(EmailAddress.objects, [row for row in people if isinstance(row, EmailAddress)])
    insert(ImportedCustomer.objects, [row for row in people if isinstance(row, ImportedCustomer)])
    insert(ImportedLine.objects, [row for row in people if isinstance(row, ImportedLine)])


def belong_to_list(subjects: Sequence[SubjectId], number: str, by: Actor, now: datetime) -> None:
    """Note of which list they came in, so that it can be taken back as a whole."""
    if number:
        told = {"by": str(by), "brought_at": now}
        BroughtList.objects.get_or_create(number=number, defaults=told)
        rows = ImportedCustomer.objects.filter(subject__in=subjects)
        rows.update(list_number=number)


def insert(table: models.Manager[Row], rows: Sequence[Row]) -> None:
    table.bulk_create(rows, batch_size=INSERTED_AT_ONCE)


def rows_of_person(subject: SubjectId, each: Keyed, now: datetime) -> list[models.Model]:
    row = each.row
    return [
        Holder(
            subject=subject,
            name=row.name,
            age_range=row.age,
            is_age_heard=True,
            opened_at=now,
        ),
        EmailAddress(subject=subject, address=row.email, address_index=each.email, added_at=now),
        ImportedCustomer(
            subject=subject,
            row_index=each.whole,
            balance=None if row.balance is None else str(row.balance),
            choices=in_one_form(held_of(row, now)) or None,
            choices_proof=row.choices_proof or None,
            user_id=row.user_id or None,
            imported_at=now,
        ),
        *(
            ImportedLine(subject=subject, number=number, number_index=index)
            for number, index in zip(row.lines, each.lines, strict=True)
        ),
    ]


def sort(rows: Sequence[CustomerRow], seen: SeenInFile) -> Sorted:
    """Tell apart who is new, who is here with the very same row, and who cannot come in."""
    keyed = key(rows)
    owners = dict(
        Account.objects.filter(number_index__in=[each.account for each in keyed]).values_list(
            "number_index", "owner"
        )
    )
    known = {bytes(index): owner for index, owner in owners.items()}
    came = dict(
        ImportedCustomer.objects.filter(subject__in=known.values()).values_list(
            "subject", "row_index"
        )
    )
    emails = taken(
        EmailAddress.objects.filter(ended_at__isnull=True),
        "address_index",
        [each.email for each in keyed],
    )
    lines = taken(
        ImportedLine.objects.all(), "number_index", [each for one in keyed for each in one.lines]
    )
    new, wrong, here_already = [], [], 0
    for each in keyed:
        faults = said_twice(each, seen)
        owner = known.get(each.account)
        if not faults and owner is not None:
            if bytes(came.get(owner, b"")) == each.whole:
                here_already += 1
                continue
            faults.append(Fault("An account with this number is here already, with other data."))
        elif owner is None:
            if each.email in emails:
                faults.append(Fault("A customer with this e-mail address is here already."))
            if not lines.isdisjoint(each.lines):
                text = "A telephone number of this customer is here already, as another's."
                faults.append(Fault(text))
        if faults:
            wrong.append(RowWrong(each.row.line, tuple(faults), each.row.cells))
        else:
            new.append(each)
    return Sorted(tuple(new), here_already, tuple(wrong))


def said_twice(each: Keyed, seen: SeenInFile) -> list[Fault]:
    """Return what of a row came before in the same file."""
    faults = []
    if not seen.accounts.add(each.account):
        faults.append(Fault("This account number stands in a row above."))
    if not seen.emails.add(each.email):
        faults.append(Fault("This e-mail address stands in a row above."))
    are_new = [seen.lines.add(line) for line in each.lines]  # each is taken in, also after one
    if not all(are_new):
        faults.append(Fault("A telephone number of this customer stands in a row above."))
    return faults


def taken(rows: models.QuerySet[models.Model], column: str, wanted: list[bytes]) -> set[bytes]:
    found = rows.filter(**{f"{column}__in": wanted}).values_list(column, flat=True)
    return {bytes(each) for each in found}


def key(rows: Sequence[CustomerRow]) -> list[Keyed]:
    account, email, line, whole = map(indexer, (b"account", b"email", b"line", b"imported"))
    return [
        Keyed(
            row=row,
            account=account(row.account_number),
            email=email(folded(row.email)),
            lines=tuple(map(line, row.lines)),
            whole=whole(row.canonical()),
        )
        for row in rows
    ]
