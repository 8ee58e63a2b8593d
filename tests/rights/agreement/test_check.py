"""The published text and the program agree, and the figure that says so falls when they do not."""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from clearline.edge.jobs.policy_commands import run_check
from clearline.policy.edition import Edition, parse_edition
from clearline.policy.headings import ASKED_BY_LAW
from clearline.rights.agreement import answers, files_written
from clearline.rights.agreement.check import check
from clearline.rights.agreement.code import Code
from clearline.rights.agreement.finding import FindingKind
from clearline.rights.agreement.markup import find_in_markup
from clearline.rights.agreement.sources import PACKAGE
from clearline.rights.agreement.ways_out import ALLOWED, is_listed

EDITION = settings.ENV.policy_dir / "2026-01-01.toml"
DEFAULTS = {
    form: (PACKAGE / "policy" / "default" / f"{form}.toml")
    .read_text(encoding="utf-8")
    .replace("{effective}", "2026-01-01")
    for form in ("accept", "notice")
}
EACH_CLAUSE = [
    pytest.param(text, clause.id, id=f"{form}-{clause.id}")
    for form, text in DEFAULTS.items()
    for clause in parse_edition(text, source=f"{form}.toml").clauses
]


def edition(text: str | None = None) -> Edition:
    return parse_edition(text or EDITION.read_text(encoding="utf-8"), source="edition.toml")


def without_clause(text: str, clause_id: str) -> str:
    head, *clauses = text.split("[[clause]]")
    return "[[clause]]".join([head, *(each for each in clauses if f'"{clause_id}"' not in each)])


def test_the_program_and_its_default_edition_agree() -> None:
    found = check(edition())

    assert found.findings == ()
    assert found.places_covered == found.places_found > 0


@pytest.mark.parametrize("text", [r"(?<![\w\\-]){x}", "<![", "<![if x>"])
def test_what_is_no_markup_breaks_no_look_at_the_markup_behind_it(text: str) -> None:
    found = list(find_in_markup(f'{text}><img src="https://other.example/a.png">', "a.html"))

    assert ["other.example" in str(each) for each in found] == [True]


@pytest.mark.parametrize(("text", "clause"), EACH_CLAUSE)
def test_a_deleted_clause_is_missed_where_the_program_counts_on_it(text: str, clause: str) -> None:
    found = check(edition(without_clause(text, clause))).findings

    kinds = {FindingKind.USE_WITHOUT_CLAUSE, FindingKind.CLAUSE_MISSING}
    places = [each for each in found if each.kind in kinds]
    assert places
    for place in places:
        text = (PACKAGE.parent / place.file).read_text(encoding="utf-8")
        line = text.splitlines()[place.line - 1]
        assert "Use(" in line or clause in line


@pytest.mark.parametrize(("text", "clause"), EACH_CLAUSE)
def test_the_published_figure_falls_when_a_clause_is_deleted(text: str, clause: str) -> None:
    whole = check(edition(text))

    found = check(edition(without_clause(text, clause)))

    assert found.places_found == whole.places_found
    assert found.places_covered < whole.places_covered


def test_the_published_figure_falls_when_a_clause_permits_too_little() -> None:
    text = EDITION.read_text(encoding="utf-8")
    head, *clauses = text.split("[[clause]]")
    narrow = [
        each.replace(', "user.device.kind"]', "]") if '"visits.count"' in each else each
        for each in clauses
    ]

    found = check(edition("[[clause]]".join([head, *narrow])))

    assert found.places_covered < found.places_found


def test_a_clause_that_permits_too_little_is_told_with_what_it_leaves_out_alone() -> None:
    head, *clauses = EDITION.read_text(encoding="utf-8").split("[[clause]]")
    narrow = [
        each.replace('"user.demographic.age_range", ', "") if '"support.open"' in each else each
        for each in clauses
    ]

    found = check(edition("[[clause]]".join([head, *narrow]))).findings

    told = [each.text for each in found if each.kind is FindingKind.USE_WITHOUT_CLAUSE]
    assert told
    for text in told:
        assert ": user.demographic.age_range (clause support.open has the other " in text
        assert text.count("user.") == 1


