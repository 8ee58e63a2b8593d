"""A yes that the browser did not keep is taken back, and nobody else's is."""

import time

import pytest

from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.edge.site.answering import BOTH, answer, chosen, fields, first_step, press

pytestmark = pytest.mark.django_db


def test_a_yes_that_the_browser_did_not_keep_is_taken_back_in_the_ledger_once() -> None:
    client = browser()
    first = answer(client, "accept")
    proof = chosen(client).proof
    client.cookies.clear()

    for _ in range(2):
        client.get(first["Location"])

    last = Entry.objects.order_by("-number")[0]
    told = fields(last.public_id)
    assert Entry.objects.count() == 2
    assert (told["before"], told["method"]) == (proof, "no_cookie")
    assert told["yes"] == []
    assert set(BOTH) <= set(map(str, told["no"]))  # type: ignore[call-overload]  # a list of text


@pytest.mark.parametrize("proof", ["", "0" * 32, "x", "'; --"])
def test_an_unknown_number_takes_nothing_back(proof: str) -> None:
    browser().get("/privacy/choice/", {"back": "/", "proof": proof})

    assert not Entry.objects.exists()


def test_who_knows_the_number_of_somebody_elses_proof_takes_no_yes_back() -> None:
    client = browser()
    answer(client, "accept")

    told = browser().get("/privacy/choice/", {"back": "/rates/", "proof": chosen(client).proof})

    assert told["Location"] == "/rates/?cookies=refused"
    assert Entry.objects.get().public_id == chosen(client).proof


@pytest.mark.parametrize(("after_s", "entries"), [(115, 2), (125, 1)])
def test_a_yes_is_taken_back_within_two_minutes_or_not_at_all(
    after_s: int, entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser()
    address = answer(client, "accept")["Location"]
    client.cookies.clear()
    later = time.time() + after_s
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)

    client.get(address)

    assert Entry.objects.count() == entries


def test_what_was_signed_for_the_second_step_of_opting_in_takes_nothing_back() -> None:
    client = browser()
    press(client, "opt_out")
    step = first_step(client)

    browser().get("/privacy/choice/", {"back": "/", "proof": step})

    assert Entry.objects.count() == 1
