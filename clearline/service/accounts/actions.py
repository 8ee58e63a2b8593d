"""Opening accounts, showing people what is held of them, and correcting it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import IntegrityError, transaction

from clearline.kit.errors import Conflict, NotFound, Unavailable
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.compile import CompiledPolicy
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import (
    Category,
    ChoiceSurface,
    Purpose,
    Recipient,
    RecipientClass,
    SubjectId,
    SubjectKind,
)
from clearline.service.accounts.age import (
    AgeRange,
    ClosedForAge,
    choices_at_start,
    refuse_too_young,
)
from clearline.service.accounts.models import (
    Account,
    Agreement,
    ContactNumber,
    CustomerInvitation,
    Device,
    EarlierName,
    EmailAddress,
    Holder,
    ImportedCustomer,
    ImportedLine,
    Member,
    PostalAddress,
)
from clearline.service.accounts.queries import (
    EARLIER_NAMES_WINDOW,
    HOLDER_CLAUSE,
    MEMBERS_MAX,
    account_index,
    email_index,
    owned_by,
)
from clearline.service.accounts.roles import AccountKind, MemberRole
from clearline.service.accounts.words import (
    read_business_name,
    read_email,
    read_name,
    read_screen_name,
)
from clearline.service.mail import actions as mail
from clearline.trust.consent import actions as consent
from clearline.trust.consent.actions import ShownText
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.accounts import (
    AccountClosed,
    AccountErased,
    AccountOpened,
    AccountReopened,
    MembershipChanged,
    NameChanged,
    PolicyAgreed,
    ProfileChanged,
    ProfileShown,
    TeamChanged,
)
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import user_ids
from clearline.trust.safeguards.actions import SignedIn
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.tokens import actions as tokens
from clearline.trust.vault import actions as vault_actions
from clearline.trust.vault import queries as vault
from clearline.trust.vault.sealed import Sealed

NUMBERS_TRIED_MAX: Final = 10
NUMBER_DIGITS: Final = 10
ERASED_AT_ONCE: Final = 500
ERASES: Final = Actor(ActorKind.JOB, "erasing")
ERASED_WITH_HOLDER: Final = (
    Agreement,
    ContactNumber,
    CustomerInvitation,
    Device,
    EarlierName,
    EmailAddress,
    Member,
    PostalAddress,
    ImportedLine,
    ImportedCustomer,
    Holder,
)

NEW_CUSTOMER: Final = SubjectId("customer")  # has no number before the account is open
KEEP_HOLDER: Final = Use(
    by=Actor(ActorKind.SUBJECT, "customer"),
    subject=NEW_CUSTOMER,
    categories=frozenset({Category.NAME, Category.CONTACT_EMAIL, Category.ACCOUNT}),
    purpose=Purpose.ESSENTIAL_SERVICE,
    about=SubjectKind.CUSTOMER,
)
KEEP_AGE: Final = Use(
    by=Actor(ActorKind.SUBJECT, "customer"),
    subject=NEW_CUSTOMER,
    categories=frozenset({Category.DEMOGRAPHIC_AGE_RANGE}),
    purpose=Purpose.ESSENTIAL_LEGAL_OBLIGATION,
    about=SubjectKind.CUSTOMER,
)
KEEP_SCREEN_NAME: Final = Use(
    by=Actor(ActorKind.SUBJECT, "customer"),
    subject=NEW_CUSTOMER,
    categories=frozenset({Category.ACCOUNT_USERNAME}),
    purpose=Purpose.FUNCTIONAL_SERVICE,
    about=SubjectKind.CUSTOMER,
)
KEEP_BUSINESS: Final = Use(
    by=Actor(ActorKind.SUBJECT, "customer"),
    subject=NEW_CUSTOMER,
    categories=frozenset({Category.CONTACT_ORGANIZATION}),
    purpose=Purpose.ESSENTIAL_SERVICE,
    about=SubjectKind.CUSTOMER,
)
KEEP_AGREEMENT: Final = Use(
    by=Actor(ActorKind.SUBJECT, "customer"),
    subject=NEW_CUSTOMER,
    categories=frozenset({Category.PRIVACY_PREFERENCES}),
    purpose=Purpose.ESSENTIAL_LEGAL_OBLIGATION,
    about=SubjectKind.CUSTOMER,
)


class NoSuchCustomer(NotFound):
    code = "no_such_customer"

    def __init__(self) -> None:
        super().__init__("There is no account here any more.")


class NoSuchAccount(NotFound):
    code = "no_such_account"

    def __init__(self) -> None:
        super().__init__("This account is not yours, or it is no business's.")


class AlreadyClosed(Conflict):
    code = "already_closed"

    def __init__(self) -> None:
        super().__init__("This account is closed already.")


class AlreadyOpen(Conflict):
    code = "already_open"

    def __init__(self) -> None:
        super().__init__("This account is open.")


class NoFreeNumber(Unavailable):
    code = "no_free_number"


@dataclass(frozen=True, slots=True, repr=False)
class NewAccount:
    """What somebody typed who opens an account; without a business name it is their own."""

    user_id: str
    password: str
    name: str
    email: str
    age: AgeRange
    screen_name: str = ""
    business_name: str | None = None


@dataclass(frozen=True, slots=True)
class AgreedTo:
    """The edition that somebody agrees to, and the words they saw when they did."""

    edition: date
    text: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A new account: who signed in by it, and the entry that proves what they agreed to."""

    signed_in: SignedIn
    proof: str