def test_an_edition_that_cannot_be_read_hides_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "2026-02-02.toml"
    text = EDITION.read_text(encoding="utf-8")
    broken.write_text(text.replace("user.device.kind", "user.device.sort"), encoding="utf-8")
    now = datetime(2026, 2, 1, tzinfo=UTC)

    code = run_check(argparse.Namespace(edition=str(broken), json=True, now=now))

    told = json.loads(capsys.readouterr().out)
    assert code == 1
    assert any("user.device.kind" in each["write"] for each in told["problems"])
    assert told["findings"] == []  # the program itself is read all the same


@pytest.mark.parametrize(
    ("form", "requires"),
    [
        ("accept", "unless:measurement"),
        ("notice", "choice:measurement"),
        ("notice", "choice:measurement and unless:sale_or_sharing"),
        ("accept", "choice:measurement or choice:content"),
        ("accept", "nothing"),
        ("notice", "choice:content"),
    ],
)
def test_an_edition_does_not_say_the_opposite_of_the_clause_that_recognises_people(
    form: str, requires: str
) -> None:
    found = check(edition(with_rule(form, requires))).findings

    assert [each.kind for each in found] == [FindingKind.FORM_UNLIKE_CLAUSE]
    assert found[0].line == edition().clauses[0].line


@pytest.mark.parametrize(
    ("form", "requires"),
    [
        ("accept", "choice:measurement"),
        ("accept", "choice:measurement and unless:sale_or_sharing"),
        ("notice", "unless:measurement"),
        ("notice", "unless:measurement or choice:measurement"),
    ],
)
def test_an_edition_that_says_what_the_clause_does_is_found_whole(form: str, requires: str) -> None:
    assert check(edition(with_rule(form, requires))).findings == ()


def with_rule(form: str, requires: str) -> str:
    text = EDITION.read_text(encoding="utf-8").replace('form = "accept"', f'form = "{form}"')
    return text.replace('requires   = "choice:measurement"', f'requires   = "{requires}"')


@pytest.mark.parametrize("key", ASKED_BY_LAW)
@pytest.mark.parametrize("emptied", [True, False])
def test_what_the_law_asks_a_policy_to_say_cannot_be_left_out_unseen(
    key: str, *, emptied: bool
) -> None:
    text = EDITION.read_text(encoding="utf-8")
    before, _, rest = text.partition(f"{key} = [")
    left = rest.partition("\n]")[2]

    found = check(edition(f"{before}{key} = []{left}" if emptied else before + left)).findings

    assert [each.kind for each in found] == [FindingKind.STATEMENT_MISSING]
    assert f"`{key}`" in found[0].text


def test_each_way_out_that_is_allowed_is_still_there() -> None:
    for file, modules in ALLOWED.items():
        text = (PACKAGE.parent / file).read_text(encoding="utf-8")
        for module, reason in modules.items():
            assert module.rpartition(".")[2] in text
            assert reason


def test_each_file_that_may_write_files_still_does() -> None:
    for file, ways in files_written.ALLOWED.items():
        code = Code.read((PACKAGE.parent / file).read_text(encoding="utf-8"), file)
        written = {each for node in code.nodes for each in files_written.written_by(node, code)}
        for way, reason in ways.items():
            assert any(is_listed(each, {way: reason}) for each in written), (file, way)
            assert reason


def test_a_session_holds_each_thing_that_it_may_hold() -> None:
    text = (PACKAGE.parent / answers.SESSION_FILE).read_text(encoding="utf-8")

    for key, reason in answers.SESSION_KEYS.items():
        assert f" session[{key}] = " in text
        assert reason
