"""One dated issue of the policy: sentences for people, rules for the machine, read strictly."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from enum import Enum, EnumType, StrEnum
from typing import Final, TypeVar

from clearline.kit.errors import Invalid
from clearline.kit.strict_toml import NoToml, to_values
from clearline.policy.condition import Condition, parse_condition
from clearline.policy.headings import ASKED_BY_LAW, HEADINGS, PROMISES, Heading
from clearline.policy.retention import Retention
from clearline.policy.vocabulary import Category, ClauseId, Purpose, Recipient, SubjectKind

CHARACTERS_MAX: Final = 400_000
CLAUSES_MAX: Final = 400
TEXT_MAX: Final = 2_000
LINES_MAX: Final = 40
PROBLEMS_MAX: Final = 50
CLAUSE_START: Final = re.compile(r"""[ \t]*\[\[[ \t]*(?:clause|"clause"|'clause')[ \t]*\]\]""")
CLAUSE_ID: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+", re.ASCII)
PLACEHOLDER: Final = re.compile(r"\{[a-z_]+\}")

Value = TypeVar("Value")


class Form(StrEnum):
    """Ask before measuring, or measure until declined."""

    ACCEPT = "accept"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in an edition, where it stands, and what to write instead."""

    file: str
    line: int
    wrong: str
    write: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.wrong}. {self.write}"


def wrong_and_write(text: str, told: str) -> tuple[str, str]:
    """Return what is wrong and what to write, of the two halves in which a parser says it."""
    wrong, _, write = told.partition("; ")
    names_it = wrong.startswith(("'", '"'))
    return wrong if names_it else f"{text!r}: {wrong}", f"{write[:1].upper()}{write[1:]}."


class EditionBroken(Invalid):
    """The text is no edition; `problems` say each thing wrong."""

    code = "edition_broken"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence for people and one rule for the machine."""

    id: ClauseId
    promise: str
    text: str
    categories: tuple[Category, ...]
    about: tuple[SubjectKind, ...]
    purpose: Purpose
    recipients: tuple[Recipient, ...]
    requires: Condition
    requires_text: str
    otherwise: str
    kept: Retention
    law: tuple[str, ...]
    line: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Edition:
    """`date` is its first day, the provider's; `statements` has sentences by key.

    The key of a statement is one of a heading, or one of ASKED_BY_LAW.
    `is_material` is the provider's own word whether people must be told of it before: of a change
    that only its sentences make, which no program can judge. None: the provider did not say.
    """

    date: date
    form: Form
    title: str
    summary: tuple[str, ...]
    statements: Mapping[str, tuple[str, ...]]
    clauses: tuple[Clause, ...]
    is_material: bool | None
    source: str = field(compare=False)

    def find_clause(self, clause_id: str) -> Clause | None:
        return next((clause for clause in self.clauses if clause.id == clause_id), None)

    def statements_under(self, heading: Heading) -> tuple[str, ...]:
        """Return the sentences of a heading, those that the law asks for last."""
        asked = (key for key, where in ASKED_BY_LAW.items() if where == heading.key)
        return tuple(line for key in (heading.key, *asked) for line in self.statements.get(key, ()))

    def kept_from(self, clause_id: str, now: datetime) -> datetime:
        """Return since when what a clause speaks of is kept; one that is missing keeps nothing."""
        clause = self.find_clause(clause_id)
        return now if clause is None else clause.kept.cutoff(now)


EDITION_KEYS: Final = frozenset(
    {"date", "form", "title", "summary", "statements", "clause", "material"}
)
CLAUSE_KEYS: Final = frozenset(
    {
        *("id", "promise", "text", "categories", "about", "purpose"),
        *("recipients", "requires", "otherwise", "kept", "law"),
    }
)
OPTIONAL_CLAUSE_KEYS: Final = frozenset({"otherwise", "law"})


def parse_edition(text: str, *, source: str) -> Edition:
    """Return the edition that the text is; `source` names the file in problems.

    Raises EditionBroken with every problem found, each with its line.
    """
    if len(text) > CHARACTERS_MAX:
        problem = Problem(source, 1, f"longer than {CHARACTERS_MAX} characters", "Shorten it.")
        raise EditionBroken((problem,))
    try:
        told = to_values(text)
    except NoToml as broken:
        problem = Problem(source, broken.line, f"no TOML: {broken}", "Mend it.")
        raise EditionBroken((problem,)) from None
    reader = EditionReader(text, source)
    edition = reader.read(told)
    if reader.problems or edition is None:
        raise EditionBroken(tuple(reader.problems[:PROBLEMS_MAX]))
    return edition


def placeholders_of(edition: Edition) -> tuple[tuple[str, str], ...]:
    """Return (where, placeholder) for each `{name}` that waits for the provider's own."""
    lines: list[tuple[str, str]] = [("title", edition.title)]
    lines += [("summary", line) for line in edition.summary]
    lines += [(f"statements.{key}", line) for key, told in edition.statements.items()
              for line in told]  # fmt: skip
    lines += [(clause.id, f"{clause.text} {clause.otherwise}") for clause in edition.clauses]
    return tuple(
        (where, match.group()) for where, text in lines for match in PLACEHOLDER.finditer(text)
    )