@dataclass(frozen=True, slots=True, repr=False)
class OwnAccount:
    """One account that a person owns, opened for them; `account` is its row's number."""

    account: int
    number: str
    kind: AccountKind
    business_name: str  # "" for one of their own


@dataclass(frozen=True, slots=True, repr=False)
class Profile:
    """What is held of one person and of the accounts that they own, opened for them."""

    name: str
    screen_name: str
    email: str
    is_email_confirmed: bool
    age: AgeRange | None  # not known of some who came from an earlier system
    accounts: tuple[OwnAccount, ...]  # none of who handed theirs over

    @property
    def account_number(self) -> str:
        """The number of the first one; "" where there is none."""
        return self.accounts[0].number if self.accounts else ""


def open_account(*, told: NewAccount, agreed: AgreedTo, now: datetime, network: str = "") -> Opened:
    """Give a visitor a user ID, a password and an account, and sign them in.

    `network` is the cut address from where it is asked, "" where nobody could ask in turn.
    Raises TooYoung, FieldWrong, UserIdRefused, UserIdTaken, NetworkAskedTooOften, PasswordRefused,
    gate.UseDenied, NoEditionInForce. Source: 16 CFR 312.2; 47 CFR 64.2010(e); clauses
    account.login, account.holder, account.age, account.screen_name, account.business,
    account.agreement, security.attempts.
    """
    refuse_too_young(told.age)
    safeguards.ask_to_keep_customers(now)
    for use in (KEEP_HOLDER, KEEP_AGE, KEEP_SCREEN_NAME):
        gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)
    permit = gate.ask(use=KEEP_AGREEMENT, choices=NOTHING_CHOSEN, now=now)
    starts = choices_at_start(told.age)
    permit_to_choose = consent.ask_to_begin(now) if starts else None
    name, email = read_name(told.name), read_email(told.email)
    screen_name = read_screen_name(told.screen_name)
    business_name = business_name_of(told, now)
    user_ids.refuse_asking_from(network, now)
    login = safeguards.new_login(
        LoginKind.CUSTOMER, user_id=told.user_id, password=told.password, now=now
    )

    with user_ids.counted_from(network, now), transaction.atomic():
        subject = safeguards.add_customer(login)
        Holder(
            subject=subject,
            name=name,
            screen_name=screen_name,
            age_range=told.age.value,
            is_age_heard=True,
            opened_at=now,
        ).save(force_insert=True)
        add_email(subject, email, now)
        add_account(subject, business_name, now)
        entry = ledger.append(
            AccountOpened(edition=agreed.edition.isoformat(), text=agreed.text),
            subject=subject,
            permit=permit,
            now=now,
        )
        Agreement.objects.create(
            subject=subject, edition=agreed.edition, agreed_at=now, proof=entry.id
        )
        if permit_to_choose is not None:
            consent.begin_account(
                subject=subject,
                answers={name.value: answer for name, answer in starts.items()},
                shown=ShownText(ChoiceSurface.ACCOUNT, agreed.edition, agreed.text),
                permit=permit_to_choose,
                now=now,
            )
    return Opened(SignedIn(subject, login.get_session_auth_hash()), entry.id)


