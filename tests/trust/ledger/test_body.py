"""The bytes of an entry: one way to write them, the same as RFC 8785 says."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from clearline.policy.vocabulary import Category
from clearline.trust.ledger.body import (
    BODY_BYTES_MAX,
    ENCODER,
    BodyBroken,
    EntryInvalid,
    Footing,
    at_text,
    commit,
    expiry_of,
    hash_words,
    parse_body,
    to_body,
    to_head,
)
from clearline.trust.ledger.entries.entry import LedgerEntry
from clearline.trust.ledger.entries.uses import EventsLoaded, ReportExported
from tests.trust.ledger.log import NOW, make_choice

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
VALUE = st.one_of(TEXT, WHOLE, st.booleans(), st.lists(TEXT, max_size=5))


class Unlisted(ReportExported):
    kind = "report.unlisted"


def body_of(entry: LedgerEntry) -> bytes:
    return to_body(entry, subject=None, footing=Footing())


@given(told=st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), VALUE))
def test_bodies_are_the_canonical_json_of_rfc_8785(told: dict[str, object]) -> None:
    assert ENCODER.encode(told) == rfc8785.dumps(told)  # type: ignore[arg-type]  # plain JSON


@given(query=TEXT)
def test_a_body_says_what_the_entry_says(query: str) -> None:
    entry = ReportExported(report="popularity", query=query, by="staff:1", format="csv")

    told = parse_body(body_of(entry))

    assert told["fields"] == {
        "report": "popularity",
        "query": query,
        "by": "staff:1",
        "format": "csv",
    }
    assert told["subject"] == ""


@given(body=st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_a_body(body: bytes) -> None:
    with pytest.raises(BodyBroken):
        parse_body(body)


def test_another_way_to_write_a_body_is_refused() -> None:
    body = body_of(make_choice())

    for other in (
        b" " + body,
        body.replace(b'"clause"', b'"Clause"'),
        body + b"\n",
        body[:-1] + b",}",
    ):
        with pytest.raises(BodyBroken):
            parse_body(other)


@pytest.mark.parametrize("rows", [2**53, -(2**53)])
def test_a_number_that_json_cannot_say_exactly_is_refused(rows: int) -> None:
    entry = EventsLoaded(batch="b", rows=rows, sha256="", counts=())

    with pytest.raises(EntryInvalid, match="whole numbers"):
        body_of(entry)


def test_what_is_no_text_number_or_yes_and_no_is_refused() -> None:
    entry = EventsLoaded(batch="b", rows=1.5, sha256="", counts=())  # type: ignore[arg-type]  # the point

    with pytest.raises(EntryInvalid):
        body_of(entry)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(EntryInvalid, match="half a character"):
        body_of(replace(make_choice(), text="\ud800"))


def test_a_body_has_an_end() -> None:
    with pytest.raises(EntryInvalid, match="longer"):
        body_of(replace(make_choice(), text="x" * BODY_BYTES_MAX))


def test_a_kind_that_is_not_listed_is_refused() -> None:
    with pytest.raises(EntryInvalid, match=r"report\.unlisted"):
        body_of(Unlisted(report="", query="", by="", format=""))


def test_moments_are_told_in_utc() -> None:
    east = timezone(timedelta(hours=5))

    assert at_text(NOW.astimezone(east)) == "2026-12-01T12:00:00.000000Z"
    with pytest.raises(EntryInvalid):
        at_text(datetime(2026, 12, 1))  # noqa: DTZ001  # the point


def test_a_commitment_hides_the_body_behind_its_salt() -> None:
    body, head = body_of(make_choice()), b"head"
    first, other = hash_words(b"a" * 32, body), hash_words(b"b" * 32, body)

    assert commit(first, head) != commit(other, head)
    assert commit(first, head) == commit(hash_words(b"a" * 32, body), head)


@given(head=st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_a_head(head: bytes) -> None:
    with pytest.raises(BodyBroken):
        expiry_of(head)


def test_another_way_to_write_a_head_is_refused() -> None:
    head = to_head(entry_id="0" * 32, kind="use.denied", at=NOW, expires_at=NOW)

    assert expiry_of(head) == "2026-12-01T12:00:00.000000Z"
    for other in (b" " + head, head + b"\n", head.replace(b"12-01T", b"1-01T"), head[:-2] + b"}"):
        with pytest.raises(BodyBroken):
            expiry_of(other)


def test_every_character_is_written_as_rfc_8785_writes_it() -> None:
    characters = "".join(chr(code) for code in range(0x3000) if not 0xD800 <= code < 0xE000)

    assert ENCODER.encode({"a": characters}) == rfc8785.dumps({"a": characters})


def test_members_of_an_enumeration_are_told_as_their_text() -> None:
    entry = ReportExported(report=Category.DEVICE, query="", by="", format="csv")

    assert b'"report":"user.device"' in body_of(entry)
