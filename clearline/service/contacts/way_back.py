"""The way back for who lost every way in: a document at the desk, two of the staff, one letter.

47 CFR 64.2010(d), (e): at a visit a valid photo ID that matches tells who somebody is; a password
that is lost with all that stands in for it is set up anew "by such authentication". So no staff set
or see a password, and none end a second factor: that does whoever has the letter, which goes to the
address of record (64.2003(b)) and to no other.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from clearline.kit.errors import Conflict, Denied, Invalid, NotFound, TooMany
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Category, Purpose, SubjectId, SubjectKind
from clearline.service.accounts import emails
from clearline.service.accounts.actions import lock_holder
from clearline.service.accounts.addresses import of_record
from clearline.service.contacts.documents import Document, Lost, Shown
from clearline.service.contacts.models import EmailCode, RecoveryLetter, WayBack
from clearline.service.contacts.recovery import NewWayIn
from clearline.service.mail import actions as mail
from clearline.service.mail.template import Template
from clearline.service.teams import handing_over
from clearline.trust.blind_index import blind_index
from clearline.trust.factors import regaining as factors
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.contacts import (
    WayBackAsked,
    WayBackBlocked,
    WayBackConfirmed,
    WayBackDeclined,
    WayBackUsed,
)
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards import regaining
from clearline.trust.safeguards.roles import Role
from clearline.trust.vault.keyring import NoKey, PersonErased

WAITS: Final = timedelta(hours=1)  # for the second of the staff, while the visit lasts
BLOCKED: Final = timedelta(days=1)
CODE_WINDOW: Final = timedelta(hours=24)  # NIST SP 800-63B-4, 4.2.1.2: by e-mail "at most 24 hours"
KEPT: Final = timedelta(days=2)
ASKS_MAX: Final = 10  # of one of the staff, within a day
SIGNS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no I and O, no 0 and 1
CODE_SIGNS: Final = 20  # a hundred bits: nobody guesses it, however often they try
GROUP: Final = 5
CODE_MAX: Final = 60
ALL_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


class NameDiffers(Denied):
    code = "name_differs"

    def __init__(self) -> None:
        super().__init__(
            "The name on the document is not the customer's, so nothing is begun, today by nobody. "
            "The customer reads that it was tried. If the name was changed, they write to us."
        )


class NoAddressOfRecord(Conflict):
    code = "no_address_of_record"

    def __init__(self) -> None:
        super().__init__(
            "There is no e-mail address that they confirmed and have had for thirty days, so "
            "there is nowhere that a letter may go."
        )


class AskedTooMuch(TooMany):
    code = "asked_too_much"

    def __init__(self) -> None:
        super().__init__(f"You have begun this {ASKS_MAX} times within a day. A colleague goes on.")


class NothingBegun(NotFound):
    code = "nothing_begun"

    def __init__(self) -> None:
        super().__init__("Nothing waits to be confirmed here any more. Begin again.")


class BegunAnew(Conflict):
    code = "begun_anew"

    def __init__(self) -> None:
        super().__init__("It was begun anew meanwhile. Look at what waits now, and decide again.")


class NotByOneself(Denied):
    code = "not_by_oneself"

    def __init__(self) -> None:
        super().__init__("You began this yourself. A colleague looks at the document and confirms.")


class StarterGone(Conflict):
    code = "starter_gone"

    def __init__(self) -> None:
        super().__init__("Whoever began this works at the desk no more. Decline it, begin again.")


class WayBackOver(Invalid):
    """The same words for a code that never was, was used, is too old, or went elsewhere."""

    code = "way_back_over"

    def __init__(self) -> None:
        super().__init__(
            "This code works no longer, or never did. It works once, for a day after the visit. "
            "Look at the letter again, or come to us once more."
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A way back that was begun and waits for a second one of the staff."""

    document: Document
    why: Lost
    asked_by: str
    asked_at: datetime

    @property
    def mark(self) -> str:
        """What a page sends back, to tell this from what was begun in its place meanwhile."""
        return f"{self.asked_at.isoformat()} {self.document} {self.asked_by}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a way back is: what waits, and until when it is blocked, or its letter works."""

    waiting: Waiting | None
    blocked_until: datetime | None
    works_until: datetime | None


