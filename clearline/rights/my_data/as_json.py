"""The file of a person's data for programs: one JSON object, written piece by piece. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from clearline.policy.words import category_in_words
from clearline.rights.my_data.actions import Export, Line
from clearline.rights.my_data.held import Held

FORMAT: Final = "clearline.my-data.v1"


def to_json(export: Export, *, provider: str) -> Iterator[bytes]:
    """Yield the file in pieces, one for each line, so that a long one needs no memory."""
    head: dict[str, object] = {
        "format": FORMAT,
        "provider": provider,
        "made_at": export.made_at.isoformat(),
        "held": [held_plain(each) for each in export.held],
    }
    yield msgspec.json.encode(head)[:-1] + b',"lines":['
    mark = b"\n"
    for line in export.lines:
        yield mark + msgspec.json.encode(line_plain(line))
        mark = b",\n"
    yield b"\n]}\n"


def held_plain(held: Held) -> Mapping[str, object]:
    return {
        "category": held.category,
        "words": category_in_words(held.category),
        "sealed": held.sealed,
        "values": held.values,
        "clauses": [
            {
                "id": each.clause,
                "kept": str(each.kept),
                "counted_from": "closing" if each.is_after_closing else "writing",
                "ends_on": each.ends_on,
            }
            for each in held.keepings
        ],
    }


def line_plain(line: Line) -> Mapping[str, object]:
    return {
        "id": line.id,
        "at": line.at.isoformat(),
        "kind": line.kind,
        "what": line.sentence,
        "who": line.who,
        "why": line.why,
        "clause": line.clause,
        "edition": line.edition,
        "kept_until": line.kept_until.isoformat(),
        "is_readable": line.is_readable,
    }
