"""What the app sends and gets, field by field; an unknown field is refused."""

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, JsonValue

from clearline.policy.vocabulary import Answer, ChoiceMethod, ChoiceName
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.roles import AccountKind, MemberRole
from clearline.trust.factors.proof import FactorKind

Text = Annotated[str, Field(max_length=300)]
Password = Annotated[
    str, Field(max_length=1_000, json_schema_extra={"format": "password", "writeOnly": True})
]
StepId = Annotated[str, Field(pattern=r"^[0-9a-z]{32}$")]
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
    """Who opens an account; `agreed_edition` is the one whose words they saw.

    With `business_name` the account is a business's, and who signs up owns it.
    """

    user_id: Annotated[Text, Field(examples=["alice.quill"])]
    password: Annotated[Password, Field(examples=["quiet rivers carry stones"])]
    name: Annotated[Text, Field(examples=["Alice Quill"])]
    email: Annotated[Text, Field(examples=["alice@mail.example"])]
    age_range: AgeRange
    screen_name: Annotated[Text, Field(examples=["Al"])] = ""
    business_name: Annotated[Text, Field(examples=["Quill & Daughters"])] | None = None
    agreed_edition: Annotated[date, Field(examples=["2026-01-01"])]


class SignIn(Sent):
    """User ID and password."""

    user_id: Annotated[Text, Field(examples=["alice.quill"])]
    password: Annotated[Password, Field(examples=["quiet rivers carry stones"])]


class SecondStep(Schema):
    """What else is needed: the password was right, and the login has a second factor.

    `passkey` is what `navigator.credentials.get` and its like in an app are asked, once.
    """

    second_step: StepId
    until: datetime
    by: list[FactorKind]
    passkey: dict[str, JsonValue] | None


class SecondFactor(Sent):
    """A code of the app that shows codes, or a recovery code; or what a passkey answered."""

    second_step: Annotated[StepId, Field(examples=["k2v9x0q4m7t1c8r3n6b5w0z2j4h7d9f1"])]
    code: Annotated[Text, Field(examples=["123456"])] = ""
    passkey: dict[str, JsonValue] | None = None


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


class OwnAccount(Schema):
    """An account that the person owns; `business_name` is empty where it is their own."""

    account: int
    number: str
    kind: AccountKind
    business_name: str


class Profile(Schema):
    """What the account holds of the person; of who came from another system no age may be known."""

    name: str
    screen_name: str
    email: str
    is_email_confirmed: bool
    age_range: AgeRange | None
    account_number: str
    accounts: list[OwnAccount]


class Names(Sent):
    """The names as they should be; no screen name is an empty one."""

    name: Annotated[Text, Field(examples=["Alice Quill"])]
    screen_name: Annotated[Text, Field(examples=["Al"])] = ""


class AgeCorrected(Sent):
    """The range, with the question and the answer as the app showed them, which are kept as proof.

    `is_sure` says that the person was asked twice; under 13 nothing is done without it.
    """

    age_range: AgeRange
    question: Annotated[str, Field(min_length=1, max_length=100, examples=["Your age"])]
    answer: Annotated[str, Field(min_length=1, max_length=100, examples=["16 or 17"])]
    is_sure: bool = False


class BusinessName(Sent):
    """The name of the business as it should be."""

    business_name: Annotated[Text, Field(examples=["Quill & Daughters"])]


class NewUserId(Sent):
    """The user ID to sign in by from now on."""

    user_id: Annotated[Text, Field(examples=["alice.quill"])]


class NewPassword(Sent):
    """The old password and the new one."""

    old: Password
    new: Password


class AccountState(Schema):
    """Whether the account is open; until `erased_on` closing it can be taken back.

    From then on the proof of the erasure stands at `erasure_proof` on the site, to be kept.
    """

    is_open: bool
    closed_at: datetime | None
    erased_on: date | None
    erasure_proof: str | None


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


class Keeping(Schema):
    """A clause under which something is held; `ends_on` is known once the account is closed."""

    id: str
    kept: str
    counted_from: Literal["closing", "writing"]
    ends_on: date | None