def business_name_of(told: NewAccount, now: datetime) -> str | None:
    """Return the name of the business that an account is for; None for a person's own.

    Raises FieldWrong, gate.UseDenied. Source: clause account.business.
    """
    if told.business_name is None:
        return None
    gate.ask(use=KEEP_BUSINESS, choices=NOTHING_CHOSEN, now=now)
    return read_business_name(told.business_name)


def agree(*, subject: SubjectId, agreed: AgreedTo, now: datetime) -> str:
    """Note that a customer agreed to a later edition and return the entry that proves it.

    Said twice, it is noted once. Raises NoSuchCustomer, gate.UseDenied, NoEditionInForce.
    Source: clause account.agreement.
    """
    permit = gate.ask(use=KEEP_AGREEMENT, choices=NOTHING_CHOSEN, now=now)

    with transaction.atomic():
        get_holder(subject)
        edition = agreed.edition.isoformat()
        entry = ledger.append(
            PolicyAgreed(edition=edition, text=agreed.text),
            subject=subject,
            permit=permit,
            now=now,
            source_key=f"policy.agreed:{subject}:{edition}",
        )
        row = Agreement(subject=subject, edition=agreed.edition, agreed_at=now, proof=entry.id)
        Agreement.objects.bulk_create([row], ignore_conflicts=True)
    return entry.id


def add_email(subject: SubjectId, email: str, now: datetime) -> None:
    EmailAddress(
        subject=subject, address=email, address_index=email_index(email), added_at=now
    ).save(force_insert=True)


def add_account(owner: SubjectId, business_name: str | None, now: datetime) -> Account:
    """Open an account under a free random number. Raises NoFreeNumber."""
    kind = AccountKind.PERSONAL if business_name is None else AccountKind.BUSINESS
    for _ in range(NUMBERS_TRIED_MAX):
        number = f"{secrets.randbelow(10**NUMBER_DIGITS):0{NUMBER_DIGITS}d}"
        account = Account(
            owner=owner,
            number=number,
            number_index=account_index(number),
            kind=kind,
            business_name=business_name,
            opened_at=now,
        )
        try:
            with transaction.atomic():
                account.save(force_insert=True)
        except IntegrityError:
            continue
        Member.objects.create(account=account, subject=owner, role=MemberRole.OWNER, since=now)
        return account
    message = "No free account number was found. Try again."
    raise NoFreeNumber(message)


def show_profile(*, by: Actor, subject: SubjectId, now: datetime) -> Profile:
    """Open for a person what is held of them.

    Raises NoSuchCustomer, gate.UseDenied. Source: GDPR 15; clause account.show.
    """
    use = Use(
        by=by,
        subject=subject,
        categories=frozenset(
            {
                Category.NAME,
                Category.CONTACT_EMAIL,
                Category.ACCOUNT,
                Category.ACCOUNT_USERNAME,
                Category.DEMOGRAPHIC_AGE_RANGE,
                Category.CONTACT_ORGANIZATION,
            }
        ),
        purpose=Purpose.ESSENTIAL_SERVICE,
        about=SubjectKind.CUSTOMER,
        recipient=Recipient(RecipientClass.SUBJECT),
    )
    permit = gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)
    holder = get_holder(subject)
    email = EmailAddress.objects.get(subject=subject, ended_at__isnull=True)
    told = (holder.name, email.address, holder.screen_name, holder.age_range)
    name, address, screen_name, age = open_each(told, permit, now)
    own = open_accounts(subject, permit, now)

    with transaction.atomic():
        business = {"business_name"} if any(each.business_name for each in own) else set()
        fields = {"account_number", "age_range", "email", "name", "screen_name"} | business
        entry = ProfileShown(fields=tuple(sorted(fields)), by=str(by))
        ledger.append(entry, subject=subject, permit=permit, now=now)
    return Profile(
        name=name,
        screen_name=screen_name,
        email=address,
        is_email_confirmed=email.confirmed_at is not None,
        age=AgeRange(age) if age else None,
        accounts=own,
    )


