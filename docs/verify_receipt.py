"""Check a receipt of the ledger: `python verify_receipt.py receipt.json VKEY`.

Needs Python 3.11 and nothing else; imports nothing of Clearline. Get VKEY, the log's verifier key,
from somewhere else than the receipt. Formats: ledger-format.md. Exit code 0: proved, 1: not.
"""

# ruff: noqa: INP001
import base64
import hashlib
import json
import re
import sys
from pathlib import Path

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519, RFC 8032 5.1
D = -121665 * pow(121666, P - 2, P) % P
HEX, SIZE = re.compile("[0-9a-f]{64}"), re.compile("0|[1-9][0-9]{0,18}")
RECEIPT = {"checkpoint", "format", "position", "proof"}


def check(is_so: bool, what: str) -> None:  # noqa: FBT001  # an assertion that is never left out
    if not is_so:
        raise ValueError(what)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value: object) -> bytes:
    """RFC 8785 for text, whole numbers, yes or no, lists and objects with ASCII names."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def whole(text: str) -> int:
    check(abs(int(text)) < 2**53, "a number is too large")
    return int(text)


def refuse(text: str) -> None:
    check(is_so=False, what=f"{text} is no whole number")


def unhex(text: str) -> bytes:
    check(HEX.fullmatch(text) is not None, "a hash or salt is not 64 hexadecimal digits")
    return bytes.fromhex(text)


def unbase64(text: str) -> bytes:
    found = base64.b64decode(text, validate=True)
    check(base64.b64encode(found).decode() == text, "base64 is not written in its one way")
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
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    check(y < P, "no point of the curve")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    check((x * x - square) % P == 0 and not (x == 0 and sign), "no point of the curve")
    x = x if x & 1 == sign else P - x
    return (x, y, 1, x * y % P)


def verify_signature(public: bytes, message: bytes, signature: bytes) -> None:
    s = int.from_bytes(signature[32:], "little")
    check(len(signature) == 64 and s < L, "the signature is not whole")  # noqa: PLR2004
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % L
    base = to_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    p, q = times(s, base), add(to_point(signature[:32]), times(k, to_point(public)))
    same = (p[0] * q[2] - q[0] * p[2]) % P == 0 == (p[1] * q[2] - q[1] * p[2]) % P
    check(same, "the log's key did not sign this checkpoint")


def open_checkpoint(note: str, vkey: str) -> tuple[str, int, bytes]:
    name, key_id, encoded = vkey.split("+", 2)
    key = unbase64(encoded)
    check(len(key) == 33 and key[0] == 1, "VKEY is no Ed25519 verifier key")  # noqa: PLR2004
    check(sha256(name.encode(), b"\n", key)[:4].hex() == key_id, "VKEY is not whole")
    origin, size, root, empty, line, end = note.split("\n")
    dash, signer, signed = line.split(" ")
    check((dash, signer, origin, empty, end) == ("\u2014", name, name, "", ""), "not of this log")
    check(SIZE.fullmatch(size) is not None and len(unbase64(root)) == 32, "no size or root")  # noqa: PLR2004
    check(unbase64(signed)[:4].hex() == key_id, "signed with another key")
    verify_signature(key[1:], f"{origin}\n{size}\n{root}\n".encode(), unbase64(signed)[4:])
    return origin, int(size), unbase64(root)


def verify_inclusion(found: bytes, place: int, size: int, path: list[bytes], root: bytes) -> None:
    """RFC 9162, 2.1.3.2."""
    check(0 <= place < size, "the position is outside the log")
    last = size - 1
    for each in path:
        check(last > 0, "the proof is too long")
        is_left = bool(place & 1) or place == last
        found = sha256(b"\x01", each, found) if is_left else sha256(b"\x01", found, each)
        while is_left and place and not place & 1:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    check(last == 0 and found == root, "the entry is not in the log that was signed")


def verify(raw: bytes, vkey: str) -> str:
    """Return in words what the receipt proves. Raises ValueError and others when nothing."""
    receipt = json.loads(raw, parse_int=whole, parse_float=refuse, parse_constant=refuse)
    check(canonical(receipt) + b"\n" == raw, "the file is not written in its one way")
    has_words = receipt.keys() == RECEIPT | {"body", "salt"}
    check(has_words or receipt.keys() == RECEIPT | {"commitment"}, "not the parts of a receipt")
    check(receipt["format"] == "clearline.receipt.v1", "this is no receipt of Clearline's ledger")
    position = receipt["position"]
    check(type(position) is int, "the position is no number")
    if has_words:
        body = canonical(receipt["body"])
        commitment = sha256(b"clearline.entry.v1\n", unhex(receipt["salt"]), body)
        words = f"It says: {json.dumps(receipt['body'])}"
    else:
        commitment = unhex(receipt["commitment"])
        words = "Its words are past their time and were destroyed."
    origin, size, root = open_checkpoint(receipt["checkpoint"], vkey)
    path = [unhex(each) for each in receipt["proof"]]
    verify_inclusion(sha256(b"\x00", commitment), position, size, path, root)
    return f"Proved: this is entry {position} of the {size} that {origin} signed.\n{words}"


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004
        sys.exit("usage: python verify_receipt.py receipt.json VKEY")
    try:
        sys.stdout.write(verify(Path(sys.argv[1]).read_bytes(), sys.argv[2].strip()) + "\n")
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        sys.exit(f"Not proved: {error}")
