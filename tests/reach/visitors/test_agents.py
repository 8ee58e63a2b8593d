"""What is kept of a browser: the kind of device it runs on, and whether it is a program."""

import pytest
import ua_parser
from crawleruseragents import CRAWLER_USER_AGENTS_DATA, is_crawler
from hypothesis import given, settings
from hypothesis import strategies as st

from clearline.reach.visitors.agents import NAMES, TEXT_MAX, agent_of, in_words
from clearline.reach.visitors.event import Device

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("text", "device"),
    [
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/141.0 Mobile Safari/537.36", "phone"),
        (f"Mozilla/5.0 (Linux; Android 13; SM-X200) {WEBKIT} Chrome/141.0 Safari/537", "tablet"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Mobile Safari/604.1", "phone"),
        ("Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) Mobile Safari/604.1", "tablet"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/141.0", "computer"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/26.0 Safari", "computer"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "computer"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/141.0", "computer"),
        ("Mozilla/5.0 (PlayStation 5 3.03/SmartTV)", "other"),
    ],
)
def test_a_browser_says_what_it_runs_on(text: str, device: str) -> None:
    agent = agent_of(text)

    assert agent.device is Device(device)
    assert not agent.is_bot


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "curl/8.5.0",
        "python-requests/2.32",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/141.0 Safari/537.36",
    ],
)
def test_a_program_is_no_visitor(text: str) -> None:
    assert agent_of(text).is_bot


@settings(deadline=None)
@given(st.text(max_size=2000))
def test_no_text_makes_it_fail(text: str) -> None:
    assert agent_of(text).device in Device


def test_every_program_on_the_list_is_told_as_its_makers_tell_it() -> None:
    texts = [text for program in CRAWLER_USER_AGENTS_DATA for text in program.get("instances", [])]

    missed = [text for text in texts if is_crawler(text[:TEXT_MAX]) != agent_of(text).is_bot]

    assert len(texts) > 2_000
    assert missed == []


@settings(deadline=None)
@given(st.text(st.characters(max_codepoint=255), max_size=300))
def test_what_is_no_program_to_the_makers_of_the_list_is_none_here(text: str) -> None:
    cut = text[:TEXT_MAX]

    assert agent_of(text).is_bot == (not cut.strip() or is_crawler(cut))


def test_a_session_names_browser_and_system_in_words() -> None:
    told = "Mozilla/5.0 (X11; Linux x86_64; rv:140.1) Gecko/20100101 Firefox/140.1"

    assert in_words(told) == "Firefox, Linux"


def test_nothing_beyond_the_request_remembers_what_a_browser_says_of_itself() -> None:
    # The package's own parser keeps two thousand descriptions for as long as the process runs.
    assert isinstance(ua_parser.parser.resolver, ua_parser.CachingResolver)
    assert not isinstance(NAMES.resolver, ua_parser.CachingResolver)
