"""An example of each body that the app sends or gets; types and shapes hold them true."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final

from ninja import Schema
from pydantic import JsonValue

from clearline.edge.api.reached import (
    Address,
    CodeSent,
    CodeTyped,
    Contacts,
    Details,
    DeviceKept,
    EmailOfRecord,
    NewEmail,
    NotMe,
    PhoneNumber,
    TakenBack,
)
from clearline.edge.api.shapes import (
    AccountState,
    AgeCorrected,
    Agreed,
    Agreement,
    Answers,
    AppSignIn,
    AppSignIns,
    BusinessName,
    Choice,
    Choices,
    ChoicesSet,
    Ended,
    Held,
    HeldData,
    Invitation,
    Invite,
    Invited,
    JoinCode,
    Keeping,
    Line,
    Lines,
    Member,
    MemberName,
    Membership,
    MyDataFile,
    Names,
    NewOffer,
    NewPassword,
    NewUserId,
    Offer,
    OfferedAccount,
    OptIn,
    OptInConfirmed,
    OwnAccount,
    OwnedAccount,
    Policy,
    Profile,
    Receipt,
    Renewal,
    RoleSet,
    Sale,
    SecondFactor,
    SecondStep,
    Signal,
    SignIn,
    SignUp,
    Team,
    Tokens,
)
from clearline.edge.api.ways_in import (
    AfterVisit,
    CameBack,
    CodeAppAsked,
    CodeOfLetter,
    Factors,
    Forgot,
    InvitationAsked,
    InvitationSent,
    InvitationTaken,
    InvitationToken,
    InvitedAge,
    LetterAsked,
    LinkOfLetter,
    NewCodeApp,
    NewPasskey,
    NewWayIn,
    PasskeyAsked,
    PasskeyShown,
    ProofGiven,
    Proved,
    RecoveryCodes,
    Sessions,
    SessionShown,
    WaysToProve,
    WhoForgot,
)
from clearline.policy.vocabulary import Answer, ChoiceMethod, ChoiceName
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.roles import AccountKind, DeviceKind, MemberRole
from clearline.service.contacts.actions import CodeFor
from clearline.trust.factors.proof import FactorKind

AT: Final = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
LATER: Final = datetime(2026, 12, 8, 12, 0, tzinfo=UTC)
OF_RECORD: Final = datetime(2026, 12, 31, 12, 0, tzinfo=UTC)
DAY: Final = date(2026, 1, 1)
ID: Final = "0f4b1c6d8e9a2b3c4d5e6f708192a3b4"
STEP: Final = "k2v9x0q4m7t1c8r3n6b5w0z2j4h7d9f1"
OTHER_ID: Final = "7a1d0c9be8f24356a1b2c3d4e5f60718"
KEY: Final = "Zk3lq0Yt8mVb2nXc5rPd7sWf9uHg1jAe4oIi6kLlQ0E"
PASSWORD: Final = "quiet rivers carry stones"  # noqa: S105  # an example that everybody may read
NEWER: Final = "four herons watch the tide"
LETTER_KEY: Final = "q8W2Lx0vT5bYc7NfRk3sZp1HdGj6MaEo"
SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105  # as above
NAME, EMAIL = "Alice Quill", "alice@mail.example"

CHOSEN: Final = Choice(
    name=ChoiceName.MEASUREMENT,
    title="Recognise this browser when it comes back",
    text="We then see how often people come back and which pages help them, over several days.",
    answer=Answer.YES,
    since=AT,
    came_from=ChoiceMethod.APP,
    proof=ID,
    lost=["We count the visit without recognising you."],
    clauses=["visits.measure"],
)
SALE: Final = Sale(
    name=ChoiceName.SALE_OR_SHARING,
    title="Do Not Sell or Share My Personal Information",
    text="We sell no personal data and share none for advertising across other sites.",
    answer=Answer.NO,
    since=AT,
    came_from=ChoiceMethod.GPC,
    proof=OTHER_ID,
    lost=[],
    clauses=[],
    button="Do not sell or share my personal information",
)
KEPT: Final = Keeping(id="account.holder", kept="30 days", counted_from="closing", ends_on=None)
SHUT: Final = Held(category="user.name", words="name", sealed=1, values=None, clauses=[KEPT])
OPENED: Final = Held(category="user.name", words="name", sealed=1, values=[NAME], clauses=[KEPT])
LINE: Final = Line(
    id=ID,
    at=AT,
    kind="account.shown",
    what="Your profile was opened: name, e-mail address.",
    who="you",
    why="to show you what your account holds",
    clause="account.show",
    edition="2026-01-01",
    kept_until=datetime(2029, 12, 1, 12, 0, tzinfo=UTC),
    is_readable=True,
)
HOME: Final = Address(
    street="12 Harbour Street",
    city="Portland",
    state="Maine",
    postal_code="04101",
    country="United States",
)
# As WebAuthn Level 3 writes them: what a device is asked for a passkey, and what it answers.
PASSKEY_ASKED: Final[dict[str, JsonValue]] = {
    "challenge": KEY,
    "rpId": "voice.example",
    "timeout": 60_000,
    "allowCredentials": [{"id": KEY, "type": "public-key"}],
    "userVerification": "required",
}
PASSKEY_MADE: Final[dict[str, JsonValue]] = {
    "id": KEY,
    "rawId": KEY,
    "type": "public-key",
    "response": {"clientDataJSON": "eyJ0eXBlIjoi…", "attestationObject": "o2NmbXRk…"},
}
BODIES: Final[tuple[Schema, ...]] = (
    Policy(
        edition=DAY,
        url="/privacy/editions/2026-01-01/",
        agree="I have read the privacy policy and agree to it.",
        button="Agree and open the account",
        agree_again="I have seen what changed in the privacy policy.",
        again_button="I agree",
    ),
    SignUp(
        user_id="alice.quill",
        password=PASSWORD,
        name=NAME,
        email=EMAIL,
        age_range=AgeRange.ADULT,
        screen_name="Al",
        agreed_edition=DAY,
    ),
    SignIn(user_id="alice.quill", password=PASSWORD),
    Renewal(refresh_token=KEY),
    Tokens(
        access_token=KEY,
        access_until=AT,
        refresh_token=KEY[::-1],
        refresh_until=LATER,
        sign_in=ID,
    ),
    AppSignIns(
        items=[AppSignIn(id=ID, began_at=AT, renewed_at=LATER, is_this=True)], next=OTHER_ID
    ),
    Ended(ended=1),
    Profile(
        name=NAME,
        screen_name="Al",
        email=EMAIL,
        is_email_confirmed=False,
        age_range=AgeRange.ADULT,
        account_number="4832-1907-5526",
        accounts=[
            OwnAccount(
                account=34, number="4832-1907-5526", kind=AccountKind.PERSONAL, business_name=""
            )
        ],
    ),
    Names(name=NAME, screen_name="Al"),
    NewPassword(old=PASSWORD, new=NEWER),
    AccountState(
        is_open=False,
        closed_at=AT,
        erased_on=date(2026, 12, 31),
        erasure_proof=f"/privacy/receipt/{ID}/",
    ),
    Agreed(edition=DAY, at=AT, proof=ID, asks_again=False),
    Agreement(edition=DAY),
    Receipt(
        format="clearline.receipt.v2",
        position=4711,
        proof=["mJ3c…"],
        checkpoint="ledger.example\n4712\nq83v…",
        head={"id": ID, "kind": "account.opened", "at": "2026-12-01T12:00:00.000000Z"},
        salt="9c0b…",
        body={"subject": OTHER_ID, "fields": {"edition": "2026-01-01"}},
    ),
    Choices(
        items=[CHOSEN],
        sale_or_sharing=SALE,
        button="Save my choices",
        signal=Signal(is_honoured=True, since=AT, words="Opt-Out Request Honored"),
        proof=ID,
    ),
    ChoicesSet(answers=Answers(measurement="yes", sale_or_sharing="no"), seen=ID),
    OptIn(
        step="WyIwZjRi…",
        title="Allow sale or sharing again?",
        text="If you confirm, that no is taken back.",
        button="Yes, allow it again",
    ),
    OptInConfirmed(step="WyIwZjRi…"),
    HeldData(held=[SHUT]),
    Lines(items=[LINE], next=OTHER_ID),
    MyDataFile(
        format="clearline.my-data.v1",
        provider="Example Voice",
        made_at=AT,
        held=[OPENED],
        lines=[LINE],
    ),
    Team(
        account=33,
        owned=[OwnedAccount(account=33, kind=AccountKind.PERSONAL, opened_at=AT)],
        members=[
            Member(id=OTHER_ID, role=MemberRole.BILLING, since=AT, label="Bob, front desk"),
        ],
        invitations=[
            Invitation(number=12, role=MemberRole.READ_ONLY, expires_at=LATER, label="Carol"),
        ],
        memberships=[Membership(account=34, role=MemberRole.OWN_LINES, since=AT)],
        offer=Offer(member=OTHER_ID, stays=True, takeable_at=AT, expires_at=LATER),
        offered=[OfferedAccount(account=34, stays=False, takeable_at=AT, expires_at=LATER)],
    ),
    NewOffer(member=OTHER_ID, stays=True),
    NewUserId(user_id="alice.quill"),
    AgeCorrected(
        age_range=AgeRange.FROM_16_TO_17, question="Your age", answer="16 or 17", is_sure=False
    ),
    BusinessName(business_name="Quill & Daughters"),
    Invite(role=MemberRole.BILLING, label="Bob, front desk"),
    Invited(code="abcdefghjkmnpqrstuvw", expires_at=LATER),
    RoleSet(role=MemberRole.READ_ONLY),
    MemberName(label="Bob, front desk"),
    JoinCode(code="abcde fghjk mnpqr stuvw"),
    SecondStep(
        second_step=STEP,
        until=LATER,
        by=[FactorKind.PASSKEY, FactorKind.APP, FactorKind.RECOVERY_CODE],
        passkey=PASSKEY_ASKED,
    ),
    SecondFactor(second_step=STEP, code="123456"),
    Contacts(
        present=EmailOfRecord(address=EMAIL, is_confirmed=True, since=AT, of_record_at=OF_RECORD),
        earlier=None,
        waiting=CodeSent(address="alice@post.example", to=CodeFor.REPLACE, until=LATER),
    ),
    NewEmail(email="alice@post.example"),
    CodeTyped(code="123 456"),
    NotMe(key=LETTER_KEY),
    TakenBack(next="recover", is_open=True, erased_on=None, is_final=False),
    WaysToProve(by=[FactorKind.PASSKEY, FactorKind.APP], passkey=PASSKEY_ASKED),
    ProofGiven(code="123456"),
    Proved(by=FactorKind.APP, until=LATER),
    Factors(
        app_added_at=AT,
        passkeys=[PasskeyShown(number=7, name="my phone", added_at=AT, used_at=LATER)],
        codes_left=10,
        go_at=None,
    ),
    PasskeyAsked(
        passkey={
            "challenge": KEY,
            "rp": {"id": "voice.example", "name": "Example Voice"},
            "user": {"id": KEY, "name": "Example Voice", "displayName": "Example Voice"},
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
            "excludeCredentials": [],
        }
    ),
    NewPasskey(name="my phone", passkey=PASSKEY_MADE),
    CodeAppAsked(
        secret=SECRET,
        address=f"otpauth://totp/Example%20Voice?secret={SECRET}&issuer=Example%20Voice",
        step="WyIwZjRi…",
    ),
    NewCodeApp(step="WyIwZjRi…", code="123456"),
    RecoveryCodes(codes=["k7m2x-9pq4w", "3hd8r-t6vzn"]),
    Sessions(
        items=[
            SessionShown(
                number="1f0a9c3e5b7d2468",
                device="Firefox on Windows",
                began_at=AT,
                seen_at=LATER,
            )
        ]
    ),
    WhoForgot(who="alice.quill"),
    LetterAsked(token=LETTER_KEY, until=LATER),
    CodeOfLetter(token=LETTER_KEY, code="1234 5678"),
    LinkOfLetter(link=LETTER_KEY),
    Forgot(key=LETTER_KEY, until=LATER, may_set_user_id=False, asks_for_code=True, needs_code=True),
    NewWayIn(key=LETTER_KEY, password=NEWER, code="123456"),
    AfterVisit(code="K7M2X-9PQ4W-3HD8R-T6VZN", password=NEWER),
    CameBack(next="sign_in"),
    InvitationToken(token=LETTER_KEY),
    InvitationAsked(asks_age_range=True),
    InvitationTaken(
        token=LETTER_KEY,
        user_id="alice.quill",
        password=PASSWORD,
        age_range=AgeRange.ADULT,
        agreed_edition=DAY,
    ),
    InvitedAge(
        token=LETTER_KEY, age_range=AgeRange.ADULT, question="Your age", answer="18 or over"
    ),
    InvitationSent(is_asked=True),
    PhoneNumber(phone="+1 207 555 0100"),
    HOME,
    DeviceKept(kind=DeviceKind.ADAPTER),
    Details(
        phone="+12075550100",
        billing_address=HOME,
        service_address=None,
        device=DeviceKind.ADAPTER,
    ),
)
EXAMPLES: Final[Mapping[str, object]] = {
    type(each).__name__: each.model_dump(mode="json", exclude_unset=True) for each in BODIES
}
