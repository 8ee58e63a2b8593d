"""Hashes of passwords: as dear as they are today, made by turns, and never in the way of pages."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, identify_hasher

from clearline.config.front import SITE_THREADS
from clearline.kit.fair_turns import FairTurns, NoTurn
from clearline.policy.use import Actor, ActorKind
from clearline.trust.safeguards import actions, hashing, staff_logins
from clearline.trust.safeguards.models import Login, SignInAttempt
from clearline.trust.safeguards.roles import LoginKind, Role
from tests.cheap_hashes import REAL

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
PASSWORD = "quiet rivers carry stones"
HOME = "198.51.100.0"


@pytest.fixture
def dana() -> Login:
    by = Actor(ActorKind.JOB, "operator")
    staff_logins.create_staff(
        by=by, user_id="dana", password=PASSWORD, roles=(Role.MARKETER,), now=NOW
    )
    return Login.objects.get()


def sign_in() -> str:
    found = actions.sign_in(
        kind=LoginKind.STAFF, user_id="dana", password=PASSWORD, network=HOME, now=NOW
    )
    return found.public_id


@pytest.fixture
def _real_work(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REAL.items():
        monkeypatch.setattr(Argon2PasswordHasher, name, value)


@pytest.mark.usefixtures("_real_work")
def test_what_is_kept_is_salted_and_dear() -> None:
    """ID-06: Argon2id with more work than OWASP's least (19 MiB, two passes)."""
    kept = hashing.hash_password(PASSWORD, source="")
    told = identify_hasher(kept).decode(kept)

    assert told["variety"] == "argon2id"
    assert told["memory_cost"] >= 19 * 1024
    assert told["time_cost"] >= 2
    assert kept != hashing.hash_password(PASSWORD, source="")


def test_a_hash_that_was_cheaper_is_made_anew_at_sign_in(
    dana: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ID-06: once more work is set, each password follows when it is given next."""
    with monkeypatch.context() as cheap:
        cheap.setattr(Argon2PasswordHasher, "memory_cost", 32)
        Login.objects.update(password=hashing.hash_password(PASSWORD, source=""))

    sign_in()

    renewed = Login.objects.get().password
    assert (
        identify_hasher(renewed).decode(renewed)["memory_cost"] == Argon2PasswordHasher.memory_cost
    )
    sign_in()
    assert Login.objects.get().password == renewed


def test_a_hash_that_was_replaced_meanwhile_stays(dana: Login) -> None:
    Login.objects.update(password="another")

    actions.renew_hash(dana, PASSWORD, source=HOME)

    assert Login.objects.get().password == "another"


def test_who_finds_no_turn_is_told_to_try_again_and_that_try_does_not_count(
    dana: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = FairTurns(at_once=1, waiting_max=0)
    monkeypatch.setattr(hashing, "turns", turns)

    with turns.take("somebody"), pytest.raises(NoTurn, match="few seconds"):
        sign_in()

    assert not SignInAttempt.objects.exists()
    assert sign_in() == dana.public_id


def test_those_who_wait_leave_threads_of_the_site_to_pages() -> None:
    assert hashing.AT_ONCE + hashing.WAITING_MAX < SITE_THREADS