def open_accounts(subject: SubjectId, permit: Permit, now: datetime) -> tuple[OwnAccount, ...]:
    """Return the accounts that a person owns, opened, at most 100, in the order of `owned_by`."""
    rows = owned_by(subject)[:MEMBERS_MAX]
    return tuple(
        OwnAccount(row.pk, number, AccountKind(row.kind), business_name)
        for row in rows
        for number, business_name in [open_each((row.number, row.business_name), permit, now)]
    )


def open_each(told: Sequence[Sealed | None], permit: Permit, now: datetime) -> list[str]:
    """Return each value opened, "" for those that there are none of."""
    texts = iter(vault.open_all([each for each in told if each], permit=permit, now=now))
    return ["" if each is None else next(texts) for each in told]


def change_names(
    *, by: Actor, subject: SubjectId, name: str, screen_name: str, now: datetime
) -> None:
    """Correct a person's name and the name to be called by.

    The name of before is kept for the desk, which compares a document with it, for thirty days.
    Raises FieldWrong, NoSuchCustomer, gate.UseDenied. Source: GDPR 16; clause account.holder.
    """
    gate.ask(use=KEEP_SCREEN_NAME, choices=NOTHING_CHOSEN, now=now)
    gate.ask(use=KEEP_HOLDER, choices=NOTHING_CHOSEN, now=now)
    permit_to_compare = ask_for_name(by, subject, now)
    permit = safeguards.ask_to_note_customer(now)
    new_name, new_screen_name = read_name(name), read_screen_name(screen_name)

    with transaction.atomic():
        holder = lock_holder(subject)
        old_name = vault.open_sealed(holder.name, permit=permit_to_compare, now=now)
        holder.name, holder.screen_name = new_name, new_screen_name
        holder.save(update_fields=["name", "screen_name"])
        entry = ProfileChanged(fields=("name", "screen_name"), by=str(by))
        ledger.append(entry, subject=subject, permit=permit, now=now)
        if old_name != new_name:
            EarlierName.objects.create(subject=subject, name=old_name, ended_at=now)
            ledger.append(NameChanged(by=str(by)), subject=subject, permit=permit, now=now)


def ask_for_name(by: Actor, subject: SubjectId, now: datetime) -> Permit:
    use = Use(
        by=by,
        subject=subject,
        categories=frozenset({Category.NAME}),
        purpose=Purpose.ESSENTIAL_SERVICE,
        about=SubjectKind.CUSTOMER,
    )
    return gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)


def erase_earlier_names(*, now: datetime) -> int:
    """Erase names that were changed thirty days ago; return how many went."""
    return EarlierName.objects.filter(ended_at__lte=now - EARLIER_NAMES_WINDOW).delete()[0]


def name_business(*, by: Actor, subject: SubjectId, account: int, name: str, now: datetime) -> None:
    """Correct the name of a business whose account somebody owns.

    Raises FieldWrong, NoSuchAccount, gate.UseDenied. Source: GDPR 16; clause account.business.
    """
    gate.ask(use=KEEP_BUSINESS, choices=NOTHING_CHOSEN, now=now)
    permit = safeguards.ask_to_note_customer(now)
    new_name = read_business_name(name)

    with transaction.atomic():
        rows = Account.objects.select_for_update().filter(owner=subject, pk=account)
        row = rows.filter(kind=AccountKind.BUSINESS).first()
        if row is None:
            raise NoSuchAccount
        row.business_name = new_name
        row.save(update_fields=["business_name"])
        entry = ProfileChanged(fields=("business_name",), by=str(by))
        ledger.append(entry, subject=subject, permit=permit, now=now)


def close_account(*, by: Actor, subject: SubjectId, now: datetime) -> None:
    """Close an account; until it is erased its holder may sign in and take that back.

    Raises NoSuchCustomer, AlreadyClosed, gate.UseDenied. Source: clauses account.holder,
    account.acts.
    """
    permit = safeguards.ask_to_note_customer(now)

    with transaction.atomic():
        holder = lock_holder(subject)
        if holder.closed_at is not None:
            raise AlreadyClosed
        begin_closing(holder, now)
        holder.save(update_fields=["closed_at", "closing_proof"])
        ledger.append(AccountClosed(by=str(by)), subject=subject, permit=permit, now=now)


