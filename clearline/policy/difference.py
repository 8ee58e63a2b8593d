"""What changed between two editions, for people to read and to tell whether it is material."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import Final

from clearline.policy.condition import alternatives, in_words
from clearline.policy.edition import Clause, Edition, Form
from clearline.policy.headings import HEADING_OF, HEADINGS
from clearline.policy.words import (
    category_in_words,
    law_in_words,
    purpose_in_words,
    recipient_in_words,
    recipients_in_words,
)

FORM_WORDS: Final = {
    Form.ACCEPT: "We ask before we recognise a browser.",
    Form.NOTICE: "We recognise a browser until its person declines.",
}
WORD: Final = re.compile(r"\s+|[^\s]+")
ISLAND_TOKENS_MAX: Final = 5  # two words and the spaces round them read worse alone than within
ALIKE_MIN: Final = 0.5


class RunKind(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class PartName(StrEnum):
    """What a clause says, part by part; the policy page has the same parts."""

    TEXT = "what it says"
    WHAT = "what"
    ABOUT = "about whom"
    WHY = "why"
    WHO = "who gets it"
    CHOICE = "your choice"
    OTHERWISE = "without your yes"
    HOW_LONG = "how long"
    PROMISE = "under which heading"
    LAW = "which law"


SHORT_PARTS: Final = frozenset({PartName.WHY, PartName.CHOICE, PartName.HOW_LONG, PartName.PROMISE})


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
    """One part of a clause: its words, and the keys of the edition that they stand for."""

    name: PartName
    runs: tuple[Run, ...]
    keys: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """One part of one clause; `key` is "" where the words are those of the edition."""

    name: PartName
    words: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why people must be told, and the key in the edition that it rests on."""

    words: str
    key: str


@dataclass(frozen=True, slots=True)
class Change:
    """One clause (or heading's statements) that differs. `reasons` say why it is material.

    `key` is the id of a clause, "" of statements.
    """

    title: str
    kind: ChangeKind
    parts: tuple[Part, ...]
    reasons: tuple[Reason, ...] = ()
    key: str = ""

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
    """Say whether people must be told before it takes effect (Cal. Bus. & Prof. 22575(b)(3)).

    Clauses are judged by what they permit. Of sentences only the provider can say it, by
    `material = true`; nobody can say that a clause which permits more is not material.
    """
    return new.is_material is True or any(
        True for clause in new.clauses for _ in reasons_of(clause, old)
    )


def statement_changes(old: Edition, new: Edition) -> Iterator[Change]:
    pairs = [
        ("Title", (old.title,), (new.title,)),
        ("How you are asked", (FORM_WORDS[old.form],), (FORM_WORDS[new.form],)),
        ("In short", old.summary, new.summary),
    ]
    for heading in HEADINGS:
        before, after = old.statements_under(heading), new.statements_under(heading)
        pairs.append((heading.title, before, after))
    for title, before, after in pairs:
        if before != after:
            parts = tuple(Part(PartName.TEXT, runs) for runs in line_runs(before, after))
            yield Change(title, ChangeKind.CHANGED, parts)


def has_other_sentences(old: Edition, new: Edition) -> bool:
    """Say whether title, summary, a statement or the sentences of a clause differ."""
    return (
        (old.title, old.summary) != (new.title, new.summary)
        or any(
            old.statements_under(heading) != new.statements_under(heading) for heading in HEADINGS
        )
        or any(has_other_words(old.find_clause(clause.id), clause) for clause in new.clauses)
    )


def has_other_words(before: Clause | None, clause: Clause) -> bool:
    """Say whether a clause that stays says something else: no rule is in `at which minute`."""
    return before is not None and (before.text, before.otherwise) != (clause.text, clause.otherwise)


