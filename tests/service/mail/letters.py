"""Letters to customers, written by the action that every module calls."""

from datetime import datetime

from django.db import transaction

from clearline.policy.vocabulary import SubjectId
from clearline.service.mail import actions as mail
from clearline.service.mail.template import Template
from tests.service.accounts.people import NOW

ALICE = SubjectId("a" * 32)
TO, CODE = "alice@mail.example", "1234 5678"


def write(
    subject: SubjectId = ALICE,
    template: Template = Template.ADDRESS_CODE,
    to: str = TO,
    code: str = CODE,
    now: datetime = NOW,
) -> None:
    permit = mail.ask_to_write(subject, now)
    with transaction.atomic():
        mail.enqueue(
            to=to,
            template=template,
            context={"code": code},
            subject=subject,
            permit=permit,
            now=now,
        )


def send(at: datetime = NOW) -> int:
    return mail.send_due(clock=lambda: at)
