"""Amounts are exact from text to text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.kit.money import MICROS, Money


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("12.50", "USD", "$12.50"),
        ("12.5", "USD", "$12.50"),
        ("54", "USD", "$54"),
        ("0.004", "USD", "$0.004"),
        ("1234.00", "EUR", "€1,234"),
        ("7", "CHF", "CHF\u00a07"),
    ],
)
def test_an_amount_is_shown_without_idle_zeros(amount: str, currency: str, shown: str) -> None:
    assert str(Money.from_text(amount, currency)) == shown


@given(st.integers(min_value=0, max_value=999_999_999 * MICROS))
def test_no_amount_is_rounded_on_its_way(micros: int) -> None:
    shown = Money(micros, "USD").with_decimals(6)

    assert Money.from_text(shown.replace("$", "").replace(",", ""), "USD").micros == micros


@given(st.text(max_size=30))
def test_a_text_is_an_amount_or_a_value_error(text: str) -> None:
    try:
        money = Money.from_text(text, "USD")
    except ValueError:
        return
    assert money.micros >= 0


@pytest.mark.parametrize("text", ["", "-1", "1,50", "1.", ".5", "1.2345678", "1e3", "12345678901"])
def test_what_is_no_amount_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="write one like"):
        Money.from_text(text, "USD")
