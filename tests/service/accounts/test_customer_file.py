"""The list of another system's customers is read strictly: what is wrong is told by row."""

import csv
import io
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.customer_file import (
    FORMULA,
    ColumnUnknown,
    CustomerFile,
    CustomerRow,
    Encoding,
    Field,
    FileWrong,
    RowWrong,
    still,
)

HEAD = "Name,E-mail,Account number,Balance,Phone,Age range,Choices,Proof,User ID\n"
FIRST = "Zoë Ray,zoe@mail.example,A-1,-1250,+1 (207) 555-0100;+12075550101,18+,,,zoe\n"


def read(
    content: str | bytes,
    encoding: Encoding = Encoding.UTF_8,
    mapping: dict[Field, str] | None = None,
) -> list[CustomerRow | RowWrong]:
    raw = content.encode() if isinstance(content, str) else content
    file = CustomerFile(io.BytesIO(raw), encoding=encoding, mapping=mapping or {})
    return list(file.rows())


def one(content: str | bytes, encoding: Encoding = Encoding.UTF_8) -> CustomerRow:
    (row,) = read(content, encoding)
    assert isinstance(row, CustomerRow), getattr(row, "reason", "")
    return row


def wrong(content: str | bytes) -> RowWrong:
    (row,) = [each for each in read(content) if isinstance(each, RowWrong)]
    return row


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_row_is_read_whatever_stands_between_its_cells(
    delimiter: str, end: str, mark: str
) -> None:
    first = FIRST.replace(";", "|")
    content = mark + (HEAD + first).replace(",", delimiter).replace("\n", end)

    row = one(content)

    assert (row.line, row.name, row.email, row.account_number) == (
        *(2, "Zoë Ray", "zoe@mail.example", "A-1"),
    )
    assert (row.balance, row.lines) == (-1250, ("+12075550100", "+12075550101"))
    assert (row.age, row.user_id) == (AgeRange.ADULT, "zoe")


def test_what_is_optional_may_be_open_or_have_no_column() -> None:
    row = one("name,email,account\nZoë,z@mail.example,1\n")

    assert (row.balance, row.lines, row.age, row.choices, row.user_id) == (None, (), None, "", "")
    assert one(HEAD + "Zoë,z@mail.example,1,,,,,,\n").balance is None


def test_a_proof_may_have_its_day_and_a_signal_is_yes_or_no() -> None:
    head = "name,email,account,choices,proof,proof date,gpc\n"
    row = one(f"{head}Zoë,z@mail.example,1,ads=yes,on paper,2024-05-31,Yes\n")
    plain = one(f"{head}Zoë,z@mail.example,1,ads=no,,2024-05-31,\n")

    assert (row.choices_proof, row.gpc) == ("2024-05-31: on paper", True)
    assert row.choices_day == date(2024, 5, 31)
    assert (plain.choices_proof, plain.gpc) == ("", False)
    assert row.canonical() != plain.canonical()


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ("ads=yes,,,", "needs its proof"),
        ("ads=yes,paper,31 May 2024,", "2026-05-31"),
        ("ads=yes,paper,2024-02-30,", "2026-05-31"),
        ("ads=yes,paper,20240531,", "2026-05-31"),
        (",,,maybe", "yes or no"),
    ],
)
def test_a_proof_or_a_signal_that_is_none_is_told(cells: str, why: str) -> None:
    head = "name,email,account,choices,proof,proof date,gpc\n"

    assert why in wrong(f"{head}Zoë,z@mail.example,1,{cells}\n".encode()).reason


def test_quoted_cells_hold_delimiters_quotes_and_line_breaks() -> None:
    row = one('name,email,account,proof\n"Ray, ""Zoë""",z@mail.example,1,"on\npaper"\n\n')

    assert (row.name, row.choices_proof) == ('Ray, "Zoë"', "on paper")


def test_latin_1_is_read_when_it_is_said() -> None:
    content = (HEAD + FIRST).encode("latin-1")

    assert one(content, Encoding.LATIN_1).name == "Zoë Ray"
    assert "may be Latin-1" in wrong(content).reason


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_told_with_what_to_do(encoding: str) -> None:
    with pytest.raises(FileWrong, match="Save it as CSV in UTF-8"):
        read((HEAD + FIRST).encode(encoding))


