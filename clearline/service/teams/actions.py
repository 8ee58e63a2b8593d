"""Letting others act in an account: invited by a code, joined once, changed and ended."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import transaction

from clearline.kit.errors import Conflict, Denied, Invalid, NotFound
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Category, Purpose, SubjectId, SubjectKind
from clearline.service.accounts import members as accounts_members
from clearline.service.accounts.actions import NoSuchCustomer
from clearline.service.accounts.members import NoSuchMember
from clearline.service.accounts.queries import (
    is_member,
    is_plain_member,
    list_members,
    list_owned,
)
from clearline.service.accounts.roles import MemberRole
from clearline.service.accounts.words import read_words
from clearline.service.teams.models import LABEL_MAX, Handover, Invitation, MemberLabel
from clearline.trust.blind_index import blind_index
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.accounts import (
    MemberInvited,
    MembershipChanged,
    TeamChanged,
)
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.vault import queries as vault

CODE_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read for another
CODE_LENGTH: Final = 20  # 99 bits: nobody guesses one
CODE_WINDOW: Final = timedelta(days=7)
INVITATIONS_MAX: Final = 20


class NotTheOwner(Denied):
    code = "not_the_owner"

    def __init__(self) -> None:
        super().__init__("Only who owns an account may say who acts in it.")


class NoSuchInvitation(NotFound):
    """The same words for a code that never was, was used, was withdrawn or is too old."""

    code = "no_such_invitation"

    def __init__(self) -> None:
        super().__init__(
            "This code opens nothing. A code works once and for seven days: ask for a new one."
        )


class TooManyInvitations(Conflict):
    code = "too_many_invitations"


class NoInvitableRole(Invalid):
    code = "no_invitable_role"


@dataclass(frozen=True, slots=True, repr=False)
class Invited:
    """The code to pass on, shown once, and until when it works."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Teammate:
    """Who may act in an account, as what, since when, and what the owner calls them."""

    subject: SubjectId
    role: MemberRole
    since: datetime
    label: str


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """An invitation that nobody has used yet."""

    number: int
    role: MemberRole
    expires_at: datetime
    label: str


@dataclass(frozen=True, slots=True, repr=False)
class Team:
    members: tuple[Teammate, ...]
    invitations: tuple[Waiting, ...]


def ask_for_team(owner: SubjectId, now: datetime) -> Permit:
    """Return the permit to keep and open what an owner calls the members of their account.

    Raises gate.UseDenied, NoEditionInForce. Source: clause account.team.
    """
    use = Use(
        by=Actor(ActorKind.SUBJECT, owner),
        subject=owner,
        categories=frozenset({Category.ACCOUNT_SETTINGS}),
        purpose=Purpose.ESSENTIAL_SERVICE_OPERATIONS,
        about=SubjectKind.CUSTOMER,
    )
    return gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)


def account_owned_by(owner: SubjectId, account: int | None = None) -> int:
    """Return the account that is meant if it is theirs; without one their first.

    Raises NotTheOwner.
    """
    owned = [each.account for each in list_owned(owner)]
    if not owned or account not in {None, *owned}:
        raise NotTheOwner
    return owned[0] if account is None else account


def lock_owned(owner: SubjectId, account: int) -> None:
    """Hold an account that is theirs still, in the caller's transaction. Raises NotTheOwner.

    It may have been taken over since they were first looked at.
    """
    try:
        accounts_members.lock_account(account)
    except NoSuchCustomer:
        raise NotTheOwner from None
    account_owned_by(owner, account)


def show_team(*, owner: SubjectId, account: int | None = None, now: datetime) -> Team:
    """Return who may act in one of the owner's accounts, and who is invited.

    Without `account` their first one is meant, here as below. Raises NotTheOwner.
    """
    permit = ask_for_team(owner, now)
    account = account_owned_by(owner, account)
    labels = {
        row.member: vault.open_sealed(row.label, permit=permit, now=now)
        for row in MemberLabel.objects.filter(account_id=account)
    }
    open_ones = Invitation.objects.filter(account_id=account, expires_at__gt=now).order_by("pk")
    return Team(
        members=tuple(
            Teammate(each.subject, each.role, each.since, labels.get(each.subject, ""))
            for each in list_members(account)
        ),
        invitations=tuple(
            Waiting(
                number=row.pk,
                role=MemberRole(row.role),
                expires_at=row.expires_at,
                label=vault.open_sealed(row.label, permit=permit, now=now),
            )
            for row in open_ones
        ),
    )


