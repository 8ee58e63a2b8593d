"""Reading the list of another system's customers: strictly, row by row, never all at once. Pure."""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import BinaryIO, Final, Self, TypeVar

from clearline.kit.errors import Invalid
from clearline.policy.vocabulary import Answer, ChoiceName
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.amounts import POINT, Amounts, Form
from clearline.service.accounts.words import (
    FieldWrong,
    read_business_name,
    read_email,
    read_name,
    read_phone,
    read_words,
)

Read = TypeVar("Read")

LINE_BYTES_MAX: Final = 64 * 1024
RECORD_CHARACTERS_MAX: Final = 64 * 1024
ROWS_MAX: Final = 20_000_000
COLUMNS_MAX: Final = 200
COLUMNS_TOLD_MAX: Final = 30
LINES_MAX: Final = 50  # telephone numbers of one customer
PROOF_MAX: Final = 1_000
DELIMITERS: Final = (",", ";", "\t")
UTF_8_MARK: Final = b"\xef\xbb\xbf"
UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
NUMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,31}", re.ASCII)
USER_ID: Final = re.compile(r"[^\s\x00-\x1f]{3,64}")
BETWEEN: Final = re.compile(r"[;,|\n]")
# What spreadsheets take for a formula; a cell of ours that begins so gets an apostrophe before it.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class Encoding(StrEnum):
    UTF_8 = "utf-8"
    LATIN_1 = "latin-1"


class Field(StrEnum):
    """What a column may hold."""

    NAME = "name"
    EMAIL = "email"
    ACCOUNT_NUMBER = "account_number"
    BALANCE = "balance"
    LINES = "lines"
    AGE_RANGE = "age_range"
    CHOICES = "choices"
    CHOICES_PROOF = "choices_proof"
    CHOICES_DATE = "choices_date"
    GPC = "gpc"
    USER_ID = "user_id"
    BUSINESS_NAME = "business_name"


NEEDED: Final = (Field.NAME, Field.EMAIL, Field.ACCOUNT_NUMBER)
# What columns are called elsewhere, in letters and figures alone.
CALLED: Final[Mapping[Field, frozenset[str]]] = {
    Field.NAME: frozenset({"name", "fullname", "customername", "customer", "contactname"}),
    Field.EMAIL: frozenset({"email", "emailaddress", "mail", "contactemail", "customeremail"}),
    Field.ACCOUNT_NUMBER: frozenset(
        {"accountnumber", "account", "accountno", "accountid", "customernumber", "customerid"}
    ),
    Field.BALANCE: frozenset({"balance", "openingbalance", "balancecents", "amountdue"}),
    Field.LINES: frozenset(
        {"lines", "line", "phone", "phonenumber", "telephone", "telephonenumber", "numbers", "did"}
    ),
    Field.AGE_RANGE: frozenset({"agerange", "age"}),
    Field.CHOICES: frozenset({"choices", "consent", "consents"}),
    Field.CHOICES_PROOF: frozenset({"choicesproof", "proof", "consentproof"}),
    Field.CHOICES_DATE: frozenset({"choicesdate", "proofdate", "consentdate"}),
    Field.GPC: frozenset({"gpc", "globalprivacycontrol"}),
    Field.USER_ID: frozenset({"userid", "username", "login"}),
    Field.BUSINESS_NAME: frozenset(
        {"businessname", "business", "company", "companyname", "organization", "organisation"}
    ),
}
YES_OR_NO: Final = {"": False, "no": False, "0": False, "yes": True, "1": True}
AGES_READ: Final = {**{str(each): each for each in AgeRange}, "18+": AgeRange.ADULT}


class FileWrong(Invalid):
    """The file as a whole cannot be read."""

    code = "file_wrong"


class NotUtf8(FileWrong):
    code = "not_utf_8"

    def __init__(self) -> None:
        super().__init__("The file is not UTF-8. It may be Latin-1.")


class ColumnUnknown(FileWrong):
    """One field has no column, or more than one; `header` names those that there are."""

    code = "column_unknown"

    def __init__(self, text: str, field: Field, header: Sequence[str]) -> None:
        names = ", ".join(shown(name) for name in header[:COLUMNS_TOLD_MAX])
        super().__init__(f"{text} The columns are: {names}.")
        self.field = field
        self.header = tuple(header)