def test_columns_are_named_where_nobody_knows_them() -> None:
    content = "Wer,Mail,Nr,Farbe\nZoë,z@mail.example,1,blau\n"

    with pytest.raises(ColumnUnknown, match=r"known to be name.*Wer, Mail, Nr.*") as unknown:
        read(content)
    assert (unknown.value.field, unknown.value.header[0]) == (Field.NAME, "Wer")
    mapping = {Field.NAME: "Wer", Field.ACCOUNT_NUMBER: "Nr"}
    file = CustomerFile(io.BytesIO(content.encode()), encoding=Encoding.UTF_8, mapping=mapping)
    assert file.left_out() == ("Farbe",)
    assert len(list(file.rows())) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        ("name,name,email,account\n", "more than one column for name"),
        ('"name\n,email', "no list of column names"),
        ("x" * 70_000, "too long"),
        (b"\xff\xffname,email,account\n", "not UTF-8"),
        ("name email account\n", "No column is known to be name"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_why(content: str | bytes, words: str) -> None:
    with pytest.raises(FileWrong, match=words):
        read(content)


def test_a_mapping_to_no_column_is_refused() -> None:
    with pytest.raises(FileWrong, match="There is no column for name"):
        read(HEAD, mapping={Field.NAME: "Nom"})


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (",z@m.example,1,,,,,,", "name: Write your name."),
        ("Zo\x00e,z@m.example,1,,,,,,", "name: There is a sign"),
        ("Zo\u202ee,z@m.example,1,,,,,,", "name: There is a sign"),
        ("Zoe,z@m,1,,,,,,", "email:"),
        ("Zoe,z@m.example,,,,,,,", "account_number:"),
        ("Zoe,z@m.example,a b,,,,,,", "account_number:"),
        ("Zoe,z@m.example,=1+1,,,,,,", "account_number:"),
        ("Zoe,z@m.example,1,12.50,,,,,", "balance: This list has whole numbers of cents"),
        ("Zoe,z@m.example,1,١٢,,,,,", "balance:"),
        ("Zoe,z@m.example,1,,5550100,,,,", "lines:"),
        ("Zoe,z@m.example,1,,,under_13,,,", "age_range:"),
        ("Zoe,z@m.example,1,,,1990-01-01,,,", "age_range:"),
        ("Zoe,z@m.example,1,,,,ads=yes,,", "choices_proof: A yes needs its proof"),
        ("Zoe,z@m.example,1,,,,all=yes,,", "choices:"),
        ("Zoe,z@m.example,1,,,,ads=maybe,,", "choices:"),
        ("Zoe,z@m.example,1,,,,ads=no;ads=yes,x,", "choices:"),
        ("Zoe,z@m.example,1,,,,,,ab", "user_id:"),
        ("Zoe,z@m.example,1", "3 columns, but the first line names 9"),
        ('Zoe,z@m.example,"1"x,,,,,,', "Quotation marks"),
    ],
)
def test_a_row_that_cannot_come_in_is_told_with_line_and_reason(cells: str, reason: str) -> None:
    found = wrong(f"{HEAD}{FIRST}{cells}\n")

    assert found.line == 3
    assert found.reason.startswith(reason)


BALANCES = "name,email,account,balance\n"


def balance_of(text: str, decimal_mark: str = ".") -> int | str | None:
    """Return what a balance is read as in a list of its own, or why not."""
    raw = f'{BALANCES}Zoe,z@m.example,1,"{text}"\n'.encode()
    file = CustomerFile(
        io.BytesIO(raw), encoding=Encoding.UTF_8, mapping={}, decimal_mark=decimal_mark
    )
    (row,) = file.rows()
    return row.balance if isinstance(row, CustomerRow) else row.reason


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        *(("12.50", 1_250), ("-3.10", -310), ("\u22123.1", -310), ("'-3.10", -310), ("0.05", 5)),
        *(("1,234.56", 123_456), ("1.234,56", 123_456), ("-1,234,567.8", -123_456_780)),
        *(("1 234.56", 123_456), ("1\u202f234,56", 123_456), ("1'234.56", 123_456)),
        *(("1250", 1_250), ("0", 0), ("0.00", 0), ("", None)),
    ],
)
def test_a_balance_is_read_as_people_write_it(text: str, cents: int | None) -> None:
    assert balance_of(text) == cents


def test_a_comma_stands_before_the_cents_where_the_language_of_the_site_has_it() -> None:
    assert (balance_of("12,50", ","), balance_of("12.50", ",")) == (1_250, 1_250)
    assert balance_of("12,50") == (
        "balance: A comma is not the decimal mark here. Write it like 12.50."
    )


@pytest.mark.parametrize("decimal_mark", [".", ","])
@pytest.mark.parametrize("text", ["1,234", "1.234", "12.500", "1,234,567", "1 234"])
def test_what_may_be_thousands_or_a_fraction_is_told_and_not_guessed(
    text: str, decimal_mark: str
) -> None:
    assert balance_of(text, decimal_mark) == (
        "balance: It may be thousands or a fraction. Write it like 1234.00."
    )


@pytest.mark.parametrize(
    "text",
    [
        "$12.50",
        "12.",
        ".50",
        "12.505",
        "1,23.45",
        "1,2345.67",
        "--1",
        "1e3",
        "\u0661\u0662.50",
        "x",
    ],
)
def test_what_is_no_balance_is_told_with_what_one_looks_like(text: str) -> None:
    assert str(balance_of(text)).startswith("balance: ")
    assert "Write" in str(balance_of(text))


