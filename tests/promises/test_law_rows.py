"""Each row of docs/law.toml, as a person at the site sees it kept.

What only a browser can show stands in tests/journeys/test_choices_in_the_browser.py.
"""

import ast
import asyncio
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from a2wsgi.wsgi import Body, build_environ
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client
from django.utils import timezone

from clearline.edge.collector.exchange import Message, Reader
from clearline.edge.collector.intake import (
    Arrival,
)
from clearline.edge.site.visit import visit_of
from clearline.policy.choices import GPC_CLOSES, NOTHING_CHOSEN, says_gpc
from clearline.policy.vocabulary import Answer, ChoiceName, RecipientClass
from clearline.reach.visitors.event import StoredEvent
from clearline.service.accounts.age import AgeRange
from clearline.trust.consent.cookie import ChosenOnDevice, CookieSigner
from clearline.trust.consent.cookies import CHOICES_COOKIE
from clearline.trust.consent.queries import needs_prompt
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.promises.pages import PAGES
from tests.service.accounts.people import PASSWORD, make_account
from tests.trust.ledger.log import sign_log

pytestmark = pytest.mark.django_db
TOP = Path(__file__).parents[2]
LAW = tomllib.loads((TOP / "docs" / "law.toml").read_text(encoding="utf-8"))
SIGNER = CookieSigner(settings.ENV.key("choices"), is_https=False)
GPC = {"sec-gpc": "1"}
LINK = re.compile(
    r'<a href="/privacy/choices/"[^>]*>Your Privacy Choices\s*<svg class="choices-icon"'
)
CRAWLED_MIN = 20
# The files that may speak of the signal: they read it, honour it, or say that it was honoured.
READ_THE_SIGNAL = {
    "config/demo/fill.py",
    "config/demo/traffic.py",
    "edge/api/choices.py",
    "edge/api/described.py",  # it tells developers of the header
    "edge/api/examples.py",  # as above, by an example of an answer
    "edge/api/urls.py",  # as above, in the description of it all
    "edge/collector/exchange.py",
    "edge/collector/intake.py",
    "edge/site/account/own_choices.py",
    "edge/site/answers.py",
    "edge/site/choices.py",
    "edge/site/context.py",
    "edge/site/remembered.py",
    "edge/site/urls.py",
    "edge/site/visit.py",
    "edge/site/wellknown.py",
    "edge/staff/templatetags/bring_in_text.py",  # which column of a list says it
    "policy/choices.py",
    "policy/vocabulary.py",  # the word for how a choice was told
    "rights/choices/asked.py",
    "rights/ledger_words/values.py",
    "service/accounts/customer_file.py",  # an earlier system's signal, so that it goes on to hold
    "service/accounts/importing.py",
    "trust/consent/actions.py",
    "trust/consent/queries.py",
}


@pytest.mark.parametrize("row", LAW)
def test_a_row_of_law_is_quoted_by_a_test(row: str) -> None:
    told = "\n".join(docstrings_of_tests())

    assert re.search(rf"\b{row}\b", told), f"write the test that proves {row}, and quote it"


def docstrings_of_tests() -> Iterator[str]:
    """Yield what tests that pytest collects say of themselves, and the files they stand in."""
    for path in TOP.glob("tests/**/test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        classes = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name[:4] == "Test"]
        tests = [
            node
            for body in (tree.body, *(each.body for each in classes))
            for node in body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        ]
        if tests:
            yield ast.get_docstring(tree) or ""
        yield from (ast.get_docstring(test) or "" for test in tests)


def test_from_13_to_15_nothing_is_sold_or_shared_until_they_say_yes_themselves() -> None:
    """CC-44: "given bracket 13-15, then ad sharing off until opt-in row"."""
    make_account(age=AgeRange.FROM_13_TO_15)
    client = browser()
    client.post("/privacy/choice/", {"answer": "accept"})

    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    client.get("/rates/")

    held = choices_in(client).choices
    for name in (ChoiceName.ADS, ChoiceName.SALE_OR_SHARING, ChoiceName.THIRD_PARTY_MARKETING):
        assert held.answer(name) is Answer.NO


def test_from_13_to_15_their_own_yes_in_two_steps_is_a_yes_everywhere_and_of_nothing_else() -> None:
    """CC-44: "given bracket 13-15, then ad sharing off until opt-in row"."""
    make_account(age=AgeRange.FROM_13_TO_15)
    client, elsewhere = browser(), browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})

    opt_in(client)
    elsewhere.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    elsewhere.get("/rates/")

    held = choices_in(elsewhere).choices
    assert held.answer(ChoiceName.SALE_OR_SHARING) is Answer.YES
    for name in (ChoiceName.ADS, ChoiceName.THIRD_PARTY_MARKETING):
        assert held.answer(name) is Answer.NO