def ask_for_way_back(by: Actor, subject: SubjectId, now: datetime) -> Permit:
    """Return the permit to let somebody back in after a visit.

    Raises gate.UseDenied, NoEditionInForce. Source: CP-43; clause account.way_back.
    """
    use = Use(
        by=by,
        subject=subject,
        categories=frozenset(
            {
                Category.AUTHORIZATION_CREDENTIALS,
                Category.CONTACT_EMAIL,
                Category.GOVERNMENT_ID,
            }
        ),
        purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
        about=SubjectKind.CUSTOMER,
    )
    return gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)


def find_standing(subject: SubjectId, *, now: datetime) -> Standing:
    """Return how far a way back is, for the page of the desk."""
    row = waiting_of(subject, now).first()
    blocked = [each.blocked_at for each in blocked_of(subject, now) if each.blocked_at]
    sent = [each.confirmed_at for each in sent_of(subject, now) if each.confirmed_at]
    return Standing(
        waiting=to_waiting(row) if row else None,
        blocked_until=max(blocked) + BLOCKED if blocked else None,
        works_until=max(sent) + CODE_WINDOW if sent else None,
    )


def open_of(subject: SubjectId) -> QuerySet[WayBack]:
    """Return what was begun for somebody and neither declined, used nor replaced."""
    return WayBack.objects.filter(subject=subject, ended_at__isnull=True)


def waiting_of(subject: SubjectId, now: datetime) -> QuerySet[WayBack]:
    rows = open_of(subject).filter(blocked_at__isnull=True, confirmed_at__isnull=True)
    return rows.filter(asked_at__gt=now - WAITS).order_by("-pk")


def blocked_of(subject: SubjectId, now: datetime) -> QuerySet[WayBack]:
    return WayBack.objects.filter(subject=subject, blocked_at__gt=now - BLOCKED)


def sent_of(subject: SubjectId, now: datetime) -> QuerySet[WayBack]:
    return open_of(subject).filter(confirmed_at__gt=now - CODE_WINDOW)


def end_open(subject: SubjectId, now: datetime) -> None:
    """Let nothing wait and no code work, in the caller's transaction; what blocks stays."""
    open_of(subject).filter(blocked_at__isnull=True).update(ended_at=now, code_index=None)


def to_waiting(row: WayBack) -> Waiting:
    return Waiting(Document(row.document), Lost(row.why), row.asked_by, row.asked_at)


def begin(*, by: Actor, subject: SubjectId, shown: Shown, now: datetime) -> None:
    """Let one of the staff say what document they saw; another name on it blocks for a day.

    Raises NameDiffers, NoAddressOfRecord, AskedTooMuch, gate.UseDenied, NoEditionInForce.
    """
    permit = ask_for_way_back(by, subject, now)
    if of_record(emails.list_ties(subject), now) is None:
        raise NoAddressOfRecord
    lately = WayBack.objects.filter(asked_by=by.name, asked_at__gt=now - timedelta(days=1))
    if lately.count() >= ASKS_MAX:
        raise AskedTooMuch

    with transaction.atomic():
        # Of two at once the second one takes the place of the first.
        lock_holder(subject)
        if blocked_of(subject, now).exists():
            raise NameDiffers
        waiting_of(subject, now).update(ended_at=now)
        WayBack.objects.create(
            subject=subject,
            document=shown.document,
            why=shown.why,
            asked_by=by.name,
            asked_at=now,
            blocked_at=None if shown.is_same_name else now,
        )
        told = WayBackAsked if shown.is_same_name else WayBackBlocked
        entry = told(document=shown.document, why=shown.why, by=str(by))
        ledger.append(entry, subject=subject, permit=permit, now=now)
    if not shown.is_same_name:
        raise NameDiffers


def confirm(*, by: Actor, subject: SubjectId, seen: str, now: datetime) -> None:
    """Send the letter, after a second one of the staff looked at the document too.

    `seen` is the mark of what they looked at on the page. Raises NothingBegun, BegunAnew,
    NotByOneself, StarterGone, NoAddressOfRecord, gate.UseDenied, NoEditionInForce.
    """
    permit = ask_for_way_back(by, subject, now)
    to_write = mail.ask_to_write(subject, now)
    tie = of_record(emails.list_ties(subject), now)
    if tie is None:
        raise NoAddressOfRecord
    try:
        address = emails.open_address(subject, tie.row, permit=to_write, now=now)
    except (PersonErased, NoKey, emails.NoSuchAddress):
        raise NoAddressOfRecord from None
    code = "".join(secrets.choice(SIGNS) for _ in range(CODE_SIGNS))

    with transaction.atomic():
        row = get_waiting(subject, seen, now)
        if row.asked_by == by.name:
            raise NotByOneself
        if not is_at_desk(row.asked_by):
            raise StarterGone
        sent_of(subject, now).update(ended_at=now, code_index=None)
        row.confirmed_at, row.code_index, row.row = now, code_index(code), tie.row
        row.save(update_fields=["confirmed_at", "code_index", "row"])
        asked_by = f"{by.kind}:{row.asked_by}"
        entry = WayBackConfirmed(document=row.document, asked_by=asked_by, by=str(by))
        ledger.append(entry, subject=subject, permit=permit, now=now)
        mail.enqueue(
            to=address,
            template=Template.WAY_BACK,
            context={"code": in_groups(code), "link": link_of(code)},
            subject=subject,
            permit=to_write,
            now=now,
        )