def test_a_whole_number_beside_amounts_with_cents_is_told_for_it_may_be_either() -> None:
    rows = [f"Zoe,z{n}@m.example,{n},{told}" for n, told in enumerate(("0", "12.50", "100", "3.1"))]

    found = read(BALANCES + "\n".join(rows) + "\n")

    assert [getattr(each, "balance", "told") for each in found] == [0, 1_250, "told", 310]
    assert "Write it like 12.50" in wrong(BALANCES + "\n".join(rows) + "\n").reason


def test_a_column_of_cents_has_no_amounts_with_a_point() -> None:
    head = BALANCES.replace("balance", "Balance (cents)")

    assert "whole numbers of cents" in wrong(f"{head}Zoe,z@m.example,1,12.50\n").reason
    assert one(f"{head}Zoe,z@m.example,1,1250\n").balance == 1_250


def test_all_that_is_wrong_with_a_row_is_told_at_once_each_with_its_column() -> None:
    found = wrong(f"{HEAD},z@m,a b,1.234,555,99,all=yes,,ab\n")

    assert [each.field for each in found.faults] == [
        *(Field.CHOICES, Field.ACCOUNT_NUMBER, Field.NAME, Field.EMAIL, Field.BALANCE),
        *(Field.LINES, Field.AGE_RANGE, Field.USER_ID),
    ]
    assert found.reason.count("name: Write your name.") == 1


def test_ten_digits_are_a_number_of_north_america_as_on_the_page_of_a_customer() -> None:
    row = one(f"{HEAD}Zoe,z@m.example,1,,(207) 555-0100;2075550101,,,,\n")

    assert row.lines == ("+12075550100", "+12075550101")


def test_too_many_numbers_are_refused() -> None:
    numbers = ";".join(f"+1207555{number:04d}" for number in range(51))

    assert "At most 50" in wrong(f"{HEAD}Zoe,z@m.example,1,,{numbers},,,,\n").reason


def test_choices_are_kept_in_one_form_with_their_proof() -> None:
    row = one(f"{HEAD}Zoe,z@m.example,1,,,,measurement=Yes | ads=no,letter of 2 May,\n")

    assert (row.choices, row.choices_proof) == ("ads=no;measurement=yes", "letter of 2 May")


def test_a_field_of_ten_megabytes_costs_one_row_and_no_memory() -> None:
    huge = "x" * 10_000_000

    rows = read(f"{HEAD}{huge},z@m.example,1,,,,,,\n{FIRST}")

    assert [type(row) for row in rows] == [RowWrong, CustomerRow]
    assert isinstance(rows[0], RowWrong)
    assert rows[0].reason.startswith("Too long")
    assert rows[0].cells == ()


def test_a_quotation_mark_that_is_not_closed_is_told_with_its_line() -> None:
    rows = read(HEAD + '"Zoe,z@m.example,1\n' + FIRST * 2_000)

    assert isinstance(rows[0], RowWrong)
    assert (rows[0].line, "not closed" in rows[0].reason) == (2, True)
    assert isinstance(rows[-1], CustomerRow)


@pytest.mark.parametrize("start", FORMULA)
def test_no_cell_of_ours_is_a_formula(start: str) -> None:
    assert still(f"{start}cmd()").startswith("'")
    assert still("plain") == "plain"


def test_a_number_that_was_kept_still_is_read_again() -> None:
    row = one(f"{HEAD}Zoe,z@m.example,1,'-5,'+12075550100,,,,\n")

    assert (row.balance, row.lines) == (-5, ("+12075550100",))


@settings(max_examples=300)
@given(st.binary(max_size=600), st.sampled_from(list(Encoding)))
def test_no_bytes_break_the_reading(raw: bytes, encoding: Encoding) -> None:
    for content in (raw, HEAD.encode() + raw):
        try:
            rows = read(content, encoding)
        except FileWrong:
            continue
        assert all(row.line > 1 for row in rows)


WORDS = st.text(
    st.characters(categories=("L", "N", "P", "S"), include_characters=" ,;\"'\t\n"),
    min_size=1,
    max_size=40,
).filter(lambda text: bool(text.strip()))


@given(
    name=WORDS,
    number=st.from_regex(r"[A-Z0-9]{1,12}", fullmatch=True),
    balance=st.integers(-(10**15) + 1, 10**15 - 1),
    proof=WORDS,
    delimiter=st.sampled_from([",", ";", "\t"]),
)
def test_each_row_that_is_taken_comes_out_as_it_went_in(
    name: str, number: str, balance: int, proof: str, delimiter: str
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["name", "email", "account", "balance", "proof"])
    writer.writerow([name, "z@mail.example", number, balance, proof])

    (row,) = read(out.getvalue())

    if isinstance(row, CustomerRow):
        assert (row.account_number, row.balance) == (number, balance)
        assert sign_by_sign(row.name) == sign_by_sign(name)
        assert sign_by_sign(row.choices_proof) == sign_by_sign(proof)
    else:
        assert row.reason.startswith(("name:", "choices_proof:"))


def sign_by_sign(text: str) -> str:
    """Return a text without what reading makes one: spaces, and forms of one sign."""
    return "".join(unicodedata.normalize("NFC", text).split())
