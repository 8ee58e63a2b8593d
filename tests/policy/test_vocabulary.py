"""Recipients as editions write them: some by name, some alone."""

import pytest

from clearline.policy.vocabulary import Recipient


@pytest.mark.parametrize(
    "text", ["provider", "subject", "authority", "processor:post", "affiliate:harbor_power"]
)
def test_a_recipient_is_read_as_it_is_written(text: str) -> None:
    assert str(Recipient.from_text(text)) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("everyone", "write one of provider, processor"),
        ("affiliate", "it does not say which affiliate; write affiliate:NAME"),
        ("third_party:", "it does not say which third_party; write third_party:NAME"),
        ("provider:us", "provider stands alone; write provider without a name"),
        ("authority:fcc", "authority stands alone"),
    ],
)
def test_another_recipient_is_refused_with_what_to_write(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Recipient.from_text(text)