def decline(*, by: Actor, subject: SubjectId, seen: str, now: datetime) -> None:
    """Let what was begun come to nothing, by whoever began it or by another.

    Raises NothingBegun, BegunAnew, gate.UseDenied, NoEditionInForce.
    """
    permit = ask_for_way_back(by, subject, now)

    with transaction.atomic():
        row = get_waiting(subject, seen, now)
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        entry = WayBackDeclined(asked_by=f"{by.kind}:{row.asked_by}", by=str(by))
        ledger.append(entry, subject=subject, permit=permit, now=now)


def get_waiting(subject: SubjectId, seen: str, now: datetime) -> WayBack:
    row = waiting_of(subject, now).select_for_update().first()
    if row is None:
        raise NothingBegun
    if to_waiting(row).mark != seen:
        raise BegunAnew
    return row


def is_at_desk(public_id: str) -> bool:
    member = logins.find_staff(public_id)
    return member is not None and member.is_active and Role.SUPPORT in member.roles


def works(code: str, *, now: datetime) -> bool:
    """Say whether a code of a letter still lets somebody in."""
    return find_confirmed(code, now) is not None


def find_confirmed(code: str, now: datetime) -> WayBack | None:
    """Return whose code it is, if it went to what is the address of record still."""
    rows = WayBack.objects.filter(code_index=code_index(code), confirmed_at__gt=now - CODE_WINDOW)
    found = rows.first()
    if found is None:
        return None
    tie = of_record(emails.list_ties(SubjectId(found.subject)), now)
    return found if tie is not None and tie.row == found.row else None


def finish(*, code: str, typed: NewWayIn, now: datetime) -> None:
    """Set a new password, and a new user ID if one is named; second factors and sessions end.

    Of many at once one wins. Raises WayBackOver, PasswordRefused, UserIdRefused, UserIdTaken,
    NoTurn, gate.UseDenied, NoEditionInForce. Source: 47 CFR 64.2010(e); clause account.way_back.
    """
    found = find_confirmed(code, now)
    if found is None:
        raise WayBackOver
    subject = SubjectId(found.subject)
    permit = ask_for_way_back(Actor(ActorKind.SUBJECT, subject), subject, now)
    named = typed.user_id.strip()
    way_in = regaining.claim_way_in(subject, typed.password, user_id=named, now=now)

    with transaction.atomic():
        mine = WayBack.objects.filter(pk=found.pk, code_index=found.code_index)
        if not mine.update(ended_at=now, code_index=None):
            raise WayBackOver
        end_open(subject, now)
        # Offers first, as where a password is changed, so that two at once do not wait for ever.
        handing_over.withdraw_all(subject)
        regaining.set_way_in(subject, way_in, now=now)
        has_lost = factors.forget_between(subject, ALL_TIME, now)
        # What somebody else may have asked for meanwhile comes to nothing.
        EmailCode.objects.filter(subject=subject, ended_at__isnull=True).update(ended_at=now)
        RecoveryLetter.objects.filter(subject=subject, done_at__isnull=True).update(done_at=now)
        told = {"password": True, "user_id": bool(named), "second_factors": bool(has_lost)}
        fields = tuple(name for name, is_it in told.items() if is_it)
        ledger.append(WayBackUsed(fields=fields), subject=subject, permit=permit, now=now)


def code_index(typed: str) -> bytes:
    signs = "".join(each for each in typed[:CODE_MAX].upper() if each in SIGNS)
    return blind_index(b"way_back_code", signs)


def in_groups(code: str) -> str:
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def link_of(code: str) -> str:
    return f"{settings.ENV.url}/account/way-back/?code={in_groups(code)}"


def erase_expired(*, now: datetime) -> int:
    """Erase what was begun two days ago; return how many went."""
    return WayBack.objects.filter(asked_at__lte=now - KEPT).delete()[0]
