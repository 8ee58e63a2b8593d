"""The page of a team: a code is made, passed on, typed in, and what it gave is ended again."""

import re

import pytest
from django.test import Client

from tests.browser_client import browser
from tests.edge.site.answering import words_on
from tests.service.accounts.people import PASSWORD, make_customer

pytestmark = pytest.mark.django_db


def enter(user_id: str) -> Client:
    make_customer(user_id)
    client = browser()
    client.post("/account/sign-in/", {"user_id": user_id, "password": PASSWORD})
    return client


def code_from(client: Client) -> str:
    form = {"act": "invite", "role": "billing", "label": "Front Desk"}
    page = client.post("/account/team/", form).content.decode()
    (code,) = re.findall(r'<code class="code">(\w{20})</code>', page)
    return str(code)


def test_a_code_passed_on_lets_someone_in_until_the_owner_ends_it() -> None:
    alice, bob = enter("alice"), enter("bob")
    code = code_from(alice)
    assert code not in alice.get("/account/team/").content.decode()

    joined = bob.post("/account/team/join/", {"code": code}, follow=True)

    assert "Billing" in words_on(joined.content)
    page = alice.get("/account/team/").content.decode()
    assert "Front Desk" in page
    (member,) = re.findall(r'name="member" value="([0-9a-f]{32})"', page)
    alice.post("/account/team/", {"act": "set", "member": member, "role": "read_only"})
    assert "Look only" in words_on(bob.get("/account/team/").content)
    alice.post("/account/team/", {"act": "remove", "member": member})
    assert "You act in no other account" in words_on(bob.get("/account/team/").content)


def test_a_code_that_opens_nothing_is_said_kindly() -> None:
    refused = enter("bob").post("/account/team/join/", {"code": "x" * 500})

    assert refused.status_code == 422
    assert "ask for a new one" in words_on(refused.content)


def test_a_member_leaves_and_an_owner_withdraws() -> None:
    alice, bob = enter("alice"), enter("bob")
    bob.post("/account/team/join/", {"code": code_from(alice)})
    code_from(alice)

    (number,) = re.findall(
        r'name="number" value="(\d+)"', bob.get("/account/team/").content.decode()
    )
    bob.post("/account/team/", {"act": "leave", "number": number})
    (waiting,) = re.findall(
        r'name="number" value="(\d+)"', alice.get("/account/team/").content.decode()
    )
    alice.post("/account/team/", {"act": "withdraw", "number": waiting})

    assert "Front Desk" not in alice.get("/account/team/").content.decode()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"act": "x"},
        {"act": "invite", "role": "owner", "label": "X"},
        {"act": "invite", "role": "king", "label": "X"},
        {"act": "invite", "role": "billing", "label": ""},
        {"act": "withdraw", "number": "0"},
        {"act": "withdraw", "number": "9" * 30},
        {"act": "leave", "number": "1; DROP TABLE"},
        {"act": "set", "member": "0" * 32, "role": "billing"},
        {"act": "remove", "member": "x" * 5_000},
    ],
)
def test_a_form_that_cannot_be_meant_is_refused_and_changes_nothing(form: dict[str, str]) -> None:
    client = enter("alice")

    assert client.post("/account/team/", form).status_code in {404, 422}
    assert "Front Desk" not in client.get("/account/team/").content.decode()
