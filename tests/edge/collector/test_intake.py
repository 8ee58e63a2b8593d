"""From a request to events: who is counted with a name, and who without."""

import pickle
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse, parse_cookie
from hypothesis import given
from hypothesis import strategies as st

from clearline.edge.collector.intake import (
    BEACON_PATH,
    SENDERS_MAX,
    SENDERS_WINDOW,
    Arrival,
    Intake,
    Refusal,
    Refused,
    Taken,
    read_cookies,
)
from clearline.policy.choices import NOTHING_CHOSEN, Choices
from clearline.reach.visitors.admit import AGE_MS_MAX, MINUTE_MS, Drop
from clearline.reach.visitors.event import Device, Kind, Part, ReferrerClass, StoredEvent
from clearline.reach.visitors.names import OF_NETWORK_MAX
from clearline.trust.consent.cookie import PATH, ChosenOnDevice, CookieSigner, VisitorOnDevice
from clearline.trust.consent.cookies import CHOICES_COOKIE
from tests.edge.collector.arriving import (
    ACCEPTED,
    ALICE,
    BROWSER,
    DECLINED,
    EFFECTIVE,
    NOW,
    NOW_MS,
    OWN,
    SIGNER,
    VIEW,
    arrive,
    cookies,
    make_intake,
    take_one,
    taken,
)
from tests.edge.collector.editions import edition, publish


def test_someone_who_accepted_is_recognised(intake: Intake) -> None:
    result = intake.take(arrive(VIEW, {b"cookie": cookies(ACCEPTED)}), NOW)

    assert isinstance(result, Taken)
    assert result.events[0].visitor == ALICE
    assert [(each.edition, each.clause) for each in result.records] == [
        ("2026-11-01", "visits.measure")
    ]


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
    assert [record.clause for record in result.records] == ["visits.count"]


def test_where_no_clause_lets_visits_count_nothing_is_kept_and_nobody_is_told_off(
    tmp_path: Path,
) -> None:
    publish(tmp_path, edition(EFFECTIVE, count=""))

    result = make_intake(tmp_path).take(arrive(VIEW, {b"cookie": cookies(DECLINED)}), NOW)

    assert result == Taken(records=(), dropped={Drop.NO_CLAUSE: 1})


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
    assert result.records[0].edition == NOW.date().isoformat()
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
    assert (eve.records[0].edition, eve.events[0].visitor) == (EFFECTIVE.isoformat(), 0)
    assert (day.records[0].edition, day.events[0].visitor) == (first_day.isoformat(), ALICE)


def test_a_yes_of_long_ago_recognises_nobody_whatever_cookie_was_kept(intake: Intake) -> None:
    old = ChosenOnDevice(ACCEPTED, NOW - CHOICES_COOKIE.lifetime, EFFECTIVE, "0" * 32)
    kept = f"__Host-cl_choices={SIGNER.write_choices(old)}; ".encode() + cookies(None)

    assert take_one(intake, VIEW, {b"cookie": cookies(ACCEPTED)}).visitor == ALICE
    assert take_one(intake, VIEW, {b"cookie": kept}).visitor == 0


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


YES = {**VIEW, "id": "00000000000000c1", "kind": "yes", "referrer": f"{OWN}/rates/"}


def test_a_yes_on_a_page_tells_who_is_there_and_begins_no_second_visit(intake: Intake) -> None:
    known = {b"cookie": cookies(ACCEPTED)}
    intake.take(arrive(VIEW), NOW - timedelta(hours=1))
    first = take_one(intake, {**VIEW, "id": "00000000000000a2"})

    yes = take_one(intake, YES, known)
    after = take_one(intake, {**VIEW, "id": "00000000000000a3"}, known)

    assert (first.visitor, first.starts) == (0, 1)
    assert (yes.kind, yes.visitor, yes.starts) == (Kind.YES, ALICE, 0)
    assert (after.visitor, after.starts) == (ALICE, 0)


