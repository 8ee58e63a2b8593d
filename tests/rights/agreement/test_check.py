"""Planted breaches: each disagreement of text and program is named with file and line."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from clearline.policy.edition import Edition, parse_edition
from clearline.rights.agreement.check import PACKAGE, check
from clearline.rights.agreement.finding import Finding, FindingKind

EDITION = settings.ENV.policy_dir / "2026-01-01.toml"


def edition(text: str | None = None) -> Edition:
    return parse_edition(text or EDITION.read_text(encoding="utf-8"), source="edition.toml")


def without_clause(clause_id: str) -> str:
    head, *clauses = EDITION.read_text(encoding="utf-8").split("[[clause]]")
    return "[[clause]]".join([head, *(each for each in clauses if f'"{clause_id}"' not in each)])


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Path]:
    """A copy of the program, to plant breaches in."""
    copy = tmp_path / "clearline"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    yield copy
    shutil.rmtree(copy)


def only(findings: tuple[Finding, ...], kind: FindingKind) -> Finding:
    (found,) = [finding for finding in findings if finding.kind is kind]
    return found


def line_of(path: Path, words: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if words in line)


def test_the_program_and_its_default_edition_agree() -> None:
    found = check(edition())

    assert found.findings == ()
    assert found.uses_covered == found.uses_found > 0


@pytest.mark.parametrize(
    "clause", ["visits.measure", "visits.count", "visits.beacon", "choices.keep", "extras.remember"]
)
def test_a_deleted_clause_is_missed_where_the_program_counts_on_it(clause: str) -> None:
    found = check(edition(without_clause(clause))).findings

    kinds = {FindingKind.USE_WITHOUT_CLAUSE, FindingKind.CLAUSE_MISSING}
    places = [each for each in found if each.kind in kinds]
    assert places
    for place in places:
        text = (PACKAGE.parent / place.file).read_text(encoding="utf-8")
        line = text.splitlines()[place.line - 1]
        assert "Use(" in line or clause in line


def test_a_clause_that_nothing_uses_is_named_with_its_line() -> None:
    text = EDITION.read_text(encoding="utf-8")
    unused = text.split("[[clause]]")[1].replace("visits.measure", "visits.dream")
    unused = unused.replace("analytics.reporting.popularity", "train_ai_system")

    found = only(check(edition(f"{text}\n[[clause]]{unused}")).findings, FindingKind.CLAUSE_UNUSED)

    assert "visits.dream" in found.text
    assert found.file == "edition.toml"
    assert found.line == text.count("\n") + 2


def test_an_undeclared_column_of_the_events_is_named(package: Path) -> None:
    path = min((package / "reach" / "visitors" / "schema").glob("*.sql"))
    sql = path.read_text(encoding="utf-8")
    path.write_text(sql.replace("    id UInt64,", "    ip String,\n    id UInt64,", 1))

    found = only(check(edition(), package=package).findings, FindingKind.COLUMN_UNDECLARED)

    assert found.line == line_of(path, "ip String")
    assert found.file.endswith(path.name)


def test_a_column_of_a_category_that_no_clause_names_is_found(package: Path) -> None:
    path = min((package / "reach" / "visitors" / "schema").glob("*.sql"))
    sql = path.read_text(encoding="utf-8")
    planted = "    city String, -- category: user.location.precise\n    id UInt64,"
    path.write_text(sql.replace("    id UInt64,", planted, 1))

    found = only(check(edition(), package=package).findings, FindingKind.COLUMN_WITHOUT_CLAUSE)

    assert "user.location.precise" in found.text


def test_an_undeclared_column_of_a_table_is_named(package: Path) -> None:
    path = package / "trust" / "safeguards" / "models.py"
    text = path.read_text(encoding="utf-8")
    planted = "    nickname = models.CharField(max_length=10)\n    created_at = models"
    path.write_text(text.replace("    created_at = models", planted, 1))

    found = only(check(edition(), package=package).findings, FindingKind.COLUMN_UNDECLARED)

    assert found.line == line_of(path, "nickname =")


def test_an_undeclared_cookie_is_named(package: Path) -> None:
    path = package / "edge" / "site" / "pages.py"
    planted = '\n\ndef track(response):\n    response.set_cookie("follow_me", "1")\n'
    path.write_text(path.read_text(encoding="utf-8") + planted)

    found = only(check(edition(), package=package).findings, FindingKind.COOKIE_UNDECLARED)

    assert "follow_me" in found.text
    assert found.line == line_of(path, "follow_me")


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("cl.js", 'localStorage.setItem("a", 1)'),
        ("cl.js", 'fetch("https://tracker.example/p")'),
    ],
)
def test_a_script_that_stores_or_reaches_out_is_named(
    package: Path, name: str, planted: str
) -> None:
    path = package / "edge" / "collector" / name
    path.write_text(path.read_text(encoding="utf-8") + planted + "\n")

    (found,) = check(edition(), package=package).findings

    assert found.line == line_of(path, planted)


def test_a_picture_of_another_site_is_named(package: Path) -> None:
    path = package / "edge" / "site" / "templates" / "base.html"
    path.write_text(path.read_text(encoding="utf-8") + '<img src="https://tracker.example/p.gif">')

    found = only(check(edition(), package=package).findings, FindingKind.THIRD_PARTY_UNDECLARED)

    assert "tracker.example" in found.text


def test_a_use_for_a_purpose_that_no_clause_names_is_found(package: Path) -> None:
    path = package / "edge" / "site" / "pages.py"
    planted = """

from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Category, Purpose, SubjectId, SubjectKind

SELL = Use(
    by=Actor(ActorKind.JOB, "sales"),
    subject=SubjectId("x"),
    categories=frozenset({Category.DEVICE_COOKIE_ID}),
    purpose=Purpose.SALES,
    about=SubjectKind.VISITOR,
)
"""
    path.write_text(path.read_text(encoding="utf-8") + planted)

    found = only(check(edition(), package=package).findings, FindingKind.USE_WITHOUT_CLAUSE)

    assert found.line == line_of(path, "SELL = Use(")
    assert "sales" in found.text
