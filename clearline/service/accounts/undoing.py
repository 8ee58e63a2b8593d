"""Taking back a list that was brought in by mistake, by two, while nobody in it has signed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from clearline.kit.errors import Conflict, Denied, NotFound
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.actions import erase
from clearline.service.accounts.importing import KEEP_IMPORTED
from clearline.service.accounts.models import (
    Agreement,
    BroughtList,
    CustomerInvitation,
    ImportedCustomer,
)
from clearline.trust.gate import actions as gate
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.accounts import (
    AccountErased,
    ListBackAsked,
    ListStays,
    ListTakenBack,
)
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards.roles import Role

LISTED: Final = timedelta(days=90)  # so long a list may be taken back
WAITS: Final = timedelta(days=7)
LISTS_MAX: Final = 50
ERASED_AT_ONCE: Final = 500
CLEARED_AT_ONCE: Final = 5_000
CLEARINGS_MAX: Final = 200


class NoSuchList(NotFound):
    code = "no_such_list"

    def __init__(self) -> None:
        super().__init__("This list is not there any more. Look at the lists again.")


class SomebodyCameIn(Conflict):
    code = "somebody_came_in"

    def __init__(self) -> None:
        super().__init__(
            "Somebody of this list has signed in already, so the list stays. Whoever runs this "
            "site closes single accounts by their numbers."
        )


class NobodyElse(Conflict):
    code = "nobody_else"

    def __init__(self) -> None:
        super().__init__("Nobody else is a privacy officer, so nobody can confirm it.")


class ListChanged(Conflict):
    code = "list_changed"

    def __init__(self) -> None:
        super().__init__("Something else was decided about this list meanwhile. Look at it again.")


class NotByOneself(Denied):
    code = "not_by_oneself"

    def __init__(self) -> None:
        super().__init__("You asked for this yourself. Another privacy officer confirms it.")


@dataclass(frozen=True, slots=True)
class ListShown:
    """One list that was brought in: by whom, when, how many, and how far taking it back is."""

    number: str
    by: str
    brought_at: datetime
    customers: int
    has_signed_in: bool
    asked_by: str
    asked_at: datetime | None
    taken_back_at: datetime | None

    @property
    def mark(self) -> str:
        """What a page sends back, to tell this from what was decided meanwhile."""
        return f"{self.asked_at.isoformat()} {self.asked_by}" if self.asked_at else ""


def list_brought(*, now: datetime) -> tuple[ListShown, ...]:
    """Return the lists of the last 90 days, at most 50, the newest first."""
    rows = BroughtList.objects.filter(brought_at__gt=now - LISTED).order_by("-brought_at", "-pk")
    return tuple(to_shown(row, now) for row in rows[:LISTS_MAX])


def to_shown(row: BroughtList, now: datetime) -> ListShown:
    is_asked = row.asked_at is not None and row.asked_at > now - WAITS
    return ListShown(
        number=row.number,
        by=row.by,
        brought_at=row.brought_at,
        customers=people_of(row.number).count(),
        has_signed_in=has_signed_in(row.number),
        asked_by=row.asked_by if is_asked else "",
        asked_at=row.asked_at if is_asked else None,
        taken_back_at=row.taken_back_at,
    )


def people_of(number: str) -> QuerySet[ImportedCustomer]:
    return ImportedCustomer.objects.filter(list_number=number)


def has_signed_in(number: str) -> bool:
    """Say whether anybody of a list came in by their invitation, which is the only way in.

    A child's link ends without letting them in.
    """
    return people_of(number).filter(came_in()).exists()


def came_in() -> Exists:
    return Exists(Agreement.objects.filter(subject=OuterRef("subject")))


def ask(*, by: Actor, number: str, now: datetime) -> None:
    """Ask that a list be taken back; it waits for another privacy officer, seven days at most.

    Raises NoSuchList, SomebodyCameIn, NobodyElse, gate.UseDenied, NoEditionInForce. Source: clause
    account.import.
    """
    permit = gate.ask(use=KEEP_IMPORTED, choices=NOTHING_CHOSEN, now=now)
    if not any(each != by.name for each in officers()):
        raise NobodyElse

    with transaction.atomic():
        row = lock(number, now)
        if has_signed_in(number):
            raise SomebodyCameIn
        row.asked_by, row.asked_at = by.name, now
        row.save(update_fields=["asked_by", "asked_at"])
        entry = ListBackAsked(count=people_of(number).count(), by=str(by))
        ledger.append(entry, subject=None, permit=permit, now=now)


def confirm(*, by: Actor, number: str, seen: str, now: datetime) -> None:
    """Take a list back: nobody of it can come in any more, and the worker erases them all.

    Whoever comes in by their link in this very moment makes it fail. Raises NoSuchList,
    ListChanged, NotByOneself, SomebodyCameIn, gate.UseDenied, NoEditionInForce.
    """
    permit = gate.ask(use=KEEP_IMPORTED, choices=NOTHING_CHOSEN, now=now)

    with transaction.atomic():
        row = asked_for(number, seen, now)
        if row.asked_by == by.name:
            raise NotByOneself
        if row.asked_by not in officers():
            raise ListChanged
        people = people_of(number)
        links = CustomerInvitation.objects.filter(subject__in=people.values("subject"))
        links.filter(used_at__isnull=True).delete()
        if has_signed_in(number):
            raise SomebodyCameIn
        row.taken_back_at = now
        row.save(update_fields=["taken_back_at"])
        asked_by = f"{by.kind}:{row.asked_by}"
        entry = ListTakenBack(count=people.count(), asked_by=asked_by, by=str(by))
        ledger.append(entry, subject=None, permit=permit, now=now)


def decline(*, by: Actor, number: str, seen: str, now: datetime) -> None:
    """Let a list stay that was to be taken back.

    Raises NoSuchList, ListChanged, gate.UseDenied, NoEditionInForce.
    """
    permit = gate.ask(use=KEEP_IMPORTED, choices=NOTHING_CHOSEN, now=now)

    with transaction.atomic():
        row = asked_for(number, seen, now)
        asked_by = f"{by.kind}:{row.asked_by}"
        row.asked_by, row.asked_at = "", None
        row.save(update_fields=["asked_by", "asked_at"])
        entry = ListStays(asked_by=asked_by, by=str(by))
        ledger.append(entry, subject=None, permit=permit, now=now)


def officers() -> frozenset[str]:
    """Return who may confirm, by their random numbers."""
    staff = logins.list_staff()
    return frozenset(
        each.public_id for each in staff if each.is_active and Role.PRIVACY_OFFICER in each.roles
    )


def lock(number: str, now: datetime) -> BroughtList:
    rows = BroughtList.objects.select_for_update().filter(
        number=number, brought_at__gt=now - LISTED, taken_back_at__isnull=True
    )
    row = rows.first()
    if row is None:
        raise NoSuchList
    return row


def asked_for(number: str, seen: str, now: datetime) -> BroughtList:
    row = lock(number, now)
    mark = to_shown(row, now).mark
    if not mark or mark != seen:
        raise ListChanged
    return row


def erase_taken_back(*, now: datetime) -> int:
    """Erase people of lists that were taken back, at most 500 at once; return how many."""
    back = BroughtList.objects.filter(taken_back_at__isnull=False)
    due = ImportedCustomer.objects.filter(list_number__in=back.values("number")).exclude(came_in())
    permit = safeguards.ask_to_note_customer(now)
    gone = 0
    some = due.order_by("pk").values_list("subject", flat=True)[:ERASED_AT_ONCE]
    for subject in map(SubjectId, list(some)):
        with transaction.atomic():
            if due.select_for_update().filter(subject=subject).first() is not None:
                proof, entry = erase(subject, now), AccountErased()
                ledger.append(entry, subject=subject, permit=permit, now=now, entry_id=proof)
                gone += 1
    return gone


def erase_expired(*, now: datetime) -> int:
    """Erase what is kept of lists that nobody may take back any more; return how many went.

    Before one goes, its number goes from those who stood in it, at most a million in one run. One
    that was taken back stays until all who came in by it are erased. Source: clause account.import.
    """
    over = BroughtList.objects.filter(brought_at__lte=now - LISTED)
    stay = over.filter(taken_back_at__isnull=True)
    listed = ImportedCustomer.objects.filter(list_number__in=stay.values("number"))
    for _ in range(CLEARINGS_MAX):
        some = ImportedCustomer.objects.filter(pk__in=listed.values("pk")[:CLEARED_AT_ONCE])
        if not some.update(list_number=""):
            break
    people = ImportedCustomer.objects.filter(list_number=OuterRef("number"))
    return over.exclude(Exists(people)).delete()[0]
