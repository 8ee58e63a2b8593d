"""Looking for a customer, opening one for the contact at hand, and shutting them again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from clearline.kit.errors import Conflict, Invalid, NotFound, TooMany
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Category, Purpose, SubjectId, SubjectKind
from clearline.service.accounts import details
from clearline.service.accounts import queries as accounts
from clearline.service.accounts.queries import Agreed, Membership, Standing
from clearline.service.accounts.roles import AccountKind
from clearline.service.accounts.words import Postal
from clearline.service.desk import queries
from clearline.service.desk.contact import Contact
from clearline.service.desk.duties import ADDRESSES, DUTIES, Field, fields_of, roles_at_desk
from clearline.service.desk.models import Search, Sighting
from clearline.service.desk.queries import OpenNow, find_customers
from clearline.service.desk.terms import terms_in
from clearline.trust.consent import actions as consent
from clearline.trust.consent.account import Said
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.desk import CustomerOpened, CustomerSearched
from clearline.trust.safeguards.roles import Role

OPEN_WINDOW: Final = timedelta(minutes=15)
SEARCHES_MAX: Final = 60  # of one of the staff, within an hour
SEARCHES_WINDOW: Final = timedelta(hours=1)
CONTACT_MAX: Final = timedelta(minutes=45)  # so late a contact may be kept open once more
KEPT: Final = timedelta(days=1)  # so long one contact opens a customer only once

LOOK_FOR: Final = Use(
    by=Actor(ActorKind.JOB, "desk"),
    subject=SubjectId("customer"),  # which one, is what looking finds out
    categories=frozenset(
        {
            Category.CONTACT_EMAIL,
            Category.CONTACT_PHONE_NUMBER,
            Category.ACCOUNT,
            Category.AUTHORIZATION_CREDENTIALS,
        }
    ),
    purpose=Purpose.ESSENTIAL_SERVICE_OPERATIONS_SUPPORT,
    about=SubjectKind.CUSTOMER,
)


class NothingToLookFor(Invalid):
    code = "nothing_to_look_for"

    def __init__(self) -> None:
        super().__init__(
            "Write a whole e-mail address, telephone number, user ID or account number."
        )


class TooManySearches(TooMany):
    code = "too_many_searches"

    def __init__(self) -> None:
        super().__init__(
            f"You have looked for customers {SEARCHES_MAX} times within an hour, which is as often "
            "as anybody may. Wait a while, then go on."
        )


class NotFoundHere(NotFound):
    """The same words for a customer who never was, was not looked for, or is shut again."""

    code = "not_found_here"

    def __init__(self) -> None:
        super().__init__("There is nobody here. Look for the customer first.")


class ContactUsed(Conflict):
    code = "contact_used"

    def __init__(self) -> None:
        super().__init__(
            "At this contact the customer was opened already today. A contact opens a customer "
            "once; write the number of the one at hand."
        )


class ContactTooLong(Conflict):
    code = "contact_too_long"

    def __init__(self) -> None:
        super().__init__(
            "One contact keeps a customer open for an hour at most. If it still goes on, open the "
            "customer for another contact, with a number of its own."
        )


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """A customer as the roles of somebody of the staff may see them while they are open.

    What none of the roles may see is not in it: None, and nothing to agree to.
    """

    opened: OpenNow
    fields: tuple[Field, ...]
    values: Mapping[Category, tuple[str, ...]]
    addresses: Mapping[Field, Postal]
    standing: Standing
    erased_on: date | None
    agreed: Agreed | None
    is_asked_to_agree: bool
    kinds: tuple[AccountKind, ...] | None  # of the accounts that they own, as their numbers stand
    team: tuple[Membership, ...] | None
    choices: Mapping[str, Said] | None
    earlier_names: tuple[tuple[str, datetime], ...]  # of thirty days, for support alone


def search(*, by: Actor, text: str, now: datetime) -> tuple[SubjectId, ...]:
    """Look for a customer by exactly one thing of theirs, and return who has it.

    The ledger keeps what kind of thing it was, not which. Raises NothingToLookFor,
    TooManySearches, gate.UseDenied, NoEditionInForce. Source: CP-08; clause support.open.
    """
    permit = gate.ask(use=LOOK_FOR, choices=NOTHING_CHOSEN, now=now)
    terms = terms_in(text)
    if not terms:
        raise NothingToLookFor
    count(Search(staff=by.name, searched_at=now))
    found = find_customers(terms)

    with transaction.atomic():
        Sighting.objects.bulk_create(
            Sighting(staff=by.name, subject=each, found_at=now, is_proved=is_proved)
            for each, is_proved in found.items()
        )
        entry = CustomerSearched(terms=tuple(terms), found=len(found), by=str(by))
        ledger.append(entry, subject=None, permit=permit, now=now)
    return tuple(found)


def count(searched: Search) -> None:
    """Write a search down. Raises TooManySearches, and then leaves no trace of it."""
    searched.save(force_insert=True)
    lately = Search.objects.filter(
        staff=searched.staff, searched_at__gt=searched.searched_at - SEARCHES_WINDOW
    )
    if lately.count() > SEARCHES_MAX:
        searched.delete()
        raise TooManySearches


def open_customer(
    *, by: Actor, roles: Iterable[Role], subject: SubjectId, contact: Contact, now: datetime
) -> None:
    """Open a customer whom one has found, for a quarter of an hour, by the contact at hand.

    Who has opened them already keeps what is open. The entry is the customer's own: it says who,
    when, at which contact and which fields. Raises NotFoundHere, ContactUsed, gate.UseDenied,
    NoEditionInForce. Source: CP-08; clause support.open.
    """
    duties = roles_at_desk(roles)
    # In this order: whom another click opens in this moment is found no more, and open.
    is_found = queries.is_found(by.name, subject, now=now)
    if not duties or not (is_found or queries.find_open(by.name, subject, now=now)):
        raise NotFoundHere
    permits = [ask_as(role, by, subject, now) for role in duties]

    with transaction.atomic():
        rows = lock_sightings(by, subject)
        if queries.find_open(by.name, subject, now=now) is not None:
            return
        refuse_used(by, subject, contact)
        row = next((each for each in reversed(rows) if each.opened_at is None), None)
        if row is None:
            raise NotFoundHere
        open_row(row, by, duties, contact, permit=permits[0], now=now)


def open_for_another(
    *, by: Actor, roles: Iterable[Role], subject: SubjectId, contact: Contact, now: datetime
) -> None:
    """End the contact at which a customer is open, and open them for another one at once.

    It is an opening like the first, with an entry of its own. Who has opened them for that other
    one already keeps what is open. Raises NotFoundHere, ContactUsed, gate.UseDenied,
    NoEditionInForce. Source: CP-08; clause support.open.
    """
    get_open(by, roles, subject, now)
    duties = roles_at_desk(roles)
    permits = [ask_as(role, by, subject, now) for role in duties]

    with transaction.atomic():
        lock_sightings(by, subject)
        open_ones = queries.opened_by(by.name, now=now).filter(subject=subject)
        before = open_ones.first()
        if before is None:
            raise NotFoundHere
        if queries.to_open(before).contact == contact:
            return
        refuse_used(by, subject, contact)
        open_ones.update(shut_at=now)
        row = Sighting(
            staff=by.name, subject=subject, found_at=before.found_at, is_proved=before.is_proved
        )
        open_row(row, by, duties, contact, permit=permits[0], now=now)


def refuse_used(by: Actor, subject: SubjectId, contact: Contact) -> None:
    """Return if a contact did not open a customer to one of the staff yet. Raises ContactUsed."""
    rows = Sighting.objects.filter(staff=by.name, subject=subject)
    if rows.filter(channel=contact.channel, reference=contact.reference).exists():
        raise ContactUsed


def open_row(
    row: Sighting,
    by: Actor,
    duties: Sequence[Role],
    contact: Contact,
    *,
    permit: Permit,
    now: datetime,
) -> None:
    """Open a customer who was found, in the caller's transaction, with the entry of it."""
    row.opened_at, row.shut_at, row.roles = now, now + OPEN_WINDOW, ",".join(duties)
    row.channel, row.reference = contact.channel, contact.reference
    row.save()
    entry = opened_entry(by, duties, contact)
    ledger.append(entry, subject=SubjectId(row.subject), permit=permit, now=now)


