"""Where visitors come from: host and class, and nothing of the address behind them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.reach.visitors.event import ReferrerClass
from clearline.reach.visitors.referrers import HOST_LENGTH_MAX, referrer_of

OWN = "https://voice.example:8443"


@pytest.mark.parametrize(
    ("address", "kind", "host"),
    [
        ("", "direct", ""),
        ("about:blank", "direct", ""),
        ("https://voice.example/rates/", "internal", ""),
        ("https://www.google.com/search?q=cheap+calls", "search", "google.com"),
        ("https://google.co.uk/", "search", "google.co.uk"),
        ("https://google.example.com/", "other", "google.example.com"),
        ("https://evil-google.com/", "other", "evil-google.com"),
        ("https://search.yahoo.com/", "search", "search.yahoo.com"),
        ("https://m.facebook.com/", "social", "m.facebook.com"),
        ("https://www.reddit.com/r/VOIP/", "social", "reddit.com"),
        ("https://mail.google.com/mail/u/0/", "mail", "mail.google.com"),
        ("https://webmail.portland.example/", "mail", "webmail.portland.example"),
        ("android-app://com.google.android.gm/", "mail", "com.google.android.gm"),
        ("HTTPS://Portland.Example./phones", "other", "portland.example"),
        ("http://192.0.2.77/start", "other", ""),
        ("http://192.0.2.77:8080/", "other", ""),
        ("http://3221225985/", "other", ""),
        ("http://0xc0.0.2.0x4d/", "other", ""),
        ("http://phones4.example/", "other", "phones4.example"),
    ],
)
def test_a_referrer_is_put_in_its_class(address: str, kind: str, host: str) -> None:
    referrer = referrer_of(address.replace("HTTPS", "https"), OWN)

    assert (referrer.kind, referrer.host) == (ReferrerClass(kind), host)


@pytest.mark.parametrize(
    "address",
    [
        "https://alice:secret@portland.example/alice?mail=alice@example.com#alice",
        "https://alice:s@cr@t@portland.example/alice@example.com",
        "https://alice@example.com:secret@portland.example",
        "https://portland.example?alice",
        "https://portland.example#alice",
    ],
)
def test_nothing_but_the_host_is_kept(address: str) -> None:
    assert referrer_of(address, OWN).host == "portland.example"


@pytest.mark.parametrize("address", ["https://alice:secret@[2001:db8::7]/", "https://alice@/"])
def test_a_name_in_front_of_a_host_that_cannot_be_read_is_not_taken_for_one(address: str) -> None:
    assert referrer_of(address, OWN).host == ""


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("https://www.google.com/search?q=calls", "google.com"),
        ("https://google.co.uk/", "google.co.uk"),
        ("https://alice.google.de/", "google.de"),
        ("https://alice.tumblr.com/post/1", "tumblr.com"),
        ("https://mail.google.com/mail/u/0/", "mail.google.com"),
        ("https://webmail.hiv-clinic.example/", ""),
        ("https://hiv-clinic.example.org/", ""),
        ("https://google.example.com/", ""),
    ],
)
def test_of_a_widely_known_site_its_own_name_is_known_and_of_others_none(
    address: str, known: str
) -> None:
    assert referrer_of(address, OWN).known == known


@given(st.text(max_size=300) | st.from_regex(r"https?://\S{1,200}"))
def test_no_text_makes_it_fail_or_keeps_more_than_a_host(address: str) -> None:
    host = referrer_of(address, OWN).host

    assert len(host) <= HOST_LENGTH_MAX
    assert not set(host) & set("/?#@: <>\"'")
