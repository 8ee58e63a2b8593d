"""Handing an account over: its owner offers it to one of its members, who takes it or does not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from clearline.kit.errors import Conflict, NotFound
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import emails, taken_back
from clearline.service.accounts import handing_over as accounts_over
from clearline.service.accounts import members as accounts_members
from clearline.service.accounts.members import NoSuchMember
from clearline.service.accounts.queries import (
    find_plain_member_since,
    gone_of,
    list_members,
    list_owned,
)
from clearline.service.accounts.roles import MemberRole
from clearline.service.teams.actions import (
    AccessChange,
    Change,
    account_owned_by,
    lock,
    lock_owned,
    note_change,
)
from clearline.service.teams.models import Handover, Invitation, MemberLabel, TakenOver
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.accounts import (
    AccountHandedOver,
    AccountOffered,
    MembershipChanged,
    TeamChanged,
)
from clearline.trust.safeguards import actions as safeguards

OFFER_WINDOW: Final = timedelta(days=7)
# So long its owner, who is written to at once, can say that it was not them who offers it.
OFFER_WAIT: Final = timedelta(days=3)
MEMBER_WAIT: Final = timedelta(days=3)  # nobody is invited and offered an account at one sitting
# As long as the letters that tell of it take it back; until then it is handed on to nobody.
RETURN_WINDOW: Final = timedelta(days=30)
OFFERS_SHOWN: Final = 100


class NoSuchOffer(NotFound):
    """The same words for an offer that never was, was taken back, was answered or is too old."""

    code = "no_such_offer"

    def __init__(self) -> None:
        super().__init__("There is no such offer any more. An offer waits for seven days.")


class OfferWaits(Conflict):
    code = "offer_waits"

    def __init__(self) -> None:
        super().__init__("This account is offered to somebody already. Take that back first.")


class OfferTooNew(Conflict):
    code = "offer_too_new"

    def __init__(self) -> None:
        super().__init__(
            "This cannot be taken yet. An offer waits for three days before it can be taken, so "
            "that its owner can take it back."
        )


class MemberTooNew(Conflict):
    code = "member_too_new"

    def __init__(self) -> None:
        super().__init__(
            "An account is offered to somebody who has acted in it for three days. Offer it then."
        )


class TakenLately(Conflict):
    code = "taken_lately"

    def __init__(self) -> None:
        super().__init__(
            "This account changed hands less than thirty days ago, and whoever owned it before may "
            "take it back or has done so. Hand it on after that."
        )


class NoLetterGoes(Conflict):
    """Who can be told of it by no letter with a link could never take the account back."""

    code = "no_letter_goes"

    def __init__(self) -> None:
        super().__init__(
            "Confirm your e-mail address first, by a code that we send there: the letters by which "
            "you can take the account back go to it. If it took the place of one that was never "
            "confirmed, it counts once it has been yours for thirty days."
        )


@dataclass(frozen=True, slots=True)
class Return:
    """An account that goes back to who owned it, and the permit to seal it under their key."""

    account: int
    owner: SubjectId
    taken_at: datetime
    permit: Permit


@dataclass(frozen=True, slots=True)
class Offer:
    """An account that is offered: by whom, to whom, whether its owner looks on, from when to when.

    It is taken from `takeable_at` on.
    """

    account: int
    owner: SubjectId
    member: SubjectId
    stays: bool
    takeable_at: datetime
    expires_at: datetime


def find_offer(account: int, *, now: datetime) -> Offer | None:
    """Return to whom an account is offered."""
    row = Handover.objects.filter(account_id=account, expires_at__gt=now).first()
    return None if row is None else to_offer(row)


def list_offers_to(member: SubjectId, *, now: datetime) -> tuple[Offer, ...]:
    """Return the accounts that are offered to somebody, at most 100."""
    rows = Handover.objects.filter(member=member, expires_at__gt=now).order_by("pk")
    return tuple(map(to_offer, rows[:OFFERS_SHOWN]))


def to_offer(row: Handover) -> Offer:
    owner, member = SubjectId(row.owner), SubjectId(row.member)
    takeable_at = row.offered_at + OFFER_WAIT
    return Offer(row.account_id, owner, member, row.stays, takeable_at, row.expires_at)


def may_offer(owner: SubjectId, *, now: datetime) -> bool:
    """Say whether somebody has an address to which the letter goes that takes an account back.

    Raises gate.UseDenied, NoEditionInForce. Source: clause account.handover.
    """
    return emails.is_told_with_link(owner, changed_at=now, now=now)


def offer(*, owner: SubjectId, account: int, member: SubjectId, stays: bool, now: datetime) -> None:
    """Offer an account to one of its members; nothing changes before they take it.

    Its owner is told at once, for who sits at their computer may do this too. For three days nobody
    takes it. Raises NotTheOwner, NoLetterGoes, NoSuchMember, MemberTooNew, OfferWaits, TakenLately,
    BalanceWaits, Closing, gate.UseDenied.
    Source: 47 CFR 64.2010(f); clauses account.handover, account.acts.
    """
    permit = safeguards.ask_to_note_customer(now)
    own = account_owned_by(owner, account)
    if not may_offer(owner, now=now):
        raise NoLetterGoes

    with transaction.atomic():
        lock_owned(owner, own)
        accounts_over.refuse_balance(own)
        refuse_new_member(own, member, now)
        accounts_over.refuse_closing(owner, member)
        if lately(now).filter(account_id=own).exists():
            raise TakenLately
        offers = Handover.objects.filter(account_id=own)
        offers.filter(expires_at__lte=now).delete()
        if offers.exists():
            raise OfferWaits
        Handover.objects.create(
            account_id=own,
            owner=owner,
            member=member,
            stays=stays,
            offered_at=now,
            expires_at=now + OFFER_WINDOW,
        )
        by = f"subject:{owner}"
        ledger.append(AccountOffered(by=by), subject=owner, permit=permit, now=now)
        entry = MembershipChanged(change=AccessChange.OFFERED, role=MemberRole.OWNER, by=by)
        ledger.append(entry, subject=member, permit=permit, now=now)


def refuse_new_member(account: int, member: SubjectId, now: datetime) -> None:
    """Return if somebody may be offered an account. Raises NoSuchMember, MemberTooNew."""
    since = find_plain_member_since(account, member)
    if since is None:
        raise NoSuchMember
    if now - since < MEMBER_WAIT:
        raise MemberTooNew


def take_back(*, owner: SubjectId, account: int, now: datetime) -> None:
    """Take an offer back. Raises NotTheOwner, NoSuchOffer, gate.UseDenied."""
    end(account_owned_by(owner, account), by=owner, change=AccessChange.OFFER_TAKEN_BACK, now=now)


def decline(*, subject: SubjectId, account: int, now: datetime) -> None:
    """Say no to an offer. Raises NoSuchOffer, gate.UseDenied."""
    end(account, by=subject, change=AccessChange.OFFER_DECLINED, now=now)


def end(account: int, *, by: SubjectId, change: AccessChange, now: datetime) -> None:
    """End an offer that its owner or its member does not want; both are told of it."""
    permit = safeguards.ask_to_note_customer(now)
    found = find_offer(account, now=now)
    if found is None or by not in {found.owner, found.member}:
        raise NoSuchOffer

    with transaction.atomic():
        answer(found)
        told = Change(change, MemberRole.OWNER, by=by)
        note_change(told, owner=found.owner, member=found.member, permit=permit, now=now)


def answer(found: Offer) -> None:
    """Take an offer away, in the caller's transaction: of many at once one does. NoSuchOffer."""
    same = Handover.objects.filter(
        account_id=found.account,
        owner=found.owner,
        member=found.member,
        stays=found.stays,
        expires_at=found.expires_at,
    )
    if not same.delete()[0]:
        raise NoSuchOffer


