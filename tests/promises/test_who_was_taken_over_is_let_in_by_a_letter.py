"""P13, clause account.invitation.

"If we took you over from our earlier records, a letter to the e-mail address that we had leads you
to a page where you choose a user ID and a password. Its link works once and for thirty days and
does not say who you are. We keep only a keyed code of it, as long as what your account holds, and
write into our ledger under your random number that you were invited. When you use the link, your
address counts as confirmed."
"""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from pydantic import SecretStr
from pytest_django import Settings

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.rights.my_data.actions import Wanted, show_lines
from clearline.rights.my_data.queries import list_held
from clearline.service.accounts import actions
from clearline.service.accounts.models import CustomerInvitation
from tests.browser_client import browser
from tests.edge.site.answering import words_on
from tests.promises.provider import everything, work
from tests.service.accounts.invited import bring_in, invite_all, link_of
from tests.service.accounts.people import PASSWORD, make_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
FORM = {"user_id": "zoe.new", "password": PASSWORD, "agree": "2026-01-01", "age": "18_or_over"}


@pytest.fixture
def subject(settings: Settings) -> SubjectId:
    url = SecretStr("smtp://localhost:2525")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": url})
    (zoe,) = bring_in("zoe")
    invite_all(timezone.now())
    return zoe


def test_the_link_leads_in_once_and_confirms_the_address(subject: SubjectId) -> None:
    page = f"/account/invited/{link_of(subject)}/"
    client = browser()

    client.post(page, FORM)

    now, by = timezone.now(), Actor(ActorKind.SUBJECT, subject)
    assert actions.show_profile(by=by, subject=subject, now=now).is_email_confirmed
    assert client.get("/account/").status_code == 200
    assert browser().get(page).status_code == 404


def test_the_link_ends_after_thirty_days(
    subject: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = f"/account/invited/{link_of(subject)}/"
    at = timezone.now()

    monkeypatch.setattr(timezone, "now", lambda: at + timedelta(days=29))
    before = browser().get(page).status_code
    monkeypatch.setattr(timezone, "now", lambda: at + timedelta(days=30))

    assert (before, browser().get(page).status_code) == (200, 404)


def test_only_a_keyed_code_of_it_is_kept_as_long_as_the_account(subject: SubjectId) -> None:
    token = link_of(subject)
    by = Actor(ActorKind.SUBJECT, subject)

    assert token not in everything()
    assert token[:24] not in everything()
    assert "zoe" not in words_on(browser().get(f"/account/invited/{token}/").content).casefold()
    actions.close_account(by=by, subject=subject, now=timezone.now())
    work(timezone.now() + timedelta(days=31))

    assert not CustomerInvitation.objects.exists()
    assert settings.ENV.mail_url


def test_the_person_sees_that_they_were_invited_and_nobody_else_is_told_of_it(
    subject: SubjectId,
) -> None:
    now, by = timezone.now(), Actor(ActorKind.SUBJECT, subject)
    found = show_lines(by=by, subject=subject, wanted=Wanted(), limit=20, now=now)
    other = make_customer()
    told = {
        each: {keeping.clause for held in list_held(each, now=now) for keeping in held.keepings}
        for each in (subject, other)
    }

    assert [(each.kind, each.clause) for each in found.lines] == [
        ("account.invited", "account.invitation")
    ]
    assert "account.invitation" in told[subject]
    assert "account.invitation" not in told[other]