def choices_in(client: Client) -> ChosenOnDevice:
    told = SIGNER.read_choices({name: each.value for name, each in client.cookies.items()})
    assert told is not None
    return told


def opt_in(client: Client) -> None:
    """Say yes to sale or sharing, in the two steps that it takes."""
    client.post("/privacy/choices/", {"act": "opt_out"})
    page = client.post("/privacy/choices/", {"act": "opt_in"}).content.decode()
    step = re.search(r'name="step" value="([^"]+)"', page)
    assert step
    client.post("/privacy/choices/", {"act": "opt_in_confirmed", "step": step.group(1)})
    assert choices_in(client).choices.answer(ChoiceName.SALE_OR_SHARING) is Answer.YES


def test_twenty_pages_and_the_staffs_way_in_carry_the_link_to_the_choices_with_its_icon() -> None:
    """CC-30: "Your Privacy Choices", exactly so, with the icon, on every page."""
    client = browser()
    waiting, seen = ["/", "/staff/sign-in/", "/nowhere/"], set[str]()
    while waiting:
        path = waiting.pop()
        answer = client.get(path)
        seen.add(path)
        if answer.status_code == 302 or not answer["Content-Type"].startswith("text/html"):
            continue
        page = answer.content.decode()
        assert LINK.search(page.partition("<footer")[2]), path
        links = set(re.findall(r'href="(/[a-z/0-9-]*/)["#?]', page))
        waiting += sorted(links - seen - set(waiting))

    assert len(seen) >= CRAWLED_MIN
    assert {"/privacy/", "/privacy/choices/", "/services/home-line/"} <= seen


def test_the_choice_is_reached_by_a_form_and_by_the_signal_and_needs_no_cookie() -> None:
    """CC-31: two methods, neither of them the prompt about cookies.

    A form sent by a browser that keeps no cookie is recorded all the same.
    """
    client = browser()
    page = client.get("/privacy/choices/").content.decode()
    client.post("/privacy/choices/", {"act": "opt_out"})
    client.cookies.clear()

    assert 'value="opt_out"' in page
    assert 'value="opt_out"' not in browser().get("/").content.decode()
    assert Entry.objects.filter(kind="choice.recorded").count() == 1
    assert "Opt-Out Request Honored" in browser(**GPC).get("/").content.decode()


def test_opting_out_by_the_form_while_signed_in_holds_for_the_account() -> None:
    """CC-31, CC-33: the form stops what is known of the account, whichever browser comes next."""
    make_account()
    laptop, phone = browser(), browser()
    for client in (laptop, phone):
        client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    laptop.post("/privacy/choices/", {"act": "opt_out"})

    page = phone.get("/privacy/choices/").content.decode()

    assert choices_in(phone).choices.answer(ChoiceName.SALE_OR_SHARING) is Answer.NO
    assert "Opted out" in page


def test_opting_out_needs_no_account_and_nothing_filled_in() -> None:
    """CC-32: one click of anybody, no field."""
    client = browser()

    page = client.get("/privacy/choices/").content.decode()
    client.post("/privacy/choices/", {"act": "opt_out"})

    form = page[page.index('id="do-not-sell"') :].partition("</form>")[0]
    assert re.findall(r"<(?:input|select|textarea)[^>]*>", form) == []
    assert "Opted out" in client.get("/privacy/choices/").content.decode()