def keep_open(*, by: Actor, roles: Iterable[Role], subject: SubjectId, now: datetime) -> None:
    """Keep a customer open for another quarter of an hour while the contact goes on.

    It is an opening like the first, with an entry of its own. Raises NotFoundHere, ContactTooLong,
    gate.UseDenied, NoEditionInForce. Source: CP-08; clause support.open.
    """
    opened, duties = get_open(by, roles, subject, now)
    permits = [ask_as(role, by, subject, now) for role in duties]

    with transaction.atomic():
        lock_sightings(by, subject)
        open_ones = queries.opened_by(by.name, now=now).filter(subject=subject)
        if not open_ones.exists():
            raise NotFoundHere
        if not open_ones.filter(opened_at__gt=now - CONTACT_MAX).update(
            shut_at=now + OPEN_WINDOW, roles=",".join(duties)
        ):
            raise ContactTooLong
        entry = opened_entry(by, duties, opened.contact)
        ledger.append(entry, subject=subject, permit=permits[0], now=now)


def lock_sightings(by: Actor, subject: SubjectId) -> list[Sighting]:
    """Return what one of the staff has of one customer, so that of two openings one is first."""
    rows = Sighting.objects.select_for_update().filter(staff=by.name, subject=subject)
    return list(rows.order_by("pk"))


