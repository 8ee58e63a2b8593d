"""Telling people at once that something was changed, and letting them say that it was not them.

What was changed is read from the ledger, so no way to change anything can forget to tell of it, and
a crash loses no notice and sends none twice.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.formats import date_format

from clearline.kit.errors import Conflict, NotFound
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import emails, taken_back
from clearline.service.accounts.addresses import (
    Tie,
    current,
    stood_at,
    told_beside,
    told_of_change,
    trusted_before,
)
from clearline.service.accounts.closing_proof import find_address
from clearline.service.accounts.queries import (
    erased_on,
    find_closed_at,
    is_closing_final,
    was_imported,
)
from clearline.service.contacts import factor_wait, way_back
from clearline.service.contacts.actions import ask_for_contacts
from clearline.service.contacts.models import ChangeNotice, EmailCode, Reading
from clearline.service.contacts.queries import TAKEN_BACK_WITHIN, linked_rows, working_notices
from clearline.service.mail import actions as mail
from clearline.service.mail.template import Template
from clearline.service.teams import handing_over
from clearline.trust.blind_index import blind_index
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger import queries as ledger_queries
from clearline.trust.ledger.entries.accounts import (
    AccountClosed,
    AccountHandedOver,
    AccountOffered,
    AccountOpened,
    AccountReopened,
    AddressChanged,
    AgeChanged,
    MemberInvited,
    MembershipChanged,
    NameChanged,
    TeamChanged,
)
from clearline.trust.ledger.entries.contacts import (
    AccountRecovered,
    ChangeTakenBack,
    ContactReplaced,
    WayBackAsked,
    WayBackBlocked,
    WayBackConfirmed,
    WayBackUsed,
)
from clearline.trust.ledger.entries.entry import LedgerEntry
from clearline.trust.ledger.entries.logins import (
    CustomerFactorAdded,
    CustomerFactorRemoved,
    CustomerPasswordChanged,
    CustomerUserIdChanged,
)
from clearline.trust.ledger.queries import SignedEntry
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import regaining
from clearline.trust.vault.keyring import NoKey, PersonErased

# 47 CFR 64.2010(f)(1): told "immediately" whenever a password, a back-up way, an online account or
# the address of record is created or changed; not "when the customer initiates service", so not of
# an account that was opened here, but where a customer of before comes online. A new kind of change
# is told of by naming it here.
TOLD_OF: Final[tuple[type[LedgerEntry], ...]] = (
    CustomerPasswordChanged,
    CustomerUserIdChanged,
    ContactReplaced,
    AccountRecovered,
    AccountOpened,
    AccountOffered,
    AccountHandedOver,
    AccountClosed,
    AccountReopened,
    MemberInvited,
    TeamChanged,
    MembershipChanged,
    NameChanged,
    AddressChanged,
    AgeChanged,
    CustomerFactorAdded,
    CustomerFactorRemoved,
    WayBackAsked,
    WayBackBlocked,
    WayBackConfirmed,
    WayBackUsed,
)
# Of these the present address, where it is not the one of record yet, has a link too, which works
# thirty days after it came, also if it was replaced since: the mailbox of before may be a dead one,
# and whoever replaces the address once more may be a thief. Of others it hears without one.
LINKED_EVERYWHERE: Final = frozenset(
    {
        *(WayBackAsked.kind, WayBackBlocked.kind, WayBackConfirmed.kind, WayBackUsed.kind),
        *(AccountClosed.kind, AccountOffered.kind, AccountHandedOver.kind, MemberInvited.kind),
    }
)
# Of another's account: in words of its own, and without the link, which locks one's own.
TOLD_OF_ANOTHERS: Final = frozenset({MembershipChanged.kind})
READ_AT_ONCE: Final = 5_000
# After three days a letter itself is given up; who was not told by then is not told now.
TOLD_WITHIN: Final = timedelta(days=3)
TOKEN_BYTES: Final = 24
TOKEN_MAX: Final = 100
INTRUSION: Final = timedelta(days=1)  # whoever changed one thing may have begun with another


class NoSuchNotice(NotFound):
    """The same words for a link that never was, was used, or is too old."""

    code = "no_such_notice"

    def __init__(self) -> None:
        super().__init__(
            "This link works no longer. It works once, and until thirty days after the change. If "
            "something is wrong with your account, call us."
        )


class NoticeTooNew(Conflict):
    """A link in a letter to an address that was put in the place of another one lately."""

    code = "notice_too_new"

    def __init__(self) -> None:
        super().__init__(
            "This link works thirty days after the address that it went to became yours. If "
            "it cannot wait, follow the link in the letter to your address of before, or call us."
        )


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """Whom a notice goes to, and which of their addresses.

    `also` are told too, of them `later` by a link that works thirty days after that one came.
    """

    subject: SubjectId
    tie: Tie
    template: Template
    may_take_back: bool
    words: Mapping[str, str]  # that the letter has beside the link
    also: tuple[Tie, ...]
    later: Tie | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class StillClosed:
    """An account that was closed before the change that was taken back: until when it is kept.

    A final closing is undone by the letter that told of it, any other by its owner.
    """

    erased_on: date | None
    is_final: bool


def tell_of_changes(*, now: datetime) -> int:
    """Write a notice for each change that the ledger tells of since last time; return how many."""
    reading, _ = Reading.objects.get_or_create(pk=1)
    read = ledger_queries.list_signed(
        after=reading.position,
        limit=READ_AT_ONCE,
        kinds=frozenset(each.kind for each in TOLD_OF),
    )
    told = 0
    for entry in read.entries:
        told += tell_of(entry, now)
    move_on(read.last)
    return told


def tell_of(entry: SignedEntry, now: datetime) -> bool:
    """Write the notice of one change, once; say whether there was anybody to tell."""
    found = whom_to_tell(entry, now)
    if found is None:
        return False
    try:
        permit = mail.ask_to_write(found.subject, now)
        ties = (found.tie, *found.also)
        addresses = list(emails.open_mailable(found.subject, ties, permit=permit, now=now))
    except (PersonErased, NoKey):
        return False

    with transaction.atomic():
        # Of two workers at once one moves on, and the other finds it told.
        if not move_on(entry.position):
            return False
        for tie, to in addresses:
            mail.enqueue(
                to=to,
                template=found.template,
                context={**found.words, **link_for(found, tie)},
                subject=found.subject,
                permit=permit,
                now=now,
            )
    return bool(addresses)


def link_for(found: Told, tie: Tie) -> dict[str, str]:
    """Return the link for one letter, with what only who has it is told; {} for none.

    In the caller's transaction. Only where the change is told first, and `later`, get one. Why an
    account closed is told where the link works at once: whoever else reads may not be the person
    whose age it is. Source: clauses account.contact, account.age.
    """
    is_later = tie == found.later
    if not is_later and (tie != found.tie or not found.may_take_back):
        return {}
    token = secrets.token_urlsafe(TOKEN_BYTES)
    starts_at = tie.of_record_at if is_later else None
    ChangeNotice.objects.create(
        subject=found.subject,
        token_index=token_index(token),
        row=tie.row,
        changed_at=found.changed_at,
        starts_at=starts_at,
    )
    told = {"link": link_of(token), "until": in_words(found.changed_at + TAKEN_BACK_WITHIN)}
    if starts_at:
        return {**told, "starts": in_words(starts_at)}
    is_of_child = found.template is Template.CLOSING_NOTICE and "may_keep" not in found.words
    return {**told, **({"is_child": "yes"} if is_of_child else {})}


def in_words(moment: datetime) -> str:
    return date_format(moment, "j F Y, H:i e")


def whom_to_tell(entry: SignedEntry, now: datetime) -> Told | None:
    """Return whom a change is told to; None when it is too old or there is no address for it."""
    if entry.subject is None or now - entry.at > TOLD_WITHIN:
        return None
    if entry.kind == AccountOpened.kind and not was_imported(entry.subject):
        return None  # service began here
    ties = emails.list_ties(entry.subject)
    tie = told_of_change(ties, changed_at=entry.at)
    if tie is None:
        return None
    template, words = letter_of(entry.kind, entry.subject, now)
    is_own = entry.kind not in TOLD_OF_ANOTHERS
    linked = linked_rows(entry.subject, now)
    also = told_beside(stood_at(ties, entry.at), tie, at=entry.at, can_take_back=linked)
    return Told(
        subject=entry.subject,
        tie=tie,
        template=template,
        may_take_back=is_own and tie == trusted_before(ties, entry.at),
        words=words,
        also=also,
        later=current(also) if entry.kind in LINKED_EVERYWHERE else None,
        changed_at=entry.at,
    )


def letter_of(kind: str, subject: SubjectId, now: datetime) -> tuple[Template, dict[str, str]]:
    """Return which letter tells of a change, and its words.

    A closing that was taken back by now is a change like any other.
    """
    if kind in TOLD_OF_ANOTHERS:
        return Template.MEMBERSHIP_NOTICE, {}
    day = erased_on(find_closed_at(subject), now=now) if kind == AccountClosed.kind else None
    if day is None:
        return Template.CHANGE_NOTICE, {}
    may_keep = {} if is_closing_final(subject) else {"may_keep": "yes"}
    told = {"when": date_format(day, "j F Y"), "proof": find_address(subject)}
    return Template.CLOSING_NOTICE, {**told, **may_keep}


def move_on(position: int) -> bool:
    """Note how far the ledger was read; say whether nobody else had come there."""
    rows = Reading.objects.filter(pk=1, position__lt=position)
    return bool(rows.update(position=position))


def token_index(token: str) -> bytes:
    return blind_index(b"change_notice", token[:TOKEN_MAX])


def link_of(token: str) -> str:
    return f"{settings.ENV.url}/account/not-me/?key={token}"


def find_notice(token: str, now: datetime) -> ChangeNotice | None:
    """Return the notice that a link belongs to while it works."""
    return working_notices(now).filter(token_index=token_index(token)).first()


def works(token: str, *, now: datetime) -> bool:
    """Say whether a link of a notice works now."""
    notice = find_notice(token, now)
    return notice is not None and not begins_later(notice, now) and has_address(notice)


def begins_later(notice: ChangeNotice, now: datetime) -> bool:
    return notice.starts_at is not None and notice.starts_at > now


def has_address(notice: ChangeNotice) -> bool:
    return emails.is_kept(SubjectId(notice.subject), notice.row)


def find_start(token: str, *, now: datetime) -> datetime | None:
    """Return when a link begins to work that does not yet; None for any other."""
    notice = find_notice(token, now)
    is_later = notice is not None and begins_later(notice, now) and has_address(notice)
    return notice.starts_at if notice is not None and is_later else None


def take_back(*, token: str, now: datetime) -> StillClosed | None:
    """Take back what its owner did not change: the address, the password, and whoever signed in.

    The address that was told is theirs again, no session goes on, and the password opens nothing
    until a new one is set by a code that goes to that address, and by the second factor where there
    is one. What was handed over since the day before the change is theirs again, who joined an
    account of theirs since then acts in it no more, if it was closed since then it is open, what
    was said of their age since then is forgotten, and postal addresses given since then are gone.
    If it was closed before, it still is, which is what is returned.
    Where that address had been replaced, second factors go a day later that were added since the
    day before the first change that a link there takes back, in whichever order they are followed,
    unless somebody says that they are theirs; else a mailbox alone would go round a factor, so none
    is touched. That it was taken back is told to each address that hears of a change, and to the
    one that the link was in. Of many at once one wins.
    Raises NoSuchNotice, NoticeTooNew, gate.UseDenied.
    Source: OWASP ASVS 5.0.0, V6.4.3 (AS-02); clauses account.contact, account.holder,
    account.age, account.address, account.team, account.acts.
    """
    notice = find_notice(token, now)
    if find_start(token, now=now):
        raise NoticeTooNew
    if notice is None or begins_later(notice, now):
        raise NoSuchNotice
    subject = SubjectId(notice.subject)
    ask_for_contacts(subject, now)
    permit = safeguards.ask_to_note_customer(now)
    told = whom_to_write(subject, notice.row, permit, now)
    began_at = notice.changed_at - INTRUSION
    factors_since = first_told(notice, now) - INTRUSION
    returns = handing_over.ask_to_return(subject, since=began_at, now=now)

    with transaction.atomic():
        if not ChangeNotice.objects.filter(pk=notice.pk).delete()[0]:
            raise NoSuchNotice
        handing_over.undo(subject, returns, since=began_at, note=permit, now=now)
        is_restored = restored(subject, notice.row)
        taken_back.reopen(subject, since=began_at, permit=permit, now=now)
        taken_back.forget_age(subject, since=began_at)
        taken_out = taken_back.take_out_addresses(subject, since=began_at)
        EmailCode.objects.filter(subject=subject, ended_at__isnull=True).update(ended_at=now)
        way_back.end_open(subject, now)
        regaining.lock_out(subject)
        fields = (*(("email",) if is_restored else ()), "password", *taken_out)
        ledger.append(ChangeTakenBack(fields=fields), subject=subject, permit=permit, now=now)
        asks = is_restored and factor_wait.begin(subject, factors_since, told, now)
        tell_taken_back(subject, told.earlier if asks else told.all, told.permit, now)
    return find_closing(subject, now)


def first_told(notice: ChangeNotice, now: datetime) -> datetime:
    """Return the moment of the first change that a link in the mailbox of this one takes back."""
    others = working_notices(now).filter(subject=notice.subject, row=notice.row)
    return min((notice.changed_at, *others.values_list("changed_at", flat=True)))


def find_closing(subject: SubjectId, now: datetime) -> StillClosed | None:
    """Return how somebody's account is closed; None while it is open."""
    closed_at = find_closed_at(subject)
    if closed_at is None:
        return None
    return StillClosed(erased_on(closed_at, now=now), is_closing_final(subject))


def tell_taken_back(
    subject: SubjectId, addresses: tuple[str, ...], permit: Permit, now: datetime
) -> None:
    """Tell those who were not told of the factors that a change was taken back, without a link.

    Also the addresses that go, which may be their owner's. In the caller's transaction.
    """
    for address in addresses:
        mail.enqueue(
            to=address,
            template=Template.CHANGE_NOTICE,
            context={},
            subject=subject,
            permit=permit,
            now=now,
        )


def whom_to_write(subject: SubjectId, row: int, note: Permit, now: datetime) -> factor_wait.Written:
    """Return who hears of it. Raises NoSuchNotice."""
    try:
        return factor_wait.whom_to_write(subject, row, note, now)
    except emails.NoSuchAddress:
        raise NoSuchNotice from None


def restored(subject: SubjectId, row: int) -> bool:
    """Make the address that was told the present one. Raises NoSuchNotice."""
    try:
        return emails.restore(subject, row)
    except emails.NoSuchAddress:
        raise NoSuchNotice from None


def erase_expired(*, now: datetime) -> int:
    """Erase what stands for links that work no longer."""
    rows = ChangeNotice.objects.filter(changed_at__lte=now - TAKEN_BACK_WITHIN)
    return rows.delete()[0]
