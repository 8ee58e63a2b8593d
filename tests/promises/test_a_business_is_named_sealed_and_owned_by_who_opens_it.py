"""P14, clause account.business.

"If you open an account for a business, we ask its name too. You own the account; the name is sealed
under your key and kept like your own. Of the business we ask no age and no name to call it by."
"""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.models import Account, Holder
from clearline.service.accounts.queries import find_owned, list_owned
from clearline.service.accounts.roles import AccountKind
from clearline.trust.vault.models import PersonKey
from tests.browser_client import browser
from tests.edge.site.answering import words_on
from tests.promises.provider import everything, work
from tests.service.accounts.people import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
BUSINESS = "Zyxw Vutsrq & Daughters"
AGE = {"step": "age", "age": "18_or_over", "kind": "business"}
YOU = {**AGE, "step": "you", "name": "Alice Quill", "email": "alice@mail.example"}


def join(client: Client, **changed: str) -> SubjectId:
    told = {**YOU, "business_name": BUSINESS, **changed}
    page = client.post("/account/join/", told).content.decode()
    (day,) = re.findall(r'name="agree" value="([^"]+)"', page)
    last = {"step": "sign_in", "user_id": "alice", "password": PASSWORD, "agree": day}
    assert client.post("/account/join/", {**told, **last}).status_code == 302
    return SubjectId(Holder.objects.get().subject)


def test_who_opens_it_owns_it_and_the_name_is_sealed() -> None:
    owner = join(browser())

    (own,) = list_owned(owner)

    assert own.kind is AccountKind.BUSINESS
    assert find_owned(owner) == own.account
    assert BUSINESS not in everything()


def test_the_name_is_asked_and_no_name_to_call_it_by() -> None:
    client = browser()

    page = client.post("/account/join/", AGE).content.decode()
    wrong = client.post("/account/join/", {**YOU, "business_name": " "})

    assert 'name="business_name"' in page
    assert 'id="screen_name"' not in page
    assert wrong.status_code == 422
    assert "Write the name of the business" in words_on(wrong.content)
    assert not Holder.objects.exists()


def test_the_name_is_shown_corrected_and_taken_along() -> None:
    client = browser()
    owner = join(client)
    (own,) = list_owned(owner)
    assert "Daughters" in client.get("/account/profile/").content.decode()

    form = {"act": "business", "account": str(own.account), "business_name": "Quill Ltd"}
    client.post("/account/profile/", form)
    refused = client.post("/account/profile/", {**form, "business_name": " "})

    assert "Quill Ltd" in client.get("/account/profile/").content.decode()
    assert refused.status_code == 422
    told = json.loads(client.post("/account/my-data/file/", {"form": "json"}).getvalue())
    held = {each["category"]: each for each in told["held"]}
    assert held["user.contact.organization"]["values"] == ["Quill Ltd"]
    (clause,) = held["user.contact.organization"]["clauses"]
    assert clause["id"] == "account.business"


def test_it_is_kept_like_your_name_and_then_the_key_is_gone() -> None:
    client = browser()
    join(client)

    client.post("/account/close/", {"sure": "yes"})
    work(timezone.now() + timedelta(days=31))

    assert not Account.objects.exists()
    assert PersonKey.objects.get().key_wrapped is None