def accept(*, subject: SubjectId, account: int, now: datetime) -> None:
    """Take an account that is offered: from then on one owns it, and both are told at once.

    What its owner called the others is erased, and no invitation of theirs works any more.
    Raises NoSuchOffer, OfferTooNew, NoSuchMember, Closing, BalanceWaits, gate.UseDenied.
    Source: 47 CFR 64.2010(f); clauses account.handover, account.acts.
    """
    note = safeguards.ask_to_note_customer(now)
    found = find_offer(account, now=now)
    if found is None or found.member != subject:
        raise NoSuchOffer
    if now < found.takeable_at:
        raise OfferTooNew
    permit = ask_to_hand_over(Actor(ActorKind.SUBJECT, subject), found.owner, now)

    with transaction.atomic():
        accounts_members.lock_account(account)
        answer(found)
        accounts_over.hand_over(
            account=account, old=found.owner, new=subject, stays=found.stays, permit=permit, now=now
        )
        MemberLabel.objects.filter(account_id=account).delete()
        Invitation.objects.filter(account_id=account).delete()
        TakenOver.objects.filter(account_id=account).delete()
        TakenOver.objects.create(
            account_id=account, former=found.owner, owner=subject, taken_at=now
        )
        for whose, change in ((found.owner, "given"), (subject, "taken")):
            entry = AccountHandedOver(change=change, by=f"subject:{subject}")
            ledger.append(entry, subject=whose, permit=note, now=now)


def ask_to_hand_over(by: Actor, owner: SubjectId, now: datetime) -> Permit:
    use = accounts_over.use_to_hand_over(by, owner)
    return gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)