class RowTooLong(Exception):
    """A line or a record is longer than any customer's can be."""


@dataclass(frozen=True, slots=True, repr=False)
class CustomerRow:
    """One customer as the file has them. `balance` is in minor units, above zero what they owe."""

    line: int
    account_number: str
    name: str
    email: str
    balance: int | None = None
    lines: tuple[str, ...] = ()
    age: AgeRange | None = None
    choices: str = ""
    choices_proof: str = ""
    choices_day: date | None = None  # on which the choices were said
    user_id: str = ""
    gpc: bool = False
    business_name: str = ""  # "" for a person's own account
    cells: tuple[str, ...] = ()

    def canonical(self) -> str:
        """Return all that counts of the row in one form, to tell it from others."""
        balance = "" if self.balance is None else str(self.balance)
        facts = (self.account_number, self.name, self.email, balance, *self.lines, "")
        more = (self.age or "", self.choices, self.choices_proof, self.user_id)
        signal = ("gpc",) if self.gpc else ()
        business = ("business", self.business_name) if self.business_name else ()
        return "\x1f".join((*facts, *more, *signal, *business))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a row, and in what it holds; None for the row as a whole."""

    text: str
    field: Field | None = None

    def __str__(self) -> str:
        return f"{self.field}: {self.text}" if self.field else self.text


@dataclass(frozen=True, slots=True, repr=False)
class RowWrong:
    """One row that cannot come in: where it begins, all that is wrong, and its cells if read."""

    line: int
    faults: tuple[Fault, ...]
    cells: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        return " ".join(map(str, self.faults))


def unread(line: int, text: str, cells: tuple[str, ...] = ()) -> RowWrong:
    return RowWrong(line, (Fault(text),), cells)


class Lines:
    """The lines of a file as text, counted; one that is too long is skipped, not held."""

    def __init__(self, file: BinaryIO, encoding: Encoding) -> None:
        self.file, self.encoding, self.number, self.taken = file, encoding, 0, 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        """Return the next line. Raises RowTooLong, UnicodeDecodeError, StopIteration."""
        raw = self.file.readline(LINE_BYTES_MAX)
        if not raw:
            raise StopIteration
        self.number += 1
        if len(raw) == LINE_BYTES_MAX and not raw.endswith(b"\n"):
            while (rest := self.file.readline(LINE_BYTES_MAX)) and not rest.endswith(b"\n"):
                pass
            raise RowTooLong
        if self.number == 1:
            raw = raw.removeprefix(UTF_8_MARK)
            refuse_utf_16(raw)
        self.taken += len(raw)
        if self.taken > RECORD_CHARACTERS_MAX:
            raise RowTooLong
        return raw.decode(self.encoding)


def refuse_utf_16(first: bytes) -> None:
    if first.startswith(UTF_16_MARKS) or b"\0" in first[:8]:
        message = "The file is UTF-16. Save it as CSV in UTF-8, and take that."
        raise FileWrong(message)


class CustomerFile:
    """A list of customers, opened: its header is read, its rows are yet to come.

    `mapping` says which header is which field; where it says nothing, headers are known by what
    they are commonly called. `decimal_mark` is that of the site's language. Raises FileWrong.
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        encoding: Encoding,
        mapping: Mapping[Field, str],
        decimal_mark: str = POINT,
    ) -> None:
        self.lines = Lines(file, encoding)
        head = self.first_line()
        self.delimiter = max(DELIMITERS, key=head.count)
        try:
            header = next(csv.reader([head], delimiter=self.delimiter, strict=True))
        except (csv.Error, StopIteration):
            message = "The first line is no list of column names."
            raise FileWrong(message) from None
        self.header = tuple(each.strip() for each in header[:COLUMNS_MAX])
        self.columns = columns_of(self.header, mapping)
        place = self.columns.get(Field.BALANCE)
        is_cents = place is not None and plain(self.header[place]).endswith(Form.CENTS)
        form = Form.CENTS if is_cents else None
        self.amounts = Amounts(decimal_mark=decimal_mark, form=form)

    def first_line(self) -> str:
        try:
            return next(self.lines)
        except StopIteration:
            message = "The file is empty. Its first line names the columns."
        except UnicodeDecodeError:
            raise NotUtf8 from None
        except RowTooLong:
            message = "The first line is too long to be a list of column names."
        raise FileWrong(message)

    def left_out(self) -> tuple[str, ...]:
        """Return the columns that nothing is read from."""
        used = set(self.columns.values())
        return tuple(name for place, name in enumerate(self.header) if place not in used)

    def rows(self) -> Iterator[CustomerRow | RowWrong]:
        """Yield each row as a customer, or with what is wrong with it, in the order of the file."""
        reader = csv.reader(self.lines, delimiter=self.delimiter, strict=True)
        for _ in range(ROWS_MAX):
            line = self.lines.number + 1
            self.lines.taken = 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield unread(line, f"Quotation marks are wrong, up to line {self.lines.number}.")
            except RowTooLong:
                yield unread(line, f"Too long, or a quotation mark in line {line} is not closed.")
            except UnicodeDecodeError:
                yield unread(line, "Not UTF-8. The file may be Latin-1.")
            else:
                if any(cells):
                    yield self.row_of(line, tuple(cells))

    def row_of(self, line: int, cells: tuple[str, ...]) -> CustomerRow | RowWrong:
        if len(cells) != len(self.header):
            told = f"{len(cells)} columns, but the first line names {len(self.header)}."
            return unread(line, told, cells[:COLUMNS_MAX])
        return read_row(line, cells, self.columns, self.amounts)