class Held(Schema):
    """One kind of data that is held: how many sealed values, and the values once opened."""

    category: str
    words: str
    sealed: int
    values: list[str] | None
    clauses: list[Keeping]


class HeldData(Schema):
    """All that is held, by kind of data."""

    held: list[Held]


class Line(Schema):
    """One use of the person's data: what was done, by whom, why, and under which clause.

    Of one whose words are damaged (`is_readable`) only that and its moment are known.
    """

    id: RandomId
    at: datetime
    kind: str
    what: str
    who: str
    why: str
    clause: str
    edition: str
    kept_until: datetime
    is_readable: bool


class Lines(Schema):
    """A page of lines; ask again with `cursor=next` for those before it."""

    items: list[Line]
    next: str | None


class MyDataFile(Schema):
    """Everything, to take along: what is held, opened, and each line."""

    format: str
    provider: str
    made_at: datetime
    held: list[Held]
    lines: list[Line]


class Receipt(Schema):
    """What proves one entry without us; `/privacy/receipts/` says how to check it.

    `head` is what anybody may see of the entry, `body` its words; in place of words that are no
    longer kept stands `words_hash`.
    """

    format: str
    position: int
    proof: list[str]
    checkpoint: str
    head: dict[str, object]
    salt: str | None = None
    body: dict[str, object] | None = None
    words_hash: str | None = None


Called = Annotated[Text, Field(examples=["Bob, front desk"])]


class Member(Schema):
    """Who may act in the account, as what, since when, and what the owner calls them."""

    id: RandomId
    role: MemberRole
    since: datetime
    label: str


class Invitation(Schema):
    """An invitation that nobody has used yet."""

    number: int
    role: MemberRole
    expires_at: datetime
    label: str


class Membership(Schema):
    """What the person may do in somebody else's account."""

    account: int
    role: MemberRole
    since: datetime


class Offer(Schema):
    """That the account is offered to a member; whether the owner then stays to look on.

    It can be taken from `takeable_at` on, three days after it was offered.
    """

    member: RandomId
    stays: bool
    takeable_at: datetime
    expires_at: datetime


class OfferedAccount(Schema):
    """An account that is offered to the person; whether its owner then stays to look on.

    It can be taken from `takeable_at` on, three days after it was offered.
    """

    account: int
    stays: bool
    takeable_at: datetime
    expires_at: datetime


class OwnedAccount(Schema):
    """An account that the person owns, whose contract it is, and since when there is one."""

    account: int
    kind: AccountKind
    opened_at: datetime


class Team(Schema):
    """Who may act in an account of the person, who is invited, and where the person may act.

    `account` is the one that is shown, of those in `owned`; null where the person owns none.
    `offer` is to whom the person offers it, `offered` what is offered to the person.
    """

    account: int | None
    owned: list[OwnedAccount]
    members: list[Member]
    invitations: list[Invitation]
    memberships: list[Membership]
    offer: Offer | None
    offered: list[OfferedAccount]


class NewOffer(Sent):
    """To which member the account is offered, and whether the owner then stays to look on."""

    member: Annotated[RandomId, Field(examples=["7a1d0c9be8f24356a1b2c3d4e5f60718"])]
    stays: bool


class Invite(Sent):
    """Whom to invite, as the owner calls them, and what they may do."""

    role: Annotated[MemberRole, Field(examples=["billing"])]
    label: Called


class Invited(Schema):
    """The code to pass on, told once, and until when it works."""

    code: str
    expires_at: datetime


class RoleSet(Sent):
    """What a member may do from now on."""

    role: Annotated[MemberRole, Field(examples=["read_only"])]


class MemberName(Sent):
    """What the owner calls a member, for their own list."""

    label: Called


class JoinCode(Sent):
    """The code that an owner passed on; small letters or capitals, with or without gaps."""

    code: Annotated[str, Field(max_length=100, examples=["abcde fghjk mnpqr stuvw"])]
