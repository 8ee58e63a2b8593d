"""P20: all that an account does, by HTTP alone, from signing up to being erased.

Alice adds second factors, signs out everywhere, gets back in, changes her address, lets Bob act in
her account, and agrees to an edition that lets more be done. Bob refuses it, takes his data along,
closes, takes that back, and closes again. At the end all that the instance left is searched for
what the two typed. Letters go through a real mail server.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from webauthn.helpers import base64url_to_bytes

from clearline.trust.factors.codes import STEP_S
from tests.hunt.hunt import hunt
from tests.hunt.personas import Persona
from tests.hunt.words import needles_of
from tests.journeys.letters import code_in, letter, letters, provider_that_writes
from tests.journeys.people import left_by
from tests.journeys.provider import RunningProvider, wait_until
from tests.journeys.test_an_edition_agreed_and_refused import (
    ERASED_S,
    KEPT_CLOSED,
    TOLD_BEFORE,
    is_erased,
    publish_what_lets_more_be_done,
    receipt_of_erasure,
    subject_of_the_last,
    verified,
)
from tests.service.mail.post_office import Office, open_office
from tests.trust.factors.authenticator import Authenticator

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]
CHANGED = "Something was changed"
SIGNED_S = 30.0


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as office:
        yield office


@pytest.fixture
def provider(office: Office, tmp_path: Path) -> Iterator[RunningProvider]:
    with provider_that_writes(office, tmp_path) as running:
        yield running


@dataclass(slots=True)
class Phone:
    """The app on one phone: it holds the keys of one sign-in, and the person's passkey if any."""

    url: str
    who: Persona
    passkey: Authenticator
    keys: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, told: object = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.keys['access_token']}"} if self.keys else {}
        return httpx.request(
            method, f"{self.url}/api/v1/{path}", json=told, headers=headers, timeout=30
        )

    def ask(self, method: str, path: str, told: object = None, *, status: int = 200) -> Any:  # noqa: ANN401  # whatever JSON says
        answer = self.send(method, path, told)
        assert answer.status_code == status, (method, path, answer.text)
        return answer.json()

    def code_of(self, method: str, path: str, told: object = None, *, status: int = 403) -> str:
        """Return by which code something is refused."""
        return str(self.ask(method, path, told, status=status)["code"])

    def other(self) -> "Phone":
        """Return another phone of the same person, on which their passkeys are, too."""
        return Phone(self.url, self.who, self.passkey)

    def sign_up(self) -> None:
        policy = self.ask("GET", "policy")
        assert policy["agree"]
        told = {
            "user_id": self.who.user_id,
            "password": self.who.password,
            "name": self.who.name,
            "email": self.who.email,
            "screen_name": self.who.screen_name,
            "age_range": "18_or_over",
            "agreed_edition": policy["edition"],
        }
        self.keys = self.ask("POST", "sign-up", told, status=201)

    def give_password(self, password: str, *, status: int) -> Any:  # noqa: ANN401  # as above
        self.keys = {}
        told = {"user_id": self.who.user_id, "password": password}
        return self.ask("POST", "sign-in", told, status=status)

    def sign_in(self, password: str) -> None:
        """Sign in by the password, and by the passkey, which is asked for."""
        step = self.give_password(password, status=202)
        self.give_second(step, passkey=self.sign(step["passkey"]))

    def give_second(self, step: Any, **proof: object) -> None:  # noqa: ANN401  # as above
        told = {"second_step": step["second_step"], **proof}
        self.keys = self.ask("POST", "sign-in/second", told)

    def sign(self, asked: Any) -> Any:  # noqa: ANN401  # as above
        return json.loads(self.passkey.sign(base64url_to_bytes(asked["challenge"])))


def phone_of(who: Persona, provider: RunningProvider) -> Phone:
    return Phone(provider.url, who, Authenticator(origin=provider.url))