def columns_of(header: Sequence[str], mapping: Mapping[Field, str]) -> dict[Field, int]:
    """Return which column holds which field. Raises ColumnUnknown."""
    found: dict[Field, int] = {}
    for field in Field:
        wanted = mapping.get(field)
        places = [
            place
            for place, name in enumerate(header)
            if (name == wanted if wanted is not None else plain(name) in CALLED[field])
        ]
        if len(places) > 1 or (wanted is not None and not places):
            named = "more than one column" if places else "no column"
            message = f"There is {named} for {field}."
            raise ColumnUnknown(message, field, header)
        if places:
            found[field] = places[0]
    for field in NEEDED:
        if field not in found:
            message = f"No column is known to be {field}."
            raise ColumnUnknown(message, field, header)
    return found


def shown(name: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in name[:40])


def plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(each for each in folded if each.isalnum())


def read_row(
    line: int, cells: tuple[str, ...], columns: Mapping[Field, int], amounts: Amounts
) -> CustomerRow | RowWrong:
    """Return a customer from the cells of a row, or all that is wrong with it."""
    told = {field: cells[place] for field, place in columns.items()}
    faults: list[Fault] = []

    def heard(read: Callable[[], Read], otherwise: Read) -> Read:
        try:
            return read()
        except FieldWrong as wrong:
            faults.append(Fault(str(wrong), Field(wrong.field)))
            return otherwise

    choices = heard(lambda: read_choices(told.get(Field.CHOICES, "")), "")
    row = CustomerRow(
        line=line,
        account_number=heard(lambda: read_account_number(told), ""),
        name=heard(lambda: read_name(told[Field.NAME]), ""),
        email=heard(lambda: read_email(told[Field.EMAIL]), ""),
        balance=heard(lambda: read_balance(told.get(Field.BALANCE, ""), amounts), None),
        lines=heard(lambda: read_lines(told.get(Field.LINES, "")), ()),
        age=heard(lambda: read_age(told.get(Field.AGE_RANGE, "")), None),
        choices=choices,
        choices_proof=heard(lambda: read_proof(told, choices), ""),
        choices_day=heard(lambda: read_choices_day(told), None),
        user_id=heard(lambda: read_user_id(told), ""),
        gpc=heard(lambda: read_gpc(told.get(Field.GPC, "")), otherwise=False),
        business_name=heard(lambda: read_business(told.get(Field.BUSINESS_NAME, "")), ""),
        cells=cells,
    )
    return RowWrong(line, tuple(faults), cells) if faults else row


def read_account_number(told: Mapping[Field, str]) -> str:
    return matching(NUMBER, told, Field.ACCOUNT_NUMBER, "1 to 32 letters or figures.")


