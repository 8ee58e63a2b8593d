"""Inviting customers of an earlier system to choose how they sign in, each once, by a letter."""

import base64
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hmac import compare_digest
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from clearline.kit.errors import Conflict, NotFound
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import (
    Category,
    ChoiceSurface,
    Purpose,
    SubjectId,
    SubjectKind,
)
from clearline.service.accounts.actions import (
    KEEP_AGE,
    KEEP_AGREEMENT,
    AgreedTo,
    Opened,
    get_holder,
    lock_holder,
)
from clearline.service.accounts.age import AgeRange, SureNeeded, choices_at_start
from clearline.service.accounts.age_correction import ask_to_set_age, set_age
from clearline.service.accounts.closing_proof import find_address
from clearline.service.accounts.models import (
    Account,
    Agreement,
    BroughtList,
    CustomerInvitation,
    EmailAddress,
    Holder,
    ImportedCustomer,
)
from clearline.service.accounts.queries import account_index, erased_on
from clearline.service.accounts.taken_back import open_again, open_link
from clearline.service.accounts.undoing import came_in
from clearline.service.accounts.words import FieldWrong
from clearline.service.mail import actions as mail
from clearline.service.mail.template import Template
from clearline.trust.blind_index import blind_index
from clearline.trust.consent import actions as consent
from clearline.trust.consent.actions import ShownText
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.accounts import AccountOpened, CustomerInvited
from clearline.trust.ledger.entries.contacts import ContactConfirmed
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import user_ids
from clearline.trust.safeguards.actions import SignedIn
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.vault import queries as vault

INVITED_AT_ONCE: Final = 100
WORKS_FOR: Final = timedelta(days=30)
ANEW_AFTER: Final = timedelta(days=1)  # so that nobody fills another's mailbox by an old link
SECRET_BYTES: Final = 24
SECRET_LENGTH: Final = 32  # of these bytes as text
MARK_BYTES: Final = 12
TOKEN_LENGTH: Final = 48

KEEP_INVITATION: Final = Use(
    by=Actor(ActorKind.JOB, "invitations"),
    subject=SubjectId("customer"),
    # Both, so that no clause answers that speaks of passwords alone.
    categories=frozenset({Category.AUTHORIZATION_CREDENTIALS, Category.ACCOUNT}),
    purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
    about=SubjectKind.CUSTOMER,
)


class InvitedMeanwhile(Conflict):
    code = "invited_meanwhile"

    def __init__(self) -> None:
        super().__init__("Somebody else invited in this moment. Run the same again.")


class NothingToInvite(NotFound):
    """The same words for a number that nobody has and for who needs no invitation."""

    code = "nothing_to_invite"

    def __init__(self) -> None:
        super().__init__(
            "No customer with this number waits for an invitation: the number is another, or they "
            "have chosen how they sign in already."
        )


class NoSuchInvitation(NotFound):
    """The same words for a link that never was, was used, is too old or went elsewhere."""

    code = "no_such_invitation"

    def __init__(self) -> None:
        super().__init__("This link works no longer. It works once, and for thirty days.")


@dataclass(frozen=True, slots=True)
class Round:
    """How many were invited at once, and the row up to which everybody now is; 0 at the end."""

    invited: int
    last: int


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """What a page may know of whoever follows a link: no more than what it must still ask."""

    asks_age: bool


@dataclass(frozen=True, slots=True, repr=False)
class NewWayIn:
    """What somebody chose who was invited; the age only where nobody knew it."""

    user_id: str
    password: str
    age: AgeRange | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Addressed:
    """One person with the address that the letter goes to, and the permit to write to them."""

    subject: SubjectId
    to: str
    address_index: bytes
    permit: Permit


def count_waiting() -> int:
    """Return how many imported customers were not invited yet."""
    return not_invited().count()


def not_invited() -> QuerySet[ImportedCustomer]:
    """Return whom no letter was written to yet, but those of a list that was taken back."""
    back = BroughtList.objects.filter(taken_back_at__isnull=False)
    rows = ImportedCustomer.objects.filter(~invited())
    return rows.exclude(list_number__in=back.values("number"))


def invited() -> Exists:
    return Exists(CustomerInvitation.objects.filter(subject=OuterRef("subject")))