def test_an_account_is_led_by_the_app_from_signing_up_to_being_erased(
    provider: RunningProvider, office: Office, tmp_path: Path
) -> None:
    she, he, moved = Persona.new(), Persona.new(), Persona.new()
    new_password, new_email = moved.password, moved.email
    words = she.words("Alice") | he.words("Bob")
    words |= {"Alice's new password": new_password, "Alice's new address": new_email}
    provider.start()
    alice, bob = (
        Phone(provider.url, each, Authenticator(origin=provider.url)) for each in (she, he)
    )
    alice.sign_up()
    bob.sign_up()
    his = subject_of_the_last(provider)

    codes = add_factors(alice)
    sign_out_everywhere_else(alice, codes)
    confirm_address(alice, office)
    recovery_code = alice.ask("POST", "factors/recovery-codes")["codes"][0]
    get_back_in(alice, office, new_password, recovery_code)
    alice.sign_in(new_password)
    change_address(alice, office, new_email)
    tell_details(alice)
    invite(alice, bob)
    publish_what_lets_more_be_done(provider)
    provider.stop()

    provider.start(at=TOLD_BEFORE)
    receipt = agree(alice, new_password, tmp_path)
    refuse_and_leave(bob)
    provider.stop()

    provider.start(at=TOLD_BEFORE + KEPT_CLOSED)
    wait_until(lambda: is_erased(provider, his), seconds=ERASED_S, what="Bob is erased")
    assert bob.give_password(he.password, status=403)["code"] == "sign_in_refused"
    alice.sign_in(new_password)
    reached = alice.ask("GET", "contacts")
    assert reached["present"]["address"] == new_email
    assert (reached["present"]["of_record_at"], reached["earlier"]) == (None, None)
    assert [each["role"] for each in alice.ask("GET", "team")["members"]] == ["owner"]
    for each in (receipt, receipt_of_erasure(provider, tmp_path)):
        assert "Proved" in verified(provider, each, tmp_path)
    assert hunt(left_by(provider), needles_of(words)) == ()


def add_factors(phone: Phone) -> pyotp.TOTP:
    """Add an app that shows codes, and a passkey; return the app."""
    asked = phone.ask("POST", "factors/new-app")
    codes = pyotp.TOTP(asked["secret"])
    told = {"step": asked["step"], "code": codes.now()}
    phone.ask("POST", "factors/app", told, status=201)
    challenge = phone.ask("POST", "factors/new-passkey")["passkey"]["challenge"]
    made = json.loads(phone.passkey.make(base64url_to_bytes(challenge)))
    told = {"name": phone.who.called, "passkey": made}
    added = phone.ask("POST", "factors/passkeys", told, status=201)
    assert [each["name"] for each in added["passkeys"]] == [phone.who.called]
    assert added["app_added_at"]
    return codes


def sign_out_everywhere_else(phone: Phone, codes: pyotp.TOTP) -> None:
    """Sign in on two other phones, by a code and by the passkey, and sign both out."""
    password = phone.who.password
    by_code, by_passkey = phone.other(), phone.other()
    step = by_code.give_password(password, status=202)
    assert step["by"] == ["passkey", "app"]
    by_code.give_second(step, code=codes.at(datetime.now(UTC) + timedelta(seconds=STEP_S)))
    by_passkey.sign_in(password)
    assert len(phone.ask("GET", "sign-ins")["items"]) == 3

    phone.ask("DELETE", "sessions")

    assert by_code.code_of("GET", "profile", status=401) == "token_needed"
    assert by_passkey.code_of("GET", "profile", status=401) == "token_needed"
    assert [each["is_this"] for each in phone.ask("GET", "sign-ins")["items"]] == [True]


def confirm_address(phone: Phone, office: Office) -> None:
    phone.ask("POST", "contacts/code")
    code = code_in(letter(office, phone.who.email, "Your code"))
    assert phone.ask("POST", "contacts/confirm", {"code": code})["present"]["is_confirmed"]


