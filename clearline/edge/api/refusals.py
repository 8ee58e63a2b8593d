"""What each operation of the app refuses, as its description tells it: each no in its words."""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Final

from clearline.edge.api.bearer import ProveAgain
from clearline.edge.api.choices import FirstStepMissing, NotAsked, NothingAnswered
from clearline.edge.api.described import Described, Door
from clearline.edge.api.editions import OtherEdition
from clearline.edge.api.factors import SecretOver
from clearline.edge.api.guard import (
    AGE_NAME,
    OPEN_TO_WHO_DID_NOT_AGREE,
    AgeNeeded,
    AgreementNeeded,
)
from clearline.edge.api.invited import NoLettersNow
from clearline.edge.api.limits import AskedTooOften
from clearline.edge.api.problems import INVALID, OTHER_ORIGIN, plainly_told, told_of
from clearline.edge.api.repeats import KeyRefused
from clearline.edge.api.sign_in import SecondStepEnded
from clearline.kit.errors import Refusal
from clearline.policy.shelf import NoEditionInForce
from clearline.service.accounts import inviting
from clearline.service.accounts.actions import AlreadyClosed, AlreadyOpen, NoSuchAccount
from clearline.service.accounts.age import AgeBeforeYes, ClosedForAge, SureNeeded, TooYoung
from clearline.service.accounts.emails import NoSuchAddress
from clearline.service.accounts.handing_over import BalanceWaits, Closing
from clearline.service.accounts.members import AlreadyMember, NoSuchMember, TeamFull
from clearline.service.accounts.words import FieldWrong
from clearline.service.contacts import recovery, way_back
from clearline.service.contacts.actions import (
    AddressConfirmed,
    CodeWrong,
    NoCodeWaits,
    SameAddress,
    TooManyCodes,
)
from clearline.service.contacts.factor_wait import NothingWaits
from clearline.service.contacts.notices import NoSuchNotice, NoticeTooNew
from clearline.service.teams.actions import (
    NoInvitableRole,
    NoSuchInvitation,
    NotTheOwner,
    TooManyInvitations,
)
from clearline.service.teams.handing_over import (
    MemberTooNew,
    NoLetterGoes,
    NoSuchOffer,
    OfferTooNew,
    OfferWaits,
    TakenLately,
)
from clearline.trust.arrivals.actions import KeyUsedElsewhere, OutcomeUnknown, StillUnderWay
from clearline.trust.consent.actions import SignalSaysNo, TooManyAnswers
from clearline.trust.factors import actions as factors
from clearline.trust.ledger.queries import LedgerDamaged, NoSuchEntry, NotInTree
from clearline.trust.safeguards.actions import (
    SignInRefused,
    TooManyTries,
    UserIdRefused,
    UserIdTaken,
)
from clearline.trust.safeguards.passwords import PasswordRefused
from clearline.trust.safeguards.second_factor import PasswordShortAlone
from clearline.trust.safeguards.user_ids import ChangedTooOften, NetworkAskedTooOften
from clearline.trust.tokens.actions import TokenEnded
from clearline.trust.tokens.queries import NoSuchSignIn

