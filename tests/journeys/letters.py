"""The letters of a journey: they go through a real mail server, from which they are read."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from tests.journeys.provider import AT_THE_PROVIDER, RunningProvider, wait_until
from tests.service.mail.post_office import Office

LETTER_S = 60.0  # CP-45: "within 60 s notice"


@contextmanager
def provider_that_writes(office: Office, folder: Path) -> Iterator[RunningProvider]:
    """Make a provider whose letters leave by that mail server; whoever uses it starts it."""
    running = RunningProvider(folder / "instance")
    now = datetime.now(UTC)
    running.make(effective=now.astimezone(AT_THE_PROVIDER).date(), at=now)
    toml = running.instance / "clearline.toml"
    toml.write_text(f'mail_url = "{office.url}"\n' + toml.read_text(encoding="utf-8"), "utf-8")
    try:
        yield running
    finally:
        running.stop()


def letters(office: Office, to: str, subject: str) -> list[str]:
    """Return the texts of letters to an address whose subject has these words, the oldest first."""
    found = [each for each in office.letters if each["To"] == to and subject in each["Subject"]]
    return [text_of(each) for each in found]


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def letter(office: Office, to: str, subject: str, *, after: int = 0) -> str:
    """Wait for the next letter of a kind to an address, and return its text."""
    wait_until(
        lambda: len(letters(office, to, subject)) > after, seconds=LETTER_S, what=f"a {subject!r}"
    )
    return letters(office, to, subject)[after]


def code_in(text: str) -> str:
    (code,) = re.findall(r"^ +([0-9 ]{7,10})$", text, re.MULTILINE)
    return str(code)


def link_in(text: str, path: str) -> str:
    """Return the address in a letter that leads to a page of the account."""
    (link,) = re.findall(rf"^ +(http\S+/account/{path}/\S+)$", text, re.MULTILINE)
    return str(link)
