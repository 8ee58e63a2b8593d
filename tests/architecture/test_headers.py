"""What browsers are told with every answer, whoever asks what by which method."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.conf import settings

from clearline.trust.safeguards.roles import Role
from tests.architecture.access import COLLECTOR, CUSTOMER, METHODS, ROWS, VISITOR
from tests.architecture.test_access import ASKED, FORMS, World, visiting, world
from tests.browser_client import browser

__all__ = ["world"]
pytestmark = pytest.mark.django_db
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CLOSED = {
    *("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"),
    *("base-uri 'none'", "form-action 'self'"),
}
TEMPLATES = sorted((Path(__file__).parents[2] / "clearline" / "edge").rglob("*.html"))
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)|javascript:", re.IGNORECASE
)


def missing(headers: Mapping[str, str], address: str) -> list[str]:
    """Return what an answer leaves out of what every answer says."""
    policy = set(headers.get("Content-Security-Policy", "").split("; "))
    found = [name for name, value in ALWAYS.items() if headers.get(name) != value]
    found += sorted(CLOSED - policy)
    found += ["unsafe"] if "unsafe" in str(policy) or "nonce" in str(policy) else []
    found += [] if "camera=()" in headers.get("Permissions-Policy", "") else ["Permissions-Policy"]
    found += [name for name in headers if name.startswith("Access-Control-")]
    if address.startswith(("/account/", "/staff/")):
        is_stored = headers.get("Cache-Control") != "private, no-store"
        found += ["no-store"] if is_stored else []
    return found


@pytest.mark.parametrize("who", [VISITOR, CUSTOMER, Role.ADMINISTRATOR.value])
def test_every_answer_of_the_site_keeps_it_to_itself(who: str, world: World) -> None:
    here, found = visiting(who), {}
    for row in ROWS:
        if row.address in COLLECTOR:
            continue
        for method in METHODS:
            address = world.fill(ASKED.get(row.address, row.address))
            answer = here.ask(method, address, FORMS.get(row.address, {}))
            if left_out := missing(answer.headers, address):
                found[f"{method} {address} {answer.status_code}"] = left_out
            if answer.streaming:
                b"".join(answer)  # to its end, where the file is closed

    assert found == {}


@pytest.mark.parametrize(
    "address", ["/nowhere/", "/account/nowhere/", "/staff/nowhere/", "/static/nowhere", "/staff"]
)
def test_so_does_an_answer_that_there_is_no_page(address: str) -> None:
    for answer in (browser().get(address), browser(host="evil.example").get(address)):
        assert missing(answer.headers, address) == []


@pytest.mark.parametrize("address", ["/staff/people/", "/account/profile/", "/privacy/choices/"])
def test_so_does_the_refusal_of_another_site_s_form(address: str) -> None:
    answer = browser(**{"sec-fetch-site": "cross-site"}).post(address)

    assert answer.status_code == 403
    assert missing(answer.headers, address) == []


@pytest.mark.parametrize("address", ["/account/sign-out/", "/staff/sign-out/"])
def test_signing_out_empties_what_the_browser_kept_but_not_its_choices(
    address: str, world: World
) -> None:
    who = CUSTOMER if "account" in address else Role.MARKETER.value

    answer = visiting(who).ask("POST", address, {})

    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.cookies[settings.SESSION_COOKIE_NAME].value == ""


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.name))
def test_no_template_has_a_line_that_the_policy_would_stop(path: Path) -> None:
    assert INLINE.findall(path.read_text(encoding="utf-8")) == []


def test_password_managers_are_led_to_where_a_customer_s_password_is_changed() -> None:
    answer = browser().get("/.well-known/change-password")

    assert (answer.status_code, answer["Location"]) == (302, "/account/security/")


def test_no_page_takes_a_file_or_a_hundred_and_one_fields() -> None:
    client = browser()
    boundary = "b"
    file = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\n'
        f"jane@doe.example\r\n--{boundary}--\r\n"
    )

    with_file = client.post(
        "/account/sign-in/", file, content_type=f"multipart/form-data; boundary={boundary}"
    )
    with_fields = client.post(
        "/account/sign-in/", {f"f{n}": "jane@doe.example" for n in range(101)}
    )

    for answer in (with_file, with_fields):
        assert answer.status_code == 400
        assert "jane" not in answer.content.decode()