def read_user_id(told: Mapping[Field, str]) -> str:
    if not told.get(Field.USER_ID, "").strip():
        return ""
    return matching(USER_ID, told, Field.USER_ID, "3 to 64 characters without spaces.")


def read_business(text: str) -> str:
    return read_business_name(text) if text.strip() else ""


def matching(pattern: re.Pattern[str], told: Mapping[Field, str], field: Field, why: str) -> str:
    text = told[field].strip()
    if not pattern.fullmatch(text):
        message = f"It must be {why}"
        raise FieldWrong(message, field=field)
    return text


def read_balance(text: str, amounts: Amounts) -> int | None:
    """Return a balance in minor units, None where there is none. Raises FieldWrong."""
    cell = bare(text)
    return amounts.read(cell) if cell else None


def bare(text: str) -> str:
    """Return a cell without the apostrophe by which a file of rejects keeps formulas still."""
    cell = text.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def read_lines(text: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for each in BETWEEN.split(bare(text)):
        if each.strip():
            found[read_line(each)] = None
    if len(found) > LINES_MAX:
        message = f"At most {LINES_MAX} telephone numbers."
        raise FieldWrong(message, field=Field.LINES)
    return tuple(found)


def read_line(text: str) -> str:
    try:
        return read_phone(text)
    except FieldWrong:
        message = "Write telephone numbers like +12075550100, with ; between them."
        raise FieldWrong(message, field=Field.LINES) from None


def read_age(text: str) -> AgeRange | None:
    told = text.strip().casefold()
    if not told:
        return None
    age = AGES_READ.get(told)
    if age is None or age is AgeRange.UNDER_13:
        message = "Write 13_to_15, 16_to_17 or 18_or_over, or leave it open."
        raise FieldWrong(message, field=Field.AGE_RANGE)
    return age


def read_choices(text: str) -> str:
    """Return choices in one form, `ads=no;content=yes`. Raises FieldWrong."""
    found: dict[str, Answer] = {}
    for each in BETWEEN.split(text):
        name, _, answer = (part.strip().casefold() for part in each.partition("="))
        if not name:
            continue
        if name not in set(ChoiceName) or answer not in {Answer.YES, Answer.NO} or name in found:
            message = "Write choices like measurement=yes;ads=no, each once."
            raise FieldWrong(message, field=Field.CHOICES)
        found[name] = Answer(answer)
    return in_one_form(found)


def in_one_form(answers: Mapping[str, Answer]) -> str:
    return ";".join(f"{name}={answers[name]}" for name in sorted(answers))


def read_proof(told: Mapping[Field, str], choices: str) -> str:
    """Return the words that prove the choices, behind their day where there is one.

    A yes needs some (GDPR 7(1)). Raises FieldWrong.
    """
    text, day = told.get(Field.CHOICES_PROOF, ""), told.get(Field.CHOICES_DATE, "").strip()
    if not text.strip():
        if f"={Answer.YES}" in choices:
            message = "A yes needs its proof: when and how it was given."
            raise FieldWrong(message, field=Field.CHOICES_PROOF)
        return ""
    dated = f"{day}: {text}" if day else text
    return read_words(Field.CHOICES_PROOF, dated, length_max=PROOF_MAX, missing="")


def read_choices_day(told: Mapping[Field, str]) -> date | None:
    """Return the day of choices that have a proof, None where it is open. Raises FieldWrong."""
    text, proof = told.get(Field.CHOICES_DATE, "").strip(), told.get(Field.CHOICES_PROOF, "")
    if not text or not proof.strip():
        return None
    try:
        if len(text) == len("2026-05-31"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    message = "Write a day like 2026-05-31, or leave it open."
    raise FieldWrong(message, field=Field.CHOICES_DATE)


def read_gpc(text: str) -> bool:
    """Return whether an earlier system had seen Global Privacy Control. Raises FieldWrong."""
    told = text.strip().casefold()
    if told not in YES_OR_NO:
        message = "Write yes or no, or leave it open."
        raise FieldWrong(message, field=Field.GPC)
    return YES_OR_NO[told]


def answers_in(choices: str) -> dict[str, Answer]:
    """Return the answers of a text that `read_choices` made."""
    pairs = (each.partition("=") for each in choices.split(";") if each)
    return {name: Answer(answer) for name, _, answer in pairs}


def still(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