def get_back_in(phone: Phone, office: Office, password: str, recovery_code: str) -> None:
    """Forget the password: nobody learns whether a user ID is known, and a code sets a new one."""
    forgot = phone.other()
    nobody = forgot.ask("POST", "recover", {"who": Persona.new().user_id})
    asked = forgot.ask("POST", "recover", {"who": phone.who.user_id})
    assert nobody.keys() == asked.keys()
    code = code_in(letter(office, phone.who.email, "get back into"))
    key = forgot.ask("POST", "recover/code", {"token": asked["token"], "code": code})
    assert (key["asks_for_code"], key["may_set_user_id"]) == (True, False)
    told = {"key": key["key"], "password": password}
    assert forgot.code_of("POST", "recover/password", told) == "factor_refused"
    forgot.keys = forgot.ask("POST", "recover/password", {**told, "code": recovery_code})
    assert forgot.ask("GET", "profile")["name"] == phone.who.name

    assert phone.code_of("GET", "profile", status=401) == "token_needed"
    refused = phone.give_password(phone.who.password, status=403)
    assert refused["code"] == "sign_in_refused"
    assert letter(office, phone.who.email, CHANGED)


def change_address(phone: Phone, office: Office, new: str) -> None:
    """Use another address: it is told to the old one, which stays of record for thirty days."""
    old = phone.who.email
    known = len(letters(office, old, CHANGED))
    phone.ask("POST", "contacts/email", {"email": new})
    code = code_in(letter(office, new, "Your code"))

    reached = phone.ask("POST", "contacts/confirm", {"code": code})

    assert (reached["present"]["address"], reached["earlier"]["address"]) == (new, old)
    of_record = datetime.fromisoformat(reached["present"]["of_record_at"])
    assert of_record - datetime.fromisoformat(reached["present"]["since"]) == timedelta(days=30)
    notice = letter(office, old, CHANGED, after=known)
    assert re.search(r"/account/not-me/\?key=\S+", notice)
    assert new not in notice
    assert letters(office, new, CHANGED) == []


def tell_details(phone: Phone) -> None:
    phone.ask("PUT", "details/phone", {"phone": phone.who.telephone})
    home = {"street": phone.who.called, "city": "Reykjavík", "country": "Iceland"}
    kept = phone.ask("PUT", "details/addresses/billing", home)
    assert (kept["phone"], kept["billing_address"]["street"]) == (
        phone.who.telephone,
        phone.who.called,
    )


def invite(owner: Phone, member: Phone) -> None:
    told = {"role": "billing", "label": member.who.called}
    code = owner.ask("POST", "team/invitations", told, status=201)["code"]
    (there,) = member.ask("POST", "team/join", {"code": code})["memberships"]
    assert there["role"] == "billing"
    labels = [each["label"] for each in owner.ask("GET", "team")["members"]]
    assert member.who.called in labels


def agree(phone: Phone, password: str, folder: Path) -> Path:
    """Be asked again by an edition that lets more be done, agree, and take the receipt."""
    phone.sign_in(password)
    assert phone.code_of("GET", "profile") == "agreement_needed"
    asked = phone.ask("GET", "agreement")
    edition = phone.ask("GET", "policy")["edition"]
    assert asked["asks_again"]
    assert asked["edition"] < edition
    assert not phone.ask("POST", "agreement", {"edition": edition})["asks_again"]
    assert phone.ask("GET", "profile")["name"] == phone.who.name
    there = "agreement/receipt"
    wait_until(
        lambda: phone.send("GET", there).is_success, seconds=SIGNED_S, what="signed", every=0.5
    )
    file = folder / "agreed.json"
    file.write_bytes(phone.send("GET", there).content)
    return file


def refuse_and_leave(phone: Phone) -> None:
    """Agree to nothing: take the data along, close, keep the account, and close it for good."""
    phone.keys = phone.give_password(phone.who.password, status=200)
    assert phone.code_of("GET", "profile") == "agreement_needed"
    file = phone.ask("POST", "my-data/file")
    values = {each["category"]: each["values"] for each in file["held"]}
    assert values["user.name"] == [phone.who.name]
    assert values["user.contact.email"] == [phone.who.email]
    assert file["lines"][0]["kind"] == "data.exported"
    closed = phone.ask("POST", "account/close")
    kept = phone.ask("POST", "account/reopen")
    assert (closed["is_open"], kept["is_open"], kept["erased_on"]) == (False, True, None)
    assert phone.code_of("GET", "team") == "agreement_needed"
    assert phone.ask("POST", "account/close")["erased_on"] == closed["erased_on"]
