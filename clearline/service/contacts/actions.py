"""Proving an e-mail address by a code, replacing it, and showing which one is of record."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F

from clearline.kit.errors import Conflict, Invalid, TooMany
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import (
    Category,
    Purpose,
    Recipient,
    RecipientClass,
    SubjectId,
    SubjectKind,
)
from clearline.service.accounts import emails
from clearline.service.accounts.addresses import Tie, current, trusted
from clearline.service.accounts.emails import NoSuchAddress
from clearline.service.accounts.queries import email_index
from clearline.service.accounts.words import read_email
from clearline.service.contacts.models import EmailCode
from clearline.service.contacts.queries import (
    CODE_WINDOW,
    CONTACT_CLAUSE,
    TRIES_MAX,
    waiting_code,
    working_notices,
)
from clearline.service.mail import actions as mail
from clearline.service.mail.template import Template
from clearline.trust.blind_index import blind_index, folded
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.accounts import ProfileShown
from clearline.trust.ledger.entries.contacts import (
    ContactCodeSent,
    ContactConfirmed,
    ContactReplaced,
)
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.vault import queries as vault

CODE_DIGITS: Final = 6
CODES_AN_HOUR_MAX: Final = 5  # that one person asks for
CODES_A_DAY_MAX: Final = 10  # that one person asks for to one address
LETTERS_A_DAY_MAX: Final = 10  # with codes, to an address that whoever asks does not have yet
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


class CodeFor(StrEnum):
    """What a code is to prove."""

    CONFIRM = "confirm"
    REPLACE = "replace"


class AddressConfirmed(Conflict):
    code = "address_confirmed"

    def __init__(self) -> None:
        super().__init__("Your address is confirmed already.")


class SameAddress(Invalid):
    code = "same_address"

    def __init__(self) -> None:
        super().__init__("That is your address already.")


class TooManyCodes(TooMany):
    code = "too_many_codes"

    def __init__(self) -> None:
        super().__init__(
            "Many codes were sent already. Look into your mail, also among what is held back as "
            "spam, and try again in an hour."
        )


class TooManyCodesToday(TooManyCodes):
    def __init__(self) -> None:
        TooMany.__init__(
            self,
            "You had many codes sent to this address today. Look into your mail, also among what "
            "is held back as spam, and try again tomorrow.",
        )


class CodeWrong(Invalid):
    code = "code_wrong"

    def __init__(self) -> None:
        super().__init__("That is not the code. Look at the newest letter and type it again.")


class NoCodeWaits(Invalid):
    """The same words for a code that is over, was used, or was tried too often."""

    code = "no_code_waits"

    def __init__(self) -> None:
        super().__init__(
            "This code works no longer. A code works once, for 15 minutes and for five tries: ask "
            "for a new one."
        )


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """A code that was sent: where to, for what, and until when it works."""

    address: str
    what: CodeFor
    until: datetime


@dataclass(frozen=True, slots=True, repr=False)
class ShownAddress:
    """One address, opened for its owner. `of_record_at` is None once it is of record."""

    address: str
    is_confirmed: bool
    since: datetime
    of_record_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class Contacts:
    """The present address, the earlier one that codes still go to, and the code that waits."""

    present: ShownAddress
    earlier: ShownAddress | None
    waiting: Waiting | None


def ask_for_contacts(subject: SubjectId, now: datetime) -> Permit:
    """Return the permit to keep, prove and open somebody's addresses.

    Raises gate.UseDenied, NoEditionInForce. Source: clause account.contact.
    """
    use = Use(
        by=Actor(ActorKind.SUBJECT, subject),
        subject=subject,
        categories=frozenset({Category.CONTACT_EMAIL, Category.AUTHORIZATION_CREDENTIALS}),
        purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
        about=SubjectKind.CUSTOMER,
    )
    return gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)


def show_contacts(*, by: Actor, subject: SubjectId, now: datetime) -> Contacts:
    """Open for a person how they are reached. Raises NoSuchAddress, gate.UseDenied.

    Source: 47 CFR 64.2003(b); clause account.show.
    """
    use = Use(
        by=by,
        subject=subject,
        categories=frozenset({Category.CONTACT_EMAIL}),
        purpose=Purpose.ESSENTIAL_SERVICE,
        about=SubjectKind.CUSTOMER,
        recipient=Recipient(RecipientClass.SUBJECT),
    )
    permit = gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)
    ties = emails.list_ties(subject)
    present, known = current(ties), trusted(ties, now)
    if present is None:
        raise NoSuchAddress
    earlier = known if known and known != present else None
    code = waiting_code(subject, now)
    shown = Contacts(
        present=show_one(subject, present, permit, now),
        earlier=show_one(subject, earlier, permit, now) if earlier else None,
        waiting=show_waiting(code, permit, now) if code else None,
    )

    with transaction.atomic():
        entry = ProfileShown(fields=("email",), by=str(by))
        ledger.append(entry, subject=subject, permit=permit, now=now)
    return shown


def show_one(subject: SubjectId, tie: Tie, permit: Permit, now: datetime) -> ShownAddress:
    return ShownAddress(
        address=emails.open_address(subject, tie.row, permit=permit, now=now),
        is_confirmed=tie.confirmed_at is not None,
        since=tie.added_at,
        of_record_at=None if tie.is_of_age(now) else tie.of_record_at,
    )


def show_waiting(code: EmailCode, permit: Permit, now: datetime) -> Waiting:
    return Waiting(
        address=vault.open_sealed(code.address, permit=permit, now=now),
        what=CodeFor.REPLACE if code.row is None else CodeFor.CONFIRM,
        until=code.made_at + CODE_WINDOW,
    )


def send_code(*, subject: SubjectId, now: datetime) -> None:
    """Send a code to somebody's present address; typed in, it confirms it.

    Raises NoSuchAddress, AddressConfirmed, TooManyCodes, gate.UseDenied. Source: clauses
    account.contact, account.acts.
    """
    permit = ask_for_contacts(subject, now)
    present = current(emails.list_ties(subject))
    if present is None:
        raise NoSuchAddress
    if present.confirmed_at is not None:
        raise AddressConfirmed
    address = emails.open_address(subject, present.row, permit=permit, now=now)
    send_to(Asked(subject, address, present.row), now)


def send_code_to_new(*, subject: SubjectId, email: str, now: datetime) -> None:
    """Send a code to a new address; typed in, it puts that one in the place of the present one.

    Raises FieldWrong, SameAddress, NoSuchAddress, TooManyCodes, gate.UseDenied. Source: clauses
    account.contact, account.acts.
    """
    permit = ask_for_contacts(subject, now)
    told = read_email(email)
    present = current(emails.list_ties(subject))
    if present is None:
        raise NoSuchAddress
    known = emails.open_address(subject, present.row, permit=permit, now=now)
    if folded(known) == folded(told):
        raise SameAddress
    send_to(Asked(subject, told, None), now)


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """Who asks for a code, where it goes, and the row that it is to confirm, None for a new one."""

    subject: SubjectId
    address: str
    row: int | None


def send_to(asked: Asked, now: datetime) -> None:
    """Write a code and the letter that carries it.

    Where enough letters went to an address the next one is written and sealed like any other, but
    stays here: in no answer, and in nothing that we hold of whoever asks, they read whether others
    have had codes sent there.
    """
    note = safeguards.ask_to_note_customer(now)
    permit = mail.ask_to_write(asked.subject, now)
    index = email_index(asked.address)
    refuse_too_many(asked, index, now)
    is_kept_back = asked.row is None and has_enough(index, now)
    digits = new_digits(CODE_DIGITS)

    with transaction.atomic():
        EmailCode.objects.filter(subject=asked.subject, ended_at__isnull=True).update(ended_at=now)
        row = EmailCode(
            subject=asked.subject,
            address=asked.address,
            address_index=index,
            row=asked.row,
            made_at=now,
            kept_back_at=now if is_kept_back else None,
        )
        row.code_index = code_index(row, digits)
        insert(row)
        what = CodeFor.REPLACE if asked.row is None else CodeFor.CONFIRM
        ledger.append(ContactCodeSent(what=what), subject=asked.subject, permit=note, now=now)
        write = mail.keep_back if is_kept_back else mail.enqueue
        write(
            to=asked.address,
            template=Template.ADDRESS_CODE,
            context={"code": in_halves(digits)},
            subject=asked.subject,
            permit=permit,
            now=now,
        )


def insert(row: EmailCode) -> None:
    """Write a code. Raises TooManyCodes where another one was asked for in this very moment."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise TooManyCodes from None