def test_an_opt_out_stops_at_once_all_that_there_is_to_stop() -> None:
    """CC-33: the very next page treats the browser as opted out.

    Today that is all: no clause gives anything to a third party or affiliate, so there is nobody to
    tell to stop, and this test fails on the day that an edition changes that.
    """
    client = browser()
    client.post("/privacy/choices/", {"act": "opt_out"})
    answer = client.get("/")

    recipients = {
        recipient.kind
        for clause in policy_in_force(timezone.now()).edition.clauses
        for recipient in clause.recipients
    }
    loaded = re.findall(r'(?:src|data-src|srcset)="([^"]+)"', answer.content.decode())
    assert choices_in(client).choices.answer(ChoiceName.SALE_OR_SHARING) is Answer.NO
    assert all(each.startswith("/") and not each.startswith("//") for each in loaded)
    assert "//" not in answer["Content-Security-Policy"]  # no other host may be loaded from
    assert recipients <= {RecipientClass.PROVIDER, RecipientClass.SUBJECT}


def test_an_opt_out_is_confirmed_on_the_page_and_stays_so() -> None:
    """CC-34: the status is there again whenever the page is loaded, with its day and its proof."""
    client = browser()
    client.post("/privacy/choices/", {"act": "opt_out"})

    for _ in range(2):
        page = client.get("/privacy/choices/").content.decode()
        status = re.findall(r'<p role="status">(.*?)</p>', page)
        assert len(status) == 1
        assert "Opted out" in status[0]
        assert f"/privacy/receipt/{choices_in(client).proof}/" in page


def test_the_signal_speaks_for_the_browser_and_its_pseudonymous_profile() -> None:
    """CC-35: for this browser and its random number; the account has a test of its own beside."""
    said = NOTHING_CHOSEN.with_answers(dict.fromkeys(ChoiceName, Answer.YES))
    client = browser()
    opt_in(client)
    client.post("/privacy/choices/", {"act": "accept"}, headers=GPC)

    closed = {name for name in ChoiceName if said.under_gpc().answer(name) is Answer.NO}
    kept = choices_in(client).choices

    assert closed == GPC_CLOSES == {ChoiceName.SALE_OR_SHARING, ChoiceName.THIRD_PARTY_MARKETING}
    assert kept.no == GPC_CLOSES
    assert "cl_visitor" in client.cookies


@pytest.mark.parametrize(
    ("sent", "is_signal"),
    [
        ([], False),
        (["0"], False),
        (["true"], False),
        ([""], False),
        (["11"], False),
        (["1"], True),
        (["0", "1"], True),
        (["1", "0"], True),
    ],
)
def test_the_signal_is_the_figure_one_and_any_one_among_several_headers(
    *, sent: list[str], is_signal: bool
) -> None:
    """CC-36: as the server hands headers on, for pages and for events."""
    headers = [(b"sec-gpc", value.encode()) for value in sent]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "http_version": "1.1",
        "headers": headers,
    }
    environ = build_environ(scope, Body(None, None))  # type: ignore[arg-type]  # no body is read
    event = asyncio.run(Reader(proxies=0).read(scope, asyncio.Queue[Message]().get))

    assert visit_of(WSGIRequest(dict(environ))).is_gpc is is_signal
    assert isinstance(event, Arrival)
    assert says_gpc(event.headers.get(b"sec-gpc", b"").decode()) is is_signal


def test_the_site_says_in_its_file_that_the_signal_is_honoured() -> None:
    """CC-36: /.well-known/gpc.json."""
    answer = browser().get("/.well-known/gpc.json")

    told = json.loads(answer.content)
    assert answer["Content-Type"] == "application/json"
    assert told["gpc"] is True
    assert date.fromisoformat(told["lastUpdate"]) <= timezone.now().date()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_that_the_signal_was_honoured_and_is_kept_apart(path: str) -> None:
    """CC-37: words and state come from the server, and no cache gives them to anybody else."""
    plain, signalled = browser().get(path), browser(**GPC).get(path)

    assert "Opt-Out Request Honored" in signalled.content.decode()
    assert "Opt-Out Request Honored" not in plain.content.decode()
    for answer in (plain, signalled):
        assert {"Cookie", "Sec-GPC"} <= set(answer["Vary"].replace(" ", "").split(","))
        assert {"private", "no-cache"} <= set(answer["Cache-Control"].replace(" ", "").split(","))