WRONG_NAME: Final = FieldWrong("Write your name.", field="name")
WRONG_BUSINESS: Final = FieldWrong("Write the name of the business.", field="business_name")
WRONG_AGE: Final = FieldWrong("Choose the range that your age is in.", field="age_range")
WRONG_EMAIL: Final = FieldWrong("Write an address like name@example.com.", field="email")
WRONG_PHONE: Final = FieldWrong(
    "Write the number with its country, like +1 207 555 0100.", field="phone"
)
WRONG_ZIP: Final = FieldWrong(
    "A ZIP code has five digits, or nine like 04101-1234.", field="postal_code"
)
WEAK: Final = PasswordRefused("Use at least 15 characters. Four or five words in a row do well.")
WRONG_USER_ID: Final = UserIdRefused("A user ID has 3 to 64 characters and no spaces.")
TAKEN: Final = UserIdTaken("This user ID is taken. Choose another.")
WRONG_PASSWORD: Final = SignInRefused("The user ID or password is wrong. Try again.")
WRONG_OLD: Final = SignInRefused("The old password is another one. Nothing was changed.")
TOO_OFTEN: Final = TooManyTries("That was tried too often. Wait 15 minutes, then try again.")
UNSIGNED: Final = NotInTree("This entry is written but not signed yet. Ask again in a few seconds.")
DAMAGED: Final = LedgerDamaged("The words of this entry are not those that were signed.")
OWNER_ROLE: Final = NoInvitableRole("An account has one owner. Choose another role.")
WRONG_LABEL: Final = FieldWrong("Say whom you invite.", field="label")
WRONG_CALLED: Final = FieldWrong("Say what you call them.", field="label")
WRONG_KEY_NAME: Final = factors.NameWrong(
    "Give the passkey a name of up to 60 characters, such as “my phone”."
)
LATE_PASSKEY: Final = factors.PasskeyWrong(
    "The browser's answer came too late or does not fit. Nothing was kept; try again."
)
SAME_PASSKEY: Final = factors.PasskeyThere("This passkey is in use here already.")
MANY_PASSKEYS: Final = factors.TooManyPasskeys(
    "At most 10 passkeys. Take one away that you no longer use."
)
WRONG_APP_CODE: Final = factors.CodeWrong(
    "That is not the code that the app shows now. Wait for the next one and type it."
)
APP_THERE: Final = factors.AppThere(
    "There is an app already. Take it away first, then add the new one."
)
NO_FACTOR_YET: Final = factors.NoFactorYet(
    "Recovery codes stand in for a passkey or an app. Add one of these first."
)
SHORT_ALONE: Final = PasswordShortAlone(
    "Your password has fewer than 15 characters, too few to sign in with alone. Choose a longer "
    "one first."
)
HANDING: Final = (ProveAgain(), BalanceWaits(), Closing())
CHOOSING: Final = (AgeBeforeYes(), SignalSaysNo(), TooManyAnswers())
# By operation: what it refuses beside what every operation does.
REFUSALS: Final[Mapping[str, tuple[Refusal, ...]]] = {
    "policy": (),
    "sign_up": (
        *(OtherEdition(), TooYoung(), WRONG_NAME, WEAK, WRONG_USER_ID, TAKEN),
        NetworkAskedTooOften(),
    ),
    "ask_invited": (inviting.NoSuchInvitation(),),
    "take_invitation": (
        *(inviting.NoSuchInvitation(), OtherEdition(), SureNeeded(), ClosedForAge()),
        *(WRONG_AGE, WEAK, WRONG_USER_ID, TAKEN),
        NetworkAskedTooOften(),
    ),
    "correct_invited_age": (inviting.NoSuchInvitation(), ClosedForAge()),
    "invite_anew": (NoLettersNow(),),
    "sign_in": (WRONG_PASSWORD, TOO_OFTEN),
    "second": (SecondStepEnded(), factors.refused(), TOO_OFTEN),
    "recover": (recovery.NothingTyped(), recovery.AskedTooOften()),
    "recover_by_code": (recovery.LetterCodeWrong(), recovery.RecoveryOver()),
    "recover_by_link": (recovery.RecoveryOver(),),
    "recover_password": (
        *(recovery.RecoveryOver(), WEAK, WRONG_USER_ID, TAKEN, factors.refused(), TOO_OFTEN),
        ChangedTooOften(),
    ),
    "come_back": (way_back.WayBackOver(), WEAK, WRONG_USER_ID, TAKEN, ChangedTooOften()),
    "renew": (TokenEnded(),),
    "sign_out": (NoSuchSignIn(),),
    "sign_ins": (NoSuchSignIn(),),
    "end_all": (),
    "end_one": (NoSuchSignIn(),),
    "ways_to_prove": (),
    "prove": (factors.refused(), TOO_OFTEN),
    "sessions": (),
    "end_others": (),
    "end_session": (),
    "factors": (),
    "ask_for_passkey": (ProveAgain(),),
    "add_passkey": (ProveAgain(), WRONG_KEY_NAME, LATE_PASSKEY, SAME_PASSKEY, MANY_PASSKEYS),
    "remove_passkey": (ProveAgain(), factors.no_such_factor(), SHORT_ALONE),
    "ask_for_app": (ProveAgain(),),
    "add_app": (ProveAgain(), SecretOver(), WRONG_APP_CODE, APP_THERE),
    "remove_app": (ProveAgain(), factors.no_such_factor(), SHORT_ALONE),
    "keep_factors": (NothingWaits(),),
    "make_codes": (ProveAgain(), NO_FACTOR_YET),
    "profile": (),
    "change_profile": (WRONG_NAME, ProveAgain()),
    "age": (ProveAgain(), SureNeeded(), ClosedForAge()),
    "business": (NoSuchAccount(), WRONG_BUSINESS, ProveAgain()),
    "password": (WRONG_OLD, WEAK, TOO_OFTEN),
    "user_id": (ProveAgain(), WRONG_USER_ID, TAKEN, ChangedTooOften()),
    "account": (),
    "close": (AlreadyClosed(), ProveAgain()),
    "reopen": (AlreadyOpen(), ClosedForAge()),
    "contacts": (NoSuchAddress(),),
    "send_code": (NoSuchAddress(), AddressConfirmed(), TooManyCodes()),
    "drop_code": (NoSuchAddress(),),
    "use_another": (WRONG_EMAIL, SameAddress(), NoSuchAddress(), TooManyCodes(), ProveAgain()),
    "type_code": (CodeWrong(), NoCodeWaits(), NoSuchAddress()),
    "take_back": (NoSuchNotice(), NoticeTooNew()),
    "details": (),
    "set_phone": (WRONG_PHONE, ProveAgain()),
    "remove_phone": (ProveAgain(),),
    "set_address": (WRONG_ZIP, ProveAgain()),
    "remove_address": (ProveAgain(),),
    "set_device": (),
    "remove_device": (),
    "agreement": (),
    "agree": (OtherEdition(),),
    "receipt": (UNSIGNED, DAMAGED),
    "choices": (),
    "choose": (*CHOOSING, NothingAnswered(), NotAsked("content")),
    "opt_in": (SignalSaysNo(),),
    "confirm_opt_in": (*CHOOSING, FirstStepMissing()),
    "my_data": (),
    "open_my_data": (ProveAgain(),),
    "lines": (NoSuchEntry(),),
    "line_receipt": (NoSuchEntry(), UNSIGNED, DAMAGED),
    "file": (ProveAgain(),),
    "team": (NotTheOwner(),),
    "invite": (
        *(ProveAgain(), NotTheOwner(), OWNER_ROLE, WRONG_LABEL),
        TooManyInvitations("At most 20 invitations wait at once. Withdraw one first."),
    ),
    "withdraw": (ProveAgain(), NotTheOwner(), NoSuchInvitation()),
    "set_role": (ProveAgain(), NotTheOwner(), NoSuchMember(), OWNER_ROLE),
    "call_member": (ProveAgain(), NotTheOwner(), NoSuchMember(), WRONG_CALLED),
    "remove": (ProveAgain(), NotTheOwner(), NoSuchMember()),
    "join": (ProveAgain(), NoSuchInvitation(), AlreadyMember(), TeamFull()),
    "leave": (
        ProveAgain(),
        NoSuchMember(),
    ),
    "offer": (
        *(*HANDING, NotTheOwner(), NoLetterGoes(), NoSuchMember()),
        *(MemberTooNew(), OfferWaits(), TakenLately()),
    ),
    "take_offer_back": (ProveAgain(), NotTheOwner(), NoSuchOffer()),
    "take_over": (*HANDING, NoSuchOffer(), OfferTooNew(), NoSuchMember()),
    "decline": (ProveAgain(), NoSuchOffer()),
}

