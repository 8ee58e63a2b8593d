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