def opened_entry(by: Actor, duties: Sequence[Role], contact: Contact) -> CustomerOpened:
    return CustomerOpened(
        channel=contact.channel,
        reference=contact.reference,
        fields=tuple(map(str, fields_of(duties))),
        roles=tuple(map(str, duties)),
        by=str(by),
    )


def get_open(
    by: Actor, roles: Iterable[Role], subject: SubjectId, now: datetime
) -> tuple[OpenNow, tuple[Role, ...]]:
    """Return what is open, and the roles that it was opened for and that are still given.

    Raises NotFoundHere.
    """
    opened, given = queries.find_open(by.name, subject, now=now), frozenset(roles)
    duties = tuple(role for role in opened.roles if role in given) if opened else ()
    if opened is None or not duties:
        raise NotFoundHere
    return opened, duties


def show_customer(*, by: Actor, roles: Iterable[Role], subject: SubjectId, now: datetime) -> Shown:
    """Open what the roles may see of a customer who is open; the opening's entry told of it.

    A role that was given since then sees nothing more, one that was taken sees nothing.
    Raises NotFoundHere, gate.UseDenied, NoEditionInForce. Source: clause support.open.
    """
    opened, duties = get_open(by, roles, subject, now)
    standing = accounts.find_standing(subject)
    if standing is None:
        raise NotFoundHere
    fields = fields_of(duties)
    values: dict[Category, tuple[str, ...]] = {}
    addresses: dict[Field, Postal] = {}
    choices: Mapping[str, Said] | None = None
    earlier: tuple[tuple[str, datetime], ...] = ()
    for role in duties:
        permit = ask_as(role, by, subject, now)
        values |= accounts.open_held(subject, permit=permit, now=now)
        addresses |= open_addresses(role, subject, permit, now)
        if Category.PRIVACY_PREFERENCES in permit.categories:
            choices = consent.open_account(subject, permit, now)
        if role is Role.SUPPORT:
            earlier = accounts.open_earlier_names(subject, permit=permit, now=now)
    sees_agreement = Field.AGREEMENT in fields
    return Shown(
        opened=opened,
        fields=fields,
        values=values,
        addresses=addresses,
        standing=standing,
        erased_on=accounts.erased_on(standing.closed_at, now=now),
        agreed=accounts.find_agreed(subject) if sees_agreement else None,
        is_asked_to_agree=sees_agreement and accounts.asks_to_agree(subject, now=now),
        kinds=kinds_of(subject) if Field.ACCOUNT_KIND in fields else None,
        team=team_of(subject) if Field.TEAM in fields else None,
        choices=choices,
        earlier_names=earlier,
    )


def open_addresses(
    role: Role, subject: SubjectId, permit: Permit, now: datetime
) -> dict[Field, Postal]:
    """Return the addresses that a role may see, of those that there are."""
    kinds = {field: kind for field, kind in ADDRESSES.items() if field in DUTIES[role]}
    told = {
        field: details.find_address(subject, kind, permit=permit, now=now)
        for field, kind in kinds.items()
    }
    return {field: postal for field, postal in told.items() if postal is not None}


def kinds_of(subject: SubjectId) -> tuple[AccountKind, ...]:
    return tuple(each.kind for each in accounts.list_owned(subject))


def team_of(subject: SubjectId) -> tuple[Membership, ...]:
    owned = accounts.find_owned(subject)
    return () if owned is None else accounts.list_members(owned)


