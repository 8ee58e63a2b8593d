"""`clearline policy …`: what it prints for people and machines, and what it refuses."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from clearline.config import cli
from clearline.kit.errors import Refusal
from clearline.policy.edition import CHARACTERS_MAX, EditionBroken
from clearline.trust.ledger.actions import integrate
from clearline.trust.ledger.models import Entry
from clearline.trust.ledger.verify import LedgerBroken
from tests.edge.site.published import DEFAULT, make_instance_beside
from tests.policy.editions import clause, written

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance of its own with one draft, and the settings of the process turned to it."""
    own = make_instance_beside(tmp_path, settings.ENV.instance)
    monkeypatch.setattr(settings, "ENV", settings.ENV.model_copy(update={"instance": own}))
    (tmp_path / "policy" / "2026-01-01.toml").write_text(DEFAULT, encoding="utf-8")
    return tmp_path


def run(*words: str, is_json: bool = False) -> int:
    args = cli.make_parser().parse_args(["policy", *words])
    args.now, args.json = NOW, is_json
    return cli.do_of(args)(args)


def sign_beside(instance: Path) -> None:
    """Sign the ledger into files of this instance alone, for it shares those of the others."""
    (instance / "data").unlink(missing_ok=True)
    (instance / "data").mkdir()
    integrate(now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("is_json", [False, True])
def test_publishing_tells_people_and_machines_what_is_covered(
    instance: Path, capsys: pytest.CaptureFixture[str], *, is_json: bool
) -> None:
    code = run("publish", str(instance / "policy" / "2026-01-01.toml"), is_json=is_json)

    told = capsys.readouterr().out
    assert code == 0
    if is_json:
        answer = json.loads(told)
        assert answer["published"] == "2026-01-01.toml"
        assert answer["places_covered"] == answer["places_found"] > 0
    else:
        assert told.startswith("Published 2026-01-01.toml: ")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("2026-01-01", "\n", "\n# edited\n", "is not what was published"),
        ("2025-12-31", "date = 2026-01-01", "date = 2025-12-31", "is past"),
        ("2026-03-01", '"visits.count"', '"visits.sum"', "visits.count"),
        ("2026-03-01", "We count visits", "We note visits", "write material = true"),
        ("2026-03-01", "We count visits", "{brand_name} counts visits", "placeholder"),
        ("2026-01-15", '"400 days"', '"15 months"', "Write date = 2026-01-16 or a later day"),
    ],
)
def test_publishing_refuses_with_what_to_write_instead(
    instance: Path, name: str, old: str, new: str, told: str
) -> None:
    policy = instance / "policy"
    run("publish", str(policy / "2026-01-01.toml"))
    text = DEFAULT.replace("date = 2026-01-01", f"date = {name}").replace(old, new)
    (policy / f"{name}.toml").write_text(text, encoding="utf-8")

    with pytest.raises(Refusal, match=told):
        run("publish", str(policy / f"{name}.toml"))

    assert len(json.loads((policy / "published.json").read_bytes())) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("is_json", [False, True])
def test_an_edition_that_the_ledger_lost_is_entered_again_and_that_is_told(
    instance: Path, capsys: pytest.CaptureFixture[str], *, is_json: bool
) -> None:
    policy = instance / "policy"
    first, second = policy / "2026-01-01.toml", policy / "2026-01-02.toml"
    second.write_text(
        DEFAULT.replace("date = 2026-01-01", "date = 2026-01-02\nmaterial = false"),
        encoding="utf-8",
    )
    run("publish", str(first))
    run("publish", str(second))
    sign_beside(instance)
    Entry.objects.all().delete()
    capsys.readouterr()

    codes = [run("publish", str(each), is_json=is_json) for each in (second, first)]

    told = capsys.readouterr().out
    assert codes == [0, 0]
    assert Entry.objects.count() == 2
    if is_json:
        assert told.count('"entered_again": true') == 2
        assert told.count('"changed_sentences": []') == 2
    else:
        again = "was published before: entered again, since the ledger did not have it."
        assert told == f"2026-01-02.toml {again}\n2026-01-01.toml {again}\n"


