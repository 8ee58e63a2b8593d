"""People whose e-mail addresses are proved and replaced, and the letters that they get."""

import json
from datetime import datetime, timedelta

from clearline.policy.vocabulary import SubjectId
from clearline.service.contacts import actions, notices
from clearline.service.mail import actions as mail
from clearline.service.mail.models import Letter
from clearline.service.mail.template import Template
from clearline.trust.vault import queries as vault
from tests.service.accounts.people import NOW, make_customer
from tests.trust.ledger.log import sign_log

FIRST, SECOND, THIRD = "alice@mail.example", "new@other.example", "third@else.example"
DAY = timedelta(days=1)
LATER = NOW + 40 * DAY  # when an address that was proved at NOW has long been of record


def letters(template: Template, *, now: datetime = NOW) -> list[tuple[str, dict[str, str]]]:
    """Return the letters of one kind that wait, with where each goes and what fills it."""
    told = []
    for row in Letter.objects.filter(template=template).order_by("pk"):
        permit = mail.ask_to_write(SubjectId(row.subject), now)
        to, filled = vault.open_all((row.address, row.context), permit=permit, now=now)
        told.append((to, json.loads(filled)))
    return told


def newest_code(*, now: datetime = NOW) -> str:
    return letters(Template.ADDRESS_CODE, now=now)[-1][1]["code"]


def confirmed(user_id: str = "alice", *, now: datetime = NOW) -> SubjectId:
    """Return a customer whose first address is proved."""
    subject = make_customer(user_id)
    prove(subject, now=now)
    return subject


def prove(subject: SubjectId, *, now: datetime = NOW) -> None:
    actions.send_code(subject=subject, now=now)
    actions.type_code(subject=subject, code=newest_code(now=now), now=now)


def replace(subject: SubjectId, email: str = SECOND, *, now: datetime) -> None:
    actions.send_code_to_new(subject=subject, email=email, now=now)
    actions.type_code(subject=subject, code=newest_code(now=now), now=now)


def tell(*, now: datetime) -> list[tuple[str, dict[str, str]]]:
    """Let the worker sign and tell of changes, and return the notices that wait."""
    sign_log(now=now)
    notices.tell_of_changes(now=now)
    return letters(Template.CHANGE_NOTICE, now=now)


def key_in(link: str) -> str:
    return link.partition("?key=")[2]