def name_open(
    *, by: Actor, roles: Iterable[Role], now: datetime
) -> tuple[tuple[OpenNow, str], ...]:
    """Return who is open to someone of the staff now, each with their name.

    Raises NoEditionInForce.
    """
    given = frozenset(roles)
    shown = {
        opened.subject: (opened, duty)
        for opened in queries.list_open(by.name, now=now)
        for duty in [role for role in opened.roles if role in given][:1]
    }
    uses = [(USES[duty](by, subject), NOTHING_CHOSEN) for subject, (_, duty) in shown.items()]
    named = []
    for asked in gate.ask_many(uses=uses, now=now):
        if asked.permit is not None:
            name = accounts.open_name(asked.use.subject, permit=asked.permit, now=now)
            opened, _ = shown[asked.use.subject]
            named.append((opened, name))
    return tuple(named)


def shut_now(*, by: Actor, subject: SubjectId, now: datetime) -> None:
    """Shut a customer before the time is over. Raises NotFoundHere."""
    if not queries.opened_by(by.name, now=now).filter(subject=subject).update(shut_at=now):
        raise NotFoundHere


def use_as_support(by: Actor, subject: SubjectId) -> Use:
    return Use(
        by=by,
        subject=subject,
        categories=frozenset(
            {
                Category.NAME,
                Category.ACCOUNT_USERNAME,
                Category.CONTACT_EMAIL,
                Category.ACCOUNT,
                Category.CONTACT_ORGANIZATION,
                Category.CONTACT_PHONE_NUMBER,
                Category.CONTACT_ADDRESS_STREET,
                Category.CONTACT_ADDRESS_CITY,
                Category.CONTACT_ADDRESS_STATE,
                Category.CONTACT_ADDRESS_POSTAL_CODE,
                Category.CONTACT_ADDRESS_COUNTRY,
            }
        ),
        purpose=Purpose.ESSENTIAL_SERVICE_OPERATIONS_SUPPORT,
        about=SubjectKind.CUSTOMER,
    )


def use_as_billing(by: Actor, subject: SubjectId) -> Use:
    return Use(
        by=by,
        subject=subject,
        categories=frozenset(
            {
                Category.NAME,
                Category.CONTACT_EMAIL,
                Category.ACCOUNT,
                Category.CONTACT_ORGANIZATION,
                Category.CONTACT_ADDRESS_STREET,
                Category.CONTACT_ADDRESS_CITY,
                Category.CONTACT_ADDRESS_STATE,
                Category.CONTACT_ADDRESS_POSTAL_CODE,
                Category.CONTACT_ADDRESS_COUNTRY,
            }
        ),
        purpose=Purpose.ESSENTIAL_SERVICE_OPERATIONS_SUPPORT,
        about=SubjectKind.CUSTOMER,
    )


def use_as_privacy_officer(by: Actor, subject: SubjectId) -> Use:
    return Use(
        by=by,
        subject=subject,
        categories=frozenset(
            {
                Category.NAME,
                Category.CONTACT_EMAIL,
                Category.ACCOUNT,
                Category.DEMOGRAPHIC_AGE_RANGE,
                Category.PRIVACY_PREFERENCES,
            }
        ),
        purpose=Purpose.ESSENTIAL_SERVICE_OPERATIONS_SUPPORT,
        about=SubjectKind.CUSTOMER,
    )


def ask_as(role: Role, by: Actor, subject: SubjectId, now: datetime) -> Permit:
    """Return the permit for what a role may see. Raises gate.UseDenied, NoEditionInForce."""
    return gate.ask(use=USES[role](by, subject), choices=NOTHING_CHOSEN, now=now)


# A permit opens exactly what the duties of its role say (SEALED, ADDRESSES), as a test compares.
USES: Final[Mapping[Role, Callable[[Actor, SubjectId], Use]]] = {
    Role.SUPPORT: use_as_support,
    Role.BILLING: use_as_billing,
    Role.PRIVACY_OFFICER: use_as_privacy_officer,
}


def erase_of_gone() -> int:
    """Erase notes of people who were erased; return how many rows went."""
    named = Sighting.objects.order_by("subject").values_list("subject", flat=True).distinct()
    parts = accounts.gone_of(list(named))
    return sum(Sighting.objects.filter(subject__in=gone).delete()[0] for gone in parts)


def erase_expired(*, now: datetime) -> int:
    """Erase what is too old to open anything or to count; return how many rows went.

    Source: clause support.open, "erased by the second day".
    """
    searches = Search.objects.filter(searched_at__lte=now - SEARCHES_WINDOW)
    unopened = Sighting.objects.filter(
        opened_at__isnull=True, found_at__lte=now - queries.FOUND_WINDOW
    )
    opened = Sighting.objects.filter(opened_at__lte=now - KEPT)
    return searches.delete()[0] + unopened.delete()[0] + opened.delete()[0]
