"""Many answers from one network: a yes waits, a no is honoured, the ledger is not filled."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from clearline.policy.choices import GPC_CLOSES
from clearline.policy.vocabulary import Answer, ChoiceName
from clearline.trust.consent.actions import ANSWERS, ANSWERS_MAX
from clearline.trust.ledger import queries
from clearline.trust.ledger.keys import sealer
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

DAY_S = 86_400

pytestmark = pytest.mark.django_db


def words_of(proof: str) -> dict[str, object]:
    """Return what the entry of a choice says."""
    return queries.fields_of(Entry.objects.get(public_id=proof), sealer())


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
    assert "What you said yes to just now was not kept" in words_on(followed.content)


def test_the_signal_is_honoured_of_a_browser_whose_first_no_was_not_written_down() -> None:
    flood()
    client = browser(address="203.0.113.99")
    answer(client, "decline")

    page = client.get("/privacy/choices/", headers=GPC)

    assert "Opted out" in words_on(page.content)
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
    old = held(client)["cl_choices"]
    in_the_flood = client.get("/privacy/choices/", headers=GPC)
    assert "Opted out" in words_on(in_the_flood.content)
    assert held(client)["cl_choices"] == old

    ANSWERS.forget()
    client.get("/", headers=GPC)

    assert chosen(client).choices.no >= GPC_CLOSES
    told = words_of(chosen(client).proof)
    assert told["by_signal"] == sorted(GPC_CLOSES)
    assert written_down() == ANSWERS_MAX + 1


def test_a_no_without_proof_is_proved_by_no_signal_but_by_saying_it_again() -> None:
    client = browser(address="203.0.113.99")
    flood()
    answer(client, "decline")
    ANSWERS.forget()

    client.get("/", headers=GPC)
    after_the_signal = client.get("/privacy/choices/")
    answer(client, "decline")
    after_saying_it_again = client.get("/privacy/choices/")

    assert "It has no proof" in words_on(after_the_signal.content)
    assert "It has no proof" not in words_on(after_saying_it_again.content)
    assert words_of(chosen(client).proof)["method"] == "form"


def test_a_form_that_repeats_an_earlier_yes_beside_a_no_is_saved_whole() -> None:
    client = browser(address="203.0.113.99")
    answer(client, "accept")
    for _ in range(ANSWERS_MAX):
        answer(browser(address="203.0.113.7"), "decline")

    said = {"act": "save", "measurement": "yes", "content": "no"}
    followed = client.post("/privacy/choices/", said, follow=True)

    assert chosen(client).choices.yes == {ChoiceName.MEASUREMENT}
    assert chosen(client).choices.no == {ChoiceName.CONTENT}
    assert "Your choices are saved" in words_on(followed.content)
    assert "was not kept" not in words_on(followed.content)


def test_a_first_step_of_opting_in_ends_with_a_no_said_after_it() -> None:
    client = browser(address="203.0.113.99")
    press(client, "opt_out")
    first = client.post("/privacy/choices/", {"act": "opt_in"}).content.decode()
    for _ in range(ANSWERS_MAX):
        answer(browser(address="203.0.113.7"), "decline")
    press(client, "save", content="no")
    ANSWERS.forget()

    (step,) = re.findall(r'name="step" value="([^"]+)"', first)
    refused = press(client, "opt_in_confirmed", step=step)

    assert refused.status_code == 409
    assert ChoiceName.SALE_OR_SHARING in chosen(client).choices.no


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
    assert chosen(client).yes_since == long_ago.at
    assert 299 * DAY_S < int(client.cookies["cl_visitor"]["max-age"]) <= 300 * DAY_S