@pytest.mark.django_db
def test_where_nothing_signed_is_left_no_edition_is_entered_again_under_the_same_key(
    instance: Path,
) -> None:
    edition = str(instance / "policy" / "2026-01-01.toml")
    run("publish", edition)
    Entry.objects.all().delete()

    with pytest.raises(LedgerBroken, match="clearline ledger begin"):
        run("publish", edition)

    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_publishing_prints_each_sentence_that_changed(
    instance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = instance / "policy"
    run("publish", str(policy / "2026-01-01.toml"))
    text = DEFAULT.replace("date = 2026-01-01", "date = 2026-03-01\nmaterial = false")
    text = text.replace("this site does not act on it", "this site acts on it")
    (policy / "2026-03-01.toml").write_text(text, encoding="utf-8")
    capsys.readouterr()

    run("publish", str(policy / "2026-03-01.toml"))

    told = capsys.readouterr().out
    assert told.startswith("CHANGED Site visitors\n")
    assert "this site [-does not act-]{+acts+} on it" in told
    assert "\nPublished 2026-03-01.toml: " in told


def test_a_difference_is_told_in_plain_words_with_the_keys_in_brackets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    old.write_text(written(clause()), encoding="utf-8")
    new.write_text(written(clause(requires="unless:measurement")), encoding="utf-8")

    run("diff", str(old), str(new))

    told = capsys.readouterr().out
    assert "CHANGED Site visitors  (visits.measure)" in told
    assert (
        "  MATERIAL: it needs less of your consent: only if you did not say no to “Recognise this "
        "browser when counting visits”  (unless:measurement)"
    ) in told
    assert "  your choice: [-only if you said yes to " in told


def test_an_edition_that_calls_itself_material_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    old.write_text(written(clause()), encoding="utf-8")
    new.write_text("material = true\n" + written(clause()), encoding="utf-8")

    run("diff", str(old), str(new))
    run("diff", str(old), str(new), is_json=True)

    people, machine = capsys.readouterr().out.split("[]")
    assert people.startswith("MATERIAL: the edition says so itself")
    assert machine.strip() == ""


def test_no_more_of_a_file_is_read_than_an_edition_may_have(tmp_path: Path) -> None:
    path = tmp_path / "long.toml"
    path.write_text("#" * (CHARACTERS_MAX + 1), encoding="utf-8")

    with pytest.raises(EditionBroken, match="longer than"):
        run("show", "--edition", str(path))


def test_check_notes_the_names_that_wait_and_begins_with_a_word(
    instance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = instance / "policy" / "2026-01-01.toml"
    draft.write_text(DEFAULT.replace("This policy covers", "{brand_name} covers"), encoding="utf-8")
    args = cli.make_parser().parse_args(["check"])
    args.now = NOW

    code = cli.do_of(args)(args)

    told = capsys.readouterr().out
    assert code == 0
    assert told.startswith("Edition of 2026-01-01: ")
    assert "one without a clause is no fault" in told
    assert "Note: brackets wait for your names: {brand_name}. Fill in" in told
    assert f"run `clearline init {instance}`." in told


def test_a_heading_without_clauses_says_that_nothing_of_its_kind_happens(
    instance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("show")

    lines = capsys.readouterr().out.splitlines()
    for heading in ("3. Third-party advertising", "5. Third-party disclosure"):
        place = lines.index(heading)
        assert lines[place + 1] == "   Nothing of this kind happens on this site."


@pytest.mark.django_db
def test_publishing_a_file_that_is_not_there_names_the_drafts_that_are(instance: Path) -> None:
    with pytest.raises(Refusal, match="The drafts in") as refused:
        run("publish", str(instance / "policy" / "2026-01-02.toml"))

    assert str(instance / "policy" / "2026-01-01.toml") in str(refused.value)


@pytest.mark.django_db
def test_publishing_says_what_comes_next(
    instance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("publish", str(instance / "policy" / "2026-01-01.toml"))

    assert f"Next: clearline doctor --dir {instance}" in capsys.readouterr().out
