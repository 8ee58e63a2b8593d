"""P9, clause choices.account.

"While you are signed in, what you choose holds for your account in every browser and in our app. It
is kept sealed under your own key as long as what the account holds, and its proof under your random
number. While a browser is signed in, we note which answers came from it. When you sign in, the
choices of the browser and of the account are joined: no wins over yes, and any answer over none. A
Global Privacy Control signal of a browser or of our app is kept for the account as a no to sale and
sharing, until you take it back in two steps."
"""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from clearline.policy.retention import Retention
from clearline.policy.vocabulary import ChoiceName
from clearline.service.accounts.age import AgeRange
from clearline.trust.consent.cookie import ChosenOnDevice, CookieSigner
from clearline.trust.consent.models import AccountChoices
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.edge.site.answering import press, words_on
from tests.promises.provider import Clock, rows, work
from tests.service.accounts.people import PASSWORD, make_account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
SALE, MEASURE = ChoiceName.SALE_OR_SHARING, ChoiceName.MEASUREMENT


def enter(client: Client) -> Client:
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD}, follow=True)
    return client


def chosen(client: Client) -> ChosenOnDevice:
    held = {name: morsel.value for name, morsel in client.cookies.items() if morsel.value}
    found = CookieSigner(settings.ENV.key("choices"), is_https=False).read_choices(held)
    assert found is not None
    return found


def test_what_is_chosen_in_one_browser_holds_in_the_other() -> None:
    make_account()
    laptop, phone = enter(browser()), enter(browser())

    press(laptop, "save", measurement="yes", content="no")
    page = phone.get("/privacy/choices/")

    assert chosen(phone) == chosen(laptop)
    assert "came from: another browser" in words_on(page.content)
    assert "came from: this browser" in words_on(laptop.get("/privacy/choices/").content)


def test_it_is_kept_sealed_with_its_proof_under_the_customers_number_and_goes_with_the_account(
    clock: Clock,
) -> None:
    opened = make_account()
    client = enter(browser())
    press(client, "save", measurement="yes")

    (row,) = [each for each in rows() if each.startswith("consent_accountchoices")]
    assert "measurement" not in row
    assert Entry.objects.get(kind="choice.recorded").subject == opened.signed_in.public_id
    client.post("/account/close/", {"sure": "yes"})
    closed_at = clock.now
    work(closed_at + timedelta(days=29))
    assert AccountChoices.objects.exists()
    work(Retention.from_text("30 days").end(closed_at) + timedelta(days=1))
    assert not AccountChoices.objects.exists()


def test_at_sign_in_no_wins_over_yes_and_any_answer_over_none() -> None:
    make_account()
    press(enter(browser()), "save", measurement="no", content="yes")
    other = browser()
    press(other, "save", measurement="yes")
    press(other, "opt_out")

    enter(other)

    said = chosen(other).choices
    assert (said.yes, said.no) == (frozenset({"content"}), frozenset({MEASURE, SALE}))


def test_the_signal_of_one_browser_holds_in_every_browser_and_is_shown() -> None:
    """CC-35, CC-38: the known account, and no later absence is a yes."""
    make_account()
    enter(browser(**{"sec-gpc": "1"})).get("/rates/")
    phone = enter(browser())

    page = words_on(phone.get("/privacy/choices/").content)

    assert chosen(phone).choices.no >= {SALE, ChoiceName.THIRD_PARTY_MARKETING}
    day = f"{timezone.localtime():%B} {timezone.localtime().year}"
    assert "It came from a browser's signal on" in page
    assert day in page
    assert "came from: a browser's signal" in page
    assert "Opt-Out Request Honored, since" in words_on(phone.get("/help/").content)
    assert "Opt-Out Request Honored" in words_on(phone.get("/account/").content)
    assert Entry.objects.filter(kind="choice.recorded").count() == 1


def test_taking_the_signals_no_back_takes_two_steps_without_the_signal() -> None:
    make_account()
    enter(browser(**{"sec-gpc": "1"}))
    phone = enter(browser())
    refused = press(enter(browser(**{"sec-gpc": "1"})), "opt_in")
    assert refused.status_code == 403
    assert press(phone, "opt_in_confirmed").status_code == 409
    assert SALE in chosen(phone).choices.no

    first = press(phone, "opt_in")
    assert isinstance(first, HttpResponse)
    (step,) = re.findall(r'name="step" value="([^"]+)"', first.content.decode())
    second = press(phone, "opt_in_confirmed", step=step)
    phone.get("/privacy/choices/")

    assert second.status_code == 303
    assert SALE in chosen(phone).choices.yes


def test_an_account_of_13_to_15_begins_with_no_in_every_browser() -> None:
    make_account(age=AgeRange.FROM_13_TO_15)

    client = enter(browser())

    assert chosen(client).choices.no == frozenset(ChoiceName)
    page = words_on(client.get("/privacy/choices/").content)
    assert "came from: the age range that the account holds" in page
