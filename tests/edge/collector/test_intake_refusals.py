"""What the collector turns away, with its reason, and that no request makes it fail."""

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearline.edge.collector.intake import (
    BEACON_PATH,
    BODY_BYTES_MAX,
    EVENTS_MAX,
    EVENTS_PATH,
    Arrival,
    Intake,
    Refusal,
    Refused,
    Taken,
)
from clearline.reach.visitors.admit import AGE_MS_MAX, FUTURE_MS_MAX, Drop
from tests.edge.collector.arriving import NOW, NOW_MS, OWN, VIEW, arrive, take_one


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({b"origin": b"https://evil.example"}, Refusal.WRONG_ORIGIN),
        ({b"origin": b"null"}, Refusal.WRONG_ORIGIN),
        ({b"origin": OWN.encode() + b".evil.example"}, Refusal.WRONG_ORIGIN),
        ({b"sec-fetch-site": b"cross-site"}, Refusal.CROSS_SITE),
        ({b"sec-fetch-site": b"same-site"}, Refusal.CROSS_SITE),
    ],
)
def test_another_sites_page_may_not_tell_of_visits(
    intake: Intake, headers: dict[bytes, bytes], reason: Refusal
) -> None:
    assert intake.take(arrive(VIEW, headers), NOW) == Refused(403, reason)


@pytest.mark.parametrize(
    ("headers", "drop"),
    [
        ({b"user-agent": b"Mozilla/5.0 (compatible; Googlebot/2.1)"}, Drop.BOT),
        ({b"user-agent": b""}, Drop.BOT),
        ({b"sec-purpose": b"prefetch;prerender"}, Drop.PREFETCH),
        ({b"purpose": b"prefetch"}, Drop.PREFETCH),
    ],
)
def test_programs_and_pages_fetched_ahead_are_answered_and_not_counted(
    intake: Intake, headers: dict[bytes, bytes], drop: Drop
) -> None:
    result = intake.take(arrive(VIEW, headers), NOW)

    assert isinstance(result, Taken)
    assert (result.events, result.dropped) == ((), {drop: 1})


@pytest.mark.parametrize(
    ("changed", "drop"),
    [
        ({"id": "a1"}, Drop.BAD_ID),
        ({"id": "00000000000000A1"}, Drop.BAD_ID),
        ({"url": f"{OWN}.evil.example/"}, Drop.UNKNOWN_SITE),
        ({"url": "https://evil.example/rates/"}, Drop.UNKNOWN_SITE),
        ({"url": "/rates/"}, Drop.UNKNOWN_SITE),
        ({"url": f"{OWN}/{'x' * 300}"}, Drop.OVER_LONG),
        ({"url": f"{OWN}/?{'x' * 5000}"}, Drop.OVER_LONG),
        ({"referrer": "https://a.example/" + "x" * 5000}, Drop.OVER_LONG),
        ({"url": f"{OWN}/<script>alert(1)</script>"}, Drop.BAD_ADDRESS),
        ({"url": f"{OWN}/' OR 1=1; DROP TABLE event --"}, Drop.BAD_ADDRESS),
        ({"url": f"{OWN}/a\u0000b"}, Drop.BAD_ADDRESS),
        ({"url": f"{OWN}/a\nb"}, Drop.BAD_ADDRESS),
        ({"url": f"{OWN}/käse"}, Drop.BAD_ADDRESS),
        ({"service": "Office Five"}, Drop.BAD_NAME),
        ({"service": "x'; DROP TABLE event"}, Drop.BAD_NAME),
        ({"service": "x" * 65}, Drop.BAD_NAME),
        ({"campaign": "alice@example.com"}, Drop.BAD_NAME),
        ({"campaign": "x" * 41}, Drop.BAD_NAME),
        ({"kind": "custom", "name": "Sign up"}, Drop.BAD_NAME),
        ({"kind": "service"}, Drop.BAD_NAME),
        ({"kind": "custom"}, Drop.BAD_NAME),
        ({"kind": "custom", "name": "<b>"}, Drop.BAD_NAME),
        ({"kind": "time"}, Drop.BAD_SECONDS),
        ({"seconds": -1}, Drop.BAD_SECONDS),
        ({"at": NOW_MS + FUTURE_MS_MAX + 1}, Drop.FROM_THE_FUTURE),
        ({"at": NOW_MS - AGE_MS_MAX - 1}, Drop.TOO_OLD),
        ({"at": -(2**63)}, Drop.TOO_OLD),
        ({"at": 2**63}, Drop.FROM_THE_FUTURE),
    ],
)
def test_an_event_that_cannot_be_right_is_refused_with_its_reason(
    intake: Intake, changed: dict[str, object], drop: Drop
) -> None:
    assert intake.take(arrive({**VIEW, **changed}), NOW) == Refused(400, drop)


