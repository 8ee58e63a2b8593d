"""Finding the columns of the event tables in SQL, which is read strictly: no other form is legal.

The engine itself is in the store process alone, so what cannot be read here is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from clearline.policy.vocabulary import Category
from clearline.rights.agreement.finding import Finding, FindingKind

TOKEN: Final = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<text>'(?:[^'\\]|\\.|'')*')|(?P<name>`[^`\n]*`|\"[^\"\n]*\"|\w+)"
    r"|(?P<space>\s+)|(?P<mark>.)",
    re.DOTALL,
)
TOLD: Final = re.compile(r"--\s*(?:category:\s*(\S+)|not personal:\s*(\S.*))")
FORMS: Final = (
    "Write CREATE TABLE IF NOT EXISTS name (columns) ENGINE = …MergeTree, "
    "ALTER TABLE name ADD COLUMN …, CREATE MATERIALIZED VIEW IF NOT EXISTS name TO table AS …, "
    "or INSERT INTO name (columns) SELECT …; the last two read tables of ours alone"
)
REMEDY: Final = "Give it a line that ends with `-- category: KEY` or `-- not personal: why`."
CREATE_TABLE: Final = re.compile(
    r"create table (?:if not exists )?[\w.]+ (?:on cluster \S+ )?\( .* \) engine = \w*mergetree"
    r"(?! .*\bselect\b)",
    re.DOTALL,
)
ADD_COLUMN: Final = re.compile(r"alter table [\w.]+ (?:on cluster \S+ )?(add column .*)", re.DOTALL)
SETTING: Final = re.compile(r"alter table [\w.]+ (?:on cluster \S+ )?modify setting [^()]*")
VIEW: Final = re.compile(r"create materialized view (?:if not exists )?[\w.]+ to [\w.]+ as select ")
FILL: Final = re.compile(r"insert into \w+ \( [\w ,]+ \) select ")
DROP_VIEW: Final = re.compile(r"drop view (?:if exists )?[\w.]+")
NO_COLUMN: Final = frozenset({"index", "constraint", "projection", "primary", "period"})
# What reads no table of ours but a function: another machine, a file, a program.
FAR_PLACES: Final = r"(?:url|remote|remotesecure|s3|mysql|postgresql|executable)\s*\("
READS_FAR: Final = re.compile(rf"\b(?:from|join) [\w.]+ [(,]|\b{FAR_PLACES}")
# Words of a statement in Python that makes or changes a table.
MAKES_TABLES: Final = re.compile(
    r"\b(?:create\s+(?:or\s+replace\s+)?(?:temporary\s+|temp\s+)?"
    r"(?:table|view|materialized|dictionary|database|function|trigger|virtual)"
    r"|alter\s+table\s.*?\b(?:add|rename|modify|alter\s+column|attach)|rename\s+(?:table|column)"
    r"|attach\s+table|select\s.*\binto\s+outfile"
    rf"|(?:insert\s+into\s+(?:table\s+)?function|from)\s+{FAR_PLACES})",
    re.IGNORECASE | re.DOTALL,
)
# The one file whose SQL in Python makes a table; it is read like the numbered files.
SQL_IN_PYTHON: Final = frozenset({"clearline/kit/columnstore/migrate.py"})
WORD_LISTS: Final = frozenset({"clearline/rights/agreement/schema.py"})


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """One column that holds personal data of a category."""

    file: str
    line: int
    name: str
    category: Category


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    line: int

    @property
    def word(self) -> str:
        return self.text.strip('`"').lower()


def find_sql_columns(sql: str, file: str, *, first: int = 1) -> Iterator[FoundColumn | Finding]:
    """Yield the columns that hold personal data, and a finding for whatever cannot be read."""
    comments, statements = read_statements(sql, first)
    for statement in statements:
        words = " ".join(token.word for token in statement)
        if CREATE_TABLE.match(words):
            definitions = split_columns(statement)
        elif added := ADD_COLUMN.fullmatch(words):
            definitions = split_added(statement)
            if added.group(1).count(" column ") > len(definitions):
                definitions = []
        elif (VIEW.match(words) or FILL.match(words)) and not READS_FAR.search(words):
            continue  # it fills columns that the table has declared
        elif SETTING.fullmatch(words) or DROP_VIEW.fullmatch(words):
            continue  # it makes none
        else:
            definitions = []
        if not definitions:
            text = "this statement is of no form that check can read"
            yield Finding(file, statement[0].line, FindingKind.SCHEMA_UNREADABLE, text, FORMS)
        yield from told_by(definitions, comments, file)


def find_sql_in_code(text: str, file: str, line: int) -> Iterator[FoundColumn | Finding]:
    """Yield what a text in Python makes of tables: only one file may, and it is read as SQL."""
    if file in WORD_LISTS or not MAKES_TABLES.search(text):
        return
    if file in SQL_IN_PYTHON:
        yield from find_sql_columns(text, file, first=line)
        return
    what = "this text makes or changes a table, or moves rows out, where nobody looks for it"
    remedy = "Write a numbered SQL file or a Django model, or take it out."
    yield Finding(file, line, FindingKind.SCHEMA_UNREADABLE, what, remedy)


def read_statements(sql: str, first: int) -> tuple[dict[int, str], list[list[Token]]]:
    """Return the last comment of each line, and the tokens of each statement."""
    comments: dict[int, str] = {}
    statements: list[list[Token]] = [[]]
    line = first
    for match in TOKEN.finditer(sql):
        text = match.group()
        if match.lastgroup == "comment":
            comments[line] = text
        elif text == ";":
            statements.append([])
        elif match.lastgroup != "space":
            statements[-1].append(Token(text, line))
        line += text.count("\n")
    return comments, [statement for statement in statements if statement]


def split_columns(statement: list[Token]) -> list[list[Token]]:
    """Return the definitions between the outer parentheses of a CREATE TABLE."""
    start = next(index for index, token in enumerate(statement) if token.text == "(")
    return split_list(statement[start + 1 :])


def split_added(statement: list[Token]) -> list[list[Token]]:
    """Return the definitions of ALTER TABLE … ADD COLUMN …, ADD COLUMN …; [] for any other."""
    start = next(index for index, token in enumerate(statement) if token.word == "add")
    definitions: list[list[Token]] = []
    for piece in split_list(statement[start:]):
        words = [token.word for token in piece]
        if words[:2] != ["add", "column"]:
            return []
        definitions.append(piece[5:] if words[2:5] == ["if", "not", "exists"] else piece[2:])
    return definitions


def split_list(tokens: list[Token]) -> list[list[Token]]:
    """Split at the commas of this level, up to the parenthesis that ends it."""
    pieces: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in {"(", "["}) - (token.text in {")", "]"})
        if depth < 0:
            break
        if token.text == "," and depth == 0:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return [piece for piece in pieces if piece]


def told_by(
    definitions: list[list[Token]], comments: dict[int, str], file: str
) -> Iterator[FoundColumn | Finding]:
    """Each column has one line of its own, whose comment tells what it holds."""
    lines_taken: set[int] = set()
    for definition in definitions:
        name, line, last = definition[0].word, definition[0].line, definition[-1].line
        is_alone = line == last and line not in lines_taken and name not in NO_COLUMN
        told = TOLD.fullmatch(comments.get(line, "").rstrip()) if is_alone else None
        lines_taken |= {line, last}
        if told is None:
            text = f"column {name} says neither its category nor why it is not personal"
            yield Finding(file, line, FindingKind.COLUMN_UNDECLARED, text, REMEDY)
        elif told.group(1) is None and looks_like_a_key(told.group(2)):
            yield no_reason(file, line, name, told.group(2))
        elif told.group(1) is not None:
            yield column_in(told.group(1), file=file, line=line, name=name)


def column_in(key: str, *, file: str, line: int, name: str) -> FoundColumn | Finding:
    try:
        return FoundColumn(file, line, name, Category(key))
    except ValueError:
        text = f"column {name}: {key!r} is no category"
        remedy = "Use a key of clearline/policy/vocabulary.py."
        return Finding(file, line, FindingKind.COLUMN_UNDECLARED, text, remedy)


def looks_like_a_key(reason: str) -> bool:
    """Say whether a reason is no words for people, but a category that nobody knows."""
    return re.fullmatch(r"[a-z_]+(?:\.[a-z_]+)+", reason) is not None


def no_reason(file: str, line: int, name: str, reason: str) -> Finding:
    text = f"column {name}: {reason!r} is neither a category nor a reason"
    remedy = "Use a key of clearline/policy/vocabulary.py, or say in words why it is not personal."
    return Finding(file, line, FindingKind.COLUMN_UNDECLARED, text, remedy)
