"""People of every kind at a served provider, made by the app's way in itself."""

import itertools
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import pyotp
from webauthn.helpers import base64url_to_bytes

from tests.journeys.letters import code_in
from tests.trust.factors.authenticator import Authenticator

PASSWORD: Final = "nine lanterns over the harbour"  # not that of any example
ASKED_MAX: Final = 250  # by one sign-in; 300 are answered in five minutes
UNKNOWN_MAX: Final = 100  # by one network of nobody known; 120 are answered
STEP_S: Final = 30
NETWORKS: Final = itertools.count(1)
NUMBERS: Final = itertools.count(1)

RECOVERY_LINK: Final = re.compile(r"/account/recover/\?link=(\S+)")
WAY_BACK_CODE: Final = re.compile(r"/account/way-back/\?code=(\S+)")
INVITED: Final = re.compile(r"/account/invited/(\S+)/")
LINK_KEY: Final = re.compile(r"/account/not-me/\?key=(\S+)")

# Asks one operation by its name and returns what was told: body, parts of the address.
Ask = Callable[..., Any]
# Waits for a letter to an address, by words of its subject, and returns its text: the first one, or
# the one `after` so many.
Read = Callable[..., str]
Refused = Callable[..., None]


class Kind(StrEnum):
    """Whose app asks."""

    NOBODY = "nobody"
    ADULT = "adult"
    TEEN = "teen"
    OWNER = "owner"
    BILLING = "billing"
    OWN_LINES = "own_lines"
    READ_ONLY = "read_only"
    CLOSED = "closed"


ROLES: Final = (Kind.BILLING, Kind.OWN_LINES, Kind.READ_ONLY)


def new_network() -> str:
    """Return the address of somebody who shares their network with nobody."""
    number = next(NETWORKS)
    return f"10.{number >> 8 & 255}.{number & 255}.7"


@dataclass(slots=True)
class Person:
    """One customer with an app on a device; `asked` counts what it asked by this sign-in."""

    user_id: str = field(default_factory=lambda: f"person{next(NUMBERS)}")
    age: str = "18_or_over"
    network: str = field(default_factory=new_network)
    keys: Mapping[str, str] = field(default_factory=dict)
    asked: int = 0

    @property
    def email(self) -> str:
        return f"{self.user_id}@hgfedcb.example"

    @property
    def headers(self) -> dict[str, str]:
        told = {"X-Forwarded-For": self.network}
        if self.keys:
            told["Authorization"] = f"Bearer {self.keys['access_token']}"
        return told

    @property
    def has_asked_enough(self) -> bool:
        return self.asked >= (ASKED_MAX if self.keys else UNKNOWN_MAX)

    def sign_up(self, ask: Ask, **more: str) -> None:
        told = {
            "user_id": self.user_id,
            "password": PASSWORD,
            "name": "Zyxw Vutsrqp",
            "email": self.email,
            "age_range": self.age,
            "agreed_edition": ask(self, "policy")["edition"],
            **more,
        }
        self.take(ask(self, "sign_up", body=told))

    def sign_in(self, ask: Ask) -> None:
        self.keys, self.network = {}, new_network()
        self.take(ask(self, "sign_in", body={"user_id": self.user_id, "password": PASSWORD}))

    def move(self, ask: Ask) -> None:
        """Go on by a new sign-in and from another network, before too much was asked."""
        if self.keys:
            self.sign_in(ask)
        else:
            self.network, self.asked = new_network(), 0

    def take(self, keys: Mapping[str, str]) -> None:
        self.keys, self.asked = keys, 0


def make_people(ask: Ask) -> dict[Kind, Person]:
    """Return somebody of each kind; those with a role act in the account of the owner."""
    people = {kind: Person() for kind in Kind}
    people[Kind.TEEN].age = "13_to_15"
    for kind, person in people.items():
        if kind is not Kind.NOBODY:
            person.sign_up(ask)
    for role in ROLES:
        join(ask, people[role], people[Kind.OWNER], role)
    ask(people[Kind.CLOSED], "close")
    return people


def join(ask: Ask, person: Person, owner: Person, role: str) -> None:
    invited = ask(owner, "invite", body={"role": role, "label": "Azbycxdwev"})
    ask(person, "join", body={"code": invited["code"]})