def invite(
    *, owner: SubjectId, account: int | None = None, role: MemberRole, label: str, now: datetime
) -> Invited:
    """Make a code by which one person may join the owner's account; only its hash is kept.

    Its owner is told at once, for who sits at their computer may do this too.

    Raises NotTheOwner, NoInvitableRole, FieldWrong, TooManyInvitations, gate.UseDenied.
    Source: clauses account.team, account.acts.
    """
    ask_for_team(owner, now)
    permit = safeguards.ask_to_note_customer(now)
    if role is MemberRole.OWNER:
        message = "An account has one owner. Choose another role."
        raise NoInvitableRole(message)
    called = read_words("label", label, length_max=LABEL_MAX, missing="Say whom you invite.")
    account = account_owned_by(owner, account)
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    expires_at = now + CODE_WINDOW

    with transaction.atomic():
        lock_owned(owner, account)
        waiting = Invitation.objects.filter(account_id=account)
        waiting.filter(expires_at__lte=now).delete()
        if waiting.count() >= INVITATIONS_MAX:
            message = f"At most {INVITATIONS_MAX} invitations wait at once. Withdraw one first."
            raise TooManyInvitations(message)
        Invitation(
            account_id=account,
            owner=owner,
            label=called,
            code_index=code_index(code),
            role=role,
            expires_at=expires_at,
        ).save(force_insert=True)
        entry = MemberInvited(role=role, by=f"subject:{owner}")
        ledger.append(entry, subject=owner, permit=permit, now=now)
    return Invited(code, expires_at)


def accept(*, subject: SubjectId, code: str, now: datetime) -> None:
    """Join an account by a code; it works for one person.

    Raises NoSuchInvitation, AlreadyMember, TeamFull, gate.UseDenied.
    """
    note = safeguards.ask_to_note_customer(now)
    found = Invitation.objects.filter(code_index=code_index(code), expires_at__gt=now).first()
    if found is None:
        raise NoSuchInvitation
    owner = SubjectId(found.owner)
    permit = ask_for_team(owner, now)
    label = vault.open_sealed(found.label, permit=permit, now=now)

    with transaction.atomic():
        lock_invited(found.account_id)
        # Of two at once one takes the row away, and the other finds nothing.
        if not Invitation.objects.filter(pk=found.pk).delete()[0]:
            raise NoSuchInvitation
        role = MemberRole(found.role)
        accounts_members.add_member(account=found.account_id, subject=subject, role=role, now=now)
        MemberLabel(account_id=found.account_id, owner=owner, member=subject, label=label).save(
            force_insert=True
        )
        note_change(
            Change(AccessChange.JOINED, role, by=subject),
            owner=owner,
            member=subject,
            permit=note,
            now=now,
        )


def withdraw(*, owner: SubjectId, account: int | None = None, number: int, now: datetime) -> None:
    """Take an invitation back. Raises NotTheOwner, NoSuchInvitation, gate.UseDenied."""
    permit = safeguards.ask_to_note_customer(now)
    account = account_owned_by(owner, account)

    with transaction.atomic():
        lock_owned(owner, account)
        rows = Invitation.objects.filter(pk=number, account_id=account)
        row = rows.first()
        if row is None or not rows.delete()[0]:
            raise NoSuchInvitation
        entry = TeamChanged(change=AccessChange.WITHDRAWN, role=row.role, by=f"subject:{owner}")
        ledger.append(entry, subject=owner, permit=permit, now=now)


def set_role(
    *,
    owner: SubjectId,
    account: int | None = None,
    member: SubjectId,
    role: MemberRole,
    now: datetime,
) -> None:
    """Set what a member may do; what they may do already is no change, and nobody is told.

    Raises NotTheOwner, NoSuchMember, NoInvitableRole, gate.UseDenied.
    """
    permit = safeguards.ask_to_note_customer(now)
    if role is MemberRole.OWNER:
        message = "An account has one owner. Choose another role."
        raise NoInvitableRole(message)
    account = account_owned_by(owner, account)

    with transaction.atomic():
        lock_owned(owner, account)
        if accounts_members.set_member(account=account, subject=member, role=role):
            told = Change(AccessChange.SET, role, by=owner)
            note_change(told, owner=owner, member=member, permit=permit, now=now)


