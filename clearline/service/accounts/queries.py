"""What is known of accounts without opening what is sealed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from django.db.models import Q, QuerySet

from clearline.policy.shelf import is_material_step
from clearline.policy.vocabulary import Answer, Category, ClauseId, SubjectId
from clearline.service.accounts.age import AgeBeforeYes
from clearline.service.accounts.models import (
    Account,
    Agreement,
    ContactNumber,
    EarlierName,
    EmailAddress,
    Holder,
    ImportedCustomer,
    ImportedLine,
    Member,
)
from clearline.service.accounts.roles import AccountKind, MemberRole
from clearline.trust.blind_index import blind_index, folded
from clearline.trust.gate import queries as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.vault import queries as vault
from clearline.trust.vault.sealed import Sealed

MEMBERS_MAX: Final = 100  # of one account, and accounts of one person
SAME_ADDRESS_MAX: Final = 100  # people with one e-mail address
LOOKED_AT_ONCE: Final = 500
LINES_MAX: Final = 50  # telephone numbers of one customer
EARLIER_NAMES_WINDOW: Final = timedelta(days=30)  # as an address needs to become that of record
EARLIER_NAMES_MAX: Final = 20
HOLDER_CLAUSE: Final = ClauseId("account.holder")  # says how long a closed account is kept
# They speak of those who were brought in.
IMPORT_CLAUSES: Final = frozenset({ClauseId("account.import"), ClauseId("account.invitation")})


@dataclass(frozen=True, slots=True)
class Agreed:
    """The newest edition that somebody agreed to, when, and the entry that proves it."""

    edition: date
    at: datetime
    proof: str


def find_agreed(subject: SubjectId) -> Agreed | None:
    row = Agreement.objects.filter(subject=subject).order_by("-edition").first()
    return None if row is None else Agreed(row.edition, row.agreed_at, row.proof)


def asks_to_agree(subject: SubjectId, *, now: datetime) -> bool:
    """Say whether the edition in force lets us do more than the one that somebody agreed to.

    Also when what they agreed to cannot be read any more. Raises NoEditionInForce, PolicyBroken.
    """
    policy = gate.policy_in_force(now)
    agreed = find_agreed(subject)
    if agreed is not None and agreed.edition >= policy.edition.date:
        return False
    before = gate.shelf().find(agreed.edition) if agreed else None
    return before is None or is_material_step(before.policy, policy)


def asks_age(subject: SubjectId) -> bool:
    """Say whether it is not known in which range somebody's age lies.

    Of who signs in that is so only where what was said of it was forgotten: somebody else said it.
    """
    return Holder.objects.filter(subject=subject, age_range__isnull=True).exists()


def may_say_yes(subject: SubjectId) -> bool:
    """Say whether a yes of somebody counts: not while their age is unknown, nor under 13."""
    holders = Holder.objects.filter(subject=subject)
    return not holders.filter(Q(age_range__isnull=True) | Q(is_final=True)).exists()


def answers_at_age(subject: SubjectId, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return those of somebody's answers that count at their age; a no always does.

    Raises AgeBeforeYes where none is left. Source: clause account.age.
    """
    kept: dict[str, Answer] = {
        name: said for name, said in answers.items() if said is not Answer.YES
    }
    if len(kept) == len(answers) or may_say_yes(subject):
        return dict(answers)
    if not kept:
        raise AgeBeforeYes
    return kept


def find_closed_at(subject: SubjectId) -> datetime | None:
    """Return when somebody closed their account; None while it is open."""
    return Holder.objects.filter(subject=subject).values_list("closed_at", flat=True).first()


def erased_on(closed_at: datetime | None, *, now: datetime) -> date | None:
    """Return the day on which an account closed at a moment is erased; None while it is open.

    Raises NoEditionInForce, PolicyBroken. Source: `kept` of clause account.holder.
    """
    clause = gate.policy_in_force(now).edition.find_clause(HOLDER_CLAUSE)
    return clause.kept.end(closed_at).date() if closed_at and clause else None