def refuse_too_many(asked: Asked, index: bytes, now: datetime) -> None:
    """Return if somebody may ask for one more code, whatever others ask for.

    Raises TooManyCodes, TooManyCodesToday.
    """
    asked_for = EmailCode.objects.filter(subject=asked.subject)
    if asked_for.filter(made_at__gt=now - HOUR).count() >= CODES_AN_HOUR_MAX:
        raise TooManyCodes
    if asked_for.filter(address_index=index, made_at__gt=now - DAY).count() >= CODES_A_DAY_MAX:
        raise TooManyCodesToday


def has_enough(index: bytes, now: datetime) -> bool:
    """Say whether no more letters with codes go to an address today that the asker has not yet.

    What others ask to send to an address does not keep its owner from proving it.
    """
    gone = EmailCode.objects.filter(address_index=index, kept_back_at__isnull=True)
    return gone.filter(made_at__gt=now - DAY).count() >= LETTERS_A_DAY_MAX


def new_digits(count: int) -> str:
    """Return the digits of a code that a letter carries."""
    return f"{secrets.randbelow(10**count):0{count}d}"


def in_halves(digits: str) -> str:
    """Return an even number of digits as people read them to themselves."""
    half = len(digits) // 2
    return f"{digits[:half]} {digits[half:]}"


