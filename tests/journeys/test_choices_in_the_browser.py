"""Rows of law that only a real browser can show: what is painted when, how large, how dark."""

import http.client
import json

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from tests.journeys.browser import AGENT, cookie_names, person
from tests.journeys.provider import RunningProvider

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

PAGES = (
    *("/", "/services/", "/services/home-line/", "/rates/", "/help/", "/help/keep-your-number/"),
    *("/contact/", "/your-privacy-rights/", "/privacy/", "/privacy/editions/"),
    *("/privacy/choices/", "/privacy/receipts/", "/privacy/cookies/", "/nowhere/"),
    "/staff/sign-in/",
)
CONTRAST_MIN = 4.5
TABS_MAX = 60
# The contrast of an element's letters against the nearest ground that is painted (WCAG 2.2, 1.4.3).
CONTRAST = """element => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d")
  const to_pixel = colour => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    return canvas.getImageData(0, 0, 1, 1).data
  }
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0)
  let ground = element
  while (to_pixel(getComputedStyle(ground).backgroundColor)[3] < 255 && ground.parentElement)
    ground = ground.parentElement
  const pair = [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor]
    .map(to_pixel).map(light)
  return (Math.max(...pair) + .05) / (Math.min(...pair) + .05)
}"""
LOOK = """element => {
  const style = getComputedStyle(element)
  return [style.color, style.backgroundColor, style.borderColor, style.fontWeight, style.fontSize]
}"""
ICON_TO_LETTERS = """icon =>
  icon.getBoundingClientRect().height / parseFloat(getComputedStyle(icon.parentElement).fontSize)"""


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("path", ["/", "/help/keep-your-number/"])
def test_nothing_is_counted_before_the_link_to_the_notice_is_painted(
    provider: RunningProvider, browser: Browser, path: str, *, script: bool
) -> None:
    """CC-02: neither by the script nor by the picture that counts where none runs."""
    context = person(browser, script=script)
    page = context.new_page()

    browser.start_tracing(page=page, categories=["loading", "devtools.timeline"])
    with page.expect_response(lambda answer: "/c/" in answer.url):
        page.goto(f"{provider.url}{path}")
    events = json.loads(browser.stop_tracing())["traceEvents"]

    painted_at = [each["ts"] for each in events if each["name"] == "firstContentfulPaint"]
    counted_at = [
        each["ts"]
        for each in events
        if each["name"] == "ResourceSendRequest" and "/c/" in each["args"]["data"]["url"]
    ]
    link = page.locator("form.ask a[href='/privacy/']")
    box = link.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 900  # inside the first screen, so in the first paint
    assert painted_at
    assert counted_at
    assert min(painted_at) < min(counted_at)
    context.close()


def test_the_icon_of_the_choices_is_as_high_as_the_letters_beside_it(
    provider: RunningProvider, browser: Browser
) -> None:
    """CC-30: within a tenth, wherever it stands, the staff's way in included."""
    context = person(browser)
    page = context.new_page()
    for path in PAGES:
        page.goto(f"{provider.url}{path}")
        link = page.locator("footer a[href='/privacy/choices/']")
        assert link.inner_text().strip() == "Your Privacy Choices", path
        for icon in page.locator(".choices-icon").all():
            assert icon.is_visible(), path
            assert 0.9 <= icon.evaluate(ICON_TO_LETTERS) <= 1.1, path
    context.close()


def test_after_an_opt_out_the_next_pages_ask_nobody_else_for_anything(
    provider: RunningProvider, browser: Browser
) -> None:
    """CC-33: not one call to another host, which is all there is to stop today."""
    context = person(browser)
    page = context.new_page()
    asked: list[str] = []
    page.goto(f"{provider.url}/privacy/choices/")
    page.get_by_role("button", name="Do not sell or share my personal information").click()
    page.get_by_text("Opted out").wait_for()
    page.on("request", lambda request: asked.append(request.url))

    for path in PAGES:
        page.goto(f"{provider.url}{path}")

    assert len(asked) >= len(PAGES)
    assert [url for url in asked if not url.startswith(provider.url)] == []
    context.close()


