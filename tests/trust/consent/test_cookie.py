"""The signed cookies: what is written is read, what was touched is nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.policy.choices import Choices
from clearline.policy.vocabulary import ChoiceName
from clearline.trust.consent.cookie import ChosenOnDevice, CookieSigner, VisitorOnDevice
from clearline.trust.consent.cookies import CHOICES_COOKIE, VISITOR_COOKIE, Cookie

SIGNER = CookieSigner(b"a" * 64, is_https=False)
names = st.sets(st.sampled_from(list(ChoiceName)))
chosen = st.builds(
    lambda yes, no, at, proof, agreed: ChosenOnDevice(
        Choices(yes=frozenset(yes - no), no=frozenset(no)),
        datetime.fromtimestamp(at, UTC),
        date(2026, 1, 1),
        f"{proof:032x}",
        agreed_at=None if agreed is None else datetime.fromtimestamp(agreed, UTC),
    ),
    names,
    names,
    st.integers(0, 2**32),
    st.integers(0, 2**128 - 1),
    st.none() | st.integers(0, 2**32),
)
visitors = st.builds(
    VisitorOnDevice,
    id=st.integers(0, 2**63 - 1),
    country=st.sampled_from(["", "US", "PT"]),
    currency=st.sampled_from(["", "USD", "EUR"]),
    last_page=st.sampled_from(["", "/", "/services/home-line/"]),
    since=st.dates(),
)


@given(chosen)
def test_choices_that_are_written_are_read(told: ChosenOnDevice) -> None:
    assert SIGNER.read_choices({"cl_choices": SIGNER.write_choices(told)}) == told


@given(visitors)
def test_what_a_device_remembers_is_read(told: VisitorOnDevice) -> None:
    assert SIGNER.read_visitor({"cl_visitor": SIGNER.write_visitor(told)}) == told


@given(chosen, st.data())
def test_one_changed_character_makes_it_no_cookie(
    told: ChosenOnDevice, data: st.DataObject
) -> None:
    value = SIGNER.write_choices(told)
    place = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.sampled_from("~.+-_09azAZ=").filter(lambda each: each != value[place]))
    touched = value[:place] + other + value[place + 1 :]

    assert SIGNER.read_choices({"cl_choices": touched}) is None


@given(st.text(max_size=3000))
def test_no_text_makes_reading_fall_over(text: str) -> None:
    assert SIGNER.read_choices({"cl_choices": text}) is None
    assert SIGNER.read_visitor({"cl_visitor": text}) is None


@given(chosen)
def test_one_cookie_cannot_stand_in_for_another_nor_one_provider_for_another(
    told: ChosenOnDevice,
) -> None:
    value = SIGNER.write_choices(told)

    assert SIGNER.read_visitor({"cl_visitor": value}) is None
    assert CookieSigner(b"b" * 64, is_https=False).read_choices({"cl_choices": value}) is None


def test_over_tls_the_names_bind_the_cookies_to_this_host() -> None:
    signer = CookieSigner(b"a" * 64, is_https=True)

    assert signer.choices_name == "__Host-cl_choices"
    assert signer.visitor_name == "__Host-cl_visitor"


@pytest.mark.parametrize("path", ["/a?b=c", "/\x00", "/a b"])
def test_a_place_that_could_lead_elsewhere_is_not_written(path: str) -> None:
    visitor = VisitorOnDevice(1, "", "", path, date(2026, 1, 1))

    with pytest.raises(ValueError, match="cannot hold"):
        SIGNER.write_visitor(visitor)


def test_one_thing_that_a_device_remembers_changes_without_the_others() -> None:
    before = VisitorOnDevice(7, "US", "USD", "/help/", date(2026, 1, 1))

    assert before.with_id(8) == VisitorOnDevice(8, "US", "USD", "/help/", date(2026, 1, 1))
    assert before.with_place("PT", "EUR") == VisitorOnDevice(
        7, "PT", "EUR", "/help/", date(2026, 1, 1)
    )
    assert before.with_page("/") == VisitorOnDevice(7, "US", "USD", "/", date(2026, 1, 1))
    assert before.with_since(date(2026, 2, 1)) == VisitorOnDevice(
        7, "US", "USD", "/help/", date(2026, 2, 1)
    )
    assert before.without_extras() == VisitorOnDevice(7, "", "", "", date(2026, 1, 1))


def signed(cookie: Cookie, told: str) -> dict[str, str]:
    """Return a cookie that our own key signed, as another release might have written it."""
    return {cookie.name: f"1.{told}.{SIGNER.mac(cookie, told)}"}


PROOF = "0" * 32


def test_choices_that_an_earlier_release_wrote_are_still_kept() -> None:
    before = SIGNER.read_choices(signed(CHOICES_COOKIE, f"60~2026-01-01~{PROOF}~ads~sale~"))

    assert before is not None
    assert before.choices == Choices(yes=frozenset({"ads"}), no=frozenset({"sale"}))
    assert before.yes_since == before.at


def test_a_yes_ends_with_the_cookie_that_it_came_with_and_a_no_beside_it_stays() -> None:
    said = Choices(yes=frozenset({"measurement"}), no=frozenset({"sale_or_sharing"}))
    first, later = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
    told = ChosenOnDevice(said, later, date(2026, 1, 1), PROOF, agreed_at=first)

    last = told.standing(first + CHOICES_COOKIE.lifetime - timedelta(seconds=1))
    ended = told.standing(first + CHOICES_COOKIE.lifetime)

    assert last == told
    assert ended.choices == Choices(no=frozenset({"sale_or_sharing"}))
    assert ended.at == later


@pytest.mark.parametrize(
    "told",
    [
        "0~2026-01-01~~ads~~~",
        f"0~2026-01-01~{PROOF}~~",
        f"0~2026-01-01~{PROOF}~~~~~",
        "0~2026-01-01~proof~~~~",
        f"0~2026-01-01~{PROOF}~Ads~~~",
        f"0~2026-01-01~{PROOF}~~ads+~~",
        f"0~2026-01-01~{PROOF}~ads~ads~~",
        f"noon~2026-01-01~{PROOF}~~~~",
        f"{10**30}~2026-01-01~{PROOF}~~~~",
        f"0~2026-01-01~{PROOF}~~~noon~",
        f"0~2026-01-01~{PROOF}~~~{10**30}~",
        f"0~2026-01-01~{PROOF}~ads~~~noon",
        f"0~2026-01-01~{PROOF}~ads~~~{10**30}",
        f"0~soon~{PROOF}~~~~",
    ],
)
def test_choices_in_a_form_that_we_do_not_know_are_none_even_when_signed(told: str) -> None:
    assert SIGNER.read_choices(signed(CHOICES_COOKIE, f"0~2026-01-01~{PROOF}~ads~~~"))
    assert SIGNER.read_choices(signed(CHOICES_COOKIE, told)) is None


@pytest.mark.parametrize(
    "told",
    [
        "1~US~USD~",
        "1~us~USD~~2026-01-01",
        "1~US~USD~%2F%2F..%3Fa~2026-01-01",
        "one~US~USD~~2026-01-01",
        "1~US~USD~~soon",
        "-1~US~USD~~2026-01-01",
        f"{2**63}~US~USD~~2026-01-01",
    ],
)
def test_a_visitor_in_a_form_that_we_do_not_know_is_none_even_when_signed(told: str) -> None:
    assert SIGNER.read_visitor(signed(VISITOR_COOKIE, "1~US~USD~%2F~2026-01-01"))
    assert SIGNER.read_visitor(signed(VISITOR_COOKIE, told)) is None
