"""Where somebody is signed in: shown to them, and ended by them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

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
from clearline.trust.gate import actions as gate
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.logins import CustomerSessionsEnded, StaffSessionsEnded
from clearline.trust.safeguards.actions import ask_to_note, get_login, subject_of
from clearline.trust.safeguards.models import Login, Session
from clearline.trust.safeguards.queries import session_index
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.safeguards.sessions import device_of

SHOWN_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One session of somebody, shown to them: on what device, since when, seen last when."""

    number: str
    device: str
    began_at: datetime
    seen_at: datetime


def show_sessions(
    *, kind: LoginKind, public_id: str, seen_after: datetime, now: datetime
) -> tuple[OwnSession, ...]:
    """Open for somebody where they are signed in, at most 50 places, the last seen first.

    Raises gate.UseDenied. Source: clauses account.session, staff.session.
    """
    gate.ask(use=use_to_show(kind, public_id), choices=NOTHING_CHOSEN, now=now)
    rows = sessions_of(public_id).filter(expires_at__gt=now, seen_at__gte=seen_after)
    shown = ((row, device_of(row)) for row in rows.order_by("-seen_at", "pk")[:SHOWN_MAX])
    return tuple(
        OwnSession(row.number, device, row.began_at, row.seen_at)
        for row, device in shown
        if device is not None and row.began_at and row.seen_at
    )


def sessions_of(public_id: str) -> QuerySet[Session]:
    return Session.objects.filter(login_index=session_index(public_id))


def use_to_show(kind: LoginKind, public_id: str) -> Use:
    by, subject = Actor(ActorKind.SUBJECT, public_id), SubjectId(public_id)
    if kind is LoginKind.CUSTOMER:
        return Use(
            by=by,
            subject=subject,
            categories=frozenset({Category.DEVICE_KIND}),
            purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
            about=SubjectKind.CUSTOMER,
            recipient=Recipient(RecipientClass.SUBJECT),
        )
    return Use(
        by=by,
        subject=subject,
        categories=frozenset({Category.DEVICE_KIND}),
        purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
        about=SubjectKind.STAFF,
        recipient=Recipient(RecipientClass.SUBJECT),
    )


def end_session(*, public_id: str, number: str, now: datetime) -> None:
    """End one session of somebody at once; one that has ended already is ended.

    Raises NoSuchLogin, gate.UseDenied. Source: clauses account.acts, staff.acts.
    """
    end(get_login(public_id), sessions_of(public_id).filter(number=number), now)


def end_other_sessions(*, public_id: str, keep: str, now: datetime) -> None:
    """End every session of somebody but the one they are in.

    Raises NoSuchLogin, gate.UseDenied. Source: clauses account.acts, staff.acts.
    """
    end(get_login(public_id), sessions_of(public_id).exclude(number=keep), now)


def end(login: Login, sessions: QuerySet[Session], now: datetime) -> None:
    is_customer = login.kind == LoginKind.CUSTOMER
    permit = ask_to_note(LoginKind(login.kind), now)

    with transaction.atomic():
        count = sessions.delete()[0]
        entry = (
            CustomerSessionsEnded(count=count)
            if is_customer
            else StaffSessionsEnded(login=login.public_id, count=count)
        )
        if count:
            ledger.append(entry, subject=subject_of(login), permit=permit, now=now)
