"""The report's page and files: shown as asked, taken by a form only, and as the policy permits."""

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.test import Client
from pytest_django import Settings

from clearline.edge.staff.report_query import midnight_before
from clearline.edge.staff.templatetags.staff_text import change, clock_change, clock_direction
from clearline.edge.staff.today import page_title
from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.columnstore.migrate import migrate
from clearline.kit.status import write_status
from clearline.reach.visitors import load
from clearline.reach.visitors.event import Kind
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards.roles import Role
from tests.browser_client import browser, signed_in
from tests.reach.visitors.conftest import without
from tests.reach.visitors.test_report import EPOCH, make_events
from tests.trust.ledger.conftest import policy_log as log

__all__ = ["log", "without"]

pytestmark = pytest.mark.django_db
REPORT, EXPORT = "/staff/visitors/", "/staff/visitors/export/"
OCTOBER = {"from": "2026-10-01", "to": "2026-10-30"}


@pytest.fixture
def dana(column_store: ColumnStore, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The browser of a marketer, over a store with two months of visits."""
    migrate(column_store, load.SCHEMA)
    load.insert_events(column_store, make_events(1, 4000), token="a")
    monkeypatch.setattr(ColumnStore, "of_instance", lambda _: column_store)
    return signed_in("dana", Role.MARKETER)


def exports() -> int:
    return Entry.objects.filter(kind="report.exported").count()


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_link_that_is_followed_takes_no_file_and_writes_no_entry(
    dana: Client, method: str
) -> None:
    answer = getattr(dana, method)(EXPORT, OCTOBER)

    assert answer.status_code == 405
    assert exports() == 0


def test_a_form_of_another_site_takes_no_file(dana: Client) -> None:
    answer = dana.post(EXPORT, OCTOBER, headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 403
    assert exports() == 0


def test_the_form_of_the_page_takes_the_same_report_as_a_file_and_the_ledger_knows(
    dana: Client,
) -> None:
    page = dana.get(REPORT, {**OCTOBER, "order": "visits", "device": "phone"})
    form = page.content.decode().partition(f'<form method="post" action="{EXPORT}"')[2]
    fields = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', form.partition("<button")[0]))

    answer = dana.post(EXPORT, {**fields, "format": "json"})

    told = json.loads(answer.content)
    shown = [line.row.name for line in page.context["lines"]]
    assert [row["name"] for row in told["rows"]] == shown
    assert told["filters"] == {"device": "phone"}
    assert answer["Content-Disposition"].startswith("attachment")
    assert exports() == 1


def test_a_report_is_narrowed_to_one_referring_site(dana: Client) -> None:
    whole = dana.get(REPORT, OCTOBER)
    (split,) = (each for each in whole.context["splits"] if each.side == "referrer")
    link = next(line.url for line in split.lines if line.title == "google.com")

    page = dana.get(REPORT + link)

    assert "Site they came from: google.com" in page.content.decode()
    (found,) = (line.row for line in split.lines if line.title == "google.com")
    assert page.context["report"].totals.all.views == found.figures.views


def test_the_page_tells_how_long_each_part_was_in_view(dana: Client) -> None:
    page = dana.get(REPORT, OCTOBER)

    (part,) = (each for each in page.context["splits"] if each.side == "part")
    (campaign,) = (each for each in page.context["splits"] if each.side == "campaign")
    assert part.has_time
    assert not campaign.has_time
    assert page.content.decode().count("Views, time in view a page") == 2


def test_each_order_is_one_press_away_and_says_which_is_chosen(dana: Client) -> None:
    page = dana.get(REPORT, {**OCTOBER, "order": "visits"})

    orders = {str(each.title): each for each in page.context["orders"]}
    assert orders["By visits begun here"].is_current
    bars = [line.part for line in page.context["lines"]]
    assert bars == sorted(bars, reverse=True)
    by_people = dana.get(REPORT + orders["By people"].url).context["query"]
    assert by_people.order == "people"


@pytest.mark.parametrize("address", ["/staff/", REPORT])
def test_a_page_says_kindly_that_the_policy_has_no_clause_for_figures(
    without: Callable[[str], None], dana: Client, address: str
) -> None:
    without("visits.count")

    page = dana.get(address)

    assert "No figures under this policy." in page.content.decode()
    assert Entry.objects.filter(kind="use.denied").count() == 1
    assert dana.post(EXPORT, OCTOBER).status_code == 403


def test_those_who_agreed_are_shown_when_only_the_others_have_no_clause(
    without: Callable[[str], None], dana: Client
) -> None:
    without("visits.count")

    page = dana.get(REPORT, {**OCTOBER, "population": "agreed"})

    assert page.status_code == 200
    assert page.context["report"].clauses == ("visits.measure",)


def test_a_bare_address_shows_four_whole_weeks_beside_the_four_before(dana: Client) -> None:
    page = dana.get(REPORT)

    query, today = page.context["query"], page.context["asked"].today
    assert (query.days, query.end) == (28, today - timedelta(days=1))
    assert "compared with the 28 days before" in page.content.decode()
    assert "today so far" not in page.content.decode()


def test_days_to_come_are_called_so(dana: Client, column_store: ColumnStore) -> None:
    text = dana.get(REPORT, {"from": "2099-01-01", "to": "2099-01-31"}).content.decode()

    assert "These days are still to come." in text
    assert "Today is not over" not in text


def test_what_a_campaign_leaves_out_is_said(dana: Client, column_store: ColumnStore) -> None:
    said = "A campaign is noted with the page that its link leads to."

    assert said in dana.get(REPORT, {"campaign": "autumn"}).content.decode()
    assert said not in dana.get(REPORT).content.decode()


def test_a_period_with_today_in_it_is_compared_with_nothing(
    dana: Client, column_store: ColumnStore
) -> None:
    today = dana.get(REPORT).context["asked"].today
    october = timedelta(days=(today - date(2026, 10, 1)).days)
    days = {"from": str(today - october), "to": str(today)}

    text = dana.get(REPORT, days).content.decode()

    assert "Today is not over, so nothing is compared yet." in text
    assert "today so far" in text
    assert 'class="up"' not in text
    assert 'class="down"' not in text


def test_one_day_is_told_as_one_date_beside_the_day_before(dana: Client) -> None:
    text = dana.get(REPORT, {"from": "2026-10-07", "to": "2026-10-07"}).content.decode()

    assert "<small>7 October 2026, compared with the day before</small>" in text
    card = text.partition('aria-labelledby="by-day"')[2].partition("</section>")[0]
    assert re.search(r"<p>Visits: \d+\. Pages viewed: \d+\. People who agreed: \d+\. ", card)
    assert "The day before had visits: " in card
    assert "<svg" not in card
    assert 'class="key' not in card


def test_the_key_of_the_chart_names_only_what_is_drawn(dana: Client) -> None:
    days = {"from": "2026-10-01", "to": "2026-10-07", "chart": "people"}

    page = dana.get(REPORT, days)

    keys = re.findall(r'<span class="key[^"]*">([^<]+)<', page.content.decode())
    chart = page.context["chart"]
    drawn = {"this period": chart.lines, "before": chart.lines_before}
    assert keys == [name for name, lines in drawn.items() if lines]


def test_a_period_over_the_new_year_has_both_years(dana: Client) -> None:
    text = dana.get(REPORT, {"from": "2025-12-30", "to": "2026-01-02"}).content.decode()

    assert "30 December 2025 to 2 January 2026, compared with the 4 days before" in text


def test_a_day_that_is_none_is_told_kindly_with_how_to_write_one(dana: Client) -> None:
    text = dana.get(REPORT, {"from": "foo"}).content.decode()

    assert "“foo” is no day. Write one like 20" in text


@pytest.mark.parametrize(
    ("side", "known"),
    [
        ("device", "phone, tablet, computer, other"),
        ("part", "home, services, rates, help, contact, privacy, account, other"),
        ("referrer_class", "direct, internal, search, social, mail, other"),
    ],
)
def test_a_filter_that_nothing_can_have_says_what_there_is_on_the_page_and_for_files(
    dana: Client, side: str, known: str
) -> None:
    told = f"“toaster” is no {side}. Choose one of {known}."

    page = dana.get(REPORT, {**OCTOBER, side: "toaster"})
    files = [dana.post(EXPORT, {side: "toaster", "format": each}) for each in ("json", "csv")]

    for answer in (page, *files):
        assert (answer.status_code, told in answer.content.decode()) == (422, True)
    assert exports() == 0


def test_a_part_of_a_name_narrows_the_list_and_page_and_files_say_so(dana: Client) -> None:
    whole = dana.get(REPORT, OCTOBER)
    some = {**OCTOBER, "search": "rates"}

    page = dana.get(REPORT, some)
    note = json.loads(dana.post(EXPORT, {**some, "format": "json"}).content)["note"]

    said = "narrows the list of names alone"
    assert said in page.content.decode()
    assert said not in whole.content.decode()
    assert page.context["report"].totals == whole.context["report"].totals
    assert "Totals, days and breakdowns are those of the whole site" in note
    assert "whole site" in dana.post(EXPORT, some).content.decode()


def test_a_figure_that_stays_as_it_was_says_so() -> None:
    assert clock_change(42.2, 41.9) == "± 0:00"
    assert clock_direction(42.2, 41.9) == ""
    assert clock_change(42.0, None) == ""
    assert clock_change(61.0, 42.0) == "+ 0:19"


def test_names_on_today_lead_to_the_weeks_report_with_them(
    dana: Client, column_store: ColumnStore
) -> None:
    yesterday = dana.get(REPORT).context["query"].end
    day = (yesterday - EPOCH).days
    events = [
        msgspec.structs.replace(each, id=each.id ^ 1, day=day, at_ms=day * 86_400_000)
        for each in make_events(1, 400)
    ]
    load.insert_events(column_store, events, token="b")

    page = dana.get("/staff/")

    tops = [*page.context["pages"], *page.context["services"]]
    assert {top.report_url.partition("thing=")[2][:4] for top in tops} == {"page", "serv"}
    for top in tops:
        lines = dana.get(top.report_url).context["lines"]
        assert (top.row.name, top.row.figures.views) in [
            (line.row.name, line.row.figures.views) for line in lines
        ]
        assert f'<a class="live" href="{top.page_url}">' in page.content.decode()


def test_a_marketer_who_is_not_signed_in_sees_no_figures() -> None:
    assert browser().get(REPORT).status_code == 302


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "Home"),
        ("/privacy/choices/", "Your Privacy Choices"),
        ("/services/home-line/", "Home line"),
        ("/services/gone/", "/services/gone/"),
        ("/help/keep-your-number/", "Keep your number"),
        ("/account/bills/", "/account/bills/"),
    ],
)
def test_a_page_is_named_by_its_title_where_staff_know_it(path: str, title: str) -> None:
    assert page_title(path, {"home-line": "Home line"}) == title


@pytest.mark.parametrize(("asked", "tells_of_a_filter"), [({}, False), ({"device": "phone"}, True)])
def test_days_without_figures_tell_of_filters_only_where_one_is_set(
    dana: Client, asked: dict[str, str], *, tells_of_a_filter: bool
) -> None:
    text = dana.get(REPORT, {"from": "2025-01-01", "to": "2025-01-02", **asked}).content.decode()

    assert "No group of at least five was counted. Choose a longer period" in text
    assert ("take a filter away" in text) == tells_of_a_filter


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (4304, 4422, "\N{MINUS SIGN} 2.7 %"),
        (476, 536, "\N{MINUS SIGN} 11.2 %"),
        (251, 211, "+ 19.0 %"),
        (10_000, 10_001, "± 0.0 %"),
    ],
)
def test_a_change_is_rounded_and_not_cut_off(now: int, before: int, said: str) -> None:
    assert change(now, before) == said


def shown(client: Client, **asked: str) -> str:
    return client.get(REPORT, OCTOBER | asked).content.decode()


def test_a_total_is_called_by_whose_visits_it_counts(dana: Client) -> None:
    everyone, agreed, others = (
        re.findall(r'class="figure"><i>([^<]+)', shown(dana, population=name))
        for name in ("all", "agreed", "declined")
    )

    without_yes = "Visits begun before or without a yes"
    assert everyone[:3] == ["People who agreed", "Visits, all", without_yes]
    assert agreed[:-1] == ["People who agreed", "Visits of who agreed"]
    assert others[:-1] == [without_yes]
    assert ">Not asked yet, or no</a>" in shown(dana)


def test_where_nothing_was_counted_before_it_is_said_once_and_no_row_is_new(dana: Client) -> None:
    text = dana.get(REPORT, {"from": "2026-08-20", "to": "2026-10-30"}).content.decode()

    assert text.count("nothing to compare with") == 1
    assert ">new<" not in text


def test_a_change_is_of_the_figure_by_which_the_rows_stand(dana: Client) -> None:
    told = json.loads(dana.post(EXPORT, OCTOBER | {"format": "json", "order": "people"}).content)
    text = shown(dana, order="people")

    changes = re.findall(r'<td class="n wide-only (?:up|down)?">([^<:]*%|)</td><td', text)
    rows = told["rows"]
    assert rows
    assert changes == [change(row["people"], row["before"]["people"]) for row in rows]
    assert changes != [change(row["views"], row["before"]["views"]) for row in rows]


def put_scattered_visits(column_store: ColumnStore, day: date) -> None:
    """Let six people who agreed look at a page each that nobody else looks at."""
    number = (day - EPOCH).days
    events = [
        msgspec.structs.replace(
            each,
            id=number * 1000 + index,
            day=number,
            at_ms=number * 86_400_000 + index,
            kind=Kind.VIEW,
            page=f"/help/page-{'abcdef'[index]}/",
            service="",
            visitor=index + 1,
            starts=1,
        )
        for index, each in enumerate(make_events(1, 6))
    ]
    load.insert_events(column_store, events, token="scattered")


def nothing_told(client: Client, asked: dict[str, str]) -> str:
    text = client.get(REPORT, asked).content.decode()
    return text.partition('<div class="empty')[2].partition("</div>")[0]


def test_a_day_on_which_nobody_came_yet_says_so_and_keeps_what_is_asked(dana: Client) -> None:
    today = dana.get(REPORT).context["asked"].today.isoformat()
    asked = {"from": today, "to": today, "thing": "service"}

    said = nothing_told(dana, asked)

    assert "Fewer than five visits so far today." in said
    assert 'href="?thing=service&amp;period=91"' in said


def test_days_to_come_have_nothing_yet(dana: Client) -> None:
    said = nothing_told(dana, {"from": "2099-01-01", "to": "2099-01-31"})

    assert "What is counted on them will stand here." in said


@pytest.mark.parametrize(("thing", "title"), [("page", "No page to"), ("service", "No service to")])
def test_a_day_whose_names_are_all_too_rare_speaks_of_no_search(
    dana: Client, column_store: ColumnStore, thing: str, title: str
) -> None:
    today = dana.get(REPORT).context["asked"].today
    put_scattered_visits(column_store, today)

    said = nothing_told(dana, {"from": f"{today}", "to": f"{today}", "thing": thing})

    assert title in said
    assert "None was looked at by at least five so far." in said
    assert "letters" not in said
    assert "<a " not in said


def test_a_search_that_finds_nothing_is_cleared_alone(dana: Client) -> None:
    said = nothing_told(dana, OCTOBER | {"device": "phone", "search": "no-such-name"})

    assert "has these letters in its name" in said
    (link,) = re.findall(r'href="([^"#]*)#rows"', said)
    page = dana.get(REPORT + link.replace("&amp;", "&"))
    query = page.context["query"]
    assert (query.search, query.device) == ("", "phone")
    assert (str(query.start), str(query.end)) == tuple(OCTOBER.values())
    assert page.context["lines"]


def test_no_two_links_of_the_report_go_elsewhere_under_one_name(dana: Client) -> None:
    text = dana.get(REPORT).content.decode()

    head = text.partition('aria-label="Whose visits"')[0]
    names = re.findall(r"<a href=[^>]*>([^<]+)</a>", head)
    assert "Today" in names
    assert "Today so far" in names
    assert len(names) == len(set(names))


@pytest.fixture
def status_dir(dana: Client, settings: Settings, tmp_path: Path) -> Path:
    """Where the processes of the instance say how they stand; so far none has."""
    for name in ("keys", "policy", "content"):
        shutil.copytree(settings.ENV.instance / name, tmp_path / name)
    settings.ENV = settings.ENV.model_copy(update={"instance": tmp_path})
    return Path(settings.ENV.status_dir)


def say_whole_until(status_dir: Path, told: str) -> None:
    write_status(status_dir, "loader", {"whole_until": told}, datetime.now(UTC))


LOADING = "Visits are still being loaded."


def test_a_period_that_lacks_some_of_its_visits_says_so_and_is_compared_with_nothing(
    dana: Client, status_dir: Path
) -> None:
    before = shown(dana)
    say_whole_until(status_dir, "2026-10-20T08:00:00+00:00")

    text = shown(dana)

    assert LOADING not in before
    assert 'class="down"' in before
    assert LOADING in text
    assert "What came in until 20 October 2026, 04:00 EDT stands in these figures" in text
    assert "nothing is compared until all their visits are loaded" in text
    assert 'class="up"' not in text
    assert 'class="down"' not in text


@pytest.mark.parametrize(
    ("told", "is_said"), [("2026-10-20T08:00:00+00:00", True), ("2026-10-31T00:00:00-04:00", False)]
)
def test_a_file_of_a_period_that_lacks_some_of_its_visits_says_so(
    dana: Client, status_dir: Path, told: str, *, is_said: bool
) -> None:
    say_whole_until(status_dir, told)

    plain = json.loads(dana.post(EXPORT, {**OCTOBER, "format": "json"}).content)
    text = dana.post(EXPORT, {**OCTOBER, "format": "csv"}).content.decode()

    assert plain["loaded_until"] == (told if is_said else None)
    assert (f"loaded until,{told}" in text) == is_said


def test_a_period_that_has_all_its_visits_is_compared_while_later_ones_are_loaded(
    dana: Client, status_dir: Path
) -> None:
    before = shown(dana)
    say_whole_until(status_dir, "2026-10-31T00:00:00-04:00")

    assert shown(dana) == before


def test_the_first_page_says_that_visits_are_still_being_loaded(
    dana: Client, status_dir: Path, settings: Settings
) -> None:
    before = dana.get("/staff/").content.decode()
    day = dana.get(REPORT).context["asked"].today
    put_scattered_visits(ColumnStore.of_instance(settings.ENV), day - timedelta(days=2))
    say_whole_until(status_dir, f"{day - timedelta(days=1)}T00:00:00+00:00")

    page = dana.get("/staff/")

    text = page.content.decode()
    assert LOADING not in before
    assert "compared with the seven before" in before
    assert LOADING in text
    assert "compared with the seven before" not in text
    assert page.context["before"].all.views is None


def test_a_week_that_has_all_its_visits_is_compared_while_those_of_today_are_loaded(
    dana: Client, status_dir: Path
) -> None:
    asked = dana.get(REPORT).context["asked"]
    say_whole_until(status_dir, midnight_before(asked.today).isoformat())

    text = dana.get("/staff/").content.decode()

    assert "compared with the seven before" in text