def invite_some(*, by: Actor, after: int, page: str, now: datetime) -> Round:
    """Invite the next imported customers who were not invited, at most 100, all of them or none.

    `after` is where the round before ended, 0 at first; `page` is the address of the page that the
    letter leads to, without the token. Who has no address or closed their account is left out.
    Raises mail.NoMailServer, InvitedMeanwhile, gate.UseDenied, NoEditionInForce.
    Source: 47 CFR 64.2010(c), (e); clause account.invitation.
    """
    mail.refuse_without_server()
    permit = gate.ask(use=KEEP_INVITATION, choices=NOTHING_CHOSEN, now=now)
    waiting = not_invited().filter(pk__gt=after).order_by("pk")
    found = list(waiting.values_list("pk", "subject")[:INVITED_AT_ONCE])
    if not found:
        return Round(0, 0)
    people = addressed([SubjectId(subject) for _, subject in found], now)

    try:
        with transaction.atomic():
            # Locked first and looked at then: of two commands at once the second sees the first.
            list(ImportedCustomer.objects.select_for_update().filter(pk__in=[n for n, _ in found]))
            rows = CustomerInvitation.objects.filter(subject__in=[each.subject for each in people])
            before = set(rows.values_list("subject", flat=True))
            stays = of_lists_that_stay([subject for _, subject in found])
            new = [each for each in people if each.subject in stays - before]
            for each in new:
                write_letter(each, page, now)
            told = [(CustomerInvited(by=str(by)), each.subject) for each in new]
            ledger.append_many(told, permit=permit, now=now)
    except IntegrityError:
        raise InvitedMeanwhile from None
    return Round(len(new), found[-1][0])


def invite_again(*, by: Actor, number: str, page: str, now: datetime) -> None:
    """Invite the imported customer with an account number anew; an earlier link works no longer.

    Raises NothingToInvite, mail.NoMailServer, gate.UseDenied. Source: clause account.invitation.
    """
    mail.refuse_without_server()
    permit = gate.ask(use=KEEP_INVITATION, choices=NOTHING_CHOSEN, now=now)
    owner = Account.objects.filter(number_index=account_index(number.strip())).first()
    back = BroughtList.objects.filter(taken_back_at__isnull=False).values("number")
    rows = ImportedCustomer.objects.exclude(list_number__in=back)
    imported = rows.filter(subject=owner.owner) if owner else None
    if owner is None or imported is None or not imported.exists():
        raise NothingToInvite
    send_another(SubjectId(owner.owner), by=by, page=page, permit=permit, now=now)


def send_anew(*, token: str, page: str, now: datetime) -> None:
    """Send whoever was invited by a link a new one, once a day; nothing for any other link.

    It says nothing, so that nobody learns what a link was.
    Raises mail.NoMailServer, gate.UseDenied.
    """
    mail.refuse_without_server()
    permit = gate.ask(use=KEEP_INVITATION, choices=NOTHING_CHOSEN, now=now)
    row = find(token)
    if row is None or row.used_at is not None or now - row.invited_at < ANEW_AFTER:
        return
    subject = SubjectId(row.subject)
    by = Actor(ActorKind.SUBJECT, subject)
    with suppress(NothingToInvite):  # used, or closed, in this moment
        send_another(subject, by=by, page=page, permit=permit, now=now)


def send_another(
    subject: SubjectId, *, by: Actor, page: str, permit: Permit, now: datetime
) -> None:
    people = addressed([subject], now)

    with transaction.atomic():
        list(ImportedCustomer.objects.select_for_update().filter(subject=subject))
        rows = CustomerInvitation.objects.filter(subject=subject)
        stays = subject in of_lists_that_stay([subject])
        if not people or not stays or rows.filter(used_at__isnull=False).exists():
            raise NothingToInvite
        rows.delete()
        write_letter(people[0], page, now)
        entry = CustomerInvited(by=str(by))
        ledger.append(entry, subject=subject, permit=permit, now=now)


def of_lists_that_stay(subjects: Sequence[str]) -> frozenset[str]:
    """Return those whose list nobody took back, nor does before the caller's transaction ends."""
    rows = ImportedCustomer.objects.filter(subject__in=subjects)
    lists = BroughtList.objects.select_for_update().filter(number__in=rows.values("list_number"))
    back = [row.number for row in lists.order_by("pk") if row.taken_back_at is not None]
    stay = rows.exclude(list_number__in=back)
    return frozenset(stay.values_list("subject", flat=True))


def addressed(subjects: Sequence[SubjectId], now: datetime) -> list[Addressed]:
    """Return those of some people to whom a letter can go, with their present address opened."""
    still_open = Holder.objects.filter(subject__in=subjects, closed_at__isnull=True)
    current = EmailAddress.objects.filter(
        subject__in=still_open.values("subject"), ended_at__isnull=True
    )
    emails = {SubjectId(row.subject): row for row in current}
    permits = mail.ask_to_write_to_many((each for each in subjects if each in emails), now)
    asked = [(permit, (emails[each].address,)) for each, permit in permits.items()]
    opened = vault.open_people(asked, now=now)
    return list(put_together(emails, permits, opened))


