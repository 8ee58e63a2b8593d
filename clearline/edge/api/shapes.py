"""What the app sends and gets, field by field; an unknown field is refused."""

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from clearline.policy.vocabulary import Answer, ChoiceMethod, ChoiceName
from clearline.service.accounts.age import AgeRange

Text = Annotated[str, Field(max_length=300)]
Password = Annotated[
    str, Field(max_length=1_000, json_schema_extra={"format": "password", "writeOnly": True})
]
RandomId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Sent(Schema):
    """What an app sends."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Wrong(Schema):
    """One field that is wrong, and why."""

    field: str
    message: str


class Problem(Schema):
    """Why not, for people (`detail`) and for the program (`code`). RFC 9457."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Forbidden",
                    "status": 403,
                    "detail": "The user ID or password is wrong. Try again.",
                    "code": "sign_in_refused",
                }
            ]
        }
    )

    title: str
    status: int
    detail: str
    code: str
    errors: list[Wrong] = []


class Policy(Schema):
    """The edition in force, and the words to show beside the box and on the button."""

    edition: date
    url: str
    agree: str
    button: str
    agree_again: str
    again_button: str


class SignUp(Sent):
    """Who opens an account; `agreed_edition` is the one whose words they saw."""

    user_id: Annotated[Text, Field(examples=["alice.quill"])]
    password: Annotated[Password, Field(examples=["quiet rivers carry stones"])]
    name: Annotated[Text, Field(examples=["Alice Quill"])]
    email: Annotated[Text, Field(examples=["alice@mail.example"])]
    age_range: AgeRange
    screen_name: Annotated[Text, Field(examples=["Al"])] = ""
    agreed_edition: Annotated[date, Field(examples=["2026-01-01"])]


class SignIn(Sent):
    """User ID and password."""

    user_id: Annotated[Text, Field(examples=["alice.quill"])]
    password: Annotated[Password, Field(examples=["quiet rivers carry stones"])]


class Renewal(Sent):
    """The key that gets the next two, once."""

    refresh_token: Annotated[str, Field(max_length=200)]


class Tokens(Schema):
    """The keys of one sign-in of the app. Keep both where no other program can read them."""

    access_token: str
    access_until: datetime
    refresh_token: str
    refresh_until: datetime
    sign_in: RandomId


class Profile(Schema):
    """What the account holds of the person; of who came from another system no age may be known."""

    name: str
    screen_name: str
    email: str
    is_email_confirmed: bool
    age_range: AgeRange | None
    account_number: str


class Names(Sent):
    """The names as they should be; no screen name is an empty one."""

    name: Annotated[Text, Field(examples=["Alice Quill"])]
    screen_name: Annotated[Text, Field(examples=["Al"])] = ""


class NewPassword(Sent):
    """The old password and the new one."""

    old: Password
    new: Password


class AccountState(Schema):
    """Whether the account is open; a closed one is erased when the policy says."""

    is_open: bool
    closed_at: datetime | None


class Agreed(Schema):
    """Which edition was agreed to last, when, its proof, and whether to ask anew."""

    edition: date
    at: datetime
    proof: RandomId
    asks_again: bool


class Agreement(Sent):
    """The edition whose changes the person was shown, with the words and the button given."""

    edition: Annotated[date, Field(examples=["2026-01-01"])]


class AppSignIn(Schema):
    """One sign-in of an app that goes on."""

    id: RandomId
    began_at: datetime
    renewed_at: datetime
    is_this: bool


class AppSignIns(Schema):
    """A page of sign-ins; ask again with `cursor=next` for those after it."""

    items: list[AppSignIn]
    next: str | None


class Ended(Schema):
    """How many sign-ins ended."""

    ended: int


class Choice(Schema):
    """One choice: its words, what it holds (`unset` counts as a no), since when and from where.

    `lost` says what a no loses; `clauses` name the sentences of the policy that rest on it;
    `proof` is the number of the entry that proves the answer.
    """

    name: ChoiceName
    title: str
    text: str
    answer: Answer
    since: datetime | None
    came_from: ChoiceMethod | None
    proof: RandomId | None
    lost: list[str]
    clauses: list[str]


class Sale(Choice):
    """The choice of sale or sharing, with the words of the button that closes it."""

    button: str


class Signal(Schema):
    """Global Privacy Control: whether it is honoured for the account, since when, in words."""

    is_honoured: bool
    since: datetime | None
    words: str


class Choices(Schema):
    """All choices of the account; `proof` is the number of the last change."""

    items: list[Choice]
    sale_or_sharing: Sale
    button: str
    signal: Signal
    proof: RandomId | None


YesOrNo = Literal["yes", "no"]


class Answers(Sent):
    """What is answered; what is left out stays as it is."""

    measurement: YesOrNo | None = None
    content: YesOrNo | None = None
    sale_or_sharing: Literal["no"] | None = None


class ChoicesSet(Sent):
    """Answers to what was shown; `seen` is the `proof` that was shown with it."""

    answers: Annotated[Answers, Field(examples=[{"measurement": "yes", "sale_or_sharing": "no"}])]
    seen: Annotated[str, Field(pattern=r"^([0-9a-f]{32})?$")] = ""


class OptIn(Schema):
    """The second question before sale is allowed again, and the step that its answer carries."""

    step: str
    title: str
    text: str
    button: str


class OptInConfirmed(Sent):
    """The step that the first answer gave, after the person pressed its button."""

    step: Annotated[str, Field(max_length=500)]
