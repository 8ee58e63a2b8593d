"""Check a receipt of the ledger: `python3 verify_receipt.py receipt.json VKEY`.

Needs Python 3.11 and nothing else; imports nothing of Clearline. Get VKEY, the log's verifier key,
from somewhere else than the receipt. Formats: ledger-format.md. Exit code 0: proved, 1: not.
"""

# ruff: noqa: INP001
import base64
import hashlib
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519, RFC 8032 5.1
D = -121665 * pow(121666, P - 2, P) % P
PARTS = {"checkpoint": str, "format": str, "head": dict, "position": int, "proof": list}


class NotProved(ValueError):
    """What is wrong, in plain words."""


def check(is_so: object, what: str) -> None:
    if not is_so:
        raise NotProved(what)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value: object) -> bytes:
    """RFC 8785, for all that the ledger says."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def unhex(text: str) -> bytes:
    check(re.fullmatch("[0-9a-f]{64}", text), "a hash or salt is not 64 hexadecimal digits")
    return bytes.fromhex(text)


def unbase64(text: str, size: int | None = None) -> bytes:
    found = base64.b64decode(text, validate=True)
    is_exact = base64.b64encode(found).decode() == text and len(found) == (size or len(found))
    check(is_exact, "a key, root or signature is not whole")
    return found


def add(p: tuple[int, ...], q: tuple[int, ...]) -> tuple[int, ...]:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(number: int, point: tuple[int, ...]) -> tuple[int, ...]:
    total: tuple[int, ...] = (0, 1, 1, 0)
    while number:
        total = add(total, point) if number & 1 else total
        point, number = add(point, point), number >> 1
    return total


def to_point(encoded: bytes) -> tuple[int, ...]:
    sign, y = divmod(int.from_bytes(encoded, "little"), 1 << 255)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    check(y < P and (x * x - square) % P == 0 and (x or not sign), "no point of the curve")
    x = x if x & 1 == sign else P - x
    return (x, y, 1, x * y % P)


def verify_signature(public: bytes, message: bytes, signature: bytes) -> None:
    s = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    base = to_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    p, q = times(s, base), add(to_point(signature[:32]), times(k, to_point(public)))
    same = (p[0] * q[2] - q[0] * p[2]) % P == 0 == (p[1] * q[2] - q[1] * p[2]) % P
    check(same and s < L, "the log's key did not sign this checkpoint")


def open_checkpoint(note: str, vkey: str) -> tuple[str, int, bytes]:
    check(vkey.count("+") >= 2, "VKEY is no verifier key, which is a name, a number and a key")  # noqa: PLR2004
    name, key_id, encoded = vkey.split("+", 2)
    key = unbase64(encoded, 33)
    is_key = key[0] == 1 and sha256(name.encode(), b"\n", key)[:4].hex() == key_id
    check(is_key, "VKEY is no Ed25519 verifier key")
    text, _, signed = note.rpartition("\n\n")
    origin, size, root = text.split("\n")
    *lines, end = signed.split("\n")
    is_note = all(re.fullmatch(r"\u2014 [^\s+]{1,200} [^\s=]{7,}=*", line) for line in lines)
    check(is_note and not end and len(lines) <= 16, "the checkpoint is no signed note")  # noqa: PLR2004
    check(origin == name, "not of this log")
    check(re.fullmatch("0|[1-9][0-9]{0,18}", size), "the checkpoint has no size")
    # What others signed beside it, witnesses for one, is skipped.
    found = [(signer, unbase64(each)) for _, signer, each in (line.split(" ") for line in lines)]
    own = [each for signer, each in found if (signer, each[:4].hex()) == (name, key_id)]
    check(len(own) == 1 and len(own[0]) == 68, "signed with another key")  # noqa: PLR2004
    verify_signature(key[1:], f"{text}\n".encode(), own[0][4:])
    return origin, int(size), unbase64(root, 32)


def verify_inclusion(found: bytes, place: int, size: int, path: list[bytes], root: bytes) -> None:
    """RFC 9162, 2.1.3.2."""
    check(type(place) is int and 0 <= place < size, "the position is outside the log")
    last = size - 1
    for each in path:
        check(last > 0, "the proof is too long")
        is_left = bool(place & 1) or place == last
        found = sha256(b"\x01", each, found) if is_left else sha256(b"\x01", found, each)
        while is_left and place and not place & 1:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    check(last == 0 and found == root, "the entry is not in the log that was signed")


def verify(raw: bytes, vkey: str, now: datetime) -> str:
    """Return in words what the receipt proves. Raises ValueError and others when nothing."""
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        raise NotProved("the file is no receipt: it does not hold JSON") from None  # noqa: EM101, TRY003
    check(type(told) is dict, "the file is no receipt: it does not hold the parts of one")
    check(canonical(told) + b"\n" == raw, "the file is not written in its one way")
    check(told.get("format") == "clearline.receipt.v2", "this is no receipt of Clearline's ledger")
    words = f"It says: {json.dumps(told['head'] | told.get('body', {}))}"
    kinds = {name: type(part) for name, part in told.items()}
    if kinds == PARTS | {"body": dict, "salt": str}:
        body = canonical(told["body"])
        words_hash = sha256(b"clearline.words.v2\n", unhex(told["salt"]), body)
    else:
        check(kinds == PARTS | {"words_hash": str}, "these are not the parts of a receipt")
        words_hash, until = unhex(told["words_hash"]), told["head"]["expires"]
        check(datetime.fromisoformat(until) <= now, f"words kept until {until} are missing")
        words += f"\nIts words are not given; they were to be kept until {until}."
    commitment = sha256(b"clearline.entry.v2\n", words_hash, canonical(told["head"]))
    origin, size, root = open_checkpoint(told["checkpoint"], vkey)
    path = [unhex(each) for each in told["proof"]]
    verify_inclusion(sha256(b"\x00", commitment), told["position"], size, path, root)
    return f"Proved: this is entry {told['position']} of the {size} that {origin} signed.\n{words}"


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004
        sys.exit(f"usage: python3 {sys.argv[0]} receipt.json VKEY")
    try:
        raw, vkey = Path(sys.argv[1]).read_bytes(), sys.argv[2].strip()
        sys.stdout.write(verify(raw, vkey, datetime.now(UTC)) + "\n")
    except OSError as error:
        sys.exit(f"Not proved: {sys.argv[1]} cannot be read. {error.strerror}.")
    except NotProved as error:
        sys.exit(f"Not proved: {error}.")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        sys.exit("Not proved: a part of the receipt, or VKEY, does not have the form it must have.")