def begin_closing(holder: Holder, now: datetime) -> None:
    """Close an account whose row the caller saves, and draw the number of what will end that."""
    holder.closed_at, holder.closing_proof = now, ledger.draw_id()


def reopen_account(*, by: Actor, subject: SubjectId, now: datetime) -> None:
    """Take the closing of an account back.

    Raises NoSuchCustomer, AlreadyOpen, ClosedForAge, gate.UseDenied.
    """
    permit = safeguards.ask_to_note_customer(now)

    with transaction.atomic():
        holder = lock_holder(subject)
        if holder.is_final:
            raise ClosedForAge
        if holder.closed_at is None:
            raise AlreadyOpen
        end_closing(holder, by=by, permit=permit, now=now)


def end_closing(holder: Holder, *, by: Actor, permit: Permit, now: datetime) -> None:
    """Open a closed account, which the caller's transaction holds.

    It is written under the number that was told for the erasure: there nobody waits in vain.
    """
    subject, proof = SubjectId(holder.subject), holder.closing_proof or ""
    holder.closed_at = holder.closing_proof = None
    holder.save(update_fields=["closed_at", "closing_proof"])
    entry = AccountReopened(by=str(by))
    ledger.append(entry, subject=subject, permit=permit, now=now, entry_id=proof)


def erase_closed(policy: CompiledPolicy, *, now: datetime) -> int:
    """Erase the people whose accounts were closed as long ago as clause account.holder says.

    At most 500 at once; returns how many. Their keys are destroyed, so that no copy of the tables
    made from now on says anything of them. Source: `kept` of the policy in force.
    """
    due = Holder.objects.filter(closed_at__lte=policy.edition.kept_from(HOLDER_CLAUSE, now))
    permit = safeguards.ask_to_note_customer(now)
    gone = 0
    for subject in map(SubjectId, list(due.values_list("subject", flat=True)[:ERASED_AT_ONCE])):
        with transaction.atomic():
            # Locked and looked at again: it may have been taken back in this moment.
            if due.select_for_update().filter(subject=subject).first() is not None:
                note_ended(subject, permit, now)
                proof, entry = erase(subject, now), AccountErased()
                ledger.append(entry, subject=subject, permit=permit, now=now, entry_id=proof)
                gone += 1
    return gone


def note_ended(subject: SubjectId, permit: Permit, now: datetime) -> None:
    """Write of those whom somebody let act, or who let them act, that it ends, in a transaction.

    Source: clause account.team.
    """
    told = {"change": "ended", "role": "", "by": str(ERASES)}
    members = Member.objects.filter(account__owner=subject).exclude(subject=subject)
    for member in set(members.values_list("subject", flat=True)):
        entry = MembershipChanged(**told)
        ledger.append(entry, subject=SubjectId(member), permit=permit, now=now)
    owners = Account.objects.filter(members__subject=subject).exclude(owner=subject)
    for owner in set(owners.values_list("owner", flat=True)):
        ledger.append(TeamChanged(**told), subject=SubjectId(owner), permit=permit, now=now)


def erase(subject: SubjectId, now: datetime) -> str:
    """Erase all that is held of a person, in the caller's transaction, which notes that.

    Return the number that they were told for that entry when they closed, "" if they did not.
    """
    held = Holder.objects.select_for_update().filter(subject=subject)
    proof = held.values_list("closing_proof", flat=True).first() or ""
    vault_actions.erase_person(subject, now=now)
    consent.erase_account(subject)
    for kind in ERASED_WITH_HOLDER:
        kind._default_manager.filter(subject=subject).delete()  # noqa: SLF001  # Django's own name for it
    Account.objects.filter(owner=subject).delete()
    mail.forget(subject)
    tokens.erase_of(subject)
    safeguards.remove_customer(subject)
    return proof


def get_holder(subject: SubjectId) -> Holder:
    holder = Holder.objects.filter(subject=subject).first()
    if holder is None:
        raise NoSuchCustomer
    return holder


def lock_holder(subject: SubjectId) -> Holder:
    """Let nobody else change what somebody has before the caller's transaction ends.

    Raises NoSuchCustomer.
    """
    holder = Holder.objects.select_for_update().filter(subject=subject).first()
    if holder is None:
        raise NoSuchCustomer
    return holder