def digits_in(typed: str) -> str:
    """Return the digits that were typed, whatever stands between them."""
    return "".join(each for each in typed if each.isdecimal())


def code_index(row: EmailCode, typed: str) -> bytes:
    return blind_index(b"email_code", f"{row.number}\n{digits_in(typed)}")


def type_code(*, subject: SubjectId, code: str, now: datetime) -> CodeFor:
    """Take a code that was typed, and return what it did: it confirmed an address or replaced one.

    A try counts before the code is looked at. Of many at once one wins. Raises CodeWrong,
    NoCodeWaits, NoSuchAddress, gate.UseDenied. Source: 47 CFR 64.2010(f); clauses account.contact,
    account.acts.
    """
    permit = ask_for_contacts(subject, now)
    note = safeguards.ask_to_note_customer(now)
    row = counted_try(subject, now)
    if row is None:
        raise NoCodeWaits
    if code_index(row, code) != bytes(row.code_index):
        raise CodeWrong
    address = vault.open_sealed(row.address, permit=permit, now=now)

    with transaction.atomic():
        if not EmailCode.objects.filter(pk=row.pk, ended_at__isnull=True).update(ended_at=now):
            raise NoCodeWaits
        if row.row is None:
            emails.replace(subject, address, now=now)
            # Whoever is to be told of it is told by notices.py, which reads this entry.
            ledger.append(ContactReplaced(), subject=subject, permit=note, now=now)
            return CodeFor.REPLACE
        emails.confirm(subject, row.row, now=now)
        ledger.append(ContactConfirmed(), subject=subject, permit=note, now=now)
    return CodeFor.CONFIRM


def counted_try(subject: SubjectId, now: datetime) -> EmailCode | None:
    """Return the code that waits once a try at it was counted; None when none may be tried."""
    row = waiting_code(subject, now)
    if row is None:
        return None
    fresh = EmailCode.objects.filter(pk=row.pk, ended_at__isnull=True, tries__lt=TRIES_MAX)
    return row if fresh.update(tries=F("tries") + 1) else None


def drop_code(*, subject: SubjectId, now: datetime) -> None:
    """Let the code that waits work no longer. Raises gate.UseDenied."""
    ask_for_contacts(subject, now)
    EmailCode.objects.filter(subject=subject, ended_at__isnull=True).update(ended_at=now)


def erase_expired(*, now: datetime) -> int:
    """Erase codes of the day before, and addresses that were replaced long enough ago.

    One stays while the link of a letter that went there works, and for as long as the clause says.
    Raises NoEditionInForce. Source: clause account.contact.
    """
    codes = EmailCode.objects.filter(made_at__lte=now - DAY).delete()[0]
    needed = working_notices(now).values_list("row", flat=True)
    kept_from = policy_in_force(now).edition.kept_from(CONTACT_CLAUSE, now)
    return codes + emails.erase_replaced(needed=needed, kept_from=kept_from, now=now)
