"""The condition language of clauses: what must hold of a person before a clause permits a use.

    choice:measurement                    yes was said
    unless:measurement                    no was not said
    approval:cpni.opt_in                  an approval of 47 CFR 64.2007 is in force
    ground:legal_process                  a legal ground was recorded
    nothing                               always
    choice:ads and (unless:sale_or_sharing or approval:cpni.opt_in)

`and` binds closer than `or`. There is no `not`: one more yes can then never close a door.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final, TypeAlias, assert_never

from clearline.policy.choices import Choices
from clearline.policy.vocabulary import Answer, Approval, ChoiceName, Ground

CHARACTERS_MAX: Final = 500
DEPTH_MAX: Final = 8
ALTERNATIVES_MAX: Final = 64

TOKEN: Final = re.compile(r"\s*(\(|\)|[^\s()]+)")
AFFILIATE: Final = re.compile(r"affiliates_email:[a-z0-9_]{1,64}", re.ASCII)


class ConditionBroken(ValueError):
    """The text is no condition. The message says what to write instead."""


class AtomKind(StrEnum):
    CHOICE = "choice"
    UNLESS = "unless"
    APPROVAL = "approval"
    GROUND = "ground"


@dataclass(frozen=True, slots=True, order=True)
class Atom:
    """One thing that must hold: `choice:measurement` is Atom(CHOICE, "measurement")."""

    kind: AtomKind
    name: str

    def holds(self, choices: Choices) -> bool:
        match self.kind:
            case AtomKind.CHOICE:
                return choices.answer(self.name) is Answer.YES
            case AtomKind.UNLESS:
                return choices.answer(self.name) is not Answer.NO
            case AtomKind.APPROVAL:
                return self.name in choices.approvals
            case AtomKind.GROUND:
                return self.name in choices.grounds
        assert_never(self.kind)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Nothing:
    """Always holds."""


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Condition", ...]


Condition: TypeAlias = Nothing | Atom | AllOf | AnyOf

KNOWN_NAMES: Final[dict[AtomKind, frozenset[str]]] = {
    AtomKind.CHOICE: frozenset(ChoiceName),
    AtomKind.UNLESS: frozenset(ChoiceName),
    AtomKind.APPROVAL: frozenset(Approval),
    AtomKind.GROUND: frozenset(Ground),
}


def parse_condition(text: str) -> Condition:
    """Return the condition that the text says. Raises ConditionBroken."""
    if len(text) > CHARACTERS_MAX:
        message = f"longer than {CHARACTERS_MAX} characters; split the clause in two"
        raise ConditionBroken(message)
    tokens = [match.group(1) for match in TOKEN.finditer(text)]
    if not tokens:
        message = "empty; write `nothing` when the clause needs no choice"
        raise ConditionBroken(message)
    reader = Reader(tokens)
    condition = reader.read_any(0)
    if reader.peek() is not None:
        message = f"{reader.peek()!r} is left over; join conditions with `and` or `or`"
        raise ConditionBroken(message)
    if sum(1 for _ in alternatives(condition)) > ALTERNATIVES_MAX:
        message = f"more than {ALTERNATIVES_MAX} ways to fulfil it; split the clause"
        raise ConditionBroken(message)
    return condition


class Reader:
    """Reads tokens by recursive descent, no deeper than DEPTH_MAX."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.place = 0

    def peek(self) -> str | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self) -> str:
        token = self.peek()
        if token is None:
            message = "it ends too early; write what must hold after the last word"
            raise ConditionBroken(message)
        self.place += 1
        return token

    def read_any(self, depth: int) -> Condition:
        return self.read_joined("or", AnyOf, lambda: self.read_all(depth))

    def read_all(self, depth: int) -> Condition:
        return self.read_joined("and", AllOf, lambda: self.read_one(depth))

    def read_joined(
        self,
        word: str,
        make: Callable[[tuple[Condition, ...]], Condition],
        read_part: Callable[[], Condition],
    ) -> Condition:
        parts = [read_part()]
        while self.peek() == word:
            self.take()
            parts.append(read_part())
        return parts[0] if len(parts) == 1 else make(tuple(parts))

    def read_one(self, depth: int) -> Condition:
        word = self.take()
        if word == "(":
            if depth >= DEPTH_MAX:
                message = f"brackets nest deeper than {DEPTH_MAX}; split the clause"
                raise ConditionBroken(message)
            inner = self.read_any(depth + 1)
            if self.take() != ")":
                message = "a bracket is not closed; write `)` after its last condition"
                raise ConditionBroken(message)
            return inner
        return Nothing() if word == "nothing" else read_atom(word)


