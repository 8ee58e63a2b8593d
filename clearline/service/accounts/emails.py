"""The e-mail addresses of people as other modules ask for them and change them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Model, QuerySet

from clearline.kit.errors import NotFound
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.addresses import (
    OF_RECORD_AFTER,
    Tie,
    of_record,
    trusted_before,
)
from clearline.service.accounts.models import EmailAddress, Holder
from clearline.service.accounts.queries import email_index
from clearline.service.mail import actions as mail
from clearline.service.mail.compose import AddressRefused, refuse_address
from clearline.trust.gate.permit import Permit
from clearline.trust.vault import queries as vault
from clearline.trust.vault.sealed import Sealed

ENDS_MAX: Final = 50
ERASED_AT_ONCE: Final = 1_000


class NoSuchAddress(NotFound):
    code = "no_such_address"

    def __init__(self) -> None:
        super().__init__("This address is not yours any more. Look at your addresses again.")


def list_ties(subject: SubjectId) -> tuple[Tie, ...]:
    """Return the addresses that are or were somebody's, still shut, the last first.

    Of very many the fifty that came last and the fifty that came first: so nobody who replaces it
    over and over makes the address of record fall out.
    """
    rows = EmailAddress.objects.filter(subject=subject).defer("address", "address_index")
    last = list(rows.order_by("-added_at", "-pk")[:ENDS_MAX])
    others = rows.exclude(pk__in=[row.pk for row in last])
    first = reversed(others.order_by("added_at", "pk")[:ENDS_MAX])
    return tuple(map(to_tie, [*last, *first]))


def to_tie(row: EmailAddress) -> Tie:
    return Tie(row.pk, row.added_at, row.confirmed_at, row.ended_at)


def open_address(subject: SubjectId, row: int, *, permit: Permit, now: datetime) -> str:
    """Return one address of somebody. Raises NoSuchAddress, Denied."""
    found = EmailAddress.objects.filter(subject=subject, pk=row).first()
    if found is None:
        raise NoSuchAddress
    return vault.open_sealed(found.address, permit=permit, now=now)


def open_mailable(
    subject: SubjectId, ties: Iterable[Tie], *, permit: Permit, now: datetime
) -> Iterator[tuple[Tie, str]]:
    """Yield addresses of somebody that letters go to; one that none goes to keeps back no other.

    Raises PersonErased, NoKey, Denied.
    """
    for tie in ties:
        try:
            address = open_address(subject, tie.row, permit=permit, now=now)
            refuse_address(address)
        except (NoSuchAddress, AddressRefused):
            continue
        yield tie, address


def is_told_with_link(subject: SubjectId, *, changed_at: datetime, now: datetime) -> bool:
    """Say whether the letter that tells of a change can bring somebody the link that undoes it.

    That takes an address that was trusted when it was changed, and is one that letters go to.
    Raises gate.UseDenied, NoEditionInForce.
    """
    tie = trusted_before(list_ties(subject), changed_at)
    if tie is None:
        return False
    permit = mail.ask_to_write(subject, now)
    return any(True for _ in open_mailable(subject, [tie], permit=permit, now=now))


def is_kept(subject: SubjectId, row: int) -> bool:
    """Say whether an address is still with us."""
    return EmailAddress.objects.filter(subject=subject, pk=row).exists()


def has_index(row: int, index: bytes) -> bool:
    """Say whether an address is the one of this blind index."""
    return EmailAddress.objects.filter(pk=row, address_index=index).exists()


def confirm(subject: SubjectId, row: int, *, now: datetime) -> None:
    """Note, in the caller's transaction, that a code proved an address. Raises NoSuchAddress."""
    rows = EmailAddress.objects.filter(subject=subject, pk=row, ended_at__isnull=True)
    if not rows.update(confirmed_at=now):
        raise NoSuchAddress


def replace(subject: SubjectId, address: str, *, now: datetime) -> None:
    """Put a proven address in the place of the present one, in the caller's transaction."""
    present_of(subject).update(ended_at=now)
    EmailAddress(
        subject=subject,
        address=address,
        address_index=email_index(address),
        added_at=now,
        confirmed_at=now,
    ).save(force_insert=True)


def restore(subject: SubjectId, row: int) -> bool:
    """Make an earlier address the present one again, in the caller's transaction.

    Those that came after it are erased. Returns whether it was another one. Raises NoSuchAddress.
    """
    rows = EmailAddress.objects.filter(subject=subject)
    old = rows.select_for_update().filter(pk=row).first()
    if old is None:
        raise NoSuchAddress
    if old.ended_at is None:
        return False
    rows.filter(added_at__gt=old.added_at).delete()
    rows.filter(pk=row).update(ended_at=None)
    return True


def present_of(subject: SubjectId) -> QuerySet[EmailAddress]:
    return EmailAddress.objects.filter(subject=subject, ended_at__isnull=True)


def list_owners(index: bytes, *, limit: int) -> tuple[SubjectId, ...]:
    """Return whose address that of a blind index is or was, the first who gave it first."""
    rows = EmailAddress.objects.filter(address_index=index).order_by("pk")
    owners = rows.values_list("subject", flat=True)[: limit * 2]  # an address may be there twice
    return tuple(map(SubjectId, dict.fromkeys(owners)))[:limit]


def erase_replaced(*, needed: QuerySet[Model, int], kept_from: datetime, now: datetime) -> int:
    """Erase addresses replaced until `kept_from` once the present one is of record; count them.

    `needed` are the rows that stay.
    """
    ended = min(kept_from, now - OF_RECORD_AFTER)
    replaced = EmailAddress.objects.filter(ended_at__lte=ended)
    owners = owners_of(replaced.exclude(pk__in=needed))
    gone = [row for subject in owners for row in outlived(subject, ended, now)]
    return EmailAddress.objects.filter(pk__in=gone).exclude(pk__in=needed).delete()[0]


def owners_of(replaced: QuerySet[EmailAddress]) -> Iterator[SubjectId]:
    """Yield whose address was replaced, the longest ago first."""
    subjects = replaced.order_by("ended_at").values_list("subject", flat=True)[:ERASED_AT_ONCE]
    yield from map(SubjectId, dict.fromkeys(subjects))


def outlived(subject: SubjectId, ended: datetime, now: datetime) -> list[int]:
    ties = list_ties(subject)
    found = of_record(ties, now)
    is_present = found is not None and found.ended_at is None
    return [each.row for each in ties if each.ended_at and each.ended_at <= ended and is_present]


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody with an open account, and their present address, still shut. `after` is its row."""

    after: int
    subject: SubjectId
    address: Sealed


def list_reachable(*, after: int, limit: int) -> tuple[Reachable, ...]:
    """Return the holders of open accounts behind a row, in the order in which they came."""
    holders = Holder.objects.filter(pk__gt=after, closed_at__isnull=True).order_by("pk")
    found = dict(holders.values_list("subject", "pk")[:limit])
    present = EmailAddress.objects.filter(subject__in=found, ended_at__isnull=True)
    told = (Reachable(found[row.subject], SubjectId(row.subject), row.address) for row in present)
    return tuple(sorted(told, key=lambda each: each.after))
