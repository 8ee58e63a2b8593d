"""docs/verify_receipt.py, which shares nothing with us, accepts good receipts and no others."""

import ast
import base64
import copy
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from clearline.trust.ledger import actions, queries
from clearline.trust.ledger.body import ENCODER, hash_words
from clearline.trust.ledger.checkpoint import CheckpointBroken, Signer, open_checkpoint
from clearline.trust.ledger.keys import signer
from tests.trust.ledger.log import NOW, Log, later

VERIFIER = Path(__file__).parents[3] / "docs" / "verify_receipt.py"
ERRORS = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


def load_verifier() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_receipt", VERIFIER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULE = load_verifier()


def verify(receipt: bytes, vkey: str, now: datetime = NOW) -> str:
    return str(MODULE.verify(receipt, vkey, now))


def make_receipt(log: Log, count: int = 7, place: int = 2) -> bytes:
    ids = log.append(count)
    actions.integrate(now=NOW)
    return queries.receipt_file(queries.receipt(ids[place]))


def run(receipt: Path, vkey: str) -> subprocess.CompletedProcess[str]:
    # -I: no folder of ours on the path. -S: no site-packages either.
    command = [sys.executable, "-I", "-S", str(VERIFIER), str(receipt), vkey]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


def test_the_verifier_imports_the_standard_library_only() -> None:
    tree = ast.parse(VERIFIER.read_text(encoding="utf-8"))
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }

    assert names <= sys.stdlib_module_names


@pytest.mark.django_db
def test_a_good_receipt_is_proved_and_told_in_words(log: Log) -> None:
    path = log.folder / "receipt.json"
    path.write_bytes(make_receipt(log))

    told = run(path, queries.vkey())

    assert told.returncode == 0, told.stderr
    assert "Proved: this is entry 2 of the 7 that localhost/ledger signed." in told.stdout
    assert '"query": "\\u00fcber 2"' in told.stdout


@pytest.mark.parametrize(
    ("content", "vkey", "says"),
    [
        (None, "", "receipt.json cannot be read. No such file or directory."),
        (b"", "", "the file is no receipt: it does not hold JSON."),
        (b"\xff\xfe", "", "the file is no receipt: it does not hold JSON."),
        (b"[" * 100_000, "", "the file is no receipt: it does not hold JSON."),
        (b"[]\n", "", "the file is no receipt: it does not hold the parts of one."),
        (b"{}\n", "", "this is no receipt of Clearline's ledger."),
        (b'{"format":"clearline.receipt.v2"}\n', "", "does not have the form it must have."),
    ],
)
def test_what_is_no_receipt_is_told_in_plain_words(
    content: bytes | None, vkey: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "receipt.json"
    if content is not None:
        path.write_bytes(content)

    told = run(path, vkey)

    assert told.returncode == 1
    assert told.stderr.startswith("Not proved: ")
    assert told.stderr.endswith(f"{says}\n")
    assert "Traceback" not in told.stderr
    assert "Errno" not in told.stderr


@pytest.mark.django_db
def test_a_key_that_is_none_is_told_in_plain_words(log: Log) -> None:
    path = log.folder / "receipt.json"
    path.write_bytes(make_receipt(log))

    told = run(path, "localhost/ledger")

    assert "Not proved: VKEY is no verifier key" in told.stderr


@pytest.mark.django_db
def test_an_altered_receipt_is_not_proved(log: Log) -> None:
    path = log.folder / "receipt.json"
    path.write_bytes(make_receipt(log).replace(b"popularity", b"popularitz"))

    told = run(path, queries.vkey())

    assert told.returncode == 1
    assert told.stderr.startswith("Not proved: the entry is not in the log")
    assert run(log.folder / "none.json", queries.vkey()).returncode == 1


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 3, 8, 255, 256, 257])
def test_the_first_and_the_last_entry_of_any_log_are_proved(log: Log, size: int) -> None:
    ids = log.append(size)
    actions.integrate(now=NOW)

    for entry_id in (ids[0], ids[-1]):
        assert verify(queries.receipt_file(queries.receipt(entry_id)), queries.vkey())


