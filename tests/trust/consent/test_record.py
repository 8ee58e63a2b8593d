"""Recording choices: each is proved in the ledger, and the signal's no outlives it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from clearline.policy.choices import Choices
from clearline.policy.vocabulary import Answer, ChoiceMethod, ChoiceName, ChoiceSurface, SubjectId
from clearline.trust.consent.actions import (
    ANSWERS,
    ANSWERS_MAX,
    ShownText,
    SignalSaysNo,
    TooManyAnswers,
    record_choices,
    take_back_unkept,
)
from clearline.trust.consent.cookie import ChosenOnDevice
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger import queries
from clearline.trust.ledger.entries.uses import ChoiceRecorded
from clearline.trust.ledger.models import Entry
from tests.trust.ledger.log import Footing, Log, make_entry, sign_log

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
PROMPT = ShownText(
    ChoiceSurface.PROMPT, date(2026, 1, 1), "May we recognise this browser? [Accept]"
)
ACCEPT: Mapping[str, Answer] = {ChoiceName.MEASUREMENT: Answer.YES, ChoiceName.CONTENT: Answer.YES}

pytestmark = pytest.mark.django_db


def answer(
    answers: Mapping[str, Answer],
    *,
    before: ChosenOnDevice | None = None,
    gpc: bool = False,
    now: datetime = NOW,
    network: str | None = None,
    source_key: str = "",
) -> ChosenOnDevice:
    return record_choices(
        answers=answers,
        before=before,
        shown=PROMPT,
        method=ChoiceMethod.FORM,
        gpc=gpc,
        now=now,
        network=network,
        source_key=source_key,
    )


def fields_of(entry_id: str) -> dict[str, object]:
    """Return what the proof of a choice says was chosen."""
    sign_log(now=NOW)
    fields = queries.open_receipt(entry_id)["body"]["fields"]
    assert isinstance(fields, dict)
    return fields


def test_what_was_chosen_is_proved_with_the_words_that_were_shown(log: Log) -> None:
    chosen = answer({ChoiceName.CONTENT: Answer.NO, ChoiceName.MEASUREMENT: Answer.YES})

    assert chosen == ChosenOnDevice(
        Choices(yes=frozenset({"measurement"}), no=frozenset({"content"})),
        NOW,
        PROMPT.edition,
        chosen.proof,
    )
    assert fields_of(chosen.proof) == {
        "before": "",
        "by_signal": [],
        "edition": "2026-01-01",
        "method": "form",
        "no": ["content"],
        "surface": "prompt",
        "text": PROMPT.text,
        "yes": ["measurement"],
    }
    assert Entry.objects.get(public_id=chosen.proof).subject is None


def test_an_answer_leaves_the_others_as_they_were_and_names_what_it_replaces(log: Log) -> None:
    first = answer(ACCEPT)

    second = answer({ChoiceName.CONTENT: Answer.NO}, before=first, now=NOW + timedelta(days=1))

    assert second.choices == Choices(yes=frozenset({"measurement"}), no=frozenset({"content"}))
    assert fields_of(second.proof)["before"] == first.proof
    said = [each.id for each in queries.list_choices(second.proof)]
    assert said == [second.proof, first.proof]


def test_an_answer_to_something_else_makes_no_yes_last_longer(log: Log) -> None:
    first = answer(ACCEPT)
    later = NOW + timedelta(days=300)

    opted_out = answer({ChoiceName.SALE_OR_SHARING: Answer.NO}, before=first, now=later)
    signalled = answer({}, before=first, gpc=True, now=later)
    half = answer({ChoiceName.CONTENT: Answer.YES}, before=first, now=later)
    anew = answer(ACCEPT, before=opted_out, now=later)
    declined = answer(dict.fromkeys(ACCEPT, Answer.NO), before=first, now=later)

    assert [each.yes_since for each in (opted_out, signalled, half)] == [NOW] * 3
    assert anew.yes_since == later
    assert (declined.at, declined.agreed_at) == (later, None)


def test_with_the_signal_a_no_to_sale_is_recorded_and_stays_when_the_signal_is_gone(
    log: Log,
) -> None:
    with_signal = answer(ACCEPT, gpc=True)

    without = answer({ChoiceName.CONTENT: Answer.NO}, before=with_signal)

    told = fields_of(with_signal.proof)
    assert told["by_signal"] == ["sale_or_sharing", "third_party_marketing"]
    assert told["yes"] == ["content", "measurement"]
    assert without.choices.answer(ChoiceName.SALE_OR_SHARING) is Answer.NO
    assert fields_of(without.proof)["by_signal"] == []


@pytest.mark.parametrize("name", [ChoiceName.SALE_OR_SHARING, ChoiceName.THIRD_PARTY_MARKETING])
def test_a_yes_to_sale_beside_the_signal_is_refused_and_nothing_is_recorded(
    log: Log, name: ChoiceName
) -> None:
    with pytest.raises(SignalSaysNo, match="turn the signal off first"):
        answer({**ACCEPT, name: Answer.YES}, gpc=True)

    assert not Entry.objects.exists()
    assert answer({name: Answer.YES}).choices.answer(name) is Answer.YES


def test_a_choice_told_again_under_its_source_keeps_its_first_proof(log: Log) -> None:
    first = answer(ACCEPT, source_key="day.1")

    again = answer(ACCEPT, source_key="day.1")

    assert again.proof == first.proof
    assert Entry.objects.count() == 1


def test_a_yes_that_the_browser_did_not_keep_is_taken_back_once(log: Log) -> None:
    shown = replace(PROMPT, surface=ChoiceSurface.CHOICE, text="The browser kept no cookie.")
    chosen = answer(ACCEPT)

    take_back_unkept(proof=chosen.proof, shown=shown, now=NOW)
    take_back_unkept(proof=chosen.proof, shown=shown, now=NOW + timedelta(minutes=1))

    newest, first = queries.list_entries()
    assert first.id == chosen.proof
    told = fields_of(newest.id)
    assert (told["yes"], told["no"]) == ([], ["content", "measurement"])
    assert (told["method"], told["before"]) == ("no_cookie", chosen.proof)


def test_what_is_no_choice_is_not_taken_back(log: Log) -> None:
    other = ledger.append(make_entry(1), subject=None, permit=Footing(), now=NOW)

    for proof in (other.id, "0" * 32, "", "no id at all"):
        take_back_unkept(proof=proof, shown=PROMPT, now=NOW)

    assert Entry.objects.count() == 1


def test_of_an_answer_without_a_yes_and_of_an_account_nothing_is_taken_back(log: Log) -> None:
    declined = answer({ChoiceName.MEASUREMENT: Answer.NO})
    fields = ChoiceRecorded(
        yes=("measurement",),
        no=(),
        method=ChoiceMethod.FORM,
        surface=ChoiceSurface.PROMPT,
        edition="2026-01-01",
        text=PROMPT.text,
        by_signal=(),
        before="",
    )
    of_alice = ledger.append(fields, subject=SubjectId("a" * 32), permit=Footing(), now=NOW)

    for proof in (declined.proof, of_alice.id):
        take_back_unkept(proof=proof, shown=PROMPT, now=NOW)

    assert Entry.objects.count() == 2


@pytest.fixture
def flood(log: Log) -> str:
    """Return a network from which so many answers came that no more are written down."""
    network = "198.51.100.0"
    for _ in range(ANSWERS_MAX):
        ANSWERS.add(network, NOW)
    return network


def test_the_last_answer_of_a_network_that_is_written_down_is_the_hundredth(log: Log) -> None:
    for _ in range(ANSWERS_MAX):
        answer(ACCEPT, network="203.0.113.0")

    with pytest.raises(TooManyAnswers, match="Say yes again in an hour"):
        answer(ACCEPT, network="203.0.113.0")

    assert Entry.objects.count() == ANSWERS_MAX
    assert answer(ACCEPT, network="203.0.113.0", now=NOW + ANSWERS.window).proof


def test_a_no_of_a_network_that_floods_us_is_honoured_without_an_entry(flood: str) -> None:
    before = answer(ACCEPT, now=NOW - timedelta(days=30))

    chosen = answer({ChoiceName.CONTENT: Answer.NO}, before=before, network=flood)
    first = answer({ChoiceName.CONTENT: Answer.NO}, network=flood)

    assert chosen.choices == Choices(yes=frozenset({"measurement"}), no=frozenset({"content"}))
    assert (chosen.proof, first.proof) == (before.proof, "")
    assert (chosen.at, chosen.unproved_at) == (before.at, NOW)
    assert (first.at, first.unproved_at) == (NOW, NOW)
    assert Entry.objects.count() == 1


def test_of_a_flooding_network_a_yes_beside_a_no_stays_as_it_was_and_the_signal_counts(
    flood: str,
) -> None:
    mixed: Mapping[str, Answer] = {
        ChoiceName.CONTENT: Answer.NO,
        ChoiceName.MEASUREMENT: Answer.YES,
    }

    chosen = answer(mixed, gpc=True, network=flood)

    assert chosen.choices.yes == frozenset()
    assert chosen.choices.no == {"content", "sale_or_sharing", "third_party_marketing"}


def test_the_signal_alone_of_a_flooding_network_is_left_to_come_again(flood: str) -> None:
    before = answer(ACCEPT)

    assert answer({}, before=before, gpc=True, network=flood) == before
    assert Entry.objects.count() == 1


def test_other_networks_and_answers_of_no_network_are_not_held_back_by_a_flood(flood: str) -> None:
    answer(ACCEPT, network="203.0.113.0")
    answer(ACCEPT)

    assert Entry.objects.count() == 2
