"""The choices of an account: joined with browsers, no over yes, each answer with its proof."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction

from clearline.policy.choices import GPC_CLOSES, Choices
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import (
    Answer,
    ChoiceMethod,
    ChoiceName,
    ChoiceSurface,
    SubjectId,
)
from clearline.trust.consent import actions, queries
from clearline.trust.consent.account import Said, read_said, unsaid, write_said
from clearline.trust.consent.actions import Brought, ShownText, SignalSaysNo, TooManyAnswers
from clearline.trust.consent.cookie import ChosenOnDevice
from clearline.trust.consent.cookies import CHOICES_COOKIE
from clearline.trust.consent.models import AccountChoices
from clearline.trust.gate import queries as gate
from clearline.trust.ledger.models import Entry
from clearline.trust.ledger.queries import list_about

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
EDITION = date(2026, 1, 1)
PAGE = ShownText(ChoiceSurface.CHOICES, EDITION, "May we? [Save]")
ALICE, BOB = SubjectId("a" * 32), SubjectId("b" * 32)
MEASURE, CONTENT, SALE = ChoiceName.MEASUREMENT, ChoiceName.CONTENT, ChoiceName.SALE_OR_SHARING
YES, NO = Answer.YES, Answer.NO

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh(log: object) -> None:
    actions.ANSWERS.forget()


def later(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def choose(
    answers: Mapping[str, Answer],
    device: ChosenOnDevice | None = None,
    *,
    subject: SubjectId = ALICE,
    gpc: bool = False,
    network: str = "",
    now: datetime = NOW,
) -> ChosenOnDevice:
    return actions.choose_for_account(
        subject=subject,
        answers=answers,
        device=device,
        shown=PAGE,
        gpc=gpc,
        network=network,
        now=now,
    )


def follow(
    device: ChosenOnDevice | None,
    *,
    subject: SubjectId = ALICE,
    gpc: bool = False,
    now: datetime = NOW,
) -> ChosenOnDevice | None:
    return actions.follow_account(subject=subject, device=device, shown=PAGE, gpc=gpc, now=now)


def anonymous(answers: Mapping[str, Answer], now: datetime = NOW) -> ChosenOnDevice:
    return actions.record_choices(
        answers=answers, before=None, shown=PAGE, method=ChoiceMethod.FORM, gpc=False, now=now
    )


def said(subject: SubjectId = ALICE) -> Mapping[str, Said]:
    return actions.show_account(by=Actor(ActorKind.SUBJECT, subject), subject=subject, now=NOW)


def answers_of(subject: SubjectId = ALICE) -> dict[str, Answer]:
    return {name: each.answer for name, each in said(subject).items()}


def test_answers_are_kept_sealed_and_proved_under_the_customers_number() -> None:
    chosen = choose({MEASURE: YES, SALE: NO})

    assert chosen.choices == Choices(frozenset({MEASURE}), frozenset({SALE}))
    assert said()[SALE] == Said(NO, NOW, ChoiceMethod.FORM, chosen.proof)
    (entry,) = list_about(ALICE).entries
    assert (entry.id, entry.kind, entry.clause) == (
        chosen.proof,
        "choice.recorded",
        "choices.account",
    )
    row = AccountChoices.objects.get()
    assert b"measurement" not in row.told.stored
    assert said(BOB) == {}


def test_what_is_stored_is_read_back() -> None:
    told = {MEASURE.value: Said(YES, NOW, ChoiceMethod.START, "f" * 32)}

    assert read_said(write_said(told)) == told


def test_a_browsers_own_choices_are_joined_once_and_written_to_both() -> None:
    choose({MEASURE: NO, CONTENT: YES})
    device = anonymous({MEASURE: YES, SALE: NO}, later(5))

    both = follow(device, now=later(9))
    again = follow(both, now=later(20))

    assert both is not None
    assert both.choices == Choices(frozenset({CONTENT}), frozenset({MEASURE, SALE}))
    assert again == both
    assert said()[SALE].method is ChoiceMethod.SIGN_IN
    assert said()[CONTENT].method is ChoiceMethod.FORM
    assert Entry.objects.filter(subject=ALICE).count() == 2


def test_signing_in_and_other_answers_make_no_yes_to_be_recognised_last_longer() -> None:
    old = anonymous({MEASURE: YES})
    month, year = NOW + timedelta(days=30), NOW + timedelta(days=365)

    joined = follow(old, now=month)
    opted_out = choose({SALE: NO}, joined, now=year)
    own = choose({ChoiceName.OWN_EMAIL: YES}, opted_out, now=year)

    assert joined is not None
    assert [each.yes_since for each in (joined, opted_out, own)] == [NOW] * 3
    assert said()[MEASURE].at == NOW


def test_a_browsers_yes_brought_in_beside_an_answer_keeps_its_moment() -> None:
    old = anonymous({MEASURE: YES})

    both = choose({CONTENT: NO}, old, now=NOW + timedelta(days=30))

    assert both.choices.yes == {MEASURE}
    assert both.yes_since == NOW


def test_a_yes_to_be_recognised_ends_in_the_account_too_and_another_yes_does_not() -> None:
    first = choose({MEASURE: YES, ChoiceName.OWN_EMAIL: YES})
    after = NOW + CHOICES_COOKIE.lifetime

    left = choose({SALE: NO}, first.standing(after), now=after)
    anew = choose({MEASURE: YES, CONTENT: YES}, left, now=after)

    assert left.choices == Choices(frozenset({ChoiceName.OWN_EMAIL}), frozenset({SALE}))
    assert anew.standing(after + timedelta(days=399)).choices.yes == {
        *(MEASURE, CONTENT, ChoiceName.OWN_EMAIL)
    }


def test_where_nobody_answered_nothing_is_written() -> None:
    assert follow(None) is None
    assert not Entry.objects.exists()
    assert queries.is_followed(subject=ALICE, device=None, gpc=False)


def test_a_browser_that_held_the_accounts_earlier_choices_follows_it() -> None:
    before = choose({MEASURE: NO})
    after = choose({MEASURE: YES}, before, now=later(60))

    assert after.choices.answer(MEASURE) is YES
    assert follow(before, now=later(90)) == after
    assert not queries.is_followed(subject=ALICE, device=before, gpc=False)
    assert queries.is_followed(subject=ALICE, device=after, gpc=False)


def test_a_no_without_proof_is_joined_though_its_cookie_came_from_the_account() -> None:
    before = choose({MEASURE: YES})
    unproved = replace(
        before, choices=before.choices.with_answers({MEASURE: NO}), unproved_at=later(30)
    )

    both = follow(unproved, now=later(60))

    assert both is not None
    assert both.choices.answer(MEASURE) is NO
    assert both.unproved_at is None


def test_of_what_another_customer_chose_in_this_browser_only_a_no_counts() -> None:
    of_bob = choose({MEASURE: YES, SALE: NO}, subject=BOB)

    both = follow(of_bob)

    assert both is not None
    assert both.choices == Choices(no=frozenset({SALE}))


def test_the_signal_becomes_the_accounts_no_once_and_stays_without_it() -> None:
    first = choose({SALE: YES})

    latched = follow(first, gpc=True, now=later(60))
    again = follow(latched, gpc=True, now=later(90))
    elsewhere = follow(None, now=later(120))

    assert latched is not None
    assert latched.choices.no >= GPC_CLOSES
    assert again == elsewhere == latched
    assert said()[SALE].method is ChoiceMethod.GPC
    assert queries.is_followed(subject=ALICE, device=latched, gpc=True)
    assert not queries.is_followed(subject=ALICE, device=None, gpc=True)


def test_a_yes_to_sale_together_with_the_signal_is_refused() -> None:
    with pytest.raises(SignalSaysNo):
        choose({SALE: YES}, gpc=True)


def test_an_answer_with_the_signal_keeps_its_no_too() -> None:
    chosen = choose({MEASURE: YES}, gpc=True)

    assert chosen.choices == Choices(frozenset({MEASURE}), frozenset(GPC_CLOSES))
    assert said()[SALE].method is ChoiceMethod.GPC
    assert said()[MEASURE].method is ChoiceMethod.FORM


def test_a_yes_said_without_having_seen_a_newer_no_does_not_take_it_back() -> None:
    shown = choose({MEASURE: YES})
    choose({MEASURE: NO}, shown, now=later(60))

    late = choose({MEASURE: YES, CONTENT: YES}, shown, now=later(61))
    alone = choose({MEASURE: YES}, shown, now=later(62))

    assert late.choices == Choices(frozenset({CONTENT}), frozenset({MEASURE}))
    assert alone == late
    seen = choose({MEASURE: YES}, late, now=later(120))
    assert seen.choices.answer(MEASURE) is YES


def test_a_browser_that_shows_nothing_of_the_account_takes_no_no_back() -> None:
    choose({MEASURE: NO})

    chosen = choose({MEASURE: YES}, anonymous({CONTENT: NO}, later(60)), now=later(90))

    assert chosen.choices == Choices(no=frozenset({MEASURE, CONTENT}))


def test_in_a_flood_a_yes_is_not_kept_and_a_no_is() -> None:
    network = "203.0.113.0/24"
    for _ in range(actions.ANSWERS_MAX):
        actions.is_flooding(network, NOW)

    with pytest.raises(TooManyAnswers):
        choose({MEASURE: YES}, network=network)
    with pytest.raises(TooManyAnswers):
        choose({}, network=network)
    kept = choose({MEASURE: NO, CONTENT: YES}, network=network)
    again = choose({MEASURE: NO}, kept, network=network)

    assert kept.choices == Choices(no=frozenset({MEASURE}))
    assert again == kept
    assert Entry.objects.filter(subject=ALICE).count() == 1
    with pytest.raises(TooManyAnswers):
        choose({CONTENT: YES}, kept, network=network)


def test_saving_nothing_new_has_its_proof_too() -> None:
    assert choose({}).choices == Choices()
    assert Entry.objects.filter(subject=ALICE).count() == 1


def test_an_account_may_begin_with_answers() -> None:
    permit = actions.ask_to_begin(NOW)

    with transaction.atomic():
        actions.begin_account(subject=ALICE, answers={SALE: NO}, shown=PAGE, permit=permit, now=NOW)

    assert said()[SALE].method is ChoiceMethod.START
    assert answers_of() == {SALE: NO}


def add(answers: Mapping[str, Answer]) -> None:
    permit = actions.ask_to_keep(ALICE, NOW)
    with transaction.atomic():
        actions.add_to_account(subject=ALICE, answers=answers, shown=PAGE, permit=permit, now=NOW)


def test_what_an_account_begins_with_joins_what_it_holds_already() -> None:
    choose({SALE: YES, MEASURE: YES})

    add({SALE: NO})

    assert answers_of() == {SALE: NO, MEASURE: YES}
    assert said()[SALE].method is ChoiceMethod.START


def test_what_adds_nothing_leaves_no_entry() -> None:
    add({SALE: NO})

    add({SALE: NO})
    add({})

    assert Entry.objects.filter(subject=ALICE).count() == 1


EARLIER = NOW - timedelta(days=30)


def bring(*people: Brought) -> None:
    permit = actions.ask_to_begin(NOW)
    with transaction.atomic():
        actions.bring_many(people, edition=EDITION, permit=permit, now=NOW)


def test_what_an_earlier_system_knew_holds_as_such_each_with_its_proof() -> None:
    bring(
        Brought(ALICE, {MEASURE: YES, CONTENT: NO}, {}, gpc=False, yes_at=EARLIER),
        Brought(BOB, {SALE: YES}, {ChoiceName.ADS: NO}, gpc=True, yes_at=EARLIER),
    )

    assert answers_of() == {MEASURE: YES, CONTENT: NO}
    assert {each.method for each in said().values()} == {ChoiceMethod.IMPORT}
    assert (said()[MEASURE].at, said()[CONTENT].at) == (EARLIER, NOW)
    bobs = actions.show_account(by=Actor(ActorKind.SUBJECT, BOB), subject=BOB, now=NOW)
    assert {name: (each.answer, each.method) for name, each in bobs.items()} == {
        SALE: (NO, ChoiceMethod.GPC),
        ChoiceName.THIRD_PARTY_MARKETING: (NO, ChoiceMethod.GPC),
        ChoiceName.ADS: (NO, ChoiceMethod.START),
    }
    for subject, proof in ((ALICE, said()[MEASURE].proof), (BOB, bobs[SALE].proof)):
        assert Entry.objects.get(public_id=proof).subject == subject


def test_an_erased_account_has_no_choices() -> None:
    choose({MEASURE: YES})

    actions.erase_account(ALICE)

    assert said() == {}


def test_the_policy_says_whether_choices_are_kept_for_accounts() -> None:
    assert queries.keeps_for_accounts(gate.policy_in_force(NOW))


def at_once(*acts: Callable[[], object]) -> None:
    """Do all at the same moment, each on a connection of its own."""
    barrier = threading.Barrier(len(acts))
    errors: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001  # told below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_first", [True, False], ids=["new", "known"])
def test_of_two_browsers_that_answer_at_once_no_wins(is_first: bool) -> None:  # noqa: FBT001  # a parameter of the test
    for turn in range(5):
        subject = SubjectId(f"{turn:032x}")
        shown = None if is_first else choose({MEASURE: YES}, subject=subject)
        now = later(60)

        at_once(
            lambda: choose({MEASURE: YES}, shown, subject=subject, now=now),  # noqa: B023  # run before the next turn
            lambda: choose({MEASURE: NO}, shown, subject=subject, now=now),  # noqa: B023  # as above
        )

        assert answers_of(subject) == {MEASURE: NO}


@pytest.mark.django_db(transaction=True)
def test_a_signal_that_comes_many_times_at_once_is_kept_once() -> None:
    choose({SALE: YES})

    at_once(*[lambda: follow(None, gpc=True, now=later(5))] * 4)

    assert answers_of() == dict.fromkeys(GPC_CLOSES, NO)
    assert Entry.objects.filter(subject=ALICE).count() == 2


def test_a_signal_of_the_app_is_kept_once_whatever_was_chosen_before() -> None:
    choose({SALE: YES, MEASURE: YES})

    for seconds in (5, 10):
        actions.keep_signal(subject=ALICE, shown=PAGE, now=later(seconds))

    assert answers_of() == {MEASURE: YES, **dict.fromkeys(GPC_CLOSES, NO)}
    assert said()[SALE].method is ChoiceMethod.GPC
    assert Entry.objects.filter(kind="choice.recorded").count() == 2


def test_what_an_app_has_shown_is_known_as_long_as_nothing_came_since() -> None:
    first = choose({SALE: NO})
    shown = queries.find_shown(ALICE, first.proof)
    assert shown is not None
    assert (shown.proof, shown.at, shown.edition) == (first.proof, NOW, EDITION)
    assert queries.find_proof(ALICE) == first.proof

    choose({MEASURE: NO}, now=later(5))

    assert queries.find_shown(ALICE, first.proof) is None
    assert queries.find_shown(BOB, queries.find_proof(ALICE)) is None
    assert queries.find_shown(BOB, "") is None
    assert queries.find_proof(BOB) == ""


BEFORE, AFTER = later(-60), later(60)


@pytest.mark.parametrize(
    ("answer", "method", "at", "declined"),
    [
        (NO, ChoiceMethod.FORM, BEFORE, set()),
        (NO, ChoiceMethod.SIGN_IN, AFTER, set()),
        (YES, ChoiceMethod.FORM, AFTER, set()),
        (YES, ChoiceMethod.APP, AFTER, set()),
        (YES, ChoiceMethod.FORM, BEFORE, {MEASURE}),
        (YES, ChoiceMethod.SIGN_IN, AFTER, {MEASURE}),
        (YES, ChoiceMethod.IMPORT, AFTER, {MEASURE}),
    ],
)
def test_a_yes_is_their_own_when_they_said_it_since_the_account_began(
    answer: Answer, method: ChoiceMethod, at: datetime, declined: set[str]
) -> None:
    said: dict[str, Said] = {
        SALE: Said(NO, NOW, ChoiceMethod.START, "1" * 32),
        MEASURE: Said(answer, at, method, "2" * 32),
    }

    assert unsaid(said, [SALE, MEASURE]) == declined


def test_what_was_never_answered_is_nobodys_yes_and_an_own_yes_needs_no_beginning() -> None:
    said: dict[str, Said] = {MEASURE: Said(YES, NOW, ChoiceMethod.APP, "1" * 32)}

    assert unsaid(said, [MEASURE, CONTENT]) == {CONTENT}


def test_an_account_declines_what_nobody_said_yes_to_and_only_once() -> None:
    permit = actions.ask_to_keep(ALICE, NOW)
    actions.add_to_account(subject=ALICE, answers={SALE: NO}, shown=PAGE, permit=permit, now=NOW)
    choose({MEASURE: YES}, now=later(1))
    for _ in range(2):
        actions.decline_unsaid(
            subject=ALICE, names=[MEASURE, CONTENT], shown=PAGE, permit=permit, now=later(2)
        )

    said = actions.open_account(ALICE, permit, NOW)

    assert {name: each.answer for name, each in said.items()} == {
        SALE: NO,
        MEASURE: YES,
        CONTENT: NO,
    }
    assert len(Entry.objects.filter(kind="choice.recorded", subject=ALICE)) == 3
    assert queries.with_choices([ALICE, BOB]) == {ALICE}