@pytest.mark.django_db
def test_every_changed_byte_of_a_receipt_is_found(log: Log) -> None:
    good, vkey = make_receipt(log), queries.vkey()
    verify(good, vkey)

    for place in range(len(good)):
        changed = bytes([good[place] ^ (1 << place % 7)])
        with pytest.raises(ERRORS):
            verify(good[:place] + changed + good[place + 1 :], vkey)


@pytest.mark.django_db
def test_every_changed_field_of_a_receipt_is_found(log: Log) -> None:
    good, vkey = json.loads(make_receipt(log)), queries.vkey()
    assert verify(ENCODER.encode(good) + b"\n", vkey)

    for key in good:
        values: tuple[object, ...] = (None, "", 0, 1, -1, True, [], {}, "0" * 64, 1.5, 2**60, good)
        for value in values:
            with pytest.raises(ERRORS):
                verify(ENCODER.encode(good | {key: value}) + b"\n", vkey)
        without = {name: value for name, value in good.items() if name != key}
        with pytest.raises(ERRORS):
            verify(ENCODER.encode(without) + b"\n", vkey)
    with pytest.raises(ERRORS):
        verify(ENCODER.encode(good | {"note": ""}) + b"\n", vkey)
    for part in ("head", "body"):
        for name in good[part]:
            altered = copy.deepcopy(good)
            altered[part][name] = "other"
            with pytest.raises(ERRORS):
                verify(ENCODER.encode(altered) + b"\n", vkey)