def is_closing_final(subject: SubjectId) -> bool:
    """Say whether the closing of somebody's account cannot be taken back."""
    return Holder.objects.filter(subject=subject, is_final=True).exists()


def gone_of(subjects: Iterable[str]) -> Iterator[frozenset[str]]:
    """Yield those of some people who were erased, in parts of at most 500."""
    waiting = iter(subjects)
    while asked := frozenset(islice(waiting, LOOKED_AT_ONCE)):
        here = Holder.objects.filter(subject__in=asked).values_list("subject", flat=True)
        gone = asked - frozenset(here)
        if gone:
            yield gone


@dataclass(frozen=True, slots=True)
class Standing:
    """Since when somebody is a customer, and since when their account is closing, if it is."""

    opened_at: datetime
    closed_at: datetime | None


def find_standing(subject: SubjectId | str) -> Standing | None:
    """Return how somebody's account stands; None where there is none any more."""
    row = Holder.objects.filter(subject=subject).first()
    return None if row is None else Standing(row.opened_at, row.closed_at)


def list_by_email(address: str) -> tuple[SubjectId, ...]:
    """Return those whose address it is now, at most 100, who came first at the top."""
    rows = EmailAddress.objects.filter(address_index=email_index(address), ended_at__isnull=True)
    found = rows.order_by("pk").values_list("subject", flat=True)[:SAME_ADDRESS_MAX]
    return tuple(map(SubjectId, found))


def list_by_proved_email(address: str) -> tuple[SubjectId, ...]:
    """Return those of them who proved by a code that it is theirs."""
    rows = EmailAddress.objects.filter(address_index=email_index(address), ended_at__isnull=True)
    proved = rows.filter(confirmed_at__isnull=False).order_by("pk")
    return tuple(map(SubjectId, proved.values_list("subject", flat=True)[:SAME_ADDRESS_MAX]))


def list_by_account_number(number: str) -> tuple[SubjectId, ...]:
    """Return who owns the account of a number."""
    rows = Account.objects.filter(number_index=account_index(number))
    return tuple(map(SubjectId, rows.values_list("owner", flat=True)))


def list_by_line(number: str) -> tuple[SubjectId, ...]:
    """Return who has a telephone number, written like +12075550100, as one that we serve."""
    rows = ImportedLine.objects.filter(number_index=line_index(number))
    return tuple(map(SubjectId, rows.values_list("subject", flat=True)))


def list_by_contact_number(number: str) -> tuple[SubjectId, ...]:
    """Return those who gave a number, written like +12075550100, to be reached at, at most 100."""
    rows = ContactNumber.objects.filter(number_index=contact_number_index(number)).order_by("pk")
    return tuple(map(SubjectId, rows.values_list("subject", flat=True)[:SAME_ADDRESS_MAX]))


def open_held(
    subject: SubjectId, *, permit: Permit, now: datetime
) -> Mapping[Category, tuple[str, ...]]:
    """Return what is held of a person of the kinds that the permit is for, opened.

    Raises PermitForged, PermitExpired, Denied, PersonErased, NoKey, SealBroken.
    """
    values: dict[Category, tuple[str, ...]] = {}
    for each in sealed_of(subject):
        if each.category in permit.categories:
            text = vault.open_sealed(each, permit=permit, now=now)
            values[each.category] = (*values.get(each.category, ()), text)
    return values


def open_name(subject: SubjectId, *, permit: Permit, now: datetime) -> str:
    """Return what a person is called, "" where there is none any more. Raises as `open_held`."""
    holder = Holder.objects.filter(subject=subject).first()
    return "" if holder is None else vault.open_sealed(holder.name, permit=permit, now=now)


def open_earlier_names(
    subject: SubjectId, *, permit: Permit, now: datetime
) -> tuple[tuple[str, datetime], ...]:
    """Return the names that somebody had within the last thirty days, and until when each.

    The first is the one that they had thirty days ago. Raises as `open_held`.
    """
    rows = EarlierName.objects.filter(subject=subject, ended_at__gt=now - EARLIER_NAMES_WINDOW)
    ended = rows.order_by("ended_at", "pk")[:EARLIER_NAMES_MAX]
    return tuple(
        (vault.open_sealed(row.name, permit=permit, now=now), row.ended_at) for row in ended
    )


