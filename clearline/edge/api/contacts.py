"""How the person is reached: proving the e-mail address, replacing it, taking a change back."""

from datetime import datetime
from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from clearline.edge.api.bearer import AppToken, actor_of, bearer_of, refuse_old_proof
from clearline.edge.api.described import ERRORS
from clearline.edge.api.reached import (
    CodeSent,
    CodeTyped,
    Contacts,
    EmailOfRecord,
    NewEmail,
    NotMe,
    TakenBack,
)
from clearline.edge.api.shapes import Problem
from clearline.policy.vocabulary import SubjectId
from clearline.service.contacts import actions, notices
from clearline.service.contacts.actions import ShownAddress

router: Final = Router(auth=AppToken())


@router.get(
    "/contacts", response={200: Contacts, ERRORS: Problem}, summary="Show how the person is reached"
)
def contacts(request: HttpRequest) -> Contacts:
    """Show the e-mail address, which one is that of record, and a code that waits to be typed.

    The address of record is where codes that let somebody in go, and where changes are told. An
    address becomes it when it was confirmed and has been the person's for 30 days
    (`of_record_at`); until then `earlier`, if there is one, stays it.
    """
    return show(bearer_of(request).subject, timezone.now())


@router.post(
    "/contacts/code",
    response={200: Contacts, ERRORS: Problem},
    summary="Send a code to the present address",
)
def send_code(request: HttpRequest) -> Contacts:
    """Send six digits to the present address; given to `contacts/confirm` they confirm it."""
    subject, now = bearer_of(request).subject, timezone.now()
    actions.send_code(subject=subject, now=now)
    return show(subject, now)


@router.delete(
    "/contacts/code", response={200: Contacts, ERRORS: Problem}, summary="Drop the code that waits"
)
def drop_code(request: HttpRequest) -> Contacts:
    """Let the code that waits work no longer; the address stays as it is."""
    subject, now = bearer_of(request).subject, timezone.now()
    actions.drop_code(subject=subject, now=now)
    return show(subject, now)


@router.post(
    "/contacts/email",
    response={200: Contacts, ERRORS: Problem},
    summary="Send a code to a new address",
)
def use_another(request: HttpRequest, told: NewEmail) -> Contacts:
    """Send six digits to a new address; given to `contacts/confirm` they put it in place.

    At most ten such letters go to an address in a day, whoever asks for them; after that none goes,
    and the answer is the same. It asks for a proof of the last 15 minutes (`prove`).
    Raises ProveAgain, FieldWrong, SameAddress, TooManyCodes.
    """
    bearer, now = bearer_of(request), timezone.now()
    refuse_old_proof(bearer, now=now)
    actions.send_code_to_new(subject=bearer.subject, email=told.email, now=now)
    return show(bearer.subject, now)


@router.post(
    "/contacts/confirm",
    response={200: Contacts, ERRORS: Problem},
    summary="Confirm or replace the address by the code",
)
def type_code(request: HttpRequest, told: CodeTyped) -> Contacts:
    """Confirm the address that the code was sent to, or put the new one in place.

    A new address is told to the one before it, with a key by which that can be taken back for 30
    days. A code works once, for 15 minutes and for five tries.
    """
    subject, now = bearer_of(request).subject, timezone.now()
    actions.type_code(subject=subject, code=told.code, now=now)
    return show(subject, now)


@router.post(
    "/contacts/take-back",
    response={200: TakenBack, ERRORS: Problem},
    auth=None,
    summary="Take a change back that somebody else made",
)
def take_back(request: HttpRequest, told: NotMe) -> TakenBack:
    """Take a change back by the `key` of the link in the letter that told of it; needs no sign-in.

    The address that the letter went to is theirs again, every sign-in and session ends, and the
    password opens nothing until `recover` has set a new one. What was handed over since the day
    before the change is theirs again too, and who joined an account of theirs since then acts in it
    no more; an account that was closed since then is open, one that was closed before is still
    closed, and postal addresses that were given since then are taken out: what they replaced is
    erased already. Where that address had been replaced, second factors of the day before the
    change and since go a day later, unless `factors/keep` or the link in the letter about it says
    that they stay; else none is touched. Ask before you send this, so that opening the link alone
    does nothing.
    """
    del request
    closed = notices.take_back(token=told.key, now=timezone.now())
    return TakenBack(
        next="recover",
        is_open=closed is None,
        erased_on=closed.erased_on if closed else None,
        is_final=closed is not None and closed.is_final,
    )


def show(subject: SubjectId, now: datetime) -> Contacts:
    held = actions.show_contacts(by=actor_of(subject), subject=subject, now=now)
    waiting = held.waiting
    return Contacts(
        present=to_email(held.present),
        earlier=to_email(held.earlier) if held.earlier else None,
        waiting=CodeSent(address=waiting.address, to=waiting.what, until=waiting.until)
        if waiting
        else None,
    )


def to_email(shown: ShownAddress) -> EmailOfRecord:
    return EmailOfRecord(
        address=shown.address,
        is_confirmed=shown.is_confirmed,
        since=shown.since,
        of_record_at=shown.of_record_at,
    )
