"""From a request to events: who is counted with a name, who without, and what is turned away."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse, parse_cookie
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
    read_cookies,
)
from clearline.policy.choices import NOTHING_CHOSEN, Choices
from clearline.policy.shelf import Shelf
from clearline.policy.vocabulary import ChoiceName
from clearline.reach.visitors.admit import AGE_MS_MAX, FUTURE_MS_MAX, Drop
from clearline.reach.visitors.event import Kind, Part, ReferrerClass, StoredEvent
from clearline.reach.visitors.names import OF_NETWORK_MAX
from clearline.trust.consent.cookie import PATH, ChosenOnDevice, CookieSigner, VisitorOnDevice
from tests.edge.collector.editions import edition, publish

OWN = "https://voice.example"
ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
EFFECTIVE = date(2026, 11, 1)
SIGNER = CookieSigner(b"k" * 32, is_https=True)
ALICE = 4_711
ACCEPTED = Choices(yes=frozenset({ChoiceName.MEASUREMENT}))
DECLINED = Choices(no=frozenset({ChoiceName.MEASUREMENT}))
BROWSER = b"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
VIEW = {"id": "00000000000000a1", "kind": "view", "url": f"{OWN}/rates/"}


@pytest.fixture
def policy_dir(tmp_path: Path) -> Path:
    publish(tmp_path, edition(EFFECTIVE))
    return tmp_path


@pytest.fixture
def intake(policy_dir: Path) -> Intake:
    return make_intake(policy_dir)


def make_intake(policy_dir: Path) -> Intake:
    return Intake(shelf=Shelf.open(policy_dir, ZONE), signer=SIGNER, own_url=OWN, zone=ZONE)


def cookies(choices: Choices | None, visitor: int = ALICE) -> bytes:
    """Return what the browser of someone who chose so sends; a stray visitor cookie included."""
    pairs = []
    if choices is not None:
        chosen = ChosenOnDevice(choices=choices, at=NOW, edition=EFFECTIVE, proof="0" * 32)
        pairs.append(f"__Host-cl_choices={SIGNER.write_choices(chosen)}")
    if visitor:
        known = VisitorOnDevice(id=visitor, country="", currency="", last_page="", since=NOW.date())
        pairs.append(f"__Host-cl_visitor={SIGNER.write_visitor(known)}")
    return "; ".join(pairs).encode()


def arrive(told: object, headers: Mapping[bytes, bytes] = {}, ip: str = "203.0.113.77") -> Arrival:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    sent = {
        b"content-type": b"text/plain;charset=UTF-8",
        b"user-agent": BROWSER,
        b"origin": OWN.encode(),
    }
    return Arrival(
        method="POST", path=EVENTS_PATH, headers={**sent, **headers}, body=body, client_ip=ip
    )


def taken(result: Taken | Refused) -> tuple[StoredEvent, ...]:
    assert isinstance(result, Taken), result
    return result.events


def take_one(
    intake: Intake, told: Mapping[str, object], headers: Mapping[bytes, bytes] = {}
) -> StoredEvent:
    (event,) = taken(intake.take(arrive(told, headers), NOW))
    return event


def test_someone_who_accepted_is_recognised(intake: Intake) -> None:
    result = intake.take(arrive(VIEW, {b"cookie": cookies(ACCEPTED)}), NOW)

    assert isinstance(result, Taken)
    assert result.events[0].visitor == ALICE
    assert (result.edition, result.clause) == ("2026-11-01", "visits.measure")


@given(last_page=st.from_regex(PATH, fullmatch=True))
def test_whatever_page_was_left_the_collector_reads_what_the_site_writes(last_page: str) -> None:
    known = VisitorOnDevice(ALICE, "US", "USD", last_page, NOW.date())
    response = HttpResponse()

    response.set_cookie("__Host-cl_visitor", SIGNER.write_visitor(known))

    sent = response.cookies.output(header="", attrs=[]).strip()
    assert '"' not in sent
    assert SIGNER.read_visitor(read_cookies(sent)) == known


@given(header=st.text(alphabet='ab="\\;~ ,/%0127é', max_size=40))
def test_the_collector_reads_cookies_as_the_site_does(header: str) -> None:
    by_site = parse_cookie(header)

    read = read_cookies(header)

    assert without_nameless(read) == without_nameless(by_site)


def without_nameless(cookies: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in cookies.items() if name}


@pytest.mark.parametrize("choices", [DECLINED, NOTHING_CHOSEN, None])
def test_all_others_are_counted_without_a_name(intake: Intake, choices: Choices | None) -> None:
    result = intake.take(arrive(VIEW, {b"cookie": cookies(choices)}), NOW)

    assert isinstance(result, Taken)
    assert result.events[0].visitor == 0
    assert result.clause == "visits.count"


def test_where_no_clause_lets_visits_count_nothing_is_kept_and_nobody_is_told_off(
    tmp_path: Path,
) -> None:
    publish(tmp_path, edition(EFFECTIVE, count=""))

    result = make_intake(tmp_path).take(arrive(VIEW, {b"cookie": cookies(DECLINED)}), NOW)

    assert result == Taken(edition="2026-11-01", clause="", events=(), dropped={Drop.NO_CLAUSE: 1})


def test_before_any_edition_is_in_force_nothing_is_taken(intake: Intake) -> None:
    before = datetime(2026, 10, 31, 23, tzinfo=UTC)

    assert intake.take(arrive(VIEW), before) == Refused(503, Refusal.NO_EDITION)


def test_a_new_edition_is_learned_within_ten_seconds(policy_dir: Path) -> None:
    intake = make_intake(policy_dir)
    sender = {b"cookie": cookies(NOTHING_CHOSEN)}
    take_one(intake, VIEW, sender)
    intake.shelf.refresh(NOW)
    publish(policy_dir, edition(EFFECTIVE), edition(NOW.date(), measure="unless:measurement"))

    later = NOW + timedelta(seconds=6)
    intake.shelf.refresh(later)
    result = intake.take(arrive(VIEW, sender), later)

    assert isinstance(result, Taken)
    assert result.edition == NOW.date().isoformat()
    assert result.events[0].visitor == ALICE


def test_a_new_edition_binds_from_midnight_where_the_provider_is(policy_dir: Path) -> None:
    first_day = date(2026, 12, 1)
    publish(policy_dir, edition(EFFECTIVE), edition(first_day, measure="unless:measurement"))
    intake = make_intake(policy_dir)
    midnight = datetime(2026, 12, 1, 5, tzinfo=UTC)  # 0:00 in New York
    sender = {b"cookie": cookies(NOTHING_CHOSEN)}

    eve = intake.take(arrive(VIEW, sender), midnight - timedelta(milliseconds=1))
    day = intake.take(arrive(VIEW, sender), midnight)

    assert isinstance(eve, Taken)
    assert isinstance(day, Taken)
    assert (eve.edition, eve.events[0].visitor) == (EFFECTIVE.isoformat(), 0)
    assert (day.edition, day.events[0].visitor) == (first_day.isoformat(), ALICE)


def test_a_forged_cookie_recognises_nobody(intake: Intake) -> None:
    forger = CookieSigner(b"x" * 32, is_https=True)
    chosen = ChosenOnDevice(choices=ACCEPTED, at=NOW, edition=EFFECTIVE, proof="0" * 32)
    forged = f"__Host-cl_choices={forger.write_choices(chosen)}; ".encode() + cookies(None)

    assert take_one(intake, VIEW, {b"cookie": forged}).visitor == 0


def test_a_signal_to_privacy_changes_only_what_it_speaks_of(tmp_path: Path) -> None:
    publish(tmp_path, edition(EFFECTIVE, count="unless:sale_or_sharing", measure=""))
    intake = make_intake(tmp_path)

    assert taken(intake.take(arrive(VIEW), NOW))
    assert not taken(intake.take(arrive(VIEW, {b"sec-gpc": b"1"}), NOW))


def test_an_event_keeps_what_the_columns_have_and_no_more(intake: Intake) -> None:
    told = {
        "id": "ffffffffffffffff",
        "kind": "view",
        "url": f"{OWN}/services/office-five/?who=alice&utm_campaign=Spring%20Sale#alice",
        "referrer": "https://alice:pw@www.google.com/search?q=alice",
        "service": "office-five",
    }

    assert take_one(intake, told) == StoredEvent(
        id=2**64 - 1,
        at_ms=NOW_MS,
        day=20_781,
        kind=Kind.VIEW,
        page="/services/office-five/",
        part=Part.SERVICES,
        service="office-five",
        name="",
        device=take_one(intake, VIEW).device,
        referrer_class=ReferrerClass.SEARCH,
        referrer="google.com",
        campaign="spring-sale",
        visitor=0,
        starts=1,
        seconds=0,
        received_ms=NOW_MS,
    )


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/john.smith@example.com", "/other"),
        ("/john%2Esmith%40example.com/", "/other"),
        ("/John-Smith/", "/other"),
        ("/help/12075550100/", "/other"),
        ("/services/fiber-1000/", "/services/fiber-1000/"),
        ("/privacy/editions/2026-11-01/2026-12-01/", "/privacy/editions/2026-11-01/2026-12-01/"),
    ],
)
def test_an_address_that_no_page_of_a_site_has_is_counted_under_one_name(
    intake: Intake, path: str, page: str
) -> None:
    assert take_one(intake, {**VIEW, "url": OWN + path}).page == page


def test_what_led_someone_unrecognised_here_is_told_by_its_kind_alone(intake: Intake) -> None:
    told = {**VIEW, "referrer": "https://hiv-clinic.example.org/"}

    unknown = take_one(intake, told)
    agreed = take_one(intake, told, {b"cookie": cookies(ACCEPTED)})

    assert (unknown.referrer_class, unknown.referrer) == (ReferrerClass.OTHER, "")
    assert (agreed.referrer_class, agreed.referrer) == (
        ReferrerClass.OTHER,
        "hiv-clinic.example.org",
    )


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("jane-doe-4711", "other"),
        ("Jane.Doe_4711", "other"),
        ("Black_Friday 2026", "black-friday-2026"),
        ("jane@example.com", ""),
        ("x" * 41, ""),
    ],
)
def test_the_campaign_of_a_link_is_a_plain_name_without_a_number(
    intake: Intake, told: str, kept: str
) -> None:
    address = f"{OWN}/?{urlencode({'utm_campaign': told})}"

    assert take_one(intake, {**VIEW, "url": address}).campaign == kept


def test_an_act_is_named_without_a_number(intake: Intake) -> None:
    told = {**VIEW, "kind": "custom"}

    assert take_one(intake, {**told, "name": "order-done"}).name == "order-done"
    assert take_one(intake, {**told, "name": "order-47110815"}).name == "other"


def test_the_moment_of_someone_unrecognised_is_kept_to_the_minute(intake: Intake) -> None:
    at = NOW + timedelta(seconds=17, milliseconds=123)

    (counted,) = taken(intake.take(arrive(VIEW), at))
    (agreed,) = taken(intake.take(arrive(VIEW, {b"cookie": cookies(ACCEPTED)}), at))

    assert (counted.at_ms, counted.received_ms) == (NOW_MS, NOW_MS)
    assert (agreed.at_ms, agreed.received_ms) == (NOW_MS + 17_123, NOW_MS + 17_123)


def test_where_no_clause_lets_a_network_be_looked_at_what_led_here_tells_where_a_visit_starts(
    tmp_path: Path,
) -> None:
    publish(tmp_path, edition(EFFECTIVE, start=""))
    intake = make_intake(tmp_path)
    inside = {**VIEW, "referrer": f"{OWN}/"}

    starts = [take_one(intake, told).starts for told in (VIEW, inside, VIEW)]

    assert starts == [1, 0, 1]
    assert not intake.visits.recent


def test_headers_are_forgotten_within_ten_minutes(intake: Intake) -> None:
    take_one(intake, VIEW, {b"cookie": cookies(ACCEPTED)})

    intake.take(arrive(VIEW), NOW + timedelta(minutes=10))

    assert len(intake.senders) == 1


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("", "home"),
        ("/", "home"),
        ("?x=1", "home"),
        ("/services/", "services"),
        ("/your-privacy-rights/", "privacy"),
        ("/home/", "other"),
        ("/staff/visitors/", "other"),
    ],
)
def test_a_page_belongs_to_a_part_of_the_site(intake: Intake, path: str, part: str) -> None:
    assert take_one(intake, {**VIEW, "url": OWN + path}).part is Part(part)


def test_the_day_is_the_providers(intake: Intake) -> None:
    just_after_midnight_utc = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)

    (event,) = taken(intake.take(arrive(VIEW), just_after_midnight_utc))

    assert event.day == (date(2026, 11, 23) - date(1970, 1, 1)).days


def test_a_visit_starts_with_its_first_view_only(intake: Intake) -> None:
    moments = [timedelta(), timedelta(minutes=5), timedelta(minutes=70)]

    starts = [taken(intake.take(arrive(VIEW), NOW + moment))[0].starts for moment in moments]

    assert starts == [1, 0, 1]


def test_leaving_a_tab_and_coming_back_after_half_an_hour_is_another_visit(
    intake: Intake,
) -> None:
    left = {"id": "00000000000000a2", "kind": "time", "url": f"{OWN}/rates/", "seconds": 9}
    back = {**VIEW, "id": "00000000000000a3", "referrer": f"{OWN}/"}
    take_one(intake, VIEW)
    later = NOW + timedelta(minutes=40)

    intake.take(arrive(left), later)

    assert taken(intake.take(arrive(back), later))[0].starts == 1


def told_pages(intake: Intake, start: int, ip: str) -> set[str]:
    events = [
        {**VIEW, "id": f"{start + number:016x}", "url": f"{OWN}/made-up-{start + number}/"}
        for number in range(50)
    ]
    return {event.page for event in taken(intake.take(arrive(events, ip=ip), NOW))}


def test_one_network_that_makes_names_up_is_counted_together_and_others_are_not(
    policy_dir: Path,
) -> None:
    intake = make_intake(policy_dir)
    for start in range(0, OF_NETWORK_MAX, 50):
        assert "/other" not in told_pages(intake, start, "203.0.113.7")

    flooded = told_pages(intake, 5_000, "203.0.113.99")
    elsewhere = told_pages(intake, 6_000, "198.51.100.7")

    assert flooded == {"/other"}
    assert "/other" not in elsewhere


def test_without_a_clause_nobody_looks_which_network_brings_names(tmp_path: Path) -> None:
    publish(tmp_path, edition(EFFECTIVE, floods=""))
    intake = make_intake(tmp_path)

    pages = [told_pages(intake, start, "203.0.113.7") for start in range(0, 1_000, 50)]

    assert "/other" not in set().union(*pages)


def test_a_moment_that_a_client_names_does_not_change_who_it_is_taken_for(intake: Intake) -> None:
    take_one(intake, VIEW)
    take_one(intake, {**VIEW, "at": NOW_MS - AGE_MS_MAX})

    assert take_one(intake, VIEW).starts == 0


def test_an_edition_in_force_that_was_changed_lets_nothing_be_taken(policy_dir: Path) -> None:
    (policy_dir / f"{EFFECTIVE}.toml").write_text("")

    result = make_intake(policy_dir).take(arrive(VIEW), NOW)

    assert result == Refused(503, Refusal.NO_EDITION)


def test_people_behind_one_network_with_other_browsers_are_other_visits(intake: Intake) -> None:
    take_one(intake, VIEW)

    assert take_one(intake, VIEW, {b"user-agent": b"Mozilla/5.0 (iPhone; iOS 18)"}).starts == 1


def test_several_events_of_one_request_start_one_visit(intake: Intake) -> None:
    told = [
        {"id": "0000000000000001", "kind": "time", "url": f"{OWN}/", "seconds": 3},
        {**VIEW, "id": "0000000000000002"},
        {**VIEW, "id": "0000000000000003"},
    ]

    assert [event.starts for event in taken(intake.take(arrive(told), NOW))] == [0, 1, 0]


def test_a_beacon_without_script_is_a_page_view(intake: Intake) -> None:
    query = "id=00000000000000b1&url=https%3A%2F%2Fvoice.example%2Fhelp%2F&service=&referrer="
    arrival = Arrival(method="GET", path=BEACON_PATH, query=query, headers={b"user-agent": BROWSER})

    (event,) = taken(intake.take(arrival, NOW))

    assert (event.kind, event.page, event.part) == (Kind.VIEW, "/help/", Part.HELP)


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