def read_atom(word: str) -> Atom:
    kind_text, colon, name = word.partition(":")
    if not colon or kind_text not in set(AtomKind):
        message = (
            f"{word!r} is no condition; write nothing, choice:…, unless:…, approval:… or ground:…"
        )
        raise ConditionBroken(message)
    kind = AtomKind(kind_text)
    is_affiliate = kind in {AtomKind.CHOICE, AtomKind.UNLESS} and AFFILIATE.fullmatch(name)
    if name not in KNOWN_NAMES[kind] and not is_affiliate:
        known = ", ".join(sorted(KNOWN_NAMES[kind]))
        message = f"{name!r} is no {kind} we know; write one of {known}"
        raise ConditionBroken(message)
    return Atom(kind, name)


def alternatives(condition: Condition) -> Iterator[frozenset[Atom]]:
    """Yield the sets of atoms each of which fulfils the condition (disjunctive normal form)."""
    match condition:
        case Nothing():
            yield frozenset()
        case Atom():
            yield frozenset({condition})
        case AnyOf(parts):
            for part in parts:
                yield from alternatives(part)
        case AllOf(parts):
            # Counted while it grows: the limit must also stop a condition built to explode.
            for count, chosen in enumerate(product(*map(first_alternatives, parts))):
                if count > ALTERNATIVES_MAX:
                    return
                yield frozenset().union(*chosen)
        case _:
            assert_never(condition)


def first_alternatives(condition: Condition) -> list[frozenset[Atom]]:
    """Return the alternatives, one more than the limit at most."""
    found: list[frozenset[Atom]] = []
    for alternative in alternatives(condition):
        found.append(alternative)
        if len(found) > ALTERNATIVES_MAX:
            break
    return found


def holds(condition: Condition, choices: Choices) -> bool:
    """Say whether the condition holds: the plain meaning, which the compiled table must equal."""
    match condition:
        case Nothing():
            return True
        case Atom():
            return condition.holds(choices)
        case AllOf(parts):
            return all(holds(part, choices) for part in parts)
        case AnyOf(parts):
            return any(holds(part, choices) for part in parts)
    assert_never(condition)


def choices_in(condition: Condition) -> frozenset[str]:
    """Return the choice keys that the condition asks about."""
    match condition:
        case Nothing():
            return frozenset()
        case Atom(kind, name):
            return frozenset({name} if kind in {AtomKind.CHOICE, AtomKind.UNLESS} else ())
        case AllOf(parts) | AnyOf(parts):
            return frozenset().union(*map(choices_in, parts))
    assert_never(condition)


# What each choice is called, wherever people read of it: on the page where they are asked, in the
# conditions of clauses, and in the ledger.
CHOICE_WORDS: Final[dict[str, str]] = {
    ChoiceName.MEASUREMENT: "Recognise this browser when counting visits",
    ChoiceName.CONTENT: "Remember extras on this device",
    ChoiceName.ADS: "ads that fit you",
    ChoiceName.SALE_OR_SHARING: "sale or sharing",
    ChoiceName.THIRD_PARTY_MARKETING: "marketing by others",
    ChoiceName.OWN_EMAIL: "mail about our own services",
    ChoiceName.AFFILIATES_EMAIL: "mail about our affiliates' services",
}
APPROVAL_WORDS: Final[dict[str, str]] = {
    Approval.CPNI_OPT_OUT: "you have not objected within the time of our CPNI notice",
    Approval.CPNI_OPT_IN: "you have approved the use of your CPNI",
}
GROUND_WORDS: Final[dict[str, str]] = {
    Ground.LEGAL_PROCESS: "the law or legal process requires it",
    Ground.PROTECT_RIGHTS: "it is needed to protect rights or property",
    Ground.EMERGENCY: "it is needed in an emergency to keep people safe",
}


def in_words(condition: Condition) -> str:
    """Return the condition as a person would say it, without a full stop."""
    match condition:
        case Nothing():
            return "always"
        case Atom():
            return f"only if {atom_in_words(condition)}"
        case AllOf() | AnyOf():
            return f"only if {joined(condition)}"
    assert_never(condition)


def atom_in_words(atom: Atom) -> str:
    match atom.kind:
        case AtomKind.CHOICE:
            return f"you said yes to “{choice_in_words(atom.name)}”"
        case AtomKind.UNLESS:
            return f"you did not say no to “{choice_in_words(atom.name)}”"
        case AtomKind.APPROVAL:
            return APPROVAL_WORDS[atom.name]
        case AtomKind.GROUND:
            return GROUND_WORDS[atom.name]
    assert_never(atom.kind)


def choice_in_words(name: str) -> str:
    if name in CHOICE_WORDS:
        return CHOICE_WORDS[name]
    affiliate = name.partition(":")[2].replace("_", " ").title()
    return f"mail about services of {affiliate}"


def joined(condition: Condition) -> str:
    match condition:
        case Nothing():
            return "nothing else is needed"
        case Atom():
            return atom_in_words(condition)
        case AllOf(parts):
            return " and ".join(
                f"({joined(p)})" if isinstance(p, AnyOf) else joined(p) for p in parts
            )
        case AnyOf(parts):
            return ", or ".join(joined(part) for part in parts)
    assert_never(condition)
