"""The hunt finds whatever is planted, in every form, and nothing where nothing is."""

import base64
import gzip
import hashlib
import json
import pickle
import sqlite3
import unicodedata
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.hunt.hunt import hunt
from tests.hunt.personas import Persona
from tests.hunt.places import Piece, cells_of_sqlite, files_under
from tests.hunt.words import needles_of

ZOE = Persona.new()
NEEDLES = needles_of(ZOE.words("Zoe"))
WORDS = {**ZOE.words("Zoe")}
AROUND = b"x" * 50


def found_in(held: bytes) -> set[str]:
    return {each.word for each in hunt([Piece("planted", held)], NEEDLES)}


WAYS: dict[str, Callable[[str], bytes]] = {
    "clear": str.encode,
    "lower": lambda word: word.lower().encode(),
    "upper": lambda word: word.upper().encode(),
    "casefold": lambda word: word.casefold().encode(),
    "utf-16": lambda word: word.encode("utf-16"),
    "latin-1": lambda word: word.encode("latin-1"),
    "hex": lambda word: word.encode().hex().encode(),
    "HEX": lambda word: word.encode().hex().upper().encode(),
    "as bytea": lambda word: b"\\x" + ("00ff" + word.encode().hex() + "ff").encode(),
    "base64": lambda word: base64.b64encode(word.encode()),
    "base64 behind one": lambda word: base64.b64encode(b"%" + word.encode() + b"%"),
    "base64 behind two": lambda word: base64.b64encode(b"%%" + word.encode() + b"%%"),
    "base64 for addresses": lambda word: base64.urlsafe_b64encode(b"\xff\xfe" + word.encode()),
    "base64 without padding": lambda word: base64.b64encode(word.encode()).rstrip(b"="),
    "URL": lambda word: quote(word, safe="").encode(),
    "form": lambda word: quote_plus(word).encode(),
    "JSON": lambda word: json.dumps({"a": [word]}).encode(),
    "JSON in JSON": lambda word: json.dumps(json.dumps({"a": word})).encode(),
    "zlib": lambda word: zlib.compress(AROUND + word.encode()),
    "zlib, least": lambda word: zlib.compress(AROUND + word.encode(), 0),
    "zlib, most": lambda word: zlib.compress(AROUND + word.encode(), 9),
    "gzip": lambda word: gzip.compress(AROUND + word.encode()),
    "gzip in base64": lambda word: base64.b64encode(gzip.compress(AROUND + word.encode())),
    "JSON in zlib in base64": lambda word: base64.urlsafe_b64encode(
        zlib.compress(json.dumps({"name": word}).encode())
    ),
    "base64 in gzip in hex": lambda word: (
        gzip.compress(base64.b64encode(b"." + word.encode())).hex().encode()
    ),
    **{
        f"pickle {protocol}": lambda word, protocol=protocol: pickle.dumps(  # type: ignore[misc]  # bound early
            {"session": [word]}, protocol
        )
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
    "pickle in zlib": lambda word: zlib.compress(pickle.dumps({"session": word})),
    "NFD": lambda word: unicodedata.normalize("NFD", word).encode(),
}
HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b")
SHOWN: dict[str, Callable[[bytes], bytes]] = {
    "hex": lambda digest: digest.hex().encode(),
    "HEX": lambda digest: digest.hex().upper().encode(),
    "base64": base64.b64encode,
    "base64 for addresses": base64.urlsafe_b64encode,
    "raw": bytes,
    "cut to 16": lambda digest: digest[:16].hex().encode(),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", WORDS)
def test_each_word_is_found_in_each_form(name: str, way: str) -> None:
    planted = AROUND + b"\n" + WAYS[way](WORDS[name]) + b"\n" + AROUND

    assert name in found_in(planted)


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("algorithm", HASHES)
@pytest.mark.parametrize("name", WORDS)
def test_each_hash_without_a_key_is_found(name: str, algorithm: str, shown: str) -> None:
    for text in (WORDS[name], WORDS[name].lower(), WORDS[name].casefold()):
        digest = hashlib.new(algorithm, text.encode()).digest()

        assert name in found_in(AROUND + b"\n" + SHOWN[shown](digest) + b"\n" + AROUND)


@pytest.mark.parametrize(
    "part", [ZOE.name.split()[1], ZOE.email.split("@")[0]], ids=["surname", "before the @"]
)
def test_a_part_that_nobody_else_has_is_found(part: str) -> None:
    assert found_in(base64.b64encode(b"a " + part.encode()))
    assert found_in(hashlib.sha256(part.encode()).digest())


def test_figures_alone_of_a_telephone_number_are_found() -> None:
    assert found_in(ZOE.telephone.removeprefix("+").encode()) == {"Zoe's telephone"}


def test_nothing_is_found_where_nothing_is() -> None:
    other = Persona.new()
    held = json.dumps(dict(other.words("another"))).encode()

    assert found_in(held) == set()
    assert found_in(hashlib.sha512(held).digest() * 1_000) == set()


def test_cells_and_files_are_looked_through(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE kept (a TEXT, b BLOB, c INTEGER)")
    packed = zlib.compress(json.dumps({"name": ZOE.name}).encode())
    connection.execute("INSERT INTO kept VALUES (?, ?, 1)", (ZOE.email, packed))
    connection.commit()
    connection.close()
    (tmp_path / ZOE.user_id).mkdir()
    (tmp_path / ZOE.user_id / "log.gz").write_bytes(gzip.compress(ZOE.telephone.encode()))

    cells = {each.word for each in hunt(cells_of_sqlite(path), NEEDLES)}
    files = {each.word for each in hunt(files_under(tmp_path), NEEDLES)}

    assert cells == {"Zoe's email", "Zoe's name"}
    assert {"Zoe's user_id", "Zoe's telephone", "Zoe's email"} <= files
