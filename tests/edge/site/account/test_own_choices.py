"""A customer's browser follows the account, and a form is answered by what its page showed."""

import pytest
from django.test import Client

from clearline.policy.vocabulary import ChoiceName
from clearline.trust.consent import queries
from clearline.trust.consent.models import AccountChoices
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.edge.site.answering import GPC, answer, chosen, held, press, visitor, words_on
from tests.service.accounts.people import PASSWORD, make_account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]
MEASURE, SALE = ChoiceName.MEASUREMENT, ChoiceName.SALE_OR_SHARING


@pytest.fixture(autouse=True)
def alice() -> None:
    make_account()


def enter(client: Client | None = None, user_id: str = "alice") -> Client:
    client = client or browser()
    client.post("/account/sign-in/", {"user_id": user_id, "password": PASSWORD}, follow=True)
    return client


def test_who_never_chose_gets_no_cookie_of_choices_by_signing_in() -> None:
    client = enter()

    assert set(held(client)) == {"sessionid"}
    assert not AccountChoices.objects.exists()


def test_a_yes_from_another_browser_lets_this_one_be_recognised_and_a_no_ends_it() -> None:
    laptop, phone = enter(), enter()

    answer(laptop, "accept")
    phone.get("/rates/")
    assert visitor(phone)
    press(laptop, "decline")
    phone.get("/rates/")

    assert not visitor(phone)
    assert chosen(phone) == chosen(laptop)


def test_a_yes_on_a_page_that_does_not_show_a_newer_no_leaves_that_no() -> None:
    laptop, phone = enter(), enter()
    press(laptop, "save", measurement="yes")
    phone.get("/privacy/choices/")
    press(laptop, "save", measurement="no")

    said = press(phone, "save", measurement="yes")
    page = phone.get(said["Location"], follow=True)

    assert chosen(phone).choices.answer(MEASURE) == "no"
    assert "another browser said no to it meanwhile" in words_on(page.content)


def test_a_form_with_the_signal_latches_it_whatever_the_form_is() -> None:
    client = enter(browser())
    client.post("/account/profile/", {"name": "Alice Q", "screen_name": ""}, headers=GPC)

    client.get("/rates/")

    assert SALE in chosen(client).choices.no
    assert Entry.objects.filter(kind="choice.recorded").count() == 1


def test_a_page_that_others_may_keep_sets_no_cookie() -> None:
    press(enter(), "save", measurement="no")
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})

    given = client.get("/privacy/editions/2026-01-01.toml")

    assert "cl_choices" not in given.cookies


def test_the_next_customer_in_a_browser_does_not_inherit_a_yes() -> None:
    make_account("bob", email="bob@mail.example")
    client = enter()
    press(client, "save", measurement="yes", content="no")
    client.post("/account/sign-out/")

    enter(client, "bob")

    assert chosen(client).choices.yes == frozenset()
    assert chosen(client).choices.no == {ChoiceName.CONTENT}


def test_after_an_answer_the_page_says_what_is_saved() -> None:
    client = enter()

    said = answer(client, "accept")
    page = client.get(said["Location"], follow=True)

    assert "Your choices are saved" in words_on(page.content)


def test_without_its_clause_choices_stay_with_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "keeps_for_accounts", lambda _: False)
    client = enter()

    press(client, "save", measurement="yes")
    page = client.get("/privacy/choices/")

    assert not AccountChoices.objects.exists()
    assert Entry.objects.get(kind="choice.recorded").subject is None
    assert "You are signed in: what you choose" not in words_on(page.content)