# Of these there may be nothing: customers who were brought in have not agreed yet.
MAY_BE_NOTHING: Final = frozenset({"agreement", "agree", "receipt"})
FIELD: Final = {"field": "name", "message": "String should have at most 300 characters"}
WITH_ALL: Final = (
    *(HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)
REPEATED: Final = (KeyRefused(), KeyUsedElsewhere(), StillUnderWay(), OutcomeUnknown())
NOTHING_IN_FORCE: Final = NoEditionInForce("No edition of the privacy policy is in force today.")


def problems_of(door: Door) -> Mapping[int, Described]:
    """Return what an operation says with each status that it may refuse with, by its code."""
    told: dict[int, Described] = {}
    for each in (*plain_problems(door), *map(told_of, refusals_of(door))):
        told.setdefault(int(str(each["status"])), {}).update({str(each["code"]): {"value": each}})
    return told


def plain_problems(door: Door) -> Iterator[Mapping[str, object]]:
    yield OTHER_ORIGIN
    yield from map(plainly_told, WITH_ALL)
    if door.needs_key:
        yield plainly_told(HTTPStatus.UNAUTHORIZED)
    if door.name in MAY_BE_NOTHING or "{" in door.path:
        yield plainly_told(HTTPStatus.NOT_FOUND)
    if door.is_told_something:
        yield {**INVALID, "errors": [FIELD]}


def refusals_of(door: Door) -> Iterable[Refusal]:
    yield from (AskedTooOften(), NOTHING_IN_FORCE)
    name = f"api_{door.address_name}"
    if door.needs_key and name not in OPEN_TO_WHO_DID_NOT_AGREE:
        yield AgreementNeeded()
        yield from () if name == AGE_NAME else (AgeNeeded(),)
    if door.method == "post":
        yield from REPEATED
    yield from REFUSALS.get(door.name, ())
