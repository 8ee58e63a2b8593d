"""Getting back in: one code, to the address of record, and nobody learns who is known."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clearline.kit.errors import Refusal
from clearline.service.contacts import actions, recovery
from clearline.service.contacts.models import EmailCode, RecoveryAsk, RecoveryLetter
from clearline.service.contacts.recovery import (
    ASKS_BY_NETWORK_MAX,
    ASKS_TAKEN_MAX,
    LETTERS_A_DAY_MAX,
    LETTERS_AN_HOUR_MAX,
    LINK_WINDOW,
    TRIES_MAX,
    WINDOW,
    AskedTooOften,
    LetterCodeWrong,
    NewWayIn,
    NothingTyped,
    RecoveryOver,
    finish,
    follow,
    prove,
    works,
)
from clearline.service.teams import actions as teams
from clearline.service.teams import handing_over
from clearline.trust.factors import actions as factors
from clearline.trust.factors.actions import FactorRefused
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import user_ids
from clearline.trust.safeguards.actions import (
    PasswordGiven,
    SignedIn,
    SignInRefused,
    TooManyTries,
    UserIdRefused,
    UserIdTaken,
)
from clearline.trust.safeguards.attempts import FAILURES_MAX
from clearline.trust.safeguards.passwords import PasswordRefused
from clearline.trust.safeguards.queries import find_signed_in_customer
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.vault.actions import erase_person
from tests.promises.provider import rows
from tests.service.accounts.people import NOW, PASSWORD, make_customer
from tests.service.contacts.contacts import DAY, FIRST, LATER, SECOND, confirmed, replace, tell
from tests.service.contacts.offering import offered_and_invited
from tests.service.contacts.recovering import (
    NETWORK,
    NEW_PASSWORD,
    ask,
    codes,
    enter,
    links,
    proved,
    told,
)
from tests.trust.factors.people import add_app, add_passkey, code_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]


def wrong_for(code: str) -> str:
    return "0000 0000" if not code.startswith("000") else "1111 1111"


@pytest.mark.parametrize("typed", ["alice", " ALICE ", FIRST, "Alice@MAIL.example"])
def test_a_code_to_the_address_of_record_sets_a_new_password_and_ends_all_sessions(
    typed: str,
) -> None:
    """CP-44, CP-42: a code to the contact of record, and then a password."""
    alice = confirmed()
    before = enter(password=PASSWORD)

    key = proved(typed, now=LATER).key
    finish(key=key, typed=NewWayIn(NEW_PASSWORD), now=LATER)

    assert [to for to, _ in codes(now=LATER)] == [FIRST]
    assert find_signed_in_customer(alice, before.password_mark) is None
    assert enter().public_id == alice
    with pytest.raises(SignInRefused):
        enter(password=PASSWORD)
    assert told("account.recovered") == [{"fields": ["password"]}]
    assert [to for to, _ in tell(now=LATER)] == [FIRST]  # CP-45: and it is told


def test_who_forgot_the_user_id_too_chooses_a_new_one() -> None:
    alice = confirmed()
    got = proved(FIRST, now=LATER)

    finish(key=got.key, typed=NewWayIn(NEW_PASSWORD, " a.quill "), now=LATER)

    assert got.forgot_user_id
    assert enter("a.quill").public_id == alice
    with pytest.raises(SignInRefused):
        enter("alice")
    assert told("account.recovered") == [{"fields": ["password", "user_id"]}]


def test_who_is_guessed_at_a_hundred_times_gets_in_by_a_letter_and_then_as_ever() -> None:
    """ID-07: "given 100 bad tries, then 101st correct one needs extra step", and no lock."""
    alice = confirmed()
    for number in range(FAILURES_MAX):
        at = LATER - timedelta(hours=20) + timedelta(minutes=10 * number)
        with pytest.raises(SignInRefused):
            safeguards.sign_in(
                kind=LoginKind.CUSTOMER, user_id="alice", password="x", network=f"{number}", now=at
            )

    with pytest.raises(TooManyTries, match="we send a letter"):
        enter(password=PASSWORD)
    ask("alice", now=LATER)
    key = follow(link=links(now=LATER)[-1], now=LATER).key
    came = finish(key=key, typed=NewWayIn(NEW_PASSWORD), now=LATER)

    assert isinstance(came, SignedIn)
    assert find_signed_in_customer(alice, came.password_mark) == alice
    assert enter(network="a third one").public_id == alice


def test_who_typed_their_user_id_keeps_it_whatever_a_form_says() -> None:
    confirmed()
    got = proved("alice", now=LATER)

    finish(key=got.key, typed=NewWayIn(NEW_PASSWORD, "mallory"), now=LATER)

    assert not got.forgot_user_id
    assert enter("alice")


def test_after_a_change_the_code_goes_to_the_old_address_for_thirty_days() -> None:
    """CP-06 and CP-44 together: a thief who changed the address does not get the code."""
    alice = confirmed()
    replace(alice, now=LATER)

    ask("alice", now=LATER + DAY)
    ask(SECOND, now=LATER + DAY)
    ask(FIRST, now=LATER + DAY)
    ask("alice", now=LATER + 31 * DAY)

    assert [to for to, _ in codes(now=LATER + 31 * DAY)] == [FIRST, FIRST, SECOND]


@pytest.mark.parametrize("typed", ["nobody", "nobody@mail.example", "x" * 5_000, "\x00", "алиса"])
def test_whom_we_do_not_know_gets_the_same_answer_and_no_letter(typed: str) -> None:
    confirmed()

    token = ask(typed, now=LATER)

    assert codes(now=LATER) == []
    with pytest.raises(LetterCodeWrong):
        prove(token=token, code="1234 5678", now=LATER)
    assert not Entry.objects.filter(kind__startswith="recovery").exists()


def test_the_same_is_done_for_everybody_before_they_are_answered() -> None:
    """AS-05: the page does the same work for who is known and who is not, so time tells nothing."""
    confirmed()
    did = []
    for typed in ("alice", "nobody", FIRST, "nobody@mail.example"):
        with CaptureQueriesContext(connection) as seen:
            token = recovery.ask(typed=typed, network=NETWORK, now=LATER)
        asked = [each["sql"].partition(" VALUES")[0].partition("WHERE")[0] for each in seen]
        recovery.answer_due(now=LATER)
        with CaptureQueriesContext(connection) as seen, pytest.raises(LetterCodeWrong):
            prove(token=token, code="1", now=LATER)
        did.append((asked, [each["sql"].partition("WHERE")[0] for each in seen]))

    assert did[0] == did[1] == did[2] == did[3]


def test_an_address_that_nobody_proved_gets_no_code() -> None:
    make_customer()

    ask("alice", now=LATER)
    ask(FIRST, now=LATER)

    assert codes(now=LATER) == []


def test_those_who_share_an_address_each_get_a_code_of_their_own() -> None:
    alice, bob = confirmed("alice"), confirmed("bob")

    token = ask(FIRST, now=LATER)
    sent = [code for _, code in codes(now=LATER)]
    keys = [prove(token=token, code=code, now=LATER).key for code in sent]
    finish(key=keys[1], typed=NewWayIn(NEW_PASSWORD), now=LATER)

    assert len(set(sent)) == 2
    assert enter("bob").public_id == bob
    assert enter("alice", PASSWORD).public_id == alice


def test_who_takes_anothers_address_as_a_user_id_keeps_nobody_from_their_code() -> None:
    confirmed(FIRST)  # whose user ID is the address of the next one
    alice = confirmed("alice")

    ask(FIRST, now=LATER)

    assert set(RecoveryLetter.objects.values_list("subject", flat=True)) >= {alice}
    assert len(codes(now=LATER)) == 2


def test_three_wrong_codes_force_a_fresh_start_and_are_told_to_the_person() -> None:
    """CP-44: after three failed tries it begins anew, and nobody is asked anything else."""
    alice = confirmed()
    token = ask("alice", now=LATER)
    ((_, code),) = codes(now=LATER)

    for _ in range(TRIES_MAX):
        with pytest.raises(LetterCodeWrong):
            prove(token=token, code=wrong_for(code), now=LATER)
    with pytest.raises(RecoveryOver):
        prove(token=token, code=code, now=LATER)
    early = recovery.note_wrong(now=LATER + WINDOW - timedelta(seconds=1))
    noted = recovery.note_wrong(now=LATER + WINDOW)
    again = recovery.note_wrong(now=LATER + WINDOW)

    assert (early, noted, again) == (0, 1, 0)
    assert told("recovery.refused") == [{"count": 3}]
    assert Entry.objects.get(kind="recovery.refused").subject == alice


def test_a_right_code_is_noted_as_no_wrong_one() -> None:
    confirmed()
    proved("alice", now=LATER)

    recovery.note_wrong(now=LATER + WINDOW)

    assert told("recovery.refused") == []


def test_a_code_works_once_and_each_step_for_a_quarter_of_an_hour() -> None:
    confirmed()
    token = ask("alice", now=LATER)
    ((_, code),) = codes(now=LATER)

    with pytest.raises(RecoveryOver):
        prove(token=token, code=code, now=LATER + WINDOW)
    key = prove(token=token, code=code, now=LATER).key
    with pytest.raises(LetterCodeWrong):
        prove(token=token, code=code, now=LATER)
    with pytest.raises(RecoveryOver):
        finish(key=key, typed=NewWayIn(NEW_PASSWORD), now=LATER + WINDOW)
    finish(key=key, typed=NewWayIn(NEW_PASSWORD), now=LATER)
    with pytest.raises(RecoveryOver):
        finish(key=key, typed=NewWayIn(NEW_PASSWORD), now=LATER)


def test_the_code_of_one_question_does_nothing_in_another() -> None:
    confirmed()
    ask("alice", now=LATER)
    ((_, code),) = codes(now=LATER)
    other = ask("alice", now=LATER)

    with pytest.raises(LetterCodeWrong):
        prove(token=other, code=code, now=LATER)


@pytest.mark.parametrize("key", ["", "x", "x" * 5_000, "ключ"])
def test_a_key_that_is_none_opens_nothing(key: str) -> None:
    with pytest.raises(RecoveryOver):
        prove(token=key, code="1234 5678", now=NOW)
    with pytest.raises(RecoveryOver):
        follow(link=key, now=NOW)
    with pytest.raises(RecoveryOver):
        finish(key=key, typed=NewWayIn(NEW_PASSWORD), now=NOW)


@pytest.mark.parametrize(
    ("password", "user_id", "refused"),
    [
        ("short", "", PasswordRefused),
        (NEW_PASSWORD, "a b", UserIdRefused),
        (NEW_PASSWORD, "bob", UserIdTaken),
    ],
)
def test_what_cannot_be_taken_costs_no_code(
    password: str, user_id: str, refused: type[Refusal]
) -> None:
    make_customer("bob")
    alice = confirmed()
    key = proved(FIRST, now=LATER).key

    with pytest.raises(refused):
        finish(key=key, typed=NewWayIn(password, user_id), now=LATER)

    finish(key=key, typed=NewWayIn(NEW_PASSWORD), now=LATER)
    assert enter().public_id == alice


def test_the_last_step_probes_no_user_ids_of_others() -> None:
    make_customer("bob")
    confirmed()
    key = proved(FIRST, now=LATER).key
    for _ in range(user_ids.TAKEN_MAX):
        with pytest.raises(UserIdTaken):
            finish(key=key, typed=NewWayIn(NEW_PASSWORD, "bob"), now=LATER)

    for asked in ("bob", "free.one"):
        with pytest.raises(user_ids.AskedTooOften):
            finish(key=key, typed=NewWayIn(NEW_PASSWORD, asked), now=LATER)

    finish(key=key, typed=NewWayIn(NEW_PASSWORD), now=LATER)
    assert enter()


def test_who_has_an_app_gives_its_code_too_and_the_letter_alone_opens_nothing() -> None:
    alice = confirmed()
    secret = add_app(alice, now=LATER)
    got = proved("alice", now=LATER)

    for wrong in ("", "000000", "x" * 5_000):
        with pytest.raises(FactorRefused):
            finish(key=got.key, typed=NewWayIn(NEW_PASSWORD, code=wrong), now=LATER)
    finish(key=got.key, typed=NewWayIn(NEW_PASSWORD, code=code_of(secret, LATER)), now=LATER)

    assert got.asks_for_code
    assert told("account.recovered") == [{"fields": ["password"]}]
    assert len(told("customer.factor_refused")) == 3


def test_who_guesses_codes_of_the_app_there_has_to_wait() -> None:
    add_app(confirmed(), now=LATER)
    key = proved("alice", now=LATER).key
    for _ in range(5):
        with pytest.raises(FactorRefused):
            finish(key=key, typed=NewWayIn(NEW_PASSWORD, code="000000"), now=LATER)

    with pytest.raises(TooManyTries):
        finish(key=key, typed=NewWayIn(NEW_PASSWORD, code="000000"), now=LATER)


def test_a_recovery_code_does_as_well_and_a_passkey_is_asked_for_at_the_next_sign_in() -> None:
    alice = confirmed()
    add_passkey(alice)
    without = proved("alice", now=LATER)
    half = finish(key=without.key, typed=NewWayIn(NEW_PASSWORD), now=LATER)
    made = factors.make_recovery_codes(kind=LoginKind.CUSTOMER, public_id=alice, now=LATER)
    beside = proved("alice", now=LATER)

    typed = NewWayIn(NEW_PASSWORD, code=made[0])
    whole = finish(key=beside.key, typed=typed, now=LATER)

    assert isinstance(half, PasswordGiven)  # AS-02: "then MFA still asked"
    assert isinstance(whole, SignedIn)

    assert (without.asks_for_code, beside.asks_for_code) == (False, True)
    given = safeguards.sign_in(
        kind=LoginKind.CUSTOMER, user_id="alice", password=NEW_PASSWORD, network="n", now=LATER
    )
    assert isinstance(given, PasswordGiven)


def test_who_has_passkeys_and_recovery_codes_may_leave_the_code_empty() -> None:
    alice = confirmed()
    add_passkey(alice)
    made = factors.make_recovery_codes(kind=LoginKind.CUSTOMER, public_id=alice, now=LATER)
    got = proved("alice", now=LATER)

    with pytest.raises(FactorRefused):
        finish(key=got.key, typed=NewWayIn(NEW_PASSWORD, code="x" + made[0]), now=LATER)
    half = finish(key=got.key, typed=NewWayIn(NEW_PASSWORD, code=" "), now=LATER)

    assert (got.asks_for_code, got.needs_code) == (True, False)
    assert isinstance(half, PasswordGiven)


def test_what_an_intruder_asked_for_meanwhile_comes_to_nothing() -> None:
    alice = confirmed()
    actions.send_code_to_new(subject=alice, email=SECOND, now=LATER)
    first, second = proved("alice", now=LATER), proved("alice", now=LATER)
    code, account = offered_and_invited(alice, LATER)

    finish(key=second.key, typed=NewWayIn(NEW_PASSWORD), now=LATER)

    assert not EmailCode.objects.filter(ended_at__isnull=True).exists()
    with pytest.raises(RecoveryOver):
        finish(key=first.key, typed=NewWayIn(PASSWORD), now=LATER)
    assert handing_over.find_offer(account, now=LATER) is None
    with pytest.raises(teams.NoSuchInvitation):
        teams.accept(subject=make_customer("eve"), code=code, now=LATER)


def test_nothing_typed_is_told() -> None:
    with pytest.raises(NothingTyped):
        ask(" \t ", now=NOW)


def test_a_question_that_waited_too_long_is_answered_no_more() -> None:
    confirmed()
    recovery.ask(typed="alice", network=NETWORK, now=LATER)

    sent = recovery.answer_due(now=LATER + WINDOW)

    assert (sent, recovery.answer_due(now=LATER + WINDOW)) == (0, 0)


def test_who_was_erased_is_written_to_no_more() -> None:
    alice = confirmed()
    erase_person(alice, now=LATER)

    ask("alice", now=LATER)

    assert not RecoveryLetter.objects.exists()


def test_nobodys_mailbox_is_filled_and_no_owner_is_kept_from_asking() -> None:
    confirmed()
    enter(password=PASSWORD, network="home")
    for number in range(LETTERS_A_DAY_MAX + 2):
        ask("alice", now=LATER, network=f"strange {number}")
    flooded = len(codes(now=LATER))

    for _ in range(LETTERS_AN_HOUR_MAX + 1):
        ask("alice", now=LATER, network="home")

    assert flooded == LETTERS_A_DAY_MAX
    assert len(codes(now=LATER)) == LETTERS_A_DAY_MAX + LETTERS_AN_HOUR_MAX


def test_of_a_network_that_asks_too_often_only_its_own_are_written_to_and_nobody_learns_who() -> (
    None
):
    """AS-05: known and unknown, from there and not, are taken alike and refused alike."""
    confirmed("alice")
    confirmed("bob")
    enter(password=PASSWORD)
    for number in range(ASKS_BY_NETWORK_MAX):
        recovery.ask(typed=f"guess{number}", network=NETWORK, now=LATER)

    for who in ("alice", "bob", "nobody"):
        ask(who, now=LATER)
    recovery.answer_due(now=LATER)
    there = RecoveryLetter.objects.count()
    ask("bob", now=LATER, network="another")

    assert there == 1
    assert RecoveryLetter.objects.count() == 2


@pytest.mark.parametrize("who", ["alice", "nobody"])
def test_a_network_that_floods_us_has_to_wait_whoever_is_asked_about(who: str) -> None:
    confirmed()
    enter(password=PASSWORD)
    for number in range(ASKS_TAKEN_MAX):
        recovery.ask(typed=f"guess{number}", network=NETWORK, now=LATER)

    with pytest.raises(AskedTooOften, match="Wait 15 minutes"):
        recovery.ask(typed=who, network=NETWORK, now=LATER)

    assert recovery.ask(typed=who, network="another", now=LATER)


def test_strangers_who_use_up_the_letters_and_their_tries_keep_the_owner_out_nowhere() -> None:
    """CP-44: whoever is sent no letter has one of the last hour whose link lets them in."""
    alice = confirmed()
    for minute in range(0, 24 * 60, 20):
        at = LATER + timedelta(minutes=minute)
        token = ask("alice", now=at, network=f"strange {minute}")
        for _ in range(
            TRIES_MAX
        ):  # the codes of the letters are guessed at until they work no more
            with pytest.raises((LetterCodeWrong, RecoveryOver)):
                prove(token=token, code="0", now=at)

    ask("alice", now=at, network="where nobody was before")
    fresh = RecoveryLetter.objects.filter(made_at__gt=at - timedelta(hours=1)).count()
    key = follow(link=links(now=at)[-1], now=at).key
    finish(key=key, typed=NewWayIn(NEW_PASSWORD), now=at)

    assert fresh >= 1
    assert len(codes(now=at)) <= LETTERS_A_DAY_MAX + 24  # and nobody's mailbox is filled
    assert enter().public_id == alice


def test_letters_that_were_used_keep_no_new_one_back() -> None:
    confirmed()
    for _ in range(LETTERS_AN_HOUR_MAX):
        ask("alice", now=LATER)
    ask("alice", now=LATER)
    assert len(codes(now=LATER)) == LETTERS_AN_HOUR_MAX
    key = follow(link=links(now=LATER)[0], now=LATER).key
    finish(key=key, typed=NewWayIn(NEW_PASSWORD), now=LATER)

    ask("alice", now=LATER)

    assert len(codes(now=LATER)) == LETTERS_AN_HOUR_MAX + 1


def test_the_link_of_a_letter_works_once_for_a_day_whatever_was_tried_at_its_code() -> None:
    confirmed()
    token = ask(FIRST, now=LATER)
    ((_, code),), (link,) = codes(now=LATER), links(now=LATER)
    for _ in range(TRIES_MAX):
        with pytest.raises(LetterCodeWrong):
            prove(token=token, code=wrong_for(code), now=LATER)
    end = LATER + LINK_WINDOW

    assert works(link, now=end - timedelta(seconds=1))
    assert not works(link, now=end)
    got = follow(link=link, now=end - timedelta(seconds=1))
    with pytest.raises(RecoveryOver):
        follow(link=link, now=end - timedelta(seconds=1))

    assert got.forgot_user_id
    recovery.note_wrong(now=end)
    assert told("recovery.refused") == [{"count": TRIES_MAX}]


def test_a_letter_whose_code_was_used_has_no_link_any_more() -> None:
    confirmed()
    proved("alice", now=LATER)

    with pytest.raises(RecoveryOver):
        follow(link=links(now=LATER)[-1], now=LATER)


def test_a_link_in_a_mailbox_that_is_of_record_no_more_lets_nobody_in() -> None:
    alice = confirmed()
    replace(alice, now=LATER)
    ask("alice", now=LATER + 30 * DAY - timedelta(hours=1))
    (link,) = links(now=LATER)

    with pytest.raises(RecoveryOver):
        follow(link=link, now=LATER + 30 * DAY)


def test_nothing_of_it_stands_readable_in_the_tables_and_it_is_erased_after_a_day() -> None:
    confirmed()
    token = ask(FIRST, now=LATER)
    ((_, code),) = codes(now=LATER)
    kept = "\n".join(rows())
    for word in (FIRST, code, code.replace(" ", ""), token, NETWORK):
        assert word not in kept

    early = recovery.erase_expired(now=LATER + DAY - timedelta(seconds=1))
    recovery.erase_expired(now=LATER + DAY)

    assert early == 0
    assert not RecoveryAsk.objects.exists()
    assert not RecoveryLetter.objects.exists()