def put_together(
    emails: Mapping[SubjectId, EmailAddress],
    permits: Mapping[SubjectId, Permit],
    opened: Mapping[SubjectId, tuple[str, ...]],
) -> Iterator[Addressed]:
    for subject, (to,) in opened.items():
        yield Addressed(subject, to, bytes(emails[subject].address_index), permits[subject])


def write_letter(person: Addressed, page: str, now: datetime) -> None:
    """Keep a new link's code and write the letter with it, in the caller's transaction."""
    token = new_token()
    CustomerInvitation(
        subject=person.subject,
        token_index=token_index(token),
        address_index=person.address_index,
        invited_at=now,
        expires_at=now + WORKS_FOR,
    ).save(force_insert=True)
    mail.enqueue(
        to=person.to,
        template=Template.INVITATION,
        context={"link": f"{page}{token}/"},
        subject=person.subject,
        permit=person.permit,
        now=now,
    )


def look_at(token: str, *, now: datetime) -> OpenInvitation:
    """Return what the page behind a link is to ask. Raises NoSuchInvitation."""
    row = get_open(token, now)
    return OpenInvitation(asks_age=get_holder(SubjectId(row.subject)).age_range is None)


def is_of_child(token: str, age: AgeRange | None, *, now: datetime) -> bool:
    """Say whether a link is for somebody whose age nobody knew and who tells to be under 13.

    Raises NoSuchInvitation.
    """
    return age is AgeRange.UNDER_13 and look_at(token, now=now).asks_age


def accept(
    *, token: str, told: NewWayIn, agreed: AgreedTo, now: datetime, network: str = ""
) -> Opened:
    """Give whoever was invited by a link a user ID and a password, and sign them in.

    `network` is the cut address from where it is asked, "" where nobody could ask in turn. Of many
    at once one wins; who is refused may try again by the same link. Raises NoSuchInvitation,
    SureNeeded, FieldWrong, UserIdRefused, UserIdTaken, NetworkAskedTooOften, PasswordRefused,
    gate.UseDenied, NoEditionInForce. Source: 47 CFR 64.2010(c), (e); clauses account.invitation,
    account.login, account.agreement, security.attempts.
    """
    row = get_open(token, now)
    subject = SubjectId(row.subject)
    holder = get_holder(subject)
    new_age = None if holder.age_range is not None else age_told(told)
    safeguards.ask_to_keep_customers(now)
    for use in (KEEP_INVITATION, KEEP_AGE):
        gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)
    note = safeguards.ask_to_note_customer(now)
    permit_to_choose = consent.ask_to_keep(subject, now)
    permit = gate.ask(use=KEEP_AGREEMENT, choices=NOTHING_CHOSEN, now=now)
    user_ids.refuse_asking_from(network, now)
    login = safeguards.new_login(
        LoginKind.CUSTOMER, user_id=told.user_id, password=told.password, now=now
    )

    with user_ids.counted_from(network, now), transaction.atomic():
        use_up(row, now)
        safeguards.add_customer(login, subject)
        if new_age is not None:
            holder.age_range = new_age.value
            holder.save(update_fields=["age_range"])
            consent.add_to_account(
                subject=subject,
                answers={name.value: said for name, said in choices_at_start(new_age).items()},
                shown=ShownText(ChoiceSurface.ACCOUNT, agreed.edition, agreed.text),
                permit=permit_to_choose,
                now=now,
            )
        opened = AccountOpened(edition=agreed.edition.isoformat(), text=agreed.text)
        entry = ledger.append(opened, subject=subject, permit=permit, now=now)
        ledger.append(ContactConfirmed(), subject=subject, permit=note, now=now)
        Agreement.objects.create(
            subject=subject, edition=agreed.edition, agreed_at=now, proof=entry.id
        )
    return Opened(SignedIn(subject, login.get_session_auth_hash()), entry.id)


def age_told(told: NewWayIn) -> AgeRange:
    if told.age is None:
        message = "Choose the range that your age is in."
        raise FieldWrong(message, field="age")
    if told.age is AgeRange.UNDER_13:
        raise SureNeeded
    return told.age


def close_child(*, token: str, shown: AgreedTo, now: datetime) -> None:
    """Close the account of whoever was invited by a link and is under 13, for good.

    The link works no longer; thirty days later all is erased. Until then `correct_child` lets
    whoever has the link take that back. `shown` is what they saw when they said so.
    Raises NoSuchInvitation, ClosedForAge, gate.UseDenied, NoEditionInForce.
    Source: 16 CFR 312.2; clause account.age.
    """
    row = get_open(token, now)
    subject = SubjectId(row.subject)
    gate.ask(use=KEEP_INVITATION, choices=NOTHING_CHOSEN, now=now)
    may = ask_to_set_age(subject, now)
    by = Actor(ActorKind.SUBJECT, subject)

    with transaction.atomic():
        end_link(row, now)
        set_age(may, by=by, age=AgeRange.UNDER_13, shown=shown, now=now)