def walk_factors(ask: Ask, url: str) -> None:
    """Add all second factors, sign in by the code after the one that was used, and end it all."""
    carl = Person()
    carl.sign_up(ask)
    ask(carl, "ways_to_prove")
    ask(carl, "prove", body={"password": PASSWORD})
    codes = add_app(ask, carl)
    ask(carl, "make_codes")
    add_passkey(ask, carl, Authenticator(origin=url))
    carl.keys, carl.network = {}, new_network()
    step = ask(carl, "sign_in", body={"user_id": carl.user_id, "password": PASSWORD})
    code = codes.at(time.time() + STEP_S)
    carl.take(ask(carl, "second", body={"second_step": step["second_step"], "code": code}))
    number = ask(carl, "factors")["passkeys"][0]["number"]
    ask(carl, "remove_passkey", path={"passkey": number})
    ask(carl, "remove_app")
    ask(carl, "sessions")
    ask(carl, "end_session", path={"browser": "0" * 16})
    ask(carl, "end_others")


def add_app(ask: Ask, person: Person) -> pyotp.TOTP:
    asked = ask(person, "ask_for_app")
    codes = pyotp.TOTP(asked["secret"])
    ask(person, "add_app", body={"step": asked["step"], "code": codes.now()})
    return codes


def add_passkey(ask: Ask, person: Person, device: Authenticator) -> None:
    asked = ask(person, "ask_for_passkey")["passkey"]
    made = json.loads(device.make(base64url_to_bytes(asked["challenge"])))
    ask(person, "add_passkey", body={"name": "Azbycxdwev", "passkey": made})


def walk(ask: Ask, ask_until: Ask, read: Read, pass_days: Callable[[int], None]) -> None:
    """Ask each operation what it answers with yes.

    `ask_until` waits for a signature, `pass_days` lets days go by for who acts in accounts.
    """
    alice, bob = Person(), Person()
    alice.sign_up(ask)
    bob.sign_up(ask)
    alice.sign_in(ask)
    alice.take(ask(alice, "renew", body={"refresh_token": alice.keys["refresh_token"]}))
    ask(alice, "profile")
    ask(alice, "change_profile", body={"name": "Zyxw Vutsrq", "screen_name": "Azb"})
    ask(alice, "password", body={"old": PASSWORD, "new": "four herons watch the tide"})
    ask(alice, "password", body={"old": "four herons watch the tide", "new": PASSWORD})
    ask(alice, "account")
    agreed = ask(alice, "agreement")
    ask(alice, "agree", body={"edition": agreed["edition"]})
    ask_until(alice, "receipt")
    walk_details(ask, alice)
    walk_data(ask, ask_until, alice)
    walk_team(ask, alice, bob)
    walk_handing_over(ask, read, pass_days)
    walk_out(ask, alice, bob)


def walk_details(ask: Ask, alice: Person) -> None:
    ask(alice, "details")
    ask(alice, "set_phone", body={"phone": "+1 207 555 0100"})
    ask(alice, "remove_phone")
    home = {"city": "Ponmlk", "country": "Iceland"}
    ask(alice, "set_address", path={"kind": "service"}, body=home)
    ask(alice, "remove_address", path={"kind": "service"})
    ask(alice, "set_device", body={"kind": "mobile"})
    ask(alice, "remove_device")


def walk_data(ask: Ask, ask_until: Ask, alice: Person) -> None:
    ask(alice, "choices")
    ask(alice, "choose", body={"answers": {"measurement": "yes", "sale_or_sharing": "no"}})
    step = ask(alice, "opt_in")["step"]
    ask(alice, "confirm_opt_in", body={"step": step})
    ask(alice, "my_data")
    ask(alice, "open_my_data")
    line = ask(alice, "lines", query={"group": "chosen", "limit": 5})["items"][0]["id"]
    ask_until(alice, "line_receipt", path={"line_id": line})
    ask(alice, "file")


def walk_team(ask: Ask, alice: Person, bob: Person) -> None:
    ask(alice, "invite", body={"role": "billing", "label": "Azbycxdwev"})
    number = ask(alice, "team")["invitations"][0]["number"]
    ask(alice, "withdraw", path={"number": number})
    join(ask, bob, alice, "billing")
    account = ask(bob, "team")["memberships"][0]["account"]
    ask(bob, "leave", path={"account": account})
    join(ask, bob, alice, "billing")
    team = ask(alice, "team")["members"]
    member = next(each["id"] for each in team if each["role"] == "billing")
    ask(alice, "set_role", path={"member": member}, body={"role": "read_only"})
    ask(alice, "call_member", path={"member": member}, body={"label": "Azbycxdwev"})
    ask(alice, "remove", path={"member": member})


