"""What is kept of a browser: the kind of device it runs on, and whether it is a program."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearline.reach.visitors.agents import (
    AGENTS_MAX,
    NEW_A_SECOND_MAX,
    UNKNOWN,
    Agents,
    agent_of,
)
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


def test_a_flood_of_descriptions_makes_no_usual_browser_forgotten() -> None:
    agents = Agents()
    usual = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    agents.find(usual, second=0)
    agents.find(usual, second=0)
    for number in range(AGENTS_MAX + 1):
        agents.find(f"x{number}", second=1 + number // NEW_A_SECOND_MAX)
    last = 1 + AGENTS_MAX // NEW_A_SECOND_MAX
    for number in range(NEW_A_SECOND_MAX):
        agents.find(f"y{number}", second=last + 1)

    assert agents.find("one more", second=last + 1) is UNKNOWN
    assert agents.find(usual, second=last + 1).device is Device.COMPUTER
    assert len(agents.met) == AGENTS_MAX


def test_of_browsers_met_again_the_least_used_are_forgotten_first() -> None:
    agents = Agents()
    for number in range(AGENTS_MAX):
        for _ in ("met", "met again"):
            agents.find(f"x{number}", second=number // NEW_A_SECOND_MAX)

    agents.find("x0", second=0)
    for _ in ("met", "met again"):
        agents.find("y", second=AGENTS_MAX)

    assert "x0" in agents.known
    assert "y" in agents.known
    assert "x1" not in agents.known