def lately(now: datetime) -> QuerySet[TakenOver]:
    """Return what was taken over so lately that it can be given back."""
    return TakenOver.objects.filter(taken_at__gt=now - RETURN_WINDOW)


def find_kept_until(subject: SubjectId, *, now: datetime) -> datetime | None:
    """Return until when it is kept that an account of somebody changed hands; None where none did.

    Source: clause account.handover.
    """
    rows = lately(now).filter(Q(former=subject) | Q(owner=subject)).order_by("-taken_at")
    taken_at = rows.values_list("taken_at", flat=True).first()
    return None if taken_at is None else taken_at + RETURN_WINDOW


def ask_to_return(former: SubjectId, *, since: datetime, now: datetime) -> tuple[Return, ...]:
    """Return the accounts that somebody gave away since then, with the permit to give them back.

    Raises gate.UseDenied. Source: clause account.handover.
    """
    rows = lately(now).filter(former=former, taken_at__gte=since).exclude(owner=former)
    return tuple(
        Return(
            row.account_id,
            SubjectId(row.owner),
            row.taken_at,
            ask_to_hand_over(taken_back.BY, SubjectId(row.owner), now),
        )
        for row in rows.order_by("pk")
    )


def undo(
    owner: SubjectId, returns: tuple[Return, ...], *, since: datetime, note: Permit, now: datetime
) -> None:
    """Undo what others did in somebody's name since then, in the caller's transaction.

    Offers and invitations end, what they gave away is theirs again, and who joined since acts in it
    no more, by whichever invitation. Source: clauses account.team, account.handover.
    """
    touched = {each.account for each in list_owned(owner)} | {each.account for each in returns}
    for account in sorted(touched):
        lock(account)
    withdraw_all(owner)
    for each in returns:
        give_back(each, former=owner, note=note, now=now)
    has_ended = [end_since(each.account, since, note, now) for each in list_owned(owner)]
    if any(has_ended):
        entry = TeamChanged(change=AccessChange.ENDED_SINCE, role="", by=str(taken_back.BY))
        ledger.append(entry, subject=owner, permit=note, now=now)


def end_since(account: int, since: datetime, note: Permit, now: datetime) -> bool:
    """End what those may do who joined an account since then; say whether there was anybody."""
    plain = (each for each in list_members(account) if each.role is not MemberRole.OWNER)
    late = [each.subject for each in plain if each.since >= since]
    for member in late:
        accounts_members.set_member(account=account, subject=member, role=None)
        entry = MembershipChanged(change=AccessChange.ENDED, role="", by=str(taken_back.BY))
        ledger.append(entry, subject=member, permit=note, now=now)
    MemberLabel.objects.filter(account_id=account, member__in=late).delete()
    return bool(late)


def give_back(each: Return, *, former: SubjectId, note: Permit, now: datetime) -> None:
    """Make who owned an account its owner again, and tell both.

    The caller's transaction holds the account. Whoever took it acts in it no more, and for thirty
    days nobody hands it on, so that who thinks otherwise has time to say so. Nothing happens where
    it has gone elsewhere meanwhile.
    """
    same = TakenOver.objects.filter(
        account_id=each.account, former=former, owner=each.owner, taken_at=each.taken_at
    )
    if not same.update(owner=former, taken_at=now):
        return
    accounts_over.give_back(
        account=each.account, taker=each.owner, former=former, permit=each.permit, now=now
    )
    MemberLabel.objects.filter(account_id=each.account).delete()
    Invitation.objects.filter(account_id=each.account).delete()
    Handover.objects.filter(account_id=each.account).delete()
    for whose in (former, each.owner):
        entry = AccountHandedOver(change="returned", by=str(taken_back.BY))
        ledger.append(entry, subject=whose, permit=note, now=now)


def withdraw_all(owner: SubjectId) -> int:
    """End all that somebody offers and each invitation of theirs; return how many.

    In the caller's transaction, which notes why: their account may have been in other hands.
    """
    offers = Handover.objects.filter(owner=owner).delete()[0]
    return offers + Invitation.objects.filter(owner=owner).delete()[0]


def erase_of_gone() -> int:
    """Erase offers to people who were erased and what could go back to them; return how many."""
    named = Handover.objects.order_by("member").values_list("member", flat=True).distinct()
    before = TakenOver.objects.order_by("former").values_list("former", flat=True).distinct()
    erased = 0
    for gone in gone_of({*named, *before}):
        erased += Handover.objects.filter(member__in=gone).delete()[0]
        erased += TakenOver.objects.filter(former__in=gone).delete()[0]
    return erased


def erase_expired(*, now: datetime) -> int:
    """Erase offers that nobody took, and what can be given back no more; return how many."""
    over = TakenOver.objects.filter(taken_at__lte=now - RETURN_WINDOW).delete()[0]
    return Handover.objects.filter(expires_at__lte=now).delete()[0] + over