def remove(
    *, owner: SubjectId, account: int | None = None, member: SubjectId, now: datetime
) -> None:
    """End what a member may do. Raises NotTheOwner, NoSuchMember, gate.UseDenied."""
    end(account=account_owned_by(owner, account), member=member, by=owner, now=now)


def call(*, owner: SubjectId, account: int, member: SubjectId, label: str, now: datetime) -> None:
    """Set what the owner calls a member, as after an account was taken over.

    Raises NotTheOwner, NoSuchMember, FieldWrong, gate.UseDenied. Source: clause account.team.
    """
    ask_for_team(owner, now)
    called = read_words("label", label, length_max=LABEL_MAX, missing="Say what you call them.")
    own = account_owned_by(owner, account)

    with transaction.atomic():
        lock_owned(owner, own)
        if not is_plain_member(own, member):
            raise NoSuchMember
        MemberLabel.objects.filter(account_id=own, member=member).delete()
        MemberLabel(account_id=own, owner=owner, member=member, label=called).save(
            force_insert=True
        )


def leave(*, subject: SubjectId, account: int, now: datetime) -> None:
    """End what one may do oneself in another's account. Raises NoSuchMember, gate.UseDenied."""
    end(account=account, member=subject, by=subject, now=now)


def end(*, account: int, member: SubjectId, by: SubjectId, now: datetime) -> None:
    permit = safeguards.ask_to_note_customer(now)

    with transaction.atomic():
        lock(account)
        if by != member:
            account_owned_by(by, account)
        accounts_members.set_member(account=account, subject=member, role=None)
        MemberLabel.objects.filter(account_id=account, member=member).delete()
        Handover.objects.filter(account_id=account, member=member).delete()
        note_change(
            Change(AccessChange.ENDED, None, by=by),
            owner=owner_of(account),
            member=member,
            permit=permit,
            now=now,
        )


def owner_of(account: int) -> SubjectId:
    """Return who owns an account, which the caller's transaction holds."""
    return next(each.subject for each in list_members(account) if each.role is MemberRole.OWNER)


class AccessChange(StrEnum):
    """What was changed of who may act in an account, as the ledger says it."""

    JOINED = "joined"
    SET = "set"
    ENDED = "ended"
    ENDED_SINCE = "ended_since"
    WITHDRAWN = "withdrawn"
    OFFERED = "offered"
    OFFER_TAKEN_BACK = "offer_taken_back"
    OFFER_DECLINED = "offer_declined"


@dataclass(frozen=True, slots=True)
class Change:
    """What was changed of somebody's access, to which role, and by which of the two.

    The role is None where they may do nothing any more.
    """

    what: AccessChange
    role: MemberRole | None
    by: SubjectId


def note_change(
    change: Change, *, owner: SubjectId, member: SubjectId, permit: Permit, now: datetime
) -> None:
    """Write a change of both, so that both see it, and a letter tells each at once."""
    told = {"change": change.what, "role": change.role or "", "by": f"subject:{change.by}"}
    ledger.append(TeamChanged(**told), subject=owner, permit=permit, now=now)
    ledger.append(MembershipChanged(**told), subject=member, permit=permit, now=now)


def lock(account: int) -> None:
    """Hold an account that somebody else may be handing over. Raises NoSuchMember."""
    try:
        accounts_members.lock_account(account)
    except NoSuchCustomer:
        raise NoSuchMember from None


def lock_invited(account: int) -> None:
    """Hold an account whose invitations somebody may be ending. Raises NoSuchInvitation."""
    try:
        accounts_members.lock_account(account)
    except NoSuchCustomer:
        raise NoSuchInvitation from None


def erase_expired(*, now: datetime) -> int:
    """Erase invitations that work no longer and names of those who are gone; return how many."""
    gone = [
        row.pk
        for row in MemberLabel.objects.defer("label").iterator()
        if not is_member(row.account_id, SubjectId(row.member))
    ]
    labels = MemberLabel.objects.filter(pk__in=gone).delete()[0]
    return Invitation.objects.filter(expires_at__lte=now).delete()[0] + labels


def code_index(code: str) -> bytes:
    told = "".join(each for each in code.casefold() if each.isalnum())
    return blind_index(b"invitation", told)