@pytest.mark.parametrize(
    ("sent", "is_honoured"),
    [(["1"], True), (["0", "1"], True), (["0"], False), (["true"], False), ([], False)],
)
def test_the_signal_is_read_off_the_wire(
    provider: RunningProvider, sent: list[str], *, is_honoured: bool
) -> None:
    """CC-36: headers that come twice included, through the real server."""
    wire = http.client.HTTPConnection("localhost", provider.port, timeout=20)
    wire.putrequest("GET", "/rates/")
    for value in sent:
        wire.putheader("Sec-GPC", value)
    wire.endheaders()

    page = wire.getresponse().read().decode()
    wire.close()

    assert ("Opt-Out Request Honored" in page) is is_honoured


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_accept_and_decline_weigh_the_same_and_escape_is_no_yes(
    provider: RunningProvider, browser: Browser, scheme: str, width: int
) -> None:
    """CC-45: one click each, area within a tenth, same colours; Esc and going on choose nothing."""
    context = browser.new_context(
        user_agent=AGENT,
        viewport={"width": width, "height": 740},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    for path, place in (("/", "form.ask"), ("/privacy/choices/", "main form.pair")):
        page.goto(f"{provider.url}{path}")
        yes, no = (page.locator(place).get_by_role("button", name=n) for n in ("Accept", "Decline"))

        assert 0.9 <= area(yes) / area(no) <= 1.1
        assert yes.evaluate(LOOK) == no.evaluate(LOOK)
        assert yes.evaluate(CONTRAST) == no.evaluate(CONTRAST) >= CONTRAST_MIN
        page.keyboard.press("Escape")
        page.goto(f"{provider.url}/rates/")
        assert cookie_names(context) == set()
        assert page.locator("form.ask").count() == 1
    context.close()


def area(button: Locator) -> float:
    box = button.bounding_box()
    assert box is not None
    return box["width"] * box["height"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_policy_is_linked_in_plain_sight_and_reached_by_keyboard_without_script(
    provider: RunningProvider, browser: Browser, scheme: str
) -> None:
    """CO-01: on the home page, by the word privacy, dark enough to read."""
    context = browser.new_context(
        user_agent=AGENT,
        java_script_enabled=False,
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(f"{provider.url}/")
    links = page.get_by_role("link", name="Privacy policy", exact=True).all()

    assert len(links) == 2  # in the prompt and in the foot
    for link in links:
        assert link.is_visible()
        assert link.get_attribute("href") == "/privacy/"
        assert link.evaluate(CONTRAST) >= CONTRAST_MIN
    tab_to(page, "footer a[href='/privacy/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/privacy/")
    context.close()


def tab_to(page: Page, selector: str) -> None:
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"Tab never came to {selector}")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_yes_is_taken_back_from_any_page_with_as_many_clicks_as_it_was_given(
    provider: RunningProvider, browser: Browser, *, script: bool
) -> None:
    """EU-01: one click to give it, one to take it back, and both proofs are there to fetch."""
    context = person(browser, script=script)
    page = context.new_page()
    page.goto(f"{provider.url}/rates/")

    page.get_by_role("button", name="Accept").click()
    page.locator("form.ask").wait_for(state="detached")
    assert cookie_names(context) == {"cl_choices", "cl_visitor"}
    page.goto(f"{provider.url}/contact/")
    page.get_by_role("button", name="Stop recognising this browser").click()
    page.get_by_role("button", name="Stop recognising this browser").wait_for(state="detached")

    assert page.url == f"{provider.url}/contact/?cookies=saved"
    assert cookie_names(context) == {"cl_choices"}
    assert proofs_on_choices(context, provider) == 2
    context.close()


def proofs_on_choices(context: BrowserContext, provider: RunningProvider) -> int:
    page = context.new_page()
    page.goto(f"{provider.url}/privacy/choices/")
    return page.locator("a[href^='/privacy/receipt/'][download]").count()
