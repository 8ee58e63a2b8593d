"""P18, clause security.attempts.

"When anybody tries to sign in, we count the attempts under a keyed code of the name and of the
network address, to stop those who guess; the last right one from each network is kept for thirty
days, so that who guesses elsewhere does not keep you out. Tries at a second factor, at what
somebody gives who changes the password or proves again who they are, and at user IDs that others
have, we count under a keyed code of their random number, and the latter of who opens an account or
was invited under one of the network address. To stop those who flood us, we count in memory only,
for a day at most, how many answers and how many new names come from one shortened network address.
How much our app asks we count for a day under a keyed code of that address, or of the app's own
sign-in."
"""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from pydantic import SecretStr
from pytest_django import Settings

from clearline.kit.window_counts import WindowCounts
from clearline.reach.visitors.names import Names
from clearline.service.accounts import actions as accounts
from clearline.service.accounts.actions import NewAccount
from clearline.service.accounts.age import AgeRange
from clearline.trust.arrivals.models import ArrivalCount
from clearline.trust.consent.actions import ANSWERS
from clearline.trust.safeguards.actions import UserIdTaken
from clearline.trust.safeguards.models import SignInAttempt
from clearline.trust.safeguards.queries import taken_index
from clearline.trust.safeguards.roles import Role
from clearline.trust.safeguards.user_ids import TAKEN_OF_NETWORK_MAX, NetworkAskedTooOften
from clearline.trust.tokens import actions as tokens
from tests.browser_client import PASSWORD, browser, make_staff, signed_in
from tests.edge.collector.machine import wait_until
from tests.promises.provider import HOME, Clock, Provider, everything, rows, work
from tests.service.accounts.invited import accept, bring_in, invite_all, link_of
from tests.service.accounts.people import AGREED, NOW, make_account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
KEPT, DAY = timedelta(days=30), timedelta(days=1)
NETWORK = "203.0.113.0"
NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)
COLUMNS = {"id", "name_index", "network_index", "at", "was_right"}


def guess(name: str = "dana", address: str = HOME) -> int:
    client = browser()
    answer = client.post(
        "/staff/sign-in/", {"user_id": name, "password": "x" * 20}, REMOTE_ADDR=address
    )
    return answer.status_code


def only_attempt() -> SignInAttempt:
    return SignInAttempt.objects.get()


def test_what_is_kept_of_an_attempt_is_two_codes_a_moment_and_whether_it_was_right() -> None:
    before = rows()
    guess()

    (added,) = set(rows()) - set(before)

    assert {field.name for field in SignInAttempt._meta.concrete_fields} == COLUMNS  # noqa: SLF001  # Django's own name for it
    assert not only_attempt().was_right
    assert added.startswith("safeguards_signinattempt:")
    for word in ("dana", HOME, NETWORK, "x" * 20):
        assert word not in everything()


def test_the_codes_are_keyed_and_another_key_gives_others() -> None:
    guess()
    first = only_attempt()
    SignInAttempt.objects.all().delete()
    Path(settings.ENV.instance, "keys", "index").write_text("ab" * 32)
    guess()
    second = only_attempt()

    for code, word in ((first.name_index, "dana"), (first.network_index, NETWORK)):
        assert len(code) == 32
        assert bytes(code) != hashlib.sha256(word.encode()).digest()
    assert bytes(first.name_index) != bytes(second.name_index)
    assert bytes(first.network_index) != bytes(second.network_index)


def test_the_network_is_all_of_the_address_that_is_coded() -> None:
    for address in (HOME, "203.0.113.5", "198.51.100.5"):
        guess(address=address)

    codes = [bytes(each.network_index) for each in SignInAttempt.objects.order_by("pk")]

    assert codes[0] == codes[1] != codes[2]


def test_they_are_counted_to_stop_those_who_guess() -> None:
    """CP-40: "then block"; the alert beside it is not built."""
    make_staff("dana", Role.MARKETER)

    assert [guess() for _ in range(6)] == [403] * 5 + [429]
    assert SignInAttempt.objects.count() == 5


def test_tries_at_the_old_password_are_counted_under_a_code_of_the_random_number() -> None:
    dana = signed_in("dana", Role.MARKETER)
    SignInAttempt.objects.all().delete()

    statuses = [change(dana) for _ in range(6)]

    assert statuses == [422] * 6
    codes = {bytes(code) for code in SignInAttempt.objects.values_list("name_index", flat=True)}
    assert SignInAttempt.objects.count() == 5
    assert len(codes) == 1
    assert dana.session["login"] not in codes.pop().decode("latin-1")


