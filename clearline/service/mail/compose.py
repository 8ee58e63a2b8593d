"""Making a letter of its template: plain text and HTML, nothing that tells who reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from django.template.loader import render_to_string

from clearline.kit.errors import Invalid
from clearline.service.mail.template import Template

ADDRESS_MAX: Final = 254  # RFC 5321 4.5.3.1.3, less the two brackets


class AddressRefused(Invalid):
    """What should be an address could become another line of a letter's head."""

    code = "address_refused"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: the provider's names, its address for mail, and where its site is."""

    brand_name: str
    legal_name: str
    phone: str
    url: str
    mail_from: str


def refuse_address(address: str) -> None:
    """Return if a letter may be sent there. Raises AddressRefused."""
    local, at, host = address.rpartition("@")
    is_plain = address.isprintable() and not set(address) & set(' <>,;:"()[]\\')
    if not (local and at and host and is_plain and "@" not in local) or len(address) > ADDRESS_MAX:
        message = "This is no address that a letter can be sent to."
        raise AddressRefused(message)


@dataclass(frozen=True, slots=True, repr=False)
class Words:
    """What fills a template, for whom, and by what number and moment the letter is known."""

    to: str
    context: Mapping[str, str]
    number: str
    written_at: datetime


def compose(template: Template, words: Words, head: Letterhead) -> EmailMessage:
    """Return the letter, the same bytes each time but for its boundary. Raises AddressRefused."""
    refuse_address(words.to)
    shown = {**words.context, "head": head}
    text = render_to_string(f"mail/{template}.txt", shown)
    subject, _line, body = text.strip().partition("\n")
    letter = EmailMessage(policy=SMTP)
    letter["From"] = Address(head.brand_name, addr_spec=head.mail_from)
    local, _at, host = words.to.rpartition("@")
    letter["To"] = Address(username=local, domain=host)  # which takes any alphabet
    letter["Subject"] = subject.strip()
    letter["Date"] = format_datetime(words.written_at)
    letter["Message-ID"] = f"<{words.number}@{head.mail_from.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine answers it
    letter.set_content(body.strip() + "\n")
    letter.add_alternative(render_to_string(f"mail/{template}.html", shown), subtype="html")
    return letter
