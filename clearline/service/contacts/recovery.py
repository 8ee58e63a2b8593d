"""Getting back in: a code to the address of record, then a new password. Never a question.

Whoever asks is answered the same, by the same work, whether we know them or not: whom a question is
about is found out afterwards, by the worker. Whoever is sent no letter, since many went, has one of
the last hour whose link lets them in: so nobody who asks in another's name keeps them out.
47 CFR 64.2010(c), (e): neither "readily available biographical information" nor "account
information" authenticates anybody.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from clearline.kit.errors import Invalid, TooMany
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Category, Purpose, SubjectId, SubjectKind
from clearline.service.accounts import emails
from clearline.service.accounts.addresses import Tie, trusted
from clearline.service.accounts.queries import email_index
from clearline.service.contacts.actions import digits_in, in_halves, new_digits
from clearline.service.contacts.models import EmailCode, RecoveryAsk, RecoveryLetter
from clearline.service.mail import actions as mail
from clearline.service.mail.template import Template
from clearline.service.teams import handing_over
from clearline.trust.blind_index import blind_index
from clearline.trust.factors import regaining as factors
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.contacts import (
    AccountRecovered,
    RecoveryLetterSent,
    RecoveryRefused,
)
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards import regaining
from clearline.trust.safeguards.actions import PasswordGiven, SignedIn
from clearline.trust.safeguards.queries import name_index, network_index
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.vault.keyring import NoKey, PersonErased

TYPED_MAX: Final = 254
TOKEN_BYTES: Final = 24
TOKEN_MAX: Final = 100
CODE_DIGITS: Final = 8  # two more than to prove an address: this code opens an account
WINDOW: Final = timedelta(minutes=15)  # from the question to the code, and from there to the end
TRIES_MAX: Final = 3  # then it begins anew
ANSWERED_AT_ONCE: Final = 200
OWNERS_MAX: Final = 5  # of one address, who each get a letter of their own
# Questions of one network in a window: past the first limit only those get a letter who signed in
# from there lately, which whoever asks does not learn; past the second one no question is taken.
ASKS_BY_NETWORK_MAX: Final = 50
ASKS_TAKEN_MAX: Final = 500
# Letters to one person that work still: in an hour from one network; and in a day from this network
# if it is theirs, else from all networks, after which one goes in an hour.
LETTERS_AN_HOUR_MAX: Final = 3
LETTERS_A_DAY_MAX: Final = 10
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LINK_WINDOW: Final = DAY  # NIST SP 800-63B-4, 4.2.1.2: by e-mail "at most 24 hours"

ANSWER: Final = Use(
    by=Actor(ActorKind.JOB, "recovery"),
    subject=SubjectId("customer"),  # whom it is about, if anybody, is found out afterwards
    categories=frozenset(
        {Category.AUTHORIZATION_CREDENTIALS, Category.CONTACT_EMAIL, Category.DEVICE_IP_ADDRESS}
    ),
    purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
    about=SubjectKind.CUSTOMER,
)


class AskedTooOften(TooMany):
    code = "asked_too_often"

    def __init__(self) -> None:
        super().__init__("That was asked too often from your network. Wait 15 minutes.")


class NothingTyped(Invalid):
    code = "nothing_typed"

    def __init__(self) -> None:
        super().__init__("Write your user ID or your e-mail address.")


class LetterCodeWrong(Invalid):
    code = "letter_code_wrong"

    def __init__(self) -> None:
        super().__init__("That is not the code. Look at the newest letter and type it again.")


class RecoveryOver(Invalid):
    """The same words for what never began, is too old, was used, or was tried too often."""

    code = "recovery_over"

    def __init__(self) -> None:
        super().__init__(
            "This is over. A code works once, for 15 minutes and for three tries; the link in the "
            "letter works once, for a day. Follow the one in your newest letter, or begin again."
        )


@dataclass(frozen=True, slots=True, repr=False)
class Proved:
    """The key for the last step, and what that step asks for beside the password."""

    key: str
    forgot_user_id: bool
    asks_for_code: bool
    needs_code: bool  # else it may stay empty, and a passkey is asked for next


def ask_to_answer(now: datetime) -> Permit:
    """Return if somebody who forgot how to sign in may be answered. Source: account.recover."""
    return gate.ask(use=ANSWER, choices=NOTHING_CHOSEN, now=now)


def ask(*, typed: str, network: str, now: datetime) -> str:
    """Take a user ID or an e-mail address, and return the key to go on with, whoever it is.

    Raises NothingTyped, AskedTooOften, gate.UseDenied. Source: clause account.recover.
    """
    ask_to_answer(now)
    told = typed.strip()[:TYPED_MAX]
    if not told:
        raise NothingTyped
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = RecoveryAsk(
        token_index=token_index(token),
        name_index=name_index(told, LoginKind.CUSTOMER),
        email_index=email_index(told),
        network_index=network_index(network),
        asked_at=now,
    )
    refuse_flood(row, now)

    row.save(force_insert=True)
    return token


def refuse_flood(row: RecoveryAsk, now: datetime) -> None:
    """Return if a question may be taken. Raises AskedTooOften, whoever it is about."""
    asked = RecoveryAsk.objects.filter(network_index=row.network_index, asked_at__gt=now - WINDOW)
    if asked.count() >= ASKS_TAKEN_MAX:
        raise AskedTooOften


def token_index(token: str) -> bytes:
    return blind_index(b"recovery_ask", token[:TOKEN_MAX])


def key_index(key: str) -> bytes:
    return blind_index(b"recovery_key", key[:TOKEN_MAX])


def link_index(link: str) -> bytes:
    return blind_index(b"recovery_link", link[:TOKEN_MAX])


def code_index(row: RecoveryAsk, typed: str) -> bytes:
    return blind_index(b"recovery_code", f"{bytes(row.token_index).hex()}\n{digits_in(typed)}")


def answer_due(*, now: datetime) -> int:
    """Find out whom each new question is about, and write to them; return how many letters."""
    rows = RecoveryAsk.objects.filter(answered_at__isnull=True).order_by("pk")
    return sum(answer(row, now) for row in rows[:ANSWERED_AT_ONCE])


@dataclass(frozen=True, slots=True, repr=False)
class Addressee:
    """Who is written to, where, and the permits to do it and to note it."""

    subject: SubjectId
    row: int
    address: str
    by_email: bool
    permit: Permit
    note: Permit


def answer(row: RecoveryAsk, now: datetime) -> int:
    """Answer one question, once; return how many letters it made."""
    found = list(addressees(row, now)) if row.asked_at > now - WINDOW else []

    with transaction.atomic():
        waits = RecoveryAsk.objects.filter(pk=row.pk, answered_at__isnull=True)
        if not waits.update(answered_at=now):
            return 0
        for each in found:
            write(row, each, now)
    return len(found)


def addressees(row: RecoveryAsk, now: datetime) -> Iterator[Addressee]:
    """Yield whose user ID was typed, and whose address: of two who own one text, both."""
    is_flood = is_of_a_flood(row)
    named = logins.find_customer(bytes(row.name_index))
    owners = emails.list_owners(bytes(row.email_index), limit=OWNERS_MAX)
    for subject in dict.fromkeys((named, *owners) if named else owners):
        tie = trusted(emails.list_ties(subject), now)
        if tie is None:
            continue
        is_own = regaining.is_network_of(bytes(row.network_index), subject)
        if (is_flood and not is_own) or is_too_often(row, subject, tie, is_own=is_own, now=now):
            continue
        if subject != named and not emails.has_index(tie.row, bytes(row.email_index)):
            continue  # it was theirs, or is not the one of record yet
        try:
            permit = mail.ask_to_write(subject, now)
            address = emails.open_address(subject, tie.row, permit=permit, now=now)
        except (PersonErased, NoKey, emails.NoSuchAddress):
            continue
        note = safeguards.ask_to_note_customer(now)
        yield Addressee(subject, tie.row, address, subject != named, permit, note)


def is_of_a_flood(row: RecoveryAsk) -> bool:
    before = RecoveryAsk.objects.filter(
        network_index=row.network_index,
        asked_at__gt=row.asked_at - WINDOW,
        asked_at__lte=row.asked_at,
        pk__lt=row.pk,
    )
    return before.count() >= ASKS_BY_NETWORK_MAX


def is_too_often(
    row: RecoveryAsk, subject: SubjectId, tie: Tie, *, is_own: bool, now: datetime
) -> bool:
    """Say whether a letter would be one too many; then one of the last hour lies there and works.

    A letter that was used, or lies in a mailbox that is not of record any more, keeps none back.
    """
    sent = working(now).filter(subject=subject, row=tie.row)
    fresh = sent.filter(made_at__gt=now - HOUR)
    here = Q(ask__network_index=row.network_index)
    if fresh.filter(here).count() >= LETTERS_AN_HOUR_MAX:
        return True
    counted = sent.filter(here) if is_own else sent
    return counted.count() >= LETTERS_A_DAY_MAX and fresh.exists()


def working(now: datetime) -> QuerySet[RecoveryLetter]:
    """Return the letters whose link lets somebody in."""
    return RecoveryLetter.objects.filter(
        ask__asked_at__gt=now - LINK_WINDOW,
        link_index__isnull=False,
        proved_at__isnull=True,
        done_at__isnull=True,
    )


def write(row: RecoveryAsk, to: Addressee, now: datetime) -> None:
    digits = new_digits(CODE_DIGITS)
    link = secrets.token_urlsafe(TOKEN_BYTES)
    RecoveryLetter.objects.create(
        ask=row,
        subject=to.subject,
        row=to.row,
        code_index=code_index(row, digits),
        link_index=link_index(link),
        by_email=to.by_email,
        made_at=now,
    )
    ledger.append(RecoveryLetterSent(), subject=to.subject, permit=to.note, now=now)
    mail.enqueue(
        to=to.address,
        template=Template.RECOVERY,
        context={"code": in_halves(digits), "link": link_of(link)},
        subject=to.subject,
        permit=to.permit,
        now=now,
    )


def link_of(link: str) -> str:
    return f"{settings.ENV.url}/account/recover/?link={link}"


def prove(*, token: str, code: str, now: datetime) -> Proved:
    """Trade a code for the key to the last step; a try counts before the code is looked at.

    Raises LetterCodeWrong, RecoveryOver, gate.UseDenied. Source: 47 CFR 64.2010(e); clause
    account.recover.
    """
    ask_to_answer(now)
    asked = RecoveryAsk.objects.filter(token_index=token_index(token), asked_at__gt=now - WINDOW)
    row = asked.first()
    if row is None or not asked.filter(tries__lt=TRIES_MAX).update(tries=F("tries") + 1):
        raise RecoveryOver
    codes = RecoveryLetter.objects.filter(
        ask=row, code_index=code_index(row, code), proved_at__isnull=True
    )
    found, key = codes.first(), secrets.token_urlsafe(TOKEN_BYTES)
    if found is None or not codes.filter(pk=found.pk).update(
        proved_at=now, key_index=key_index(key)
    ):
        raise LetterCodeWrong
    return to_proved(found, key)


def to_proved(row: RecoveryLetter, key: str) -> Proved:
    subject = SubjectId(row.subject)
    asks, needs = factors.asks_for_code(subject), factors.needs_code(subject)
    return Proved(key, row.by_email, asks_for_code=asks, needs_code=needs)


def find_letter(link: str, now: datetime) -> RecoveryLetter | None:
    """Return the letter of a link that works, sent to what is the address of record still."""
    found = working(now).filter(link_index=link_index(link)).first()
    if found is None:
        return None
    tie = trusted(emails.list_ties(SubjectId(found.subject)), now)
    return found if tie is not None and tie.row == found.row else None


def works(link: str, *, now: datetime) -> bool:
    return find_letter(link, now) is not None


def follow(*, link: str, now: datetime) -> Proved:
    """Trade the link of a letter for the key to the last step, whatever was tried at its code.

    Raises RecoveryOver, gate.UseDenied. Source: 47 CFR 64.2010(e); clause account.recover.
    """
    ask_to_answer(now)
    found, key = find_letter(link, now), secrets.token_urlsafe(TOKEN_BYTES)
    if found is None:
        raise RecoveryOver
    # The link goes, and so it stands that no try at the code was a right one.
    letter = RecoveryLetter.objects.filter(
        pk=found.pk, proved_at__isnull=True, done_at__isnull=True
    )
    if not letter.update(proved_at=now, key_index=key_index(key), link_index=None):
        raise RecoveryOver
    return to_proved(found, key)


def find_proved(key: str, now: datetime) -> RecoveryLetter:
    """Return the code that a key was traded for. Raises RecoveryOver."""
    rows = RecoveryLetter.objects.filter(key_index=key_index(key), done_at__isnull=True)
    found = rows.filter(proved_at__gt=now - WINDOW).first()
    if found is None:
        raise RecoveryOver
    return found


@dataclass(frozen=True, slots=True, repr=False)
class NewWayIn:
    """What somebody typed at the last step; `code` is of their app, or a recovery code."""

    password: str
    user_id: str = ""
    code: str = ""


def finish(*, key: str, typed: NewWayIn, now: datetime) -> SignedIn | PasswordGiven:
    """Set a new password, and a new user ID where one is given; all sessions end.

    What comes back begins a session, so those whom somebody keeps from signing in, by wrong tries
    from their own network, get in (ID-07). Who has an app gives a code here; who has passkeys may
    give a recovery code, or is asked for a passkey next. Of many at once one wins.
    Raises RecoveryOver, PasswordRefused, UserIdRefused, UserIdTaken, AskedTooOften, FactorRefused,
    TooManyTries, NoTurn, gate.UseDenied.
    Source: 47 CFR 64.2010(e); clauses account.recover, account.acts, account.factor.
    """
    ask_to_answer(now)
    permit = safeguards.ask_to_note_customer(now)
    row = find_proved(key, now)
    subject = SubjectId(row.subject)
    named = typed.user_id.strip() if row.by_email else ""
    way_in = regaining.claim_way_in(subject, typed.password, user_id=named, now=now)
    is_given = bool(typed.code.strip()) and factors.asks_for_code(subject)
    has_proved = is_given or factors.needs_code(subject)
    if has_proved:
        factors.prove_by_code(subject, typed.code, now=now)

    with transaction.atomic():
        if not RecoveryLetter.objects.filter(pk=row.pk, done_at__isnull=True).update(done_at=now):
            raise RecoveryOver
        # What somebody else may have asked for meanwhile comes to nothing; offers first, as where a
        # password is changed, so that two at once do not wait for each other for ever.
        handing_over.withdraw_all(subject)
        regaining.set_way_in(subject, way_in, now=now)
        EmailCode.objects.filter(subject=subject, ended_at__isnull=True).update(ended_at=now)
        others = RecoveryLetter.objects.filter(subject=subject, done_at__isnull=True)
        others.update(done_at=now)
        fields = ("password", "user_id") if named else ("password",)
        ledger.append(AccountRecovered(fields=fields), subject=subject, permit=permit, now=now)
    return regaining.came_back(subject, has_proved=has_proved)


def note_wrong(*, now: datetime) -> int:
    """Note wrong codes for whom they were typed about, once their question is over."""
    permit = safeguards.ask_to_note_customer(now)
    over = RecoveryAsk.objects.filter(
        noted_at__isnull=True, tries__gt=0, asked_at__lte=now - WINDOW
    ).order_by("pk")
    return sum(note_wrong_of(row, permit, now) for row in over[:ANSWERED_AT_ONCE])


def note_wrong_of(row: RecoveryAsk, permit: Permit, now: datetime) -> int:
    letters = list(row.letters.all())
    proved = [each for each in letters if each.proved_at and each.link_index is not None]
    count = row.tries - len(proved)

    with transaction.atomic():
        fresh = RecoveryAsk.objects.filter(pk=row.pk, noted_at__isnull=True)
        if not fresh.update(noted_at=now) or count <= 0:
            return 0
        for each in letters:
            entry = RecoveryRefused(count=count)
            ledger.append(entry, subject=SubjectId(each.subject), permit=permit, now=now)
    return len(letters)


def erase_expired(*, now: datetime) -> int:
    """Erase questions of the day before with their letters."""
    return RecoveryAsk.objects.filter(asked_at__lte=now - DAY).delete()[0]
