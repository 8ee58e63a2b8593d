"""Many answers from one network: a yes waits, a no is honoured, the ledger is not filled."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clearline.policy.choices import GPC_CLOSES
from clearline.policy.vocabulary import Answer, ChoiceName
from clearline.trust.consent.actions import ANSWERS, ANSWERS_MAX
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.edge.site.answering import (
    BOTH,
    GPC,
    SIGNER,
    answer,
    chosen,
    held,
    press,
    visitor,
    words_on,
)

pytestmark = pytest.mark.django_db


def written_down() -> int:
    return Entry.objects.filter(kind="choice.recorded").count()


def flood(address: str = "203.0.113.7") -> None:
    """Let one machine answer as often as its network may in an hour."""
    for _ in range(ANSWERS_MAX):
        browser(address=address).post("/privacy/choice/", {"answer": "accept"})
    assert written_down() == ANSWERS_MAX


def test_one_machine_that_accepts_again_and_again_is_told_to_wait_and_nothing_is_kept() -> None:
    flood()
    client = browser(address="203.0.113.99")

    refused = answer(client, "accept")

    assert refused.status_code == 429
    assert "A no always counts" in words_on(refused.content)  # type: ignore[attr-defined]  # a page
    assert held(client) == {}
    assert written_down() == ANSWERS_MAX


def test_people_of_other_networks_answer_meanwhile() -> None:
    flood()
    client = browser(address="198.51.100.7")

    answer(client, "accept")

    assert chosen(client).choices.yes >= BOTH
    assert written_down() == ANSWERS_MAX + 1


def test_a_no_from_a_network_that_floods_us_is_honoured_without_an_entry() -> None:
    client = browser(address="203.0.113.99")
    answer(client, "accept")
    proof = chosen(client).proof
    for _ in range(ANSWERS_MAX):
        answer(browser(address="203.0.113.7"), "decline")

    answer(client, "withdraw")

    assert set(held(client)) == {"cl_choices"}
    assert chosen(client).choices.no >= BOTH
    assert written_down() == ANSWERS_MAX
    page = client.get("/privacy/choices/")
    assert "Your no counts. It has no proof" in words_on(page.content)
    before, after = page.content.split(b"Proofs of what you chose before:")
    assert proof.encode() not in before
    assert proof.encode() in after


def test_a_first_no_that_could_not_be_written_down_says_so_on_the_page_of_choices() -> None:
    flood()
    client = browser(address="203.0.113.99")

    answer(client, "decline")

    assert chosen(client).choices.no >= BOTH
    page = client.get("/privacy/choices/")
    assert "It has no proof" in words_on(page.content)
    assert page.status_code == 200


def test_of_a_form_with_both_the_no_counts_and_the_yes_does_not() -> None:
    flood()
    client = browser(address="203.0.113.99")

    followed = client.post(
        "/privacy/choices/", {"act": "save", "measurement": "no", "content": "yes"}, follow=True
    )

    said = chosen(client).choices
    assert said.answer(ChoiceName.MEASUREMENT) is Answer.NO
    assert said.answer(ChoiceName.CONTENT) is Answer.UNSET
    assert written_down() == ANSWERS_MAX
    assert "Your yes was not kept" in words_on(followed.content)


def test_the_signal_is_honoured_by_a_browser_whose_first_no_was_not_written_down() -> None:
    flood()
    client = browser(address="203.0.113.99")
    answer(client, "decline")

    client.get("/", headers=GPC)

    assert chosen(client).choices.no >= GPC_CLOSES
    assert written_down() == ANSWERS_MAX


def test_the_signal_is_written_down_once_though_a_browser_sends_its_old_choices_again() -> None:
    client = browser()
    answer(client, "accept")
    old = held(client)["cl_choices"]

    proofs = set()
    for _ in range(5):
        client.cookies["cl_choices"] = old
        client.get("/", headers=GPC)
        proofs.add(chosen(client).proof)

    assert len(proofs) == 1
    assert written_down() == 2


def test_the_old_choices_sent_again_with_the_signal_use_up_nobodys_answers() -> None:
    client = browser()
    answer(client, "accept")
    old = held(client)["cl_choices"]
    for _ in range(ANSWERS_MAX + 5):
        client.cookies["cl_choices"] = old
        client.get("/", headers=GPC)

    answer(browser(), "accept")

    assert written_down() == 3


def test_a_signal_that_could_not_be_proved_is_proved_when_the_flood_is_over() -> None:
    client = browser(address="203.0.113.99")
    answer(client, "accept")
    for _ in range(ANSWERS_MAX):
        answer(browser(address="203.0.113.7"), "decline")
    client.get("/", headers=GPC)
    assert chosen(client).unproved_at is not None

    ANSWERS.forget()
    client.get("/", headers=GPC)

    assert chosen(client).unproved_at is None
    assert chosen(client).choices.no >= GPC_CLOSES
    assert written_down() == ANSWERS_MAX + 1


def test_a_no_without_proof_lets_no_earlier_yes_last_longer() -> None:
    client = browser(address="203.0.113.99")
    answer(client, "accept")
    long_ago = replace(chosen(client), at=chosen(client).at - timedelta(days=100))
    client.cookies["cl_choices"] = SIGNER.write_choices(long_ago)
    for _ in range(ANSWERS_MAX):
        answer(browser(address="203.0.113.7"), "decline")

    press(client, "save", content="no")

    recognised = visitor(client)
    assert recognised is not None
    assert recognised.since == long_ago.at.date()
    assert chosen(client).answered_at > long_ago.at