def test_one_wrong_event_does_not_cost_those_beside_it(intake: Intake) -> None:
    result = intake.take(arrive([VIEW, {**VIEW, "id": "?"}]), NOW)

    assert isinstance(result, Taken)
    assert (len(result.events), result.dropped) == (1, {Drop.BAD_ID: 1})


def test_an_event_from_a_clock_a_little_ahead_is_taken_as_of_now(intake: Intake) -> None:
    assert take_one(intake, {**VIEW, "at": NOW_MS + FUTURE_MS_MAX}).at_ms == NOW_MS
    assert take_one(intake, {**VIEW, "at": NOW_MS - AGE_MS_MAX}).at_ms == NOW_MS - AGE_MS_MAX


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"[[]]",
        b"\xff\xfe",
        b'{"id": "00000000000000a1", "kind": "view"}',
        b'{"id": 161, "kind": "view", "url": "x"}',
        b'{"id": "00000000000000a1", "kind": "eval", "url": "x"}',
        b'{"id": "00000000000000a1", "kind": "view", "url": "x", "ip": "203.0.113.77"}',
        b'{"id": "00000000000000a1", "kind": "view", "url": "x", "seconds": 1e400}',
        b'{"id": "00000000000000a1", "kind": "view", "url": "\xff"}',
        b'{"id": "00000000000000a1", "kind": "view", "url": "\\ud800"}',
        b"[" * BODY_BYTES_MAX,
        b'{"url":' * 9000,
        b"9" * BODY_BYTES_MAX,
    ],
    ids=range(16),
)
def test_what_is_no_event_is_malformed(intake: Intake, body: bytes) -> None:
    assert intake.take(arrive(body), NOW) == Refused(400, Refusal.MALFORMED)


def test_a_request_has_its_limits(intake: Intake) -> None:
    many = [VIEW] * (EVENTS_MAX + 1)

    assert intake.take(arrive(many), NOW) == Refused(413, Refusal.TOO_MANY_EVENTS)
    big = arrive(b" " * (BODY_BYTES_MAX + 1))
    assert intake.take(big, NOW) == Refused(413, Refusal.TOO_BIG)
    form = arrive(VIEW, {b"content-type": b"application/x-www-form-urlencoded"})
    assert intake.take(form, NOW) == Refused(415, Refusal.WRONG_TYPE)
    assert intake.take(Arrival("GET", EVENTS_PATH), NOW) == Refused(405, Refusal.WRONG_METHOD)
    assert intake.take(Arrival("POST", BEACON_PATH), NOW) == Refused(405, Refusal.WRONG_METHOD)
    assert intake.take(Arrival("GET", "/c/x"), NOW) == Refused(404, Refusal.NO_SUCH_PATH)
    flood = Arrival("GET", BEACON_PATH, "&".join(f"a{n}=1" for n in range(100)))
    assert intake.take(flood, NOW) == Refused(400, Refusal.MALFORMED)
    long = Arrival("GET", BEACON_PATH, "x" * 10_000)
    assert intake.take(long, NOW) == Refused(413, Refusal.TOO_BIG)


texts = st.text(max_size=60) | st.sampled_from(
    [*VIEW.values(), OWN, f"{OWN}/a?utm_campaign=%00", "view", "time", "__Host-cl_choices=", "1"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
events = st.fixed_dictionaries(
    {"id": texts, "kind": texts, "url": texts},
    optional={
        **dict.fromkeys(("referrer", "service", "name", "campaign"), texts),
        **dict.fromkeys(("seconds", "at"), st.integers()),
        "more": json_values,
    },
)
bodies = st.one_of(
    st.binary(max_size=400),
    st.builds(lambda value: json.dumps(value).encode(), json_values),
    st.builds(lambda value: json.dumps(value).encode(), events | st.lists(events, max_size=3)),
)
heads = st.dictionaries(
    st.sampled_from(
        [
            *(b"cookie", b"origin", b"user-agent", b"content-type", b"sec-gpc"),
            *(b"sec-purpose", b"sec-fetch-site", b"purpose"),
        ]
    ),
    st.binary(max_size=100) | st.builds(str.encode, texts) | st.just(OWN.encode()),
)
arrivals = st.builds(
    Arrival,
    method=st.sampled_from(["GET", "POST", "PUT", ""]),
    path=st.sampled_from([EVENTS_PATH, BEACON_PATH, "/c/", ""]) | texts,
    query=texts | st.builds("id={}&url={}&service={}".format, texts, texts, texts),
    headers=heads,
    body=bodies,
    client_ip=texts | st.ip_addresses().map(str),
)


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(arrival=arrivals, minutes=st.integers(-10_000, 10_000))
def test_no_request_makes_the_intake_fail(intake: Intake, arrival: Arrival, minutes: int) -> None:
    result = intake.take(arrival, NOW + timedelta(minutes=minutes))

    if isinstance(result, Refused):
        assert 400 <= result.status < 600
    else:
        for event in result.events:
            assert event.visitor == 0  # nobody here holds a signed cookie
            assert event.page.isascii()
            assert event.page.isprintable()