def walk_invited(ask: Ask, refused: Refused, read: Read, bring: Callable[[str], None]) -> None:
    """Come in by the letter that somebody gets whom `bring` has brought in.

    At first they say by mistake to be under 13.
    """
    zoe = Person()
    bring(zoe.email)
    (token,) = INVITED.findall(read(zoe.email, "choose how you sign in"))
    ask(zoe, "ask_invited", body={"token": token})
    ask(zoe, "invite_anew", body={"token": token})
    told = {
        "token": token,
        "user_id": zoe.user_id,
        "password": PASSWORD,
        "age_range": zoe.age,
        "agreed_edition": ask(zoe, "policy")["edition"],
    }
    refused(zoe, "take_invitation", told | {"age_range": "under_13", "is_sure": True})
    age = {"token": token, "age_range": zoe.age, "question": "Your age", "answer": "18 or over"}
    ask(zoe, "correct_invited_age", body=age)
    zoe.take(ask(zoe, "take_invitation", body=told))


def walk_contacts(ask: Ask, read: Read) -> None:
    """Prove an address, replace it, and take that back by the letter that tells of it."""
    dora, other = Person(), "utsrqp@hgfedcb.example"
    dora.sign_up(ask)
    codes = add_app(ask, dora)
    ask(dora, "contacts")
    ask(dora, "use_another", body={"email": "onmlkj@hgfedcb.example"})
    ask(dora, "drop_code")
    ask(dora, "send_code")
    ask(dora, "type_code", body={"code": code_in(read(dora.email, "Your code"))})
    ask(dora, "use_another", body={"email": other})
    ask(dora, "type_code", body={"code": code_in(read(other, "Your code"))})
    (key,) = LINK_KEY.findall(read(dora.email, "Something was changed"))
    ask(dora, "take_back", body={"key": key})
    walk_recovery(ask, read, dora, codes)


def walk_recovery(ask: Ask, read: Read, dora: Person, codes: pyotp.TOTP) -> None:
    """Get back in by the code of one letter, then begin to by the link of another."""
    asked = ask(dora, "recover", body={"who": dora.user_id})
    letter = read(dora.email, "get back into")
    code = {"token": asked["token"], "code": code_in(letter)}
    way_in = {"key": ask(dora, "recover_by_code", body=code)["key"], "password": PASSWORD}
    second = {"code": codes.at(time.time() + STEP_S)}
    dora.take(ask(dora, "recover_password", body={**way_in, **second}))
    ask(dora, "keep_factors")
    ask(dora, "recover", body={"who": dora.email})
    (link,) = RECOVERY_LINK.findall(read(dora.email, "get back into", after=1))
    ask(dora, "recover_by_link", body={"link": link})


def walk_way_back(
    ask: Ask, read: Read, visit: Callable[[str], None], pass_days: Callable[[int], None]
) -> None:
    """Come back after a visit to the desk, by the letter to an address of thirty days."""
    gale = Person()
    gale.sign_up(ask)
    ask(gale, "send_code")
    ask(gale, "type_code", body={"code": code_in(read(gale.email, "Your code"))})
    pass_days(30)
    visit(gale.user_id)
    (code,) = WAY_BACK_CODE.findall(read(gale.email, "After your visit"))
    ask(Person(), "come_back", body={"code": code, "password": PASSWORD})
    gale.sign_in(ask)


def walk_handing_over(ask: Ask, read: Read, pass_days: Callable[[int], None]) -> None:
    """Correct this and that, offer an account, and let a member say no to it and take it."""
    erin, finn = Person(), Person()
    erin.sign_up(ask, business_name="Lkjihg & Daughters")
    finn.sign_up(ask)
    own = ask(erin, "profile")["accounts"][0]["account"]
    ask(erin, "business", path={"account": own}, body={"business_name": "Lkjihg & Sons"})
    corrected = {"age_range": "16_to_17", "question": "Your age", "answer": "16 or 17"}
    ask(erin, "age", body=corrected)
    ask(erin, "user_id", body={"user_id": f"{erin.user_id}.vutsr"})
    ask(erin, "send_code")
    ask(erin, "type_code", body={"code": code_in(read(erin.email, "Your code"))})
    join(ask, finn, erin, "read_only")
    pass_days(3)
    for person in (erin, finn):
        ask(person, "prove", body={"password": PASSWORD})
    team = ask(erin, "team")["members"]
    told = {"member": next(each["id"] for each in team if each["role"] != "owner"), "stays": False}
    ask(erin, "offer", body=told)
    ask(erin, "take_offer_back")
    ask(erin, "offer", body=told)
    account = ask(finn, "team")["offered"][0]["account"]
    ask(finn, "decline", path={"account": account})
    ask(erin, "offer", body=told)
    pass_days(3)
    ask(finn, "take_over", path={"account": account})


def walk_out(ask: Ask, alice: Person, bob: Person) -> None:
    ask(alice, "close")
    ask(alice, "reopen")
    sign_ins = ask(bob, "sign_ins")["items"]
    ask(bob, "end_one", path={"sign_in_id": sign_ins[0]["id"]})
    bob.sign_in(ask)
    ask(bob, "sign_out")
    ask(alice, "end_all")