def line_runs(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[tuple[Run, ...]]:
    """Yield each sentence that came, went or changed; those that stayed are not told."""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            pairs = zip_longest(before[i1:i2], after[j1:j2], fillvalue="")
            yield from (text_runs(old, new) for old, new in pairs)


def clause_changes(old: Edition, new: Edition) -> Iterator[Change]:
    for clause in new.clauses:
        before = old.find_clause(clause.id)
        if before is None:
            yield change_of(clause, ChangeKind.ADDED, whole(clause, RunKind.ADDED), old)
        elif before != clause:
            yield change_of(clause, ChangeKind.CHANGED, changed_parts(before, clause), old)
    for clause in old.clauses:
        if new.find_clause(clause.id) is None:
            yield change_of(clause, ChangeKind.REMOVED, whole(clause, RunKind.REMOVED), old)


def change_of(clause: Clause, kind: ChangeKind, parts: Iterator[Part], old: Edition) -> Change:
    why = () if kind is ChangeKind.REMOVED else tuple(reasons_of(clause, old))
    return Change(HEADING_OF[clause.promise].title, kind, tuple(parts), why, clause.id)


def told(clause: Clause) -> tuple[Told, ...]:
    """Return the parts of a clause in plain words, each with its keys."""
    return (
        Told(PartName.TEXT, clause.text),
        Told(
            PartName.WHAT,
            ", ".join(map(category_in_words, clause.categories)),
            ", ".join(clause.categories),
        ),
        Told(PartName.ABOUT, ", ".join(f"{kind}s" for kind in clause.about)),
        Told(PartName.WHY, purpose_in_words(clause.purpose), clause.purpose),
        Told(
            PartName.WHO,
            recipients_in_words(clause.recipients),
            ", ".join(map(str, clause.recipients)),
        ),
        Told(PartName.CHOICE, in_words(clause.requires), clause.requires_text),
        Told(PartName.OTHERWISE, clause.otherwise),
        Told(PartName.HOW_LONG, str(clause.kept)),
        Told(PartName.PROMISE, HEADING_OF[clause.promise].title, clause.promise),
        Told(PartName.LAW, "; ".join(map(law_in_words, clause.law)), ", ".join(clause.law)),
    )


def whole(clause: Clause, kind: RunKind) -> Iterator[Part]:
    for each in told(clause):
        if each.words:
            keys = (Run(kind, each.key),) if each.key else ()
            yield Part(each.name, (Run(kind, each.words),), keys)


def changed_parts(before: Clause, after: Clause) -> Iterator[Part]:
    """Yield the sentence of the clause, changed or not, then each other part that changed."""
    for old, new in zip(told(before), told(after), strict=True):
        if old != new or new.name is PartName.TEXT:
            runs_of = whole_runs if new.name in SHORT_PARTS else text_runs
            yield Part(new.name, runs_of(old.words, new.words), runs_of(old.key, new.key))


def text_runs(before: str, after: str) -> tuple[Run, ...]:
    """Return what changed word by word, or each text whole where they have little in common."""
    matcher = difflib.SequenceMatcher(None, before.split(), after.split(), autojunk=False)
    return (word_runs if matcher.ratio() >= ALIKE_MIN else whole_runs)(before, after)


def whole_runs(before: str, after: str) -> tuple[Run, ...]:
    """Return the old text and the new one, each whole: 6 months, then 7 months, not 67 months."""
    if before == after:
        return (Run(RunKind.SAME, before),) if before else ()
    gap = " " if before and after else ""
    told = ((RunKind.REMOVED, before), (RunKind.SAME, gap), (RunKind.ADDED, after))
    return tuple(Run(kind, text) for kind, text in told if text)


def word_runs(before: str, after: str) -> tuple[Run, ...]:
    """Return the words of both texts, each once where at least three in a row agree."""
    old, new = WORD.findall(before), WORD.findall(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    runs: list[Run] = []
    gone = come = ""
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        is_inside = i1 > 0 and i2 < len(old) and j1 > 0 and j2 < len(new)
        if tag == "equal" and not (is_inside and i2 - i1 <= ISLAND_TOKENS_MAX):
            runs += changed(gone, come)
            gone = come = ""
            runs.append(Run(RunKind.SAME, "".join(old[i1:i2])))
            continue
        gone += "".join(old[i1:i2])
        come += "".join(new[j1:j2])
    return (*runs, *changed(gone, come))


def changed(gone: str, come: str) -> Iterator[Run]:
    if gone:
        yield Run(RunKind.REMOVED, gone)
    if come:
        yield Run(RunKind.ADDED, come)


def reasons_of(clause: Clause, old: Edition) -> Iterator[Reason]:
    """Yield why people must be told of a clause: each way in which it permits more than before."""
    before = old.find_clause(clause.id)
    return reasons_of_new(clause, old) if before is None else reasons(before, clause)


def reasons_of_new(clause: Clause, old: Edition) -> Iterator[Reason]:
    """Yield what a new clause opens that the old edition's clauses did not."""
    like = [each for each in old.clauses if each.purpose == clause.purpose]
    if not like:
        purpose = purpose_in_words(clause.purpose)
        yield Reason(f"a purpose that was not there before: {purpose}", clause.purpose)
    elif all(any(True for _ in reasons(each, clause)) for each in like):
        yield Reason("it permits more than the clauses before it did", clause.purpose)


def reasons(before: Clause, after: Clause) -> Iterator[Reason]:
    """Yield each way in which the clause permits more than the one before."""
    if before.purpose != after.purpose:
        yield Reason(f"another purpose: {purpose_in_words(after.purpose)}", after.purpose)
    yield from (
        Reason(f"a new recipient: {recipient_in_words(recipient)}", str(recipient))
        for recipient in after.recipients
        if recipient not in before.recipients
    )
    yield from (
        Reason(f"more kinds of data: {category_in_words(category)}", category)
        for category in after.categories
        if not is_covered(category, before)
    )
    yield from (
        Reason(f"it is now also about {kind}s", kind)
        for kind in after.about
        if kind not in before.about
    )
    if is_weaker(before, after):
        needed = in_words(after.requires)
        yield Reason(f"it needs less of your consent: {needed}", after.requires_text)
    if after.kept.is_longer_than(before.kept):
        yield Reason(f"data is kept longer: {after.kept}", "")


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
