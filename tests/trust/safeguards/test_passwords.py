"""Passwords as NIST SP 800-63B-4 asks: long and unguessed, of any characters, never truncated."""

from datetime import UTC, datetime

import pytest
from django.apps import apps

from clearline.policy.use import Actor, ActorKind
from clearline.trust.blind_index import folded
from clearline.trust.safeguards import actions, staff_logins
from clearline.trust.safeguards.actions import SignInRefused
from clearline.trust.safeguards.passwords import PasswordRefused, refuse_weak
from clearline.trust.safeguards.roles import LoginKind, Role

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
OWN_WORDS = ("dana", "Example Voice")
LONG = "eight blue boats 🚣 went out to sea " * 3
HINTS = ("hint", "question", "secret_answer", "maiden", "birth", "ssn")


def sign_in(password: str) -> None:
    actions.sign_in(
        kind=LoginKind.STAFF, user_id="dana", password=password, network="198.51.100.0", now=NOW
    )


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "passwordpassword",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "Example Voice 12",
        "Summer2026!Voice",
        "example-monkey-2026",
        "x" * 201,
    ],
)
def test_a_password_that_guessers_try_is_refused_and_told_why(password: str) -> None:
    """ID-03: common ones and those made of the user ID or our name."""
    with pytest.raises(PasswordRefused, match=r"characters|guessers try first"):
        refuse_weak(password, own_words=OWN_WORDS)


@pytest.mark.parametrize(
    "password",
    [
        "violet kettle runs uphill",
        "пять синих лодок в море",
        "1029384756qpwoeiru",
        "only lower case words",
        "the voice of seven kettles",
    ],
)
def test_a_long_password_of_any_characters_will_do(password: str) -> None:
    """ID-03: no rule asks for kinds of characters."""
    refuse_weak(password, own_words=OWN_WORDS)


@pytest.mark.django_db
def test_the_last_of_a_hundred_characters_still_counts() -> None:
    """ID-02: 64 code points and more, of any script, hashed whole."""
    by = Actor(ActorKind.JOB, "operator")
    staff_logins.create_staff(
        by=by, user_id="dana", password=LONG + "1", roles=(Role.MARKETER,), now=NOW
    )

    with pytest.raises(SignInRefused):
        sign_in(LONG + "2")
    sign_in(LONG + "1")


def test_no_table_has_a_place_for_hints_or_questions() -> None:
    """ID-04: nothing that could be asked beside the password is kept."""
    fields = [
        field.name
        for model in apps.get_models()
        for field in model._meta.get_fields()  # noqa: SLF001  # Django's own name for it
    ]

    assert len(fields) > 50
    assert [each for each in fields if any(word in each for word in HINTS)] == []


def test_a_text_of_many_marks_is_too_long_at_once() -> None:
    marks = "a" + "\N{COMBINING ACUTE ACCENT}\N{COMBINING GRAVE ACCENT BELOW}" * 200_000

    with pytest.raises(PasswordRefused, match="at most"):
        refuse_weak(marks, own_words=OWN_WORDS)
    assert len(folded(marks)) <= len(marks[:1_000])
