"""Second factors around a change that was taken back: they go a day later, unless their owner says.

OWASP ASVS 5.0.0, V6.4.3: to take a change back must not go round the second factor, and who reads
an old mailbox is perhaps not the owner. docs/decisions/0017 says why it is a day and a word.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.formats import date_format

from clearline.kit.errors import Invalid
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import emails
from clearline.service.accounts.addresses import OF_RECORD_AFTER, told_beside
from clearline.service.contacts.models import FactorWait
from clearline.service.contacts.queries import linked_rows
from clearline.service.mail import actions as mail
from clearline.service.mail.template import Template
from clearline.trust.blind_index import blind_index
from clearline.trust.factors import regaining as factors
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.contacts import FactorsKept, FactorsQuestioned
from clearline.trust.ledger.entries.logins import CustomerFactorRemoved
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.actions import NoSuchLogin
from clearline.trust.safeguards.second_factor import PasswordShortAlone

BY: Final = Actor(ActorKind.JOB, "factor_waits")
WAIT: Final = timedelta(hours=24)
TOKEN_BYTES: Final = 24
TOKEN_MAX: Final = 100
ENDED_AT_ONCE: Final = 200


class NothingWaits(Invalid):
    """The same words for a link that never was, was used, or came too late."""

    code = "nothing_waits"

    def __init__(self) -> None:
        super().__init__("There is nothing to keep any more. If something is wrong, call us.")


@dataclass(frozen=True, slots=True, repr=False)
class Written:
    """The addresses that hear of it, and the permits to write there and to note it.

    `restored` is where the link was, `earlier` and `later` came before and after that one.
    """

    restored: str
    earlier: tuple[str, ...]
    later: tuple[str, ...]
    permit: Permit
    note: Permit

    @property
    def all(self) -> tuple[str, ...]:
        return (self.restored, *self.earlier, *self.later)


def whom_to_write(subject: SubjectId, row: int, note: Permit, now: datetime) -> Written:
    """Return the address that is restored and those beside it that hear of changes, opened.

    Raises NoSuchAddress, gate.UseDenied.
    """
    permit = mail.ask_to_write(subject, now)
    ties = emails.list_ties(subject)
    restored = next((each for each in ties if each.row == row), None)
    if restored is None:
        raise emails.NoSuchAddress
    first = emails.open_address(subject, row, permit=permit, now=now)
    beside = told_beside(ties, restored, at=now, can_take_back=linked_rows(subject, now))
    opened = list(emails.open_mailable(subject, beside, permit=permit, now=now))
    earlier = tuple(to for tie, to in opened if tie.added_at < restored.added_at)
    later = tuple(to for tie, to in opened if tie.added_at >= restored.added_at)
    return Written(first, earlier, later, permit, note)


def begin(subject: SubjectId, since: datetime, to: Written, now: datetime) -> bool:
    """Let second factors that came since a moment go in a day, in the caller's transaction.

    All addresses are told; those that the change brought in get a link by which they stay. Returns
    whether they are told.
    """
    row = FactorWait.objects.select_for_update().filter(subject=subject).first()
    if row is not None and row.settled_at is None:
        return False  # they go when it was said that they do, however many links are followed
    # What stayed or went once is not asked about again.
    start = since if row is None else max(since, row.until)
    if not factors.came_between(subject, start, now):
        return False
    token, ends_at = secrets.token_urlsafe(TOKEN_BYTES), now + WAIT
    told = {
        "since": start,
        "until": now,
        "ends_at": ends_at,
        "settled_at": None,
        "token_index": token_index(token),
    }
    FactorWait.objects.update_or_create(subject=subject, defaults=told)
    ledger.append(FactorsQuestioned(), subject=subject, permit=to.note, now=now)
    when = date_format(ends_at, "j F Y, H:i e")
    link = f"{settings.ENV.url}/account/not-me/?keep={token}"
    own_link = {"when": when, "link": link}
    letters = [(to.restored, {"when": when}), *((each, own_link) for each in to.later)]
    for address, context in letters:
        mail.enqueue(
            to=address,
            template=Template.FACTORS_WAIT,
            context=context,
            subject=subject,
            permit=to.permit,
            now=now,
        )
    return True


def token_index(token: str) -> bytes:
    return blind_index(b"factor_wait", token[:TOKEN_MAX])


def waiting(now: datetime) -> QuerySet[FactorWait]:
    """Return those whose second factors may still be kept."""
    return FactorWait.objects.filter(settled_at__isnull=True, ends_at__gt=now)


def find_end(subject: SubjectId, *, now: datetime) -> datetime | None:
    """Return when second factors of somebody go, None where none are about to."""
    return waiting(now).filter(subject=subject).values_list("ends_at", flat=True).first()


def works(token: str, *, now: datetime) -> bool:
    """Say whether a link still keeps second factors."""
    return waiting(now).filter(token_index=token_index(token)).exists()


def keep_by_link(*, token: str, now: datetime) -> None:
    """Let second factors stay, by the link in a letter to an address that a change brought in.

    Nothing else is opened by it. Raises NothingWaits, gate.UseDenied. Source: clause
    account.contact.
    """
    row = waiting(now).filter(token_index=token_index(token)).first()
    if row is None:
        raise NothingWaits
    let_stay(SubjectId(row.subject), "", now)


def keep(*, subject: SubjectId, now: datetime) -> None:
    """Let second factors stay; their owner, who signed in by one, says that they are theirs.

    Raises NothingWaits, gate.UseDenied. Source: clauses account.contact, account.acts.
    """
    let_stay(subject, str(Actor(ActorKind.SUBJECT, subject)), now)


def let_stay(subject: SubjectId, by: str, now: datetime) -> None:
    """Let second factors stay; of this and the moment at which they go one wins."""
    permit = safeguards.ask_to_note_customer(now)

    with transaction.atomic():
        if not waiting(now).filter(subject=subject).update(settled_at=now):
            raise NothingWaits
        ledger.append(FactorsKept(by=by), subject=subject, permit=permit, now=now)


def end_due(*, now: datetime) -> int:
    """Take second factors away that nobody kept within the day; return of how many people."""
    due = FactorWait.objects.filter(settled_at__isnull=True, ends_at__lte=now).order_by("pk")
    return sum(end(row, now) for row in due[:ENDED_AT_ONCE])


def end(row: FactorWait, now: datetime) -> bool:
    permit = safeguards.ask_to_note_customer(now)
    subject = SubjectId(row.subject)

    with transaction.atomic():
        due = FactorWait.objects.filter(pk=row.pk, settled_at__isnull=True)
        if not due.update(settled_at=now):
            return False
        try:
            with transaction.atomic():
                gone = factors.forget_between(subject, row.since, row.until)
        except NoSuchLogin:
            return False  # the account is erased
        except PasswordShortAlone:
            # Whoever chose so short a password signed in by such a factor: it is the owner's.
            ledger.append(FactorsKept(by=str(BY)), subject=subject, permit=permit, now=now)
            return False
        for each in gone:
            entry = CustomerFactorRemoved(factor=each, by=str(BY))
            ledger.append(entry, subject=subject, permit=permit, now=now)
    return bool(gone)


def erase_expired(*, now: datetime) -> int:
    """Erase what stood for links once no link of a notice asks about the same time any more."""
    rows = FactorWait.objects.filter(ends_at__lte=now - OF_RECORD_AFTER, settled_at__isnull=False)
    return rows.delete()[0]
