"""The page behind an invitation: says nothing of whose it is, works once, dead links all alike."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pydantic import SecretStr
from pytest_django import Settings

from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import inviting, queries
from clearline.service.accounts.closing_proof import find_address
from clearline.service.mail.models import Letter
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards.models import Login, Session
from clearline.trust.safeguards.user_ids import TAKEN_OF_NETWORK_MAX
from tests.browser_client import browser
from tests.edge.site.answering import words_on
from tests.service.accounts.invited import bring_in, invite_all, link_of
from tests.service.accounts.people import PASSWORD, make_account

pytestmark = pytest.mark.django_db
FORM = {"user_id": "zoe.new", "password": PASSWORD, "agree": "2026-01-01", "age": "18_or_over"}


@pytest.fixture
def post(settings: Settings) -> None:
    url = SecretStr("smtp://localhost:2525")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": url})


@pytest.fixture
def zoe(post: None) -> SubjectId:
    (subject,) = bring_in("zoe")
    invite_all(timezone.now())
    return subject


def page_of(subject: SubjectId) -> str:
    return f"/account/invited/{link_of(subject)}/"


def send(client: Client, page: str, **changed: str) -> HttpResponse:
    answer = client.post(page, {**FORM, **changed})
    assert isinstance(answer, HttpResponse)
    return answer


def test_the_link_leads_to_an_open_account(zoe: SubjectId) -> None:
    client, page = browser(), page_of(zoe)
    asked = words_on(client.get(page).content)

    answer = client.post(page, FORM, follow=True)

    assert "Choose how you sign in" in asked
    assert "Your age" in asked
    assert "Your account is open" in words_on(answer.content)
    assert 'value="zoe"' in client.get("/account/profile/").content.decode()


def test_looking_leaves_no_trace_and_names_nobody(zoe: SubjectId) -> None:
    client, before = browser(), Entry.objects.count()

    answer = client.get(page_of(zoe))

    assert answer["Referrer-Policy"] == "same-origin"
    assert "sessionid" not in client.cookies
    assert (Entry.objects.count(), Session.objects.count()) == (before, 0)
    for word in ("old.example", "N-zoe", zoe, "Zoe", "zoe"):
        assert word not in answer.content.decode()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"agree": ""}, "Tick the box"),
        ({"agree": "2025-01-01"}, "Tick the box"),
        ({"age": "old"}, "range that your age is in"),
        ({"user_id": "a b"}, "no spaces"),
        ({"password": "short"}, "at least"),
        ({"user_id": "alice"}, "taken"),
    ],
)
def test_what_is_wrong_is_told_and_the_link_still_works(
    zoe: SubjectId, changed: dict[str, str], told: str
) -> None:
    make_account("alice")
    client, page = browser(), page_of(zoe)

    answer = send(client, page, **changed)

    assert answer.status_code == 422
    assert told in words_on(answer.content)
    assert PASSWORD not in answer.content.decode()
    assert send(client, page).status_code == 302


def test_who_asks_for_many_that_are_taken_learns_no_more_and_comes_in_from_elsewhere(
    zoe: SubjectId,
) -> None:
    make_account("alice")
    client, page = browser(), page_of(zoe)
    taken = [send(client, page, user_id="alice") for _ in range(TAKEN_OF_NETWORK_MAX)]

    told = [send(client, page, user_id=each) for each in ("alice", "nobody.here")]

    assert all("is taken" in words_on(each.content) for each in taken)
    assert {each.status_code for each in told} == {422}
    assert all("taken were asked for from your network" in words_on(e.content) for e in told)
    assert Login.objects.count() == 1
    elsewhere = client.post(page, FORM, REMOTE_ADDR="203.0.113.9")
    assert elsewhere.status_code == 302


def test_who_tells_to_be_a_child_is_asked_once_more_and_the_account_closes_for_good(
    zoe: SubjectId,
) -> None:
    client, page = browser(), page_of(zoe)

    asked = send(client, page, age="under_13", agree="")
    before = queries.find_closed_at(zoe)
    closed = client.post(page, {"age": "under_13", "sure": "yes"})

    assert asked.status_code == 422
    assert "in thirty days all that it holds is erased" in words_on(asked.content)
    assert before is None
    assert closed.status_code == 403
    told = words_on(closed.content)
    assert "This account was closed because its owner is under 13" in told
    assert find_address(zoe) in told
    assert "Nothing you typed was kept" not in told
    assert "Nothing was changed" not in told
    assert "close it" not in told
    assert queries.is_closing_final(zoe)
    assert not Login.objects.exists()
    assert send(browser(), page).status_code == 404


def test_who_said_by_mistake_to_be_a_child_reads_what_to_do_and_comes_in(zoe: SubjectId) -> None:
    client, page = browser(), page_of(zoe)
    client.post(page, {"age": "under_13", "sure": "yes"})

    looked = client.get(page)
    unsaid = client.post(page, {"correct": "yes"})
    child = client.post(page, {"correct": "yes", "age": "under_13"})
    corrected = client.post(page, {"correct": "yes", "age": "18_or_over"})

    told = words_on(looked.content)
    assert "closed because its owner is under 13" in told
    assert "Was that the wrong range? Until that day you put it right here" in told
    assert "link in our letter" not in told
    assert (unsaid.status_code, child.status_code) == (422, 422)
    assert "Choose the range that your age is in" in words_on(unsaid.content)
    assert (corrected.status_code, corrected["Location"]) == (302, page)
    assert queries.find_closed_at(zoe) is None
    asked = words_on(client.get(page).content)
    assert "Choose how you sign in" in asked
    assert "Your age" not in asked
    assert send(client, page, age="").status_code == 302


def test_who_pressed_the_wrong_range_goes_back_and_comes_in(zoe: SubjectId) -> None:
    client, page = browser(), page_of(zoe)
    send(client, page, age="under_13")

    assert send(client, page).status_code == 302


def test_a_link_that_was_used_or_never_was_gets_the_same_page(zoe: SubjectId) -> None:
    page = page_of(zoe)
    send(browser(), page)
    dead = [page, f"/account/invited/{inviting.new_token()}/", "/account/invited/nothing/"]

    looked = [words_on(browser().get(each).content) for each in dead]
    sent = [send(browser(), each, user_id="another") for each in dead]

    assert {each.status_code for each in sent} == {404}
    assert len({*looked, *(words_on(each.content) for each in sent)}) == 1
    assert "call us" in looked[0]
    assert Login.objects.count() == 1


def test_who_knows_all_of_somebody_but_not_the_link_gets_nowhere(zoe: SubjectId) -> None:
    """CP-42: given an attacker who knows name, address and account number, then no session."""
    client = browser()
    for known in ("zoe", "zoe@old.example", "N-zoe", zoe):
        send(client, f"/account/invited/{known}/")
    client.post("/account/sign-in/", {"user_id": "zoe", "password": "N-zoe"})

    assert "sessionid" not in client.cookies
    assert not Login.objects.exists()


def test_an_old_link_asks_for_a_new_one(zoe: SubjectId, monkeypatch: pytest.MonkeyPatch) -> None:
    page, later = page_of(zoe), timezone.now() + timedelta(days=31)
    monkeypatch.setattr(timezone, "now", lambda: later)

    answer = browser().post(page, {"act": "anew"})
    other = browser().post("/account/invited/nothing/", {"act": "anew"})

    assert "If this link was for you" in words_on(answer.content)
    assert words_on(answer.content) == words_on(other.content)
    assert Letter.objects.count() == 2


def test_without_a_mail_server_no_new_link_is_promised(zoe: SubjectId, settings: Settings) -> None:
    assert zoe
    settings.ENV = settings.ENV.model_copy(update={"mail_url": None})

    answer = browser().post("/account/invited/nothing/", {"act": "anew"})

    assert answer.status_code == 404
    assert "call us" in words_on(answer.content)
