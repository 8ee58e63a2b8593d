"""A later edition that lets us do more is agreed to anew, or the account serves no further."""

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import actions, queries
from clearline.service.accounts.actions import AgreedTo
from clearline.service.accounts.models import Agreement
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.edge.site.answering import words_on
from tests.edge.site.published import BETTER, LONGER, published
from tests.service.accounts.people import PASSWORD, make_account
from tests.trust.ledger.log import sign_log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]
OLD, NEW = date(2026, 1, 1), date(2026, 5, 1)
OPEN = ("agree", "disagree", "close", "my-data")
SHUT = ("", "profile", "welcome", "team")


def enter() -> Client:
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    return client


@pytest.fixture
def alice(tmp_path: Path) -> Iterator[SubjectId]:
    """Alice, who agreed to the old edition, on the day of one that keeps data longer."""
    subject = SubjectId(make_account().signed_in.public_id)
    folder = tmp_path / "beside"
    folder.mkdir()
    with published(folder, (OLD, ()), (NEW, (LONGER,))):
        yield subject


def test_all_of_the_account_but_the_ways_out_leads_to_what_changed(alice: SubjectId) -> None:
    client = enter()

    for name in SHUT:
        address = f"/account/{name}/".replace("//", "/")
        answer = client.get(address)
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/account/agree/?next=%2Faccount%2F"), address
    for name in OPEN:
        assert client.get(f"/account/{name}/").status_code == 200, name
    assert client.get("/rates/").status_code == 200
    sent = client.post("/account/profile/", {"name": "A", "screen_name": ""})
    assert sent["Location"] == "/account/agree/?next=%2Faccount%2F"


def test_agreeing_shows_the_difference_and_leads_back_with_a_receipt(alice: SubjectId) -> None:
    client = enter()
    page = client.get("/account/profile/", follow=True)
    assert "Data is kept longer: 15 months" in words_on(page.content)

    agreed = client.post(
        "/account/agree/", {"agree": str(NEW), "next": "/account/profile/"}, follow=True
    )
    sign_log(now=timezone.now())

    assert "you agreed to the privacy policy of 1 May 2026" in words_on(agreed.content)
    assert 'href="/account/profile/"' in agreed.content.decode()
    assert client.get("/account/profile/").status_code == 200
    entry = Entry.objects.get(kind="policy.agreed", subject=alice)
    assert Agreement.objects.get(edition=NEW).proof == entry.public_id
    receipt = client.get("/account/agreement/").json()
    assert receipt["body"]["clause"] == "account.agreement"
    assert receipt["body"]["fields"]["text"].endswith("[I agree]")


def test_a_form_of_another_edition_agrees_to_nothing(alice: SubjectId) -> None:
    client = enter()

    answer = client.post("/account/agree/", {"agree": str(OLD)})

    assert "Do you agree?" in words_on(answer.content)
    assert not Entry.objects.filter(kind="policy.agreed").exists()


def test_who_does_not_agree_is_led_to_their_data_and_to_closing(alice: SubjectId) -> None:
    client = enter()

    page = client.get("/account/disagree/").content.decode()
    client.post("/account/close/", {"sure": "yes"})

    assert 'href="/account/my-data/#take"' in page
    assert 'href="/account/close/"' in page
    assert queries.find_closed_at(alice) is not None


def test_a_change_that_permits_no_more_asks_nobody(tmp_path: Path) -> None:
    make_account()
    with published(tmp_path, (OLD, ()), (NEW, (BETTER,))):
        client = enter()

        assert client.get("/account/profile/").status_code == 200
        page = client.get("/account/agree/").content
        assert "you agreed to the privacy policy of 1 January 2026" in words_on(page)


def test_where_what_was_agreed_to_cannot_be_read_the_whole_policy_is_asked_about(
    alice: SubjectId,
) -> None:
    Agreement.objects.update(edition=date(2025, 1, 1))

    page = words_on(enter().get("/account/agree/").content)

    assert "Do you agree?" in page
    assert "The whole policy" in page


@pytest.mark.django_db(transaction=True)
def test_agreeing_many_times_at_once_is_noted_once(alice: SubjectId) -> None:
    agreed = AgreedTo(NEW, "I agree. [I agree]")
    proofs: list[str] = []

    def agree() -> None:
        try:
            proofs.append(actions.agree(subject=alice, agreed=agreed, now=timezone.now()))
        finally:
            connection.close()

    threads = [threading.Thread(target=agree) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(proofs) == 4
    assert len(set(proofs)) == 1
    assert Agreement.objects.filter(subject=alice, edition=NEW).count() == 1
    assert Entry.objects.filter(kind="policy.agreed").count() == 1
