"""P14, clauses mail.write and mail.note.

"We write to you by e-mail about your account and your services: codes that you ask for, notices
that something was changed, and what the law has us tell you. A letter and the address it goes to
are sealed under your key until it was sent or given up, and seven days from its writing both are
erased. It carries no picture and nothing that tells us whether you read it. Most notices of a
change have a link that locks your account and gives back your e-mail address, an account that was
handed over and one that was closed, and takes out a postal address that was given since."

"That a letter was sent to you, or could not be delivered, of which kind it was, and of which
edition of this policy it told, is written into our ledger under your random number; what it said,
and your address, are not. Of a code that proves an address it is written under no number, for that
address may be another's."
"""

from datetime import timedelta

import pytest
from django.utils import timezone
from pydantic import SecretStr
from pytest_django import Settings

from clearline.service.mail.models import Letter
from clearline.service.mail.template import Template
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.models import Entry
from tests.promises.provider import everything, work
from tests.service.mail.letters import ALICE, CODE, TO, send, write
from tests.service.mail.post_office import open_office
from tests.trust.ledger.log import sign_log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
LOADS = ("<img", "src=", "href=", "url(", "http-equiv", "<link", "<script")


@pytest.mark.parametrize("answer", ["250 OK", "550 nobody"])
def test_a_letter_and_its_address_stand_nowhere_in_clear_and_both_are_erased_after_seven_days(
    settings: Settings, answer: str
) -> None:
    now = timezone.now()
    write(now=now)
    waiting = everything()
    with open_office() as office:
        url = SecretStr(office.url)
        settings.ENV = settings.ENV.model_copy(update={"mail_url": url})
        office.recipient_answer = answer
        send(now)
    ended = everything()

    work(now + timedelta(days=6, hours=23))
    before = Letter.objects.count()
    work(now + timedelta(days=7, minutes=1))

    assert (before, Letter.objects.count()) == (1, 0)
    for word in (TO, CODE):
        assert word not in waiting
        assert word not in ended


def test_it_carries_no_picture_and_no_link(settings: Settings) -> None:
    now = timezone.now()
    write(now=now)
    with open_office() as office:
        url = SecretStr(office.url)
        settings.ENV = settings.ENV.model_copy(update={"mail_url": url})
        send(now)

        html = office.letters[0].get_body(("html",))

    assert html is not None
    assert not [word for word in LOADS if word in html.get_content().lower()]


@pytest.mark.parametrize(("answer", "kind"), [("250 OK", "sent"), ("550 nobody", "failed")])
@pytest.mark.parametrize(
    ("template", "under"), [(Template.CHANGE_NOTICE, ALICE), (Template.ADDRESS_CODE, None)]
)
def test_what_became_of_it_is_noted_by_its_kind_alone_and_of_a_code_under_no_number(
    settings: Settings, answer: str, kind: str, template: Template, under: str | None
) -> None:
    now = timezone.now()
    write(now=now, template=template)
    with open_office() as office:
        url = SecretStr(office.url)
        settings.ENV = settings.ENV.model_copy(update={"mail_url": url})
        office.recipient_answer = answer
        send(now)

    entry = Entry.objects.get(kind=f"mail.{kind}")
    sign_log(now=entry.at)
    told = ledger.receipt(entry.public_id)["body"]
    assert entry.subject == under
    assert (told["subject"] or None, told["clause"]) == (under, "mail.note")
    assert told["fields"] == {"template": template}