def test_the_state_of_sale_or_sharing_shows_the_signals_no() -> None:
    """CC-37: it says opted out with the signal, and not without."""
    plain, signalled = (
        re.findall(r'<p role="status"><span class="tag[^>]*>([^<]+)<', page.content.decode())
        for page in (
            browser().get("/privacy/choices/"),
            browser(**GPC).get("/privacy/choices/"),
        )
    )

    assert plain == ["Not opted out"]
    assert signalled == ["Opted out"]


def test_a_signal_that_is_missing_later_is_not_a_yes() -> None:
    """CC-38: the signal's no outlives it, also where nobody had spoken of sale before."""
    had_said_yes, had_accepted = browser(), browser()
    opt_in(had_said_yes)
    had_accepted.post("/privacy/choice/", {"answer": "accept"})

    for client in (had_said_yes, had_accepted):
        client.get("/", headers=GPC)
        assert "Opted out" in client.get("/privacy/choices/").content.decode()
        assert choices_in(client).choices.no >= GPC_CLOSES


def test_the_signal_wins_over_an_earlier_yes_at_once_and_nobody_is_asked_about_it() -> None:
    """CC-39: asked at most once in 12 months; this site never asks."""
    client = browser()
    opt_in(client)
    client.post("/privacy/choice/", {"answer": "accept"})

    first = client.get("/privacy/choices/", headers=GPC).content.decode()
    told = choices_in(client)

    assert "Opted out" in first
    assert 'value="opt_in"' not in first
    for days in range(0, 369, 23):
        aged = ChosenOnDevice(
            told.choices, told.at - timedelta(days=days), told.edition, told.proof
        )
        client.cookies["cl_choices"] = SIGNER.write_choices(aged)
        page = client.get("/", headers=GPC).content.decode()
        assert 'class="ask"' not in page
        assert "<dialog" not in page