def erase_addresses(*, now: datetime) -> int:
    """Erase to which addresses links went that work no longer; return how many.

    Of who said by theirs to be under 13 it stays until the link is too old, since it may work
    again. Source: clause account.invitation, "We keep only a keyed code of it".
    """
    kept = CustomerInvitation.objects.exclude(address_index=b"")
    is_over = Q(expires_at__lte=now) | Q(came_in(), used_at__isnull=False)
    return kept.filter(is_over).update(address_index=b"")


@dataclass(frozen=True, slots=True)
class ClosedByLink:
    """When all is erased of an account that closed by a link, and where the proof will stand."""

    erased_on: date
    proof: str


def find_closed(token: str, *, now: datetime) -> ClosedByLink | None:
    """Return how the account of a link closed that somebody under 13 used; None for others."""
    row = find_used(token)
    if row is None:
        return None
    subject = SubjectId(row.subject)
    day = erased_on(get_holder(subject).closed_at, now=now)
    return ClosedByLink(day, find_address(subject)) if day else None


def correct_child(*, token: str, age: AgeRange, shown: AgreedTo, now: datetime) -> None:
    """Correct the age of who said by a link that they are under 13, and let the link work again.

    The account opens again if that closed it. A link that is too old by now brings a new one, by
    `send_anew`. Raises NoSuchInvitation, ClosedForAge, gate.UseDenied, NoEditionInForce.
    Source: clause account.age, "you may correct that age yourself until the account is erased".
    """
    found = find_used(token)
    if found is None:
        raise NoSuchInvitation
    subject = SubjectId(found.subject)
    gate.ask(use=KEEP_INVITATION, choices=NOTHING_CHOSEN, now=now)
    may = ask_to_set_age(subject, now)
    by = Actor(ActorKind.SUBJECT, subject)

    with transaction.atomic():
        lock_holder(subject)
        row = find_used(token)
        if row is None:  # corrected, or opened by the operator, in this moment
            raise NoSuchInvitation
        set_age(may, by=by, age=age, shown=shown, now=now)
        holder = get_holder(subject)
        if holder.closed_at == row.used_at:
            open_again(holder, by=by, permit=may.to_note, now=now)
        else:
            open_link(subject)


def find_used(token: str) -> CustomerInvitation | None:
    """Return the invitation of a link by which somebody said to be under 13, still so."""
    row = find(token)
    if row is None or row.used_at is None:
        return None
    children = Holder.objects.filter(subject=row.subject, is_final=True)
    return row if children.exclude(came_in()).exists() else None


def use_up(row: CustomerInvitation, now: datetime) -> None:
    """Let a link work no longer, and confirm the address that it went to. Raises NoSuchInvitation.

    An address that is another's by now confirms nothing and lets nobody in.
    """
    end_link(row, now)
    current = EmailAddress.objects.filter(
        subject=row.subject, address_index=row.address_index, ended_at__isnull=True
    )
    if not current.update(confirmed_at=now):
        raise NoSuchInvitation


def end_link(row: CustomerInvitation, now: datetime) -> None:
    """Let a link work no longer: of many at once one wins. Raises NoSuchInvitation."""
    rows = CustomerInvitation.objects.filter(
        pk=row.pk, used_at__isnull=True, token_index=row.token_index
    )
    if not rows.update(used_at=now):
        raise NoSuchInvitation


def get_open(token: str, now: datetime) -> CustomerInvitation:
    row = find(token)
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise NoSuchInvitation
    current = EmailAddress.objects.filter(
        subject=row.subject, address_index=row.address_index, ended_at__isnull=True
    )
    if not current.exists():
        raise NoSuchInvitation
    return row


def find(token: str) -> CustomerInvitation | None:
    """Return the invitation of a link; what we did not sign costs no question to the tables."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    if not compare_digest(token[SECRET_LENGTH:], mark_of(token[:SECRET_LENGTH])):
        return None
    return CustomerInvitation.objects.filter(token_index=token_index(token)).first()


def new_token() -> str:
    """Return a random text of 192 bits with our mark behind it."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return secret + mark_of(secret)


def mark_of(secret: str) -> str:
    mark = blind_index(b"invited mark", secret)[:MARK_BYTES]
    return base64.urlsafe_b64encode(mark).decode()


def token_index(token: str) -> bytes:
    return blind_index(b"invited", token)