def test_a_user_id_that_is_taken_is_counted_for_who_opens_an_account_by_network() -> None:
    told = NewAccount("alice", PASSWORD, "Al", "al@mail.example", AgeRange.ADULT, "")
    accounts.open_account(told=told, agreed=AGREED, now=NOW, network=HOME)
    before = set(SignInAttempt.objects.values_list("pk", flat=True))

    for _ in range(TAKEN_OF_NETWORK_MAX + 1):
        with pytest.raises((UserIdTaken, NetworkAskedTooOften)):
            accounts.open_account(told=told, agreed=AGREED, now=NOW, network=HOME)

    kept = SignInAttempt.objects.exclude(pk__in=before)
    assert kept.count() == TAKEN_OF_NETWORK_MAX
    assert {bytes(each.network_index) for each in kept} == {taken_index(HOME)}


def test_one_that_is_taken_is_counted_alike_for_who_was_invited(settings: Settings) -> None:
    url = SecretStr("smtp://localhost:2525")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": url})
    make_account("alice")
    (zoe,) = bring_in("zoe")
    invite_all()
    before = set(SignInAttempt.objects.values_list("pk", flat=True))

    with pytest.raises(UserIdTaken):
        accept(link_of(zoe), user_id="alice", network=HOME)

    kept = SignInAttempt.objects.exclude(pk__in=before).get()
    assert bytes(kept.network_index) == taken_index(HOME)


def test_how_many_new_names_a_network_brings_is_counted_to_stop_floods(provider: Provider) -> None:
    provider.intake.names = Names(of_network_max=2)
    for page in ("/a/", "/b/", "/c/"):
        provider.script_tells(browser(), NOON, path=page)
    provider.script_tells(browser(), NOON, path="/c/", address="198.51.100.5")

    assert [row["page"] for row in provider.load(NOON)] == ["/a/", "/b/", "/other", "/c/"]


def test_networks_that_bring_names_are_held_in_memory_for_a_day_at_most(provider: Provider) -> None:
    intake = provider.intake
    intake.forget_old(NOON)
    provider.script_tells(browser(), NOON)
    (of_day,) = intake.names.days.values()
    before = dict(of_day.brought)

    for hour in range(1, 24):  # the collector's beat, which is faster
        intake.forget_old(NOON + timedelta(hours=hour))

    assert before == {NETWORK: 1}
    assert not of_day.brought
    assert NETWORK not in everything() + str(provider.load(NOON))


def test_how_many_answers_a_network_gives_is_counted_in_memory_and_forgotten() -> None:
    ANSWERS.forget()
    browser().post("/privacy/choice/", {"answer": "decline"}, REMOTE_ADDR=HOME)

    assert dict(ANSWERS.counts) == {NETWORK: 1}
    assert NETWORK not in everything()
    assert ANSWERS.window <= DAY


def test_what_is_counted_for_a_while_is_forgotten_when_it_is_over_though_nobody_comes() -> None:
    counts = WindowCounts(window=timedelta(milliseconds=20), keys_max=10)

    counts.add(NETWORK, NOON)

    assert wait_until(lambda: not counts.counts, seconds=20)


def change(client: Client) -> int:
    new = "nine slow boats"
    form = {"old": "x" * 20, "new": new, "again": new}
    return client.post("/staff/password/", form).status_code


def test_an_attempt_is_kept_for_thirty_days_and_then_gone() -> None:
    make_staff("dana", Role.MARKETER)
    guess()
    browser().post(
        "/staff/sign-in/", {"user_id": "dana", "password": PASSWORD}, REMOTE_ADDR="198.51.100.5"
    )
    wrong, right = SignInAttempt.objects.order_by("pk")

    work(wrong.at + KEPT - DAY)
    before = SignInAttempt.objects.count()
    work(right.at + KEPT)

    assert before == 2
    assert SignInAttempt.objects.count() == 0


def test_how_much_the_app_asks_is_counted_for_a_day_under_a_keyed_code(clock: Clock) -> None:
    customer = make_account().signed_in
    given = tokens.begin(signed_in=customer, now=clock.now)
    sent = {"authorization": f"Bearer {given.access}"}
    Client(headers=sent, REMOTE_ADDR=HOME).get("/api/v1/account")

    kept = "\n".join(row for row in rows() if row.startswith("arrivals_arrivalcount:"))
    assert ArrivalCount.objects.count() == 2
    for word in (HOME, NETWORK, given.family, customer.public_id):
        assert word not in kept
    work(clock.now + timedelta(hours=23))
    assert ArrivalCount.objects.count() == 2
    work(clock.now + DAY + timedelta(minutes=5))
    assert not ArrivalCount.objects.exists()
