"""The shapes of how a person is reached and what they told of themselves, field by field."""

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from clearline.edge.api.shapes import Sent, Text
from clearline.service.accounts.roles import DeviceKind
from clearline.service.contacts.actions import CodeFor


class EmailOfRecord(Schema):
    """One address. `of_record_at` is null once it has been theirs for 30 days.

    From then on it is the address of record, if it was confirmed.
    """

    address: str
    is_confirmed: bool
    since: datetime
    of_record_at: datetime | None


class CodeSent(Schema):
    """A code that waits: where it went, what it will do (confirm or replace), until when."""

    address: str
    to: CodeFor
    until: datetime


class Contacts(Schema):
    """The present address; the earlier one that codes and notices still go to; the code."""

    present: EmailOfRecord
    earlier: EmailOfRecord | None
    waiting: CodeSent | None


class NewEmail(Sent):
    """The address to use from now on."""

    email: Annotated[Text, Field(examples=["alice@post.example"])]


class CodeTyped(Sent):
    """Six digits from the letter, with or without a gap."""

    code: Annotated[str, Field(max_length=20, examples=["123 456"])]


class NotMe(Sent):
    """The key in the link of the letter that told of a change."""

    key: Annotated[str, Field(max_length=100)]


class TakenBack(Schema):
    """What comes next: the password opens nothing until `recover` has set a new one.

    An account that was closed before that change still is (`is_open`), until `erased_on`: its owner
    opens it by `account/reopen`, and where `is_final`, the letter that told of the closing does.
    """

    next: Literal["recover"]
    is_open: bool
    erased_on: date | None
    is_final: bool


class PhoneNumber(Sent):
    """A telephone number to be reached at; it is no number that we serve."""

    phone: Annotated[Text, Field(examples=["+1 207 555 0100"])]


class Address(Sent):
    """A postal address; what a country does not use is left empty."""

    street: Annotated[Text, Field(examples=["12 Harbour Street"])] = ""
    city: Annotated[Text, Field(examples=["Portland"])]
    state: Annotated[Text, Field(examples=["Maine"])] = ""
    postal_code: Annotated[Text, Field(examples=["04101"])] = ""
    country: Annotated[Text, Field(examples=["United States"])]


class DeviceKept(Sent):
    """With what kind of device the service is used."""

    kind: DeviceKind


class Details(Schema):
    """What the person told; null for what they did not."""

    phone: str | None
    billing_address: Address | None
    service_address: Address | None
    device: DeviceKind | None
