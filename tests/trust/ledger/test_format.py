"""The documents say what the program does: vectors, kinds and retentions."""

import json
import re
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest
import rfc8785

from clearline.policy.edition import parse_edition
from clearline.policy.retention import Retention
from clearline.policy.vocabulary import ChoiceMethod, ChoiceSurface
from clearline.trust.ledger.body import (
    Footing,
    commit,
    expiry_of,
    hash_words,
    parse_body,
    to_body,
    to_head,
)
from clearline.trust.ledger.checkpoint import Checkpoint, Signer, open_checkpoint
from clearline.trust.ledger.entries.entry import LedgerEntry
from clearline.trust.ledger.entries.kinds import KINDS
from clearline.trust.ledger.entries.uses import ChoiceRecorded, EventsLoaded, ReportExported
from clearline.trust.ledger.merkle import (
    fold,
    inclusion_path,
    leaf_hash,
    range_root,
    verify_inclusion,
)
from tests.oracles.consistency import consistency_path, verify_consistency

DOCS = Path(__file__).parents[3] / "docs"
FORMAT = (DOCS / "ledger-format.md").read_text(encoding="utf-8")
VECTORS = json.loads(FORMAT.partition("```json\n")[2].partition("```")[0])
ENTRIES: list[tuple[LedgerEntry, Footing]] = [
    (
        ChoiceRecorded(
            yes=("measurement",),
            no=("content", "sale"),
            method=ChoiceMethod.FORM,
            surface=ChoiceSurface.CHOICES,
            edition="2026-12-01",
            text="May we recognise this browser? [Accept]",
            by_signal=("sale",),
            before="ee" * 16,
        ),
        Footing("choices.keep", "2026-12-01"),
    ),
    (
        ReportExported(
            report="popularity",
            query='thing=page & search="über"\n',
            by="staff:7",
            format="csv",
        ),
        Footing(),
    ),
    (
        EventsLoaded(
            batch="0a" * 16,
            rows=2**53 - 1,
            sha256="ab" * 32,
            counts=("dropped.bot=2", "recognised=0"),
        ),
        Footing(),
    ),
]
SUBJECTS = (None, None, "s-0b0b")
HASHES = [bytes.fromhex(each["leaf_hash"]) for each in VECTORS["entries"]]
ROW = re.compile(r"^\| `([a-z_.]+)` \|.*\| (\d+ years|as `[a-z_.]+` says) \|", re.MULTILINE)


def node(height: int, index: int) -> bytes:
    return fold(HASHES[index << height : (index + 1) << height])


def test_the_bodies_of_the_vectors_come_out() -> None:
    for number, (entry, footing) in enumerate(ENTRIES):
        vector = VECTORS["entries"][number]
        at = datetime(2026, 12, 1, 12, 0, number, 123456, UTC)

        head = to_head(
            entry_id=f"{number + 1:02x}" * 16,
            kind=entry.kind,
            at=at,
            expires_at=Retention.from_text("3 years").end(at),
        )
        body = to_body(entry, subject=SUBJECTS[number], footing=footing)

        assert head.decode() == vector["head"]
        assert rfc8785.dumps(json.loads(head)) == head
        assert expiry_of(head) == json.loads(head)["expires"]
        assert body.decode() == vector["body"]
        assert rfc8785.dumps(parse_body(body)) == body  # type: ignore[arg-type]  # plain JSON


def test_the_hashes_of_the_vectors_come_out() -> None:
    for vector in VECTORS["entries"]:
        words_hash = hash_words(bytes.fromhex(vector["salt"]), vector["body"].encode())
        commitment = commit(words_hash, vector["head"].encode())

        assert words_hash.hex() == vector["words_hash"]
        assert commitment.hex() == vector["commitment"]
        assert leaf_hash(commitment).hex() == vector["leaf_hash"]
    assert range_root(0, 3, node).hex() == VECTORS["root"]


def test_the_checkpoint_and_the_proofs_of_the_vectors_come_out() -> None:
    signer = Signer("voice.example/ledger", bytes.fromhex(VECTORS["seed"]))
    root = bytes.fromhex(VECTORS["root"])
    checkpoint = Checkpoint(signer.name, 3, root)
    inclusion = [bytes.fromhex(each) for each in VECTORS["proof_of_position_1"]]
    consistency = [bytes.fromhex(each) for each in VECTORS["consistency_of_1"]]

    assert signer.vkey() == VECTORS["vkey"]
    assert signer.sign(checkpoint) == VECTORS["checkpoint"]
    assert open_checkpoint(VECTORS["checkpoint"], VECTORS["vkey"]) == checkpoint
    assert inclusion_path(1, 3, node) == inclusion
    verify_inclusion(HASHES[1], 1, 3, inclusion, root)
    assert consistency_path(1, 3, node) == consistency
    verify_consistency((1, HASHES[0]), (3, root), consistency)


def test_the_ledgers_page_lists_every_kind_with_its_retention() -> None:
    listed = dict(ROW.findall((DOCS / "ledger.md").read_text(encoding="utf-8")))

    assert listed == {
        kind: str(entry.kept) if entry.kept else f"as `{entry.rests_on}` says"
        for kind, entry in KINDS.items()
    }


@pytest.mark.parametrize("form", ["accept", "notice"])
def test_the_default_edition_names_the_clause_of_every_kind(form: str) -> None:
    file = resources.files("clearline.policy") / "default" / f"{form}.toml"
    text = file.read_text(encoding="utf-8").replace("{effective}", "2026-12-01")

    edition = parse_edition(text, source=form)

    named = {entry.rests_on for entry in KINDS.values() if entry.rests_on}
    assert named <= {clause.id for clause in edition.clauses}
