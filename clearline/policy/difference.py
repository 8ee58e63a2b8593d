"""What changed between two editions, for people to read and to tell whether it is material."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from clearline.policy.condition import alternatives
from clearline.policy.edition import Clause, Edition
from clearline.policy.headings import HEADINGS

WORD: Final = re.compile(r"\s+|[^\s]+")


class RunKind(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Run:
    """Words that stayed, came or went, in the order of reading."""

    kind: RunKind
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a clause that changed: its name and its words."""

    name: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One clause (or heading's statements) that differs. `reasons` say why it is material."""

    title: str
    kind: ChangeKind
    parts: tuple[Part, ...]
    reasons: tuple[str, ...] = ()

    @property
    def is_material(self) -> bool:
        return bool(self.reasons)


def difference(old: Edition, new: Edition) -> tuple[Change, ...]:
    """Return what differs, statements first, then clauses in the order of the new edition."""
    return (
        *statement_changes(old, new),
        *clause_changes(old, new),
    )


def is_material(old: Edition, new: Edition) -> bool:
    """Say whether people must be told before it takes effect (Cal. Bus. & Prof. 22575(b)(3))."""
    return any(change.is_material for change in difference(old, new))


def statement_changes(old: Edition, new: Edition) -> Iterator[Change]:
    pairs = [("Title", old.title, new.title), ("In short", *joined_lines(old.summary, new.summary))]
    for heading in HEADINGS:
        before, after = old.statements.get(heading.key, ()), new.statements.get(heading.key, ())
        pairs.append((heading.title, *joined_lines(before, after)))
    for title, before_text, after_text in pairs:
        if before_text != after_text:
            part = Part("what it says", word_runs(before_text, after_text))
            yield Change(title, ChangeKind.CHANGED, (part,))


def joined_lines(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, str]:
    return "\n".join(before), "\n".join(after)


def clause_changes(old: Edition, new: Edition) -> Iterator[Change]:
    for clause in new.clauses:
        before = old.find_clause(clause.id)
        if before is None:
            parts = tuple(Part(name, (Run(RunKind.ADDED, text),)) for name, text in told(clause))
            yield Change(clause.id, ChangeKind.ADDED, parts, reasons_of_new(clause, old))
        elif before != clause:
            parts = tuple(changed_parts(before, clause))
            yield Change(clause.id, ChangeKind.CHANGED, parts, tuple(reasons(before, clause)))
    for clause in old.clauses:
        if new.find_clause(clause.id) is None:
            parts = tuple(Part(name, (Run(RunKind.REMOVED, text),)) for name, text in told(clause))
            yield Change(clause.id, ChangeKind.REMOVED, parts)


def told(clause: Clause) -> tuple[tuple[str, str], ...]:
    """Return the parts of a clause as (name, words)."""
    return (
        ("text", clause.text),
        ("what", ", ".join(clause.categories)),
        ("about", ", ".join(clause.about)),
        ("why", clause.purpose),
        ("who gets it", ", ".join(map(str, clause.recipients))),
        ("your choice", clause.requires_text),
        ("otherwise", clause.otherwise),
        ("how long", str(clause.kept)),
    )


def changed_parts(before: Clause, after: Clause) -> Iterator[Part]:
    for (name, old_text), (_, new_text) in zip(told(before), told(after), strict=True):
        if old_text != new_text:
            yield Part(name, word_runs(old_text, new_text))


def word_runs(before: str, after: str) -> tuple[Run, ...]:
    """Return the words of both texts, each once where they agree."""
    old, new = WORD.findall(before), WORD.findall(after)
    runs: list[Run] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            runs.append(Run(RunKind.SAME, "".join(old[i1:i2])))
            continue
        if i2 > i1:
            runs.append(Run(RunKind.REMOVED, "".join(old[i1:i2])))
        if j2 > j1:
            runs.append(Run(RunKind.ADDED, "".join(new[j1:j2])))
    return tuple(runs)


def reasons_of_new(clause: Clause, old: Edition) -> tuple[str, ...]:
    """Say what a new clause opens that the old edition's clauses did not."""
    like = [each for each in old.clauses if each.purpose == clause.purpose]
    if not like:
        return (f"a purpose that was not there before: {clause.purpose}",)
    if any(not tuple(reasons(each, clause)) for each in like):
        return ()
    return ("it permits more than the clauses before it did",)


def reasons(before: Clause, after: Clause) -> Iterator[str]:
    """Yield why people must be told: each way in which the new clause permits more."""
    if before.purpose != after.purpose:
        yield f"another purpose: {after.purpose}"
    for recipient in set(after.recipients) - set(before.recipients):
        yield f"a new recipient: {recipient}"
    for category in after.categories:
        if not is_covered(category, before):
            yield f"more kinds of data: {category}"
    for kind in set(after.about) - set(before.about):
        yield f"it is now also about: {kind}"
    if is_weaker(before, after):
        yield f"it needs less of your consent: {after.requires_text}"
    if after.kept.days_at_most > before.kept.days_at_most:
        yield f"data is kept longer: {after.kept}"


def is_covered(category: str, clause: Clause) -> bool:
    return any(category == key or category.startswith(f"{key}.") for key in clause.categories)


def is_weaker(before: Clause, after: Clause) -> bool:
    """Say whether some way to fulfil the new condition does not fulfil the old one.

    A yes that was said is also no no: `choice:x` fulfils `unless:x`.
    """
    old_ways = [frozenset(map(str, way)) for way in alternatives(before.requires)]
    for way in alternatives(after.requires):
        given = {str(atom) for atom in way}
        given |= {
            f"unless:{text.partition(':')[2]}" for text in given if text.startswith("choice:")
        }
        if not any(old <= given for old in old_ways):
            return True
    return False