def sealed_of(subject: SubjectId) -> Iterator[Sealed]:
    """Yield what an account holds of its holder and of how to reach them, still shut."""
    for holder in Holder.objects.filter(subject=subject):
        told = (holder.name, holder.screen_name, holder.age_range)
        yield from (each for each in told if each is not None)
    for email in EmailAddress.objects.filter(subject=subject, ended_at__isnull=True):
        yield email.address
    for account in owned_by(subject):
        yield account.number
        if account.business_name is not None:
            yield account.business_name
    for line in ImportedLine.objects.filter(subject=subject).order_by("pk")[:LINES_MAX]:
        yield line.number


@dataclass(frozen=True, slots=True)
class Membership:
    """What one person may do in one account, and since when. `account` is its row's number."""

    account: int
    subject: SubjectId
    role: MemberRole
    since: datetime


def list_memberships(subject: SubjectId) -> tuple[Membership, ...]:
    """Return the accounts that a person may act in, at most 100, their own first."""
    rows = Member.objects.filter(subject=subject).order_by("since", "pk")[:MEMBERS_MAX]
    return tuple(sorted(map(to_membership, rows), key=is_no_owner))


def is_no_owner(each: Membership) -> bool:
    return each.role is not MemberRole.OWNER


def list_members(account: int) -> tuple[Membership, ...]:
    """Return who may act in an account, at most 100, the owner first."""
    rows = Member.objects.filter(account_id=account).order_by("since", "pk")[:MEMBERS_MAX]
    return tuple(sorted(map(to_membership, rows), key=is_no_owner))


def is_member(account: int, subject: SubjectId) -> bool:
    return Member.objects.filter(account_id=account, subject=subject).exists()


def is_plain_member(account: int, subject: SubjectId) -> bool:
    """Say whether somebody may act in an account without owning it."""
    rows = Member.objects.filter(account_id=account, subject=subject)
    return rows.exclude(role=MemberRole.OWNER).exists()


def find_plain_member_since(account: int, subject: SubjectId) -> datetime | None:
    """Return since when somebody acts in an account without owning it; None when they do not."""
    rows = Member.objects.filter(account_id=account, subject=subject)
    return rows.exclude(role=MemberRole.OWNER).values_list("since", flat=True).first()


def find_owned(subject: SubjectId) -> int | None:
    """Return the account that a person owns, of several the one that was theirs first."""
    return owned_by(subject).values_list("pk", flat=True).first()


def owned_by(subject: SubjectId) -> QuerySet[Account]:
    """Return the accounts that a person owns, the one that was theirs first at the top."""
    rows = Account.objects.filter(members__subject=subject, members__role=MemberRole.OWNER)
    return rows.order_by("members__since", "members__pk")


@dataclass(frozen=True, slots=True)
class Owned:
    """An account of its owner: its row's number, whose contract it is, and since when."""

    account: int
    kind: AccountKind
    opened_at: datetime


def list_owned(subject: SubjectId) -> tuple[Owned, ...]:
    """Return the accounts that a person owns, at most 100, the one that was theirs first first."""
    rows = owned_by(subject)[:MEMBERS_MAX]
    return tuple(Owned(row.pk, AccountKind(row.kind), row.opened_at) for row in rows)


def to_membership(row: Member) -> Membership:
    role = MemberRole(row.role)
    return Membership(row.account_id, SubjectId(row.subject), role, row.since)


def was_imported(subject: SubjectId) -> bool:
    """Say whether a customer was brought in from an earlier system."""
    return ImportedCustomer.objects.filter(subject=subject).exists()


def email_index(address: str) -> bytes:
    return blind_index(b"email", folded(address))


def account_index(number: str) -> bytes:
    return blind_index(b"account", number)


def contact_number_index(number: str) -> bytes:
    return blind_index(b"contact_number", number)


def line_index(number: str) -> bytes:
    return blind_index(b"line", number)
