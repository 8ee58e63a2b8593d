"""P9, clause choices.keep.

"We keep what you chose in a signed cookie on your device, and a proof of it, under a random number,
in our ledger: when, where and under which edition you chose, the words you were shown, and the
proof that it replaces. A yes to being recognised or to extras lasts 400 days at most, whatever else
you answer meanwhile. A browser's Global Privacy Control signal is honoured; where your browser
holds choices it is kept among them as a no, and it is used for nothing else. If your browser keeps
no cookies you get no receipt, and if very many answers come from your network at once a no counts
without a proof, and a yes is not kept."
"""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from clearline.policy.retention import Retention
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.promises.provider import FIREFOX, HOME, Provider, answer, everything, rows, work

pytestmark = pytest.mark.django_db
KEPT = Retention.from_text("4 years")
DAY = timedelta(days=1)
GPC = {"sec-gpc": "1"}


def cookie(client: Client) -> str:
    return client.cookies["cl_choices"].value


def proof(client: Client) -> dict[str, dict[str, object]]:
    """Return what the receipt of somebody's choice says."""
    number = cookie(client).split("~")[2]
    told: dict[str, dict[str, object]] = json.loads(
        client.get(f"/privacy/receipt/{number}/").content
    )
    return told


@pytest.mark.usefixtures("instance")
@pytest.mark.parametrize("said", ["accept", "decline"])
def test_what_was_chosen_stands_signed_on_the_device_and_counts_only_as_signed(said: str) -> None:
    alice = browser()
    answer(alice, said)
    signed, changed = cookie(alice), browser()
    turned = ("content+measurement~", "~content+measurement")
    forged = signed.replace(*(turned if said == "accept" else reversed(turned)))
    assert forged != signed

    changed.cookies["cl_choices"] = forged
    page, forged_page = (
        client.get("/privacy/choices/").content.decode() for client in (alice, changed)
    )

    assert "You have not chosen yet" not in page
    assert "You have not chosen yet" in forged_page


@pytest.mark.usefixtures("instance")
def test_its_proof_says_what_was_chosen_and_nothing_of_who_chose() -> None:
    before = rows()
    alice = browser(**{"user-agent": FIREFOX, "x-forwarded-for": HOME})
    alice.defaults["REMOTE_ADDR"] = HOME
    answer(alice, "decline")
    (added,) = set(rows()) - set(before)
    work(timezone.now())

    told = proof(alice)

    assert added.startswith("ledger_entry:")
    assert Entry.objects.get(kind="choice.recorded").subject is None
    assert told["body"]["subject"] == ""
    assert (told["head"]["kind"], told["body"]["clause"]) == ("choice.recorded", "choices.keep")
    fields = told["body"]["fields"]
    assert isinstance(fields, dict)
    assert fields.keys() == {
        *("yes", "no", "method", "surface", "edition", "text", "by_signal", "before")
    }
    assert (fields["yes"], fields["no"]) == ([], ["content", "measurement"])
    for word in (HOME, HOME.rpartition(".")[0], FIREFOX, "Firefox"):
        assert word not in everything()
        assert word not in str(told)


@pytest.mark.usefixtures("instance")
def test_its_number_is_random_and_what_it_says_can_be_read_under_that_number_alone() -> None:
    alice, charlie = browser(), browser()
    answer(alice, "decline")
    answer(charlie, "decline")

    numbers = [cookie(client).split("~")[2] for client in (alice, charlie)]

    assert len(set(numbers)) == 2
    assert all(len(bytes.fromhex(number)) == 16 for number in numbers)
    assert sorted(numbers) == sorted(Entry.objects.values_list("public_id", flat=True))
    assert "measurement" not in everything()  # sealed


@pytest.mark.usefixtures("instance")
def test_the_proof_can_be_read_for_three_years_and_then_no_more() -> None:
    alice = browser()
    answer(alice, "accept")
    work(timezone.now())
    entry = Entry.objects.get(kind="choice.recorded")
    ends = KEPT.end(entry.at)

    work(ends - DAY)
    before = proof(alice)["body"]["clause"]
    work(ends)

    entry.refresh_from_db()
    assert before == "choices.keep"
    assert (entry.key_wrapped, bytes(entry.body_sealed), entry.subject) == (None, b"", None)
    assert alice.cookies["cl_choices"]["max-age"] < (ends - entry.at).total_seconds()
    assert "body" not in proof(alice)


def test_the_signal_alone_leaves_nothing_on_the_device_and_nothing_with_us(
    provider: Provider, instance: Path
) -> None:
    assert instance.is_dir()
    plain, signalled = browser(), browser(**GPC)
    before = rows()

    page = signalled.get("/").content.decode()
    for client in (plain, signalled):
        provider.script_tells(client, timezone.now())
    first, second = provider.load(timezone.now())

    assert "Opt-Out Request Honored" in page
    assert not signalled.cookies
    assert rows() == before
    assert {**first, "id": 0, "starts": 0} == {**second, "id": 0, "starts": 0}


@pytest.mark.usefixtures("instance")
def test_beside_a_choice_the_signal_is_kept_only_as_the_no_that_it_says() -> None:
    alice = browser(**GPC)
    answer(alice, "accept")
    work(timezone.now())

    fields = proof(alice)["body"]["fields"]

    assert isinstance(fields, dict)
    assert fields["by_signal"] == ["sale_or_sharing", "third_party_marketing"]
    assert fields["yes"] == ["content", "measurement"]
