"""Opening an account: three short pages, nothing lost on errors, nothing kept before the last."""

import re
from datetime import date

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from clearline.service.accounts.models import Agreement, Holder
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards.models import Login, Session
from clearline.trust.safeguards.user_ids import TAKEN_OF_NETWORK_MAX
from tests.browser_client import browser
from tests.edge.site.answering import words_on
from tests.trust.ledger.log import sign_log

pytestmark = pytest.mark.django_db
PASSWORD = "quiet rivers carry stones"
AGE = {"step": "age", "age": "18_or_over"}
YOU = {**AGE, "step": "you", "name": "Alice Quill", "email": "alice@mail.example"}


def agreed_day(client: Client) -> str:
    page = send(client, YOU).content.decode()
    (day,) = re.findall(r'name="agree" value="([^"]+)"', page)
    return str(day)


def send(client: Client, typed: dict[str, str]) -> HttpResponse:
    answer = client.post("/account/join/", typed)
    assert isinstance(answer, HttpResponse)
    return answer


def everything(client: Client, **changed: str) -> dict[str, str]:
    last = {"step": "sign_in", "user_id": "alice", "password": PASSWORD}
    return {**YOU, **last, "agree": agreed_day(client), **changed}


def test_three_pages_lead_to_an_open_account() -> None:
    client = browser()
    assert "How old are you?" in words_on(client.get("/account/join/").content)
    assert "Who are you?" in words_on(send(client, AGE).content)
    assert "How will you sign in?" in words_on(send(client, YOU).content)
    assert not Login.objects.exists()
    assert "sessionid" not in client.cookies

    opened = client.post("/account/join/", everything(client), follow=True)

    assert "Your account is open" in words_on(opened.content)
    assert Agreement.objects.get().edition == date.fromisoformat(agreed_day(browser()))
    assert (
        "Alice Quill"
        in words_on(client.get("/account/profile/").content)
        + client.get("/account/profile/").content.decode()
    )


def test_a_child_is_refused_kindly_and_nothing_is_kept() -> None:
    client = browser()

    refused = send(client, {**YOU, "age": "under_13"})

    assert refused.status_code == 403
    assert "Ask a parent" in words_on(refused.content)
    assert "alice@mail.example" not in refused.content.decode()
    assert not any(model.objects.exists() for model in (Login, Holder, Entry, Session))
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize(
    ("changed", "said", "keeps"),
    [
        ({"age": "old"}, "Choose the range", ()),
        ({"name": " "}, "Write your name", ("alice@mail.example",)),
        ({"email": "alice"}, "name@example.com", ("Alice Quill",)),
        ({"screen_name": "x" * 41}, "at most 40", ("Alice Quill",)),
        ({"user_id": "a b"}, "no spaces", ("Alice Quill", "alice@mail.example")),
        ({"password": "short"}, "at least 15", ("Alice Quill", 'value="alice"')),
        ({"agree": ""}, "Tick the box", ("Alice Quill", 'value="alice"')),
        ({"agree": "1999-01-01"}, "Tick the box", ("Alice Quill",)),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_else_is_lost(
    changed: dict[str, str], said: str, keeps: tuple[str, ...]
) -> None:
    client = browser()

    answer = send(client, everything(client, **changed))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in words_on(answer.content)
    assert all(text in page for text in keeps)
    assert PASSWORD not in page
    assert not Login.objects.exists()


def test_a_user_id_that_is_taken_is_said_beside_it() -> None:
    send(browser(), everything(browser()))
    client = browser()

    answer = send(client, everything(client, user_id="ALICE"))

    assert "This user ID is taken" in words_on(answer.content)
    assert Login.objects.count() == 1


def test_who_asks_for_many_that_are_taken_learns_no_more_from_that_network() -> None:
    send(browser(), everything(browser()))
    asking = browser()
    taken = [send(asking, everything(asking)) for _ in range(TAKEN_OF_NETWORK_MAX)]

    told = [send(asking, everything(asking, user_id=each)) for each in ("alice", "nobody.here")]

    assert all("is taken" in words_on(each.content) for each in taken)
    assert {each.status_code for each in told} == {422}
    assert all("taken were asked for from your network" in words_on(e.content) for e in told)
    assert Login.objects.count() == 1


def test_one_can_go_back_and_find_what_was_typed() -> None:
    client = browser()

    back = send(client, {**YOU, "step": "back_to_you"}).content.decode()
    further = send(client, {**YOU, "step": "back_to_age"}).content.decode()

    assert 'value="Alice Quill"' in back
    assert 'value="18_or_over" checked' in further
    assert 'value="Alice Quill"' in further


def test_who_is_signed_in_is_led_to_the_account() -> None:
    client = browser()
    send(client, everything(client))

    answer = client.get("/account/join/")

    assert (answer.status_code, answer["Location"]) == (302, "/account/")


def test_the_receipt_of_the_agreement_is_given_to_its_customer_alone() -> None:
    client = browser()
    send(client, everything(client))
    proof = Agreement.objects.get().proof

    assert client.get("/account/agreement/").status_code in {200, 409}
    assert browser().get("/account/agreement/").status_code == 302
    assert browser().get(f"/privacy/receipt/{proof}/").status_code == 404


@pytest.mark.usefixtures("own_log")
def test_the_receipt_is_offered_once_it_can_be_had() -> None:
    client = browser()
    send(client, everything(client))
    early = client.get("/account/welcome/")

    sign_log(now=timezone.now())

    assert "The receipt is there in a few seconds" in words_on(early.content)
    later = client.get("/account/welcome/")
    assert "Download the receipt" in words_on(later.content)
    assert client.get("/account/agreement/").status_code == 200
