"""What is far too long is refused before it is looked at closely."""

import pytest

from clearline.service.accounts.words import FieldWrong, read_email, read_name

MARKS = "a" + "\N{COMBINING ACUTE ACCENT}\N{COMBINING GRAVE ACCENT BELOW}" * 200_000


def test_a_name_of_many_marks_is_too_long_at_once() -> None:
    with pytest.raises(FieldWrong, match="at most 200"):
        read_name(MARKS)


def test_an_address_of_many_marks_is_none() -> None:
    with pytest.raises(FieldWrong, match="like name@"):
        read_email(MARKS)


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\u00a0", "\x01", "\u202e"])
def test_an_address_has_no_sign_that_nobody_sees(sign: str) -> None:
    """No letter goes to such an address, so it would be told of no change."""
    with pytest.raises(FieldWrong, match="Write an address like"):
        read_email(f"a{sign}lice@mail.example")