@pytest.mark.parametrize("choices", [None, DECLINED])
def test_a_yes_of_somebody_who_is_not_recognised_is_not_kept(
    intake: Intake, choices: Choices | None
) -> None:
    result = intake.take(arrive(YES, {b"cookie": cookies(choices)}), NOW)

    assert isinstance(result, Taken)
    assert (result.events, dict(result.dropped)) == ((), {Drop.UNRECOGNISED: 1})


def test_a_beacon_after_a_yes_is_no_second_view(intake: Intake) -> None:
    query = urlencode({"id": YES["id"], "kind": "yes", "url": VIEW["url"]})
    sent = {b"user-agent": BROWSER, b"cookie": cookies(ACCEPTED)}

    taken_in = intake.take(Arrival("GET", BEACON_PATH, query, sent), NOW)

    (event,) = taken(taken_in)
    assert (event.kind, event.visitor) == (Kind.YES, ALICE)


def test_a_flood_of_descriptions_that_were_never_seen_keeps_nobody_out_of_the_count(
    intake: Intake,
) -> None:
    phone = b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Mobile Safari/604.1"
    for number in range(2 * SENDERS_MAX):
        told = {b"user-agent": b"x%d " % number + b"x" * 600}
        assert take_one(intake, VIEW, told).device is Device.OTHER

    within = take_one(intake, VIEW, {b"user-agent": phone})
    program = intake.take(arrive(VIEW, {b"user-agent": b"Googlebot/2.1"}), NOW)

    assert within.device is Device.PHONE
    assert len(intake.senders) <= SENDERS_MAX
    assert isinstance(program, Taken)
    assert (program.events, dict(program.dropped)) == ((), {Drop.BOT: 1})


def test_what_happened_before_the_yes_is_counted_without_the_number(intake: Intake) -> None:
    sent = {b"cookie": cookies(ACCEPTED)}
    told = [
        {**VIEW, "at": NOW_MS - 1},
        {**VIEW, "id": "00000000000000a2", "kind": "yes"},
        {**VIEW, "id": "00000000000000a3", "at": NOW_MS},
    ]

    result = intake.take(arrive(told, sent), NOW)

    assert isinstance(result, Taken)
    assert {
        record.clause: [each.visitor for each in record.events] for record in result.records
    } == {
        "visits.count": [0],
        "visits.measure": [ALICE, ALICE],
    }
    assert result.events[0].at_ms % MINUTE_MS == 0


def test_time_in_view_that_began_before_the_yes_is_counted_without_the_number(
    intake: Intake,
) -> None:
    sent = {b"cookie": cookies(ACCEPTED)}
    later = NOW + timedelta(seconds=60)
    time = {**VIEW, "kind": "time", "seconds": 61}

    (of_before,) = taken(intake.take(arrive(time, sent), later))
    (since,) = taken(intake.take(arrive({**time, "seconds": 60}, sent), later))

    assert (of_before.visitor, of_before.seconds) == (0, 61)
    assert (since.visitor, since.seconds) == (ALICE, 60)


def test_of_headers_that_are_remembered_nothing_can_be_read(intake: Intake) -> None:
    cookie = cookies(ACCEPTED) + b"; sessionid=a-secret-of-the-session"

    take_one(intake, VIEW, {b"cookie": cookie})

    assert [len(code) for code in intake.senders] == [16]
    assert b"a-secret-of-the-session" not in pickle.dumps(intake.senders)


def test_a_header_that_is_empty_is_not_one_that_is_missing(intake: Intake) -> None:
    browser = {b"user-agent": BROWSER}

    codes = {
        intake.code_of({**browser, **more}, is_beacon=is_beacon)
        for more in ({}, {b"cookie": b""}, {b"sec-gpc": b""}, {b"cookie": b"", b"sec-gpc": b""})
        for is_beacon in (True, False)
    }

    assert len(codes) == 8


def test_descriptions_of_browsers_are_forgotten_in_time_though_requests_arrive_all_the_while(
    intake: Intake,
) -> None:
    take_one(intake, VIEW, {b"user-agent": b"an old browser"})

    for number in range(1, 5):
        later = NOW + number * SENDERS_WINDOW / 4
        intake.take(arrive({**VIEW, "id": f"{number:016x}"}, {b"user-agent": b"another"}), later)

    assert len(intake.senders) == 1  # of "another", heard of since
