"""An app that shows codes, as somebody in a journey holds it; no code of it is given twice."""

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import pyotp
from playwright.sync_api import Page

from clearline.trust.factors.codes import STEP_S


@dataclass(slots=True)
class CodeApp:
    """The app of one person. It goes by the provider's clock, which may be a changed one."""

    secret: str
    last_step: int = 0

    def type_code(self, page: Page, button: str) -> None:
        """Type a code that was not used yet: this half minute's, or the next one's in its time."""
        while (step := max(step_now(page), self.last_step + 1)) > step_now(page) + 1:
            page.wait_for_timeout(500)
        self.last_step = step
        page.get_by_role("textbox", name=re.compile("Code")).fill(
            pyotp.TOTP(self.secret).at(step * STEP_S)
        )
        page.get_by_role("button", name=button).click()


def step_now(page: Page) -> int:
    """Return which half minute it is at the provider."""
    origin = page.evaluate("location.origin")
    told = page.request.get(f"{origin}/healthz").headers["date"]
    return int(parsedate_to_datetime(told).timestamp()) // STEP_S


def add_code_app(page: Page, door: str) -> CodeApp:
    """Add an app on its page, by the secret that stands there as text; no recovery codes yet."""
    origin = page.evaluate("location.origin")
    page.goto(f"{origin}/{door}/security/app/")
    app = CodeApp("".join(page.locator(".typed-secret code").all_inner_texts()))
    app.type_code(page, "Add the app")
    page.wait_for_url("**/security/recovery/**")
    return app