class EditionReader:
    """Turns plain values into an edition and gathers what is wrong with them, with lines."""

    def __init__(self, text: str, source: str) -> None:
        self.lines = text.split("\n")  # as TOML counts them
        self.source = source
        self.problems: list[Problem] = []
        self.first_line = 0  # of the table being read

    def read(self, told: Mapping[str, object]) -> Edition | None:
        self.refuse_unknown(told, EDITION_KEYS, "an edition")
        day = told.get("date")
        if type(day) is not date:
            self.say("date", "date is missing or no day", "Write date = 2026-12-01, unquoted.")
        form = self.read_word(told, "form", Form)
        title = self.read_text(told, "title")
        summary = self.read_lines(told, "summary")
        statements = self.read_statements(told.get("statements", {}))
        clauses = tuple(self.read_clauses(told.get("clause")))
        self.refuse_doubles(clauses)
        is_material = told.get("material")
        if not isinstance(is_material, bool | None):
            self.say("material", "material is no yes and no no", "Write material = true or false.")
            is_material = None
        if self.problems or type(day) is not date or form is None:
            return None
        return Edition(
            date=day,
            form=form,
            title=title,
            summary=summary,
            statements=statements,
            clauses=clauses,
            is_material=is_material,
            source=self.source,
        )

    def read_statements(self, told: object) -> dict[str, tuple[str, ...]]:
        known = {heading.key for heading in HEADINGS} | ASKED_BY_LAW.keys()
        if not isinstance(told, dict):
            self.say("statements", "statements is no table", "Write [statements].")
            return {}
        self.refuse_unknown(told, frozenset(known), "statements")
        return {key: self.read_lines(told, key) for key in told if key in known}

    def read_clauses(self, told: object) -> Iterator[Clause]:
        if not isinstance(told, list) or not told:
            self.say("clause", "there are no clauses", "Write at least one [[clause]].")
            return
        if len(told) > CLAUSES_MAX:
            self.say("clause", f"more than {CLAUSES_MAX} clauses", "Join some.")
            return
        starts = [n for n, line in enumerate(self.lines) if CLAUSE_START.match(line)]
        for index, table in enumerate(told):
            self.first_line = starts[index] if index < len(starts) else 0
            clause = self.read_clause(table)
            if clause is not None:
                yield clause
        self.first_line = 0

    def read_clause(self, told: object) -> Clause | None:
        if not isinstance(told, dict):
            self.say("clause", "a clause is no table", "Write [[clause]].")
            return None
        before = len(self.problems)
        self.refuse_unknown(told, CLAUSE_KEYS, "a clause")
        for key in sorted(CLAUSE_KEYS - OPTIONAL_CLAUSE_KEYS - told.keys()):
            self.say("[[clause]]", f"{key} is missing", f"Write {key} = …")
        if len(self.problems) > before:
            return None
        made = self.make_clause(told)
        return made if len(self.problems) == before else None

    def make_clause(self, told: Mapping[str, object]) -> Clause | None:
        clause_id = self.read_text(told, "id")
        if not CLAUSE_ID.fullmatch(clause_id):
            self.say("id", f"{clause_id!r} is no clause id", "Write one like visits.measure.")
        promise = self.read_text(told, "promise")
        if promise not in PROMISES:
            self.say("promise", f"{promise!r} is no promise", "Write P1 to P20.")
        purpose = self.read_word(told, "purpose", Purpose)
        requires = self.read_parsed(told, "requires", parse_condition)
        kept = self.read_parsed(told, "kept", Retention.from_text)
        categories = self.read_words(told, "categories", Category)
        about = self.read_words(told, "about", SubjectKind)
        recipients = self.read_words(told, "recipients", Recipient.from_text)
        if purpose is None or requires is None or kept is None:
            return None
        return Clause(
            id=ClauseId(clause_id),
            promise=promise,
            text=self.read_text(told, "text"),
            categories=categories,
            about=about,
            purpose=purpose,
            recipients=recipients,
            requires=requires,
            requires_text=self.read_text(told, "requires"),
            otherwise=self.read_text(told, "otherwise") if "otherwise" in told else "",
            kept=kept,
            law=self.read_lines(told, "law") if "law" in told else (),
            line=self.first_line + 1,
        )

    def read_text(self, told: Mapping[str, object], key: str) -> str:
        value = told.get(key)
        if not isinstance(value, str) or not value.strip() or len(value) > TEXT_MAX:
            write = f'Write {key} = "…", 1 to {TEXT_MAX} characters.'
            self.say(key, f"{key} is no text", write)
            return ""
        return value

    def read_lines(self, told: Mapping[str, object], key: str) -> tuple[str, ...]:
        value = told.get(key)
        if not isinstance(value, list) or len(value) > LINES_MAX:
            self.say(key, f"{key} is no list", f"Write {key} = [ … ], {LINES_MAX} lines at most.")
            return ()
        return tuple(self.read_text({key: line}, key) for line in value)

    def read_word(
        self, told: Mapping[str, object], key: str, make: Callable[[str], Value]
    ) -> Value | None:
        return self.read_parsed(told, key, make)

    def read_words(
        self, told: Mapping[str, object], key: str, make: Callable[[str], Value]
    ) -> tuple[Value, ...]:
        made = [self.read_parsed({key: word}, key, make) for word in self.read_lines(told, key)]
        if not made:
            self.say(key, f"{key} is empty", "Name at least one.")
        return tuple(dict.fromkeys(value for value in made if value is not None))

    def read_parsed(
        self, told: Mapping[str, object], key: str, make: Callable[[str], Value]
    ) -> Value | None:
        text = self.read_text(told, key)
        if not text:
            return None
        try:
            return make(text)
        except ValueError as broken:
            if isinstance(make, EnumType):
                write = f"{nearest_words(text, make)}."
                self.say(key, f"{text!r} is not in the vocabulary", write)
            else:
                self.say(key, *wrong_and_write(text, str(broken)))
        return None

    def refuse_unknown(self, told: Mapping[str, object], known: frozenset[str], what: str) -> None:
        for key in told:
            if key not in known:
                self.say(key, f"{key!r} is no part of {what}", f"Use {', '.join(sorted(known))}.")

    def refuse_doubles(self, clauses: tuple[Clause, ...]) -> None:
        seen: set[ClauseId] = set()
        for clause in clauses:
            if clause.id in seen:
                self.first_line = clause.line - 1
                self.say("id", f"{clause.id!r} stands twice", "Give one of them another id.")
            seen.add(clause.id)
        self.first_line = 0

    def say(self, key: str, wrong: str, write: str) -> None:
        self.problems.append(Problem(self.source, self.line_of(key), wrong, write))

    def line_of(self, key: str) -> int:
        """Return the line on which the key of the table being read stands, counted from 1."""
        for number in range(self.first_line, len(self.lines)):
            line = self.lines[number].lstrip()
            if number > self.first_line and line.startswith("[["):
                break
            if line.startswith((key, f'"{key}"')):
                return number + 1
        return self.first_line + 1


def nearest_words(text: str, words: EnumType) -> str:
    """Say which words of a vocabulary look most like a text that is none of them."""
    members: Mapping[str, Enum] = words.__members__
    known = [str(word.value) for word in members.values()]
    return f"Write one like {', '.join(get_close_matches(text, known, n=3, cutoff=0))}"
