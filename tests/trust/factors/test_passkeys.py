"""What browsers say of passkeys: the right site, the right challenge, a person who was verified."""

import json
from dataclasses import replace

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from clearline.trust.factors import passkeys
from clearline.trust.factors.passkeys import NewKey, Site
from tests.trust.factors.authenticator import FLAG_PRESENT, Authenticator

SITE = Site(name="Example Voice", host="localhost", origin="http://localhost:8000")
CHALLENGE, OTHER_CHALLENGE = b"c" * 32, b"d" * 32


def made_by(key: Authenticator, challenge: bytes = CHALLENGE) -> NewKey:
    made = passkeys.read_new(SITE, key.make(challenge), challenge=challenge)
    assert made is not None
    return made


def test_a_passkey_that_was_made_here_proves_by_its_signature() -> None:
    key = Authenticator()
    made = made_by(key)
    answer = key.sign(CHALLENGE)

    assert passkeys.number_in(answer) == made.number
    assert passkeys.read_proof(SITE, answer, challenge=CHALLENGE, key=made) == 1


def test_what_is_asked_names_the_site_the_person_and_the_passkeys_that_are_there() -> None:
    made = made_by(Authenticator())
    add = json.loads(
        passkeys.options_to_add(SITE, person="a" * 32, challenge=CHALLENGE, known=[made.number])
    )
    prove = json.loads(passkeys.options_to_prove(SITE, challenge=CHALLENGE, known=[made.number]))

    assert add["rp"] == {"name": "Example Voice", "id": "localhost"}
    assert add["excludeCredentials"] == [{"id": made.number, "type": "public-key"}]
    assert add["authenticatorSelection"]["userVerification"] == "required"
    assert prove["allowCredentials"] == [{"id": made.number, "type": "public-key"}]
    assert prove["userVerification"] == "required"


@pytest.mark.parametrize(
    "changed",
    [
        {"host": "example.test"},
        {"origin": "http://localhost:8001"},
        {"flags": FLAG_PRESENT},
        {"flags": 0},
        {"number": b"n" * 1_024},
    ],
)
def test_a_passkey_of_elsewhere_or_of_nobody_verified_is_not_taken(
    changed: dict[str, object],
) -> None:
    key = replace(Authenticator(), **changed)  # type: ignore[arg-type]  # one field of any kind

    assert passkeys.read_new(SITE, key.make(CHALLENGE), challenge=CHALLENGE) is None


@pytest.mark.parametrize(
    "changed", [{"host": "example.test"}, {"origin": "http://localhost:8001"}, {"flags": 1}]
)
def test_a_signature_for_elsewhere_or_by_nobody_verified_proves_nothing(
    changed: dict[str, object],
) -> None:
    key = Authenticator()
    made = made_by(key)
    answer = replace(key, **changed).sign(CHALLENGE)  # type: ignore[arg-type]  # as above

    assert passkeys.read_proof(SITE, answer, challenge=CHALLENGE, key=made) is None


def test_an_answer_to_another_challenge_proves_nothing() -> None:
    key = Authenticator()
    made = made_by(key)

    assert passkeys.read_new(SITE, key.make(CHALLENGE), challenge=OTHER_CHALLENGE) is None
    answer = key.sign(CHALLENGE)
    assert passkeys.read_proof(SITE, answer, challenge=OTHER_CHALLENGE, key=made) is None


def test_a_count_that_does_not_go_up_proves_nothing() -> None:
    key = Authenticator()
    made = replace(made_by(key), sign_count=5)

    assert passkeys.read_proof(SITE, key.sign(CHALLENGE), challenge=CHALLENGE, key=made) is None


def test_the_key_of_another_proves_nothing() -> None:
    made = made_by(Authenticator())

    answer = Authenticator().sign(CHALLENGE)
    assert passkeys.read_proof(SITE, answer, challenge=CHALLENGE, key=made) is None


def test_answers_longer_than_any_are_not_read() -> None:
    answer = Authenticator().sign(CHALLENGE)
    long = answer + " " * passkeys.ANSWER_CHARACTERS_MAX

    assert passkeys.number_in(long) is None
    assert passkeys.read_new(SITE, long, challenge=CHALLENGE) is None


KEY = Authenticator()
MADE = made_by(KEY)
FIELDS = st.sampled_from(
    (
        *("id", "rawId", "type", "response", "clientDataJSON", "attestationObject"),
        *("authenticatorData", "signature", "userHandle", "transports", "challenge", "origin"),
    )
)
WORDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("AAAA"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=5),
    max_leaves=12,
)


def judge(answer: str) -> None:
    assert passkeys.read_new(SITE, answer, challenge=CHALLENGE) is None
    assert passkeys.read_proof(SITE, answer, challenge=CHALLENGE, key=MADE) is None
    passkeys.number_in(answer)


@settings(max_examples=200)
@given(st.text(max_size=60) | WORDS.map(json.dumps))
def test_no_text_breaks_what_reads_answers(answer: str) -> None:
    judge(answer)


@settings(max_examples=200)
@given(st.sampled_from([KEY.make(CHALLENGE), KEY.sign(CHALLENGE)]), st.data())
def test_no_change_of_a_good_answer_breaks_what_reads_it(good: str, data: st.DataObject) -> None:
    told = json.loads(good)
    name = data.draw(st.sampled_from(sorted(told["response"])))
    text = told["response"][name]
    at = data.draw(st.integers(0, len(text) - 2))
    put = data.draw(st.text("Aa0_-", max_size=6))
    told["response"][name] = text[:at] + put + text[at + len(put) + 1 :]

    passkeys.read_new(SITE, json.dumps(told), challenge=CHALLENGE)
    passkeys.read_proof(SITE, json.dumps(told), challenge=CHALLENGE, key=MADE)


def test_a_key_without_its_parts_breaks_nothing() -> None:
    told = json.loads(KEY.make(CHALLENGE))
    made = cbor2.loads(base64url_to_bytes(told["response"]["attestationObject"]))
    whole = made["authData"]
    for end in (cbor2.dumps({}), cbor2.dumps({1: 2}), cbor2.dumps({1: 2, 3: -7}), b""):
        made["authData"] = whole[:-77] + end
        told["response"]["attestationObject"] = bytes_to_base64url(cbor2.dumps(made))

        assert passkeys.read_new(SITE, json.dumps(told), challenge=CHALLENGE) is None


def test_deep_lists_break_nothing() -> None:
    judge("[" * 8_000 + "]" * 8_000)
