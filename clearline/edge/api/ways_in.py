"""The shapes of what one signs in by and where: proofs, second factors, sessions, getting in."""

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field, JsonValue

from clearline.edge.api.shapes import Password, Sent, Text
from clearline.service.accounts.age import AgeRange
from clearline.service.contacts.way_back import CODE_MAX
from clearline.trust.factors.proof import FactorKind

Credential = dict[str, JsonValue]  # as WebAuthn Level 3 has it in JSON


class WaysToProve(Schema):
    """What the person can prove by; `passkey` is what their device is asked, once."""

    by: list[FactorKind]
    passkey: Credential | None


class ProofGiven(Sent):
    """One of the three: a code of an app or a recovery code, a passkey's answer, the password.

    The password proves only where there is no second factor.
    """

    code: Annotated[Text, Field(examples=["123456"])] = ""
    passkey: Credential | None = None
    password: Password = ""


class Proved(Schema):
    """What it was proved by, and until when that counts."""

    by: FactorKind
    until: datetime


class PasskeyShown(Schema):
    """One passkey; `number` is what takes it away."""

    number: int
    name: str
    added_at: datetime
    used_at: datetime | None


class Factors(Schema):
    """All second factors: the app that shows codes, passkeys, unused recovery codes.

    `go_at` is when those around a change that was taken back go, unless `factors/keep` says that
    they are the person's; null where none are about to.
    """

    app_added_at: datetime | None
    passkeys: list[PasskeyShown]
    codes_left: int
    go_at: datetime | None


class PasskeyAsked(Schema):
    """What the device is asked to make a passkey: `navigator.credentials.create` and its like."""

    passkey: Credential


class NewPasskey(Sent):
    """What the device answered, and what the person calls it."""

    name: Annotated[Text, Field(examples=["my phone"])]
    passkey: Credential


class CodeAppAsked(Schema):
    """The secret for the app that shows codes, as text and as the address of a QR code.

    Give `step` back with a code of that app, within ten minutes.
    """

    secret: str
    address: str
    step: str


class NewCodeApp(Sent):
    """The step that came with the secret, and the code that the app shows now."""

    step: Annotated[str, Field(max_length=500)]
    code: Annotated[Text, Field(examples=["123456"])]


class RecoveryCodes(Schema):
    """Ten codes, told this once. Show them to be printed or written down; do not keep them."""

    codes: list[str]


class SessionShown(Schema):
    """One browser in which the person is signed in at the site."""

    number: str
    device: str
    began_at: datetime
    seen_at: datetime


class Sessions(Schema):
    """The browsers, the last seen first, at most 50."""

    items: list[SessionShown]


Secret = Annotated[str, Field(max_length=100)]


class WhoForgot(Sent):
    """The user ID, or the e-mail address where that was forgotten too."""

    who: Annotated[Text, Field(examples=["alice.quill"])]


class LetterAsked(Schema):
    """What the code of the letter is sent with, and until when; the same whoever was asked for."""

    token: str
    until: datetime


class CodeOfLetter(Sent):
    """What the question was answered with, and eight digits, with or without a gap."""

    token: Secret
    code: Annotated[str, Field(max_length=20, examples=["1234 5678"])]


class LinkOfLetter(Sent):
    """`link` in the address that the letter leads to."""

    link: Secret


class Forgot(Schema):
    """The key of the last step, until when it works, and what that step asks for."""

    key: str
    until: datetime
    may_set_user_id: bool
    asks_for_code: bool
    needs_code: bool


class NewWayIn(Sent):
    """The new password; a new user ID where it may be set; a code where one is asked for."""

    key: Secret
    password: Password
    user_id: Annotated[Text, Field(examples=["alice.quill"])] = ""
    code: Annotated[str, Field(max_length=200, examples=["123456"])] = ""


class AfterVisit(Sent):
    """The code of the letter after a visit, however its groups are set apart; a new way in."""

    code: Annotated[str, Field(max_length=CODE_MAX, examples=["K7M2X-9PQ4W-3HD8R-T6VZN"])]
    password: Password
    user_id: Annotated[Text, Field(examples=["alice.quill"])] = ""


class CameBack(Schema):
    """What comes next: nobody is signed in by it."""

    next: Literal["sign_in"]


class InvitationToken(Sent):
    """The last part of the address in the letter that invited a customer of before."""

    token: Secret


class InvitationAsked(Schema):
    """Whether the age range is still to be asked."""

    asks_age_range: bool


class InvitationTaken(Sent):
    """How somebody who was invited will sign in, and the edition whose words they saw.

    `is_sure` says that who is under 13 was asked twice; nothing is done without it.
    """

    token: Secret
    user_id: Annotated[Text, Field(examples=["alice.quill"])]
    password: Password
    age_range: AgeRange | None = None
    is_sure: bool = False
    agreed_edition: Annotated[date, Field(examples=["2026-01-01"])]


class InvitedAge(Sent):
    """The right range of who said by an invitation that they are under 13.

    With the question and the answer as the app showed them, which are kept as proof.
    """

    token: Secret
    age_range: AgeRange
    question: Annotated[str, Field(min_length=1, max_length=100, examples=["Your age"])]
    answer: Annotated[str, Field(min_length=1, max_length=100, examples=["16 or 17"])]


class InvitationSent(Schema):
    """That it was asked; the same whether a letter goes or not."""

    is_asked: Literal[True]