def altered_anywhere(value: object) -> Iterator[object]:
    """Yield a JSON value with one change: of a type, of a value, something added or left out."""
    others: list[object] = [None, True, False, 0, 1, -1, 1.0, "", "0", "0" * 64, [], {}, [value]]
    others += [{"": value}, [[]], [{}], [""], {"": ""}, f"{value}"]
    match value:
        case dict():
            others += [list(value), list(value.values()), value | {"note": ""}]
            for name, part in value.items():
                yield {key: each for key, each in value.items() if key != name}
                yield {f"{key} " if key == name else key: each for key, each in value.items()}
                yield from (value | {name: other} for other in altered_anywhere(part))
        case list():
            others += [dict.fromkeys(map(str, value), "lie"), "".join(map(str, value))]
            others += [[*value, ""], [*value, "0" * 64], value[::-1], value * 2, {"0": value}]
            for place, part in enumerate(value):
                yield value[:place] + value[place + 1 :]
                yield from (
                    [*value[:place], other, *value[place + 1 :]] for other in altered_anywhere(part)
                )
        case bool():
            pass
        case int():
            others += [*range(9), 2**60, float(value), bool(value)]
        case str():
            others += [value + " ", value + "\n", value[:-1], value.upper(), list(value)]
            others += [dict.fromkeys(value, "lie"), value.encode().hex()]
    yield from (other for other in others if ENCODER.encode(other) != ENCODER.encode(value))


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 7])
def test_any_change_of_type_or_value_anywhere_in_a_receipt_is_refused(
    log: Log, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same signature is asked for thousands of times, and each takes milliseconds.
    monkeypatch.setattr(MODULE, "verify_signature", cache(MODULE.verify_signature))
    ids = log.append(size)
    actions.integrate(now=NOW)
    vkey, expired = queries.vkey(), later(days=2000)
    whole = [json.loads(queries.receipt_file(queries.receipt(each))) for each in ids]
    actions.expire_bodies(now=expired)
    wordless = json.loads(queries.receipt_file(queries.receipt(ids[0])))

    accepted = []
    for good in (whole[0], whole[-1], wordless):
        assert verify(ENCODER.encode(good) + b"\n", vkey, expired)
        for changed in altered_anywhere(good):
            try:
                verify(ENCODER.encode(changed) + b"\n", vkey, expired)
            except ERRORS:
                continue
            accepted.append(changed)

    assert not accepted


@pytest.mark.django_db
def test_the_same_receipt_written_otherwise_is_refused(log: Log) -> None:
    good, vkey = make_receipt(log), queries.vkey()
    pretty = json.dumps(json.loads(good), indent=1).encode()

    for other in (pretty, good[:-1], good + b"\n", b" " + good, b"\xef\xbb\xbf" + good):
        with pytest.raises(ERRORS):
            verify(other, vkey)


@pytest.mark.django_db
def test_a_receipt_is_not_proved_under_another_key(log: Log) -> None:
    good, own = make_receipt(log), signer()

    for vkey in (
        Signer(own.name, b"o" * 32).vkey(),
        Signer("other.example/ledger", bytes.fromhex("00" * 32)).vkey(),
        own.vkey()[:-1],
        "",
    ):
        with pytest.raises(ERRORS):
            verify(good, vkey)


def is_opened_by_us(note: str) -> bool:
    try:
        open_checkpoint(note, queries.vkey())
    except CheckpointBroken:
        return False
    return True


def is_proved(told: dict[str, object], note: str) -> bool:
    try:
        verify(ENCODER.encode(told | {"checkpoint": note}) + b"\n", queries.vkey())
    except ERRORS:
        return False
    return True


def line_of(name: str, signed: bytes = b"w" * 76) -> str:
    return f"\u2014 {name} {base64.b64encode(signed).decode()}\n"


@pytest.mark.django_db
def test_what_others_signed_beside_the_log_is_skipped(log: Log) -> None:
    told = json.loads(make_receipt(log))
    text, own = str(told["checkpoint"]).split("\n\n")
    witness, namesake = line_of("witness.example"), line_of(signer().name)

    for signed in (own + witness, witness + own, witness + namesake + own, own + witness * 15):
        assert is_proved(told, f"{text}\n\n{signed}"), signed
        assert is_opened_by_us(f"{text}\n\n{signed}"), signed


@pytest.mark.django_db
def test_a_line_beside_the_signature_that_is_none_proves_nothing(log: Log) -> None:
    told = json.loads(make_receipt(log))
    text, own = str(told["checkpoint"]).split("\n\n")
    witness = line_of("witness.example")
    harmed = (
        *("\u2014 witness.example\n", "\n", "x\n", witness[1:], witness.replace(" ", "  ", 1)),
        *(witness.replace(".", "+"), witness[:-3] + "=\n", witness[:-3] + "\n"),
        *(line_of("witness.example", b"wwww"), witness.replace("d3", "d\u0663", 1)),
    )

    for signed in (*(own + line for line in harmed), own + witness[:-1], own + witness * 16):
        assert not is_proved(told, f"{text}\n\n{signed}"), signed
        assert not is_opened_by_us(f"{text}\n\n{signed}"), signed
    for signed in (witness, own + own, ""):
        assert not is_proved(told, f"{text}\n\n{signed}"), signed
        assert not is_opened_by_us(f"{text}\n\n{signed}"), signed


@pytest.mark.django_db
def test_an_expired_entry_is_proved_without_its_words(log: Log) -> None:
    (entry_id,) = log.append(1)
    actions.integrate(now=NOW)
    before = queries.receipt_file(queries.receipt(entry_id))
    expired = later(days=2000)
    actions.expire_bodies(now=expired)

    told = verify(queries.receipt_file(queries.receipt(entry_id)), queries.vkey(), expired)

    assert "not given; they were to be kept until 2029-12-01T12:00:00.000000Z" in told
    assert "choice.recorded" in told
    assert verify(before, queries.vkey(), expired)


@pytest.mark.django_db
def test_a_receipt_whose_words_were_taken_out_proves_nothing_while_they_are_kept(log: Log) -> None:
    told = json.loads(make_receipt(log))
    salt, body = bytes.fromhex(told.pop("salt")), ENCODER.encode(told.pop("body"))
    stripped = ENCODER.encode(told | {"words_hash": hash_words(salt, body).hex()}) + b"\n"
    expires = datetime.fromisoformat(told["head"]["expires"])

    with pytest.raises(ValueError, match=f"kept until {told['head']['expires']}"):
        verify(stripped, queries.vkey(), expires - timedelta(microseconds=1))

    assert "not given" in verify(stripped, queries.vkey(), expires)


def test_the_signature_check_agrees_with_the_vectors_of_rfc_8032() -> None:
    for public, message, signature in RFC_8032:
        vector = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
        MODULE.verify_signature(*vector)
        with pytest.raises(ValueError, match="did not sign"):
            MODULE.verify_signature(vector[0], vector[1] + b"x", vector[2])


# RFC 8032, 7.1, tests 1 to 3: public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]