class Shape(HTMLParser):
    """What a page is made of: its elements, words and where links lead, but for the status."""

    VOID = frozenset({"input", "img", "meta", "link", "br", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[object] = []
        self.inside_status = 0
        self.feed(re.sub(r"b\.gif\?id=[0-9a-f]{16}", "", html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag not in self.VOID and (self.inside_status or told.get("role") == "status"):
            self.inside_status += 1
        if not self.inside_status:
            told.pop("checked", None)  # the state of a switch is status too
            self.parts.append((tag, sorted(told.items())))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and self.inside_status:
            self.inside_status -= 1

    def handle_data(self, data: str) -> None:
        if not self.inside_status and data.strip():
            self.parts.append(" ".join(data.split()))


@pytest.mark.parametrize("path", PAGES)
def test_the_signal_costs_nothing_and_brings_up_nothing_that_stands_in_the_way(path: str) -> None:
    """CC-40: same answer, same elements, same words and links; only the status differs."""
    plain, signalled = browser().get(path), browser(**GPC).get(path)

    assert Shape(signalled.content.decode()).parts == Shape(plain.content.decode()).parts
    assert signalled.status_code == plain.status_code
    assert "<dialog" not in signalled.content.decode()


def test_the_signal_is_used_for_nothing_else() -> None:
    """CC-41: no column of events or roll-ups knows it, and only what honours it reads it."""
    schema = (TOP / "clearline/reach/visitors/schema").glob("*.sql")
    columns = "".join(path.read_text(encoding="utf-8") for path in schema).lower()
    fields = {field.name for field in msgspec.structs.fields(StoredEvent)}
    root = TOP / "clearline"
    readers = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if re.search(r"gpc", path.read_text(encoding="utf-8"), re.IGNORECASE)
    }

    assert "gpc" not in columns
    assert "signal" not in columns
    assert not any("gpc" in name or "signal" in name for name in fields)
    assert readers == READ_THE_SIGNAL


@pytest.mark.parametrize(
    ("no_at", "until"),
    [
        (datetime(2026, 11, 30, 0, 0, tzinfo=UTC), date(2027, 11, 30)),
        (datetime(2026, 11, 30, 23, 59, tzinfo=UTC), date(2027, 11, 30)),
        (datetime(2027, 3, 1, 12, 0, tzinfo=UTC), date(2028, 3, 1)),  # over a leap day
    ],
)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"])
def test_after_a_no_nobody_is_asked_for_twelve_months(
    no_at: datetime, until: date, zone: str
) -> None:
    """CC-42: not even at the end of the same day of the next year, wherever one lives."""
    policy = policy_in_force(timezone.now())
    no = NOTHING_CHOSEN.with_answers({ChoiceName.MEASUREMENT: Answer.NO})  # the other is unset
    chosen = ChosenOnDevice(no, no_at, no_at.date(), "0" * 32)
    last = datetime(until.year, until.month, until.day, 23, 59, 59, tzinfo=ZoneInfo(zone))

    assert not needs_prompt(chosen, policy, last)
    assert needs_prompt(chosen, policy, last + timedelta(days=5))
    assert no_at + CHOICES_COOKIE.lifetime > last  # the cookie that says so is still there


def test_allowing_sale_again_takes_two_separate_confirmations() -> None:
    """CC-42: the second press alone, or the first alone, changes nothing."""
    client = browser()
    client.post("/privacy/choices/", {"act": "opt_out"})
    proof = choices_in(client).proof

    alone = client.post("/privacy/choices/", {"act": "opt_in_confirmed"})
    client.post("/privacy/choices/", {"act": "opt_in"})
    assert alone.status_code == 409
    assert choices_in(client).proof == proof

    opt_in(client)


def test_saying_no_takes_as_many_steps_as_saying_yes_and_ignoring_is_no_yes() -> None:
    """CC-45: twins on the prompt and on the page of choices; nothing is ticked beforehand.

    Sizes, colours and Esc are looked at in the browser, by the journeys.
    """
    client = browser()
    for path, name in (("/", "answer"), ("/privacy/choices/", "act")):
        page = client.get(path).content.decode()
        found = re.findall(
            rf'<button class="([^"]*)" name="{name}" value="(accept|decline)">(\w+)<', page
        )

        assert [word for _, _, word in found] == ["Accept", "Decline"]
        assert len({style for style, _, _ in found}) == 1
        assert " checked" not in page
    assert not client.cookies
    assert not Entry.objects.exists()


@pytest.mark.usefixtures("own_log")
def test_taking_consent_back_is_as_easy_as_giving_it_and_both_are_proved(tmp_path: Path) -> None:
    """EU-01: one click from any page either way; both receipts hold for whoever checks them."""
    client = browser()
    accept_clicks = clicks_to(client.get("/rates/").content.decode(), "accept")
    client.post("/privacy/choice/", {"answer": "accept"})
    given = choices_in(client).proof

    withdraw_clicks = clicks_to(client.get("/rates/").content.decode(), "withdraw")
    client.post("/privacy/choice/", {"answer": "withdraw"})
    taken_back = choices_in(client).proof
    sign_log(now=timezone.now())

    assert withdraw_clicks == accept_clicks == 1
    assert client.cookies["cl_visitor"].value == ""
    yes, no = (proved_words(client, proof, tmp_path) for proof in (given, taken_back))
    assert "With your yes we recognise this browser by the number" in str(yes["text"])
    assert yes["yes"] == ["content", "measurement"]
    assert str(no["text"]).endswith("[Stop recognising this browser]")
    assert no["no"] == ["content", "measurement"]
    assert no["before"] == given


def clicks_to(page: str, answer: str) -> int:
    """Count the clicks from a page to an answer: one where the page itself has the button."""
    return 1 if f'name="answer" value="{answer}"' in page else 2


def proved_words(client: Client, proof: str, folder: Path) -> dict[str, str | list[str]]:
    """Return what a receipt says, once the program that shares nothing with us has proved it."""
    receipt = folder / f"{proof}.json"
    receipt.write_bytes(client.get(f"/privacy/receipt/{proof}/").content)
    command = [sys.executable, "-I", "-S", str(TOP / "docs" / "verify_receipt.py"), str(receipt)]
    told = subprocess.run(
        [*command, ledger.vkey()], capture_output=True, text=True, check=False, cwd="/"
    )
    assert told.returncode == 0, told.stderr
    fields: dict[str, str | list[str]] = json.loads(receipt.read_bytes())["body"]["fields"]
    return fields
