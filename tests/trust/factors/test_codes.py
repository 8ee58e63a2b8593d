"""Codes that people type, against the vectors of RFC 6238."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.trust.factors import codes

SECRET = base64.b32encode(b"12345678901234567890").decode()
# RFC 6238, appendix B, SHA-1: (seconds, the last six of its eight digits).
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_codes_of_the_standard_are_known(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, tz=UTC)

    assert codes.find_step(SECRET, code, now=now) == seconds // 30


def test_a_code_is_taken_half_a_minute_before_and_after_and_no_longer() -> None:
    now = datetime.fromtimestamp(59, tz=UTC)
    told = [
        codes.find_step(SECRET, "287082", now=now + timedelta(seconds=30 * steps))
        for steps in (-1, 0, 1, 2)
    ]

    assert told == [1, 1, 1, None]


@pytest.mark.parametrize("text", ["abcde-fghjk", " ABCDE FGHJK ", "abcdefghjk"])
def test_a_recovery_code_is_read_however_it_is_typed(text: str) -> None:
    assert codes.read_recovery_code(text) == "abcdefghjk"


def test_signs_that_look_alike_are_read_as_those_that_are_used() -> None:
    assert codes.read_recovery_code("OIL01-00000") == "0110100000"


def test_ten_codes_are_ten_and_hard_to_guess() -> None:
    made = codes.new_recovery_codes()

    assert len(set(made)) == codes.RECOVERY_CODES
    assert all(codes.read_recovery_code(code) == code.replace("-", "") for code in made)
    assert all(not codes.is_of_an_app(codes.without_gaps(code)) for code in made)


def test_an_app_is_told_the_secret_and_whose_it_is() -> None:
    address = codes.address_of(SECRET, issuer="Example Voice", name="account")

    assert address.startswith("otpauth://totp/Example%20Voice:account?secret=" + SECRET)
    assert len(codes.new_secret()) == codes.SECRET_CHARACTERS


@given(st.text(max_size=40))
def test_no_text_breaks_what_reads_codes(text: str) -> None:
    codes.is_of_an_app(codes.without_gaps(text))

    assert codes.find_step(SECRET, "\N{ARABIC-INDIC DIGIT ONE}", now=datetime.now(UTC)) is None
    assert isinstance(codes.read_recovery_code(text), str)
