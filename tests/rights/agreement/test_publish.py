"""Publishing: what is refused, what is written down, and that a crash loses nothing for good."""

import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from clearline.config.init_command import make_instance
from clearline.policy.edition import EditionBroken
from clearline.policy.shelf import EditionChanged, Shelf
from clearline.rights.agreement.actions import (
    BYTES_MAX,
    AlreadyPublished,
    EditionRefused,
    publish_edition,
)
from clearline.trust.ledger.models import Entry
from tests.instance import NAMES
from tests.journeys.provider import wait_until

DEFAULT = (settings.ENV.policy_dir / "2026-01-01.toml").read_text(encoding="utf-8")
UTC_ZONE, NEW_YORK = ZoneInfo("UTC"), ZoneInfo("America/New_York")
FIRST = date(2026, 11, 1)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LONGER = ('kept       = "400 days"', 'kept       = "15 months"')
BETTER = ("A tiny image on each page", "A very small image on each page")
NOT_MATERIAL = ('form = "accept"', 'form = "accept"\nmaterial = false')
CRASH_AT = """
import os, sys
left, folder = int(sys.argv[1]), sys.argv[2]

def end_at(event, args):
    global left
    if event in {"open", "os.rename"} and str(args[0]).startswith(folder):
        left -= 1
        if left == 0:
            os._exit(9)

sys.addaudithook(end_at)
from clearline.config.cli import main
sys.exit(main(sys.argv[3:]))
"""
PAUSED_AT_THE_LIST = """
import sys

def pause(event, args):
    if event == "os.rename" and str(args[1]).endswith("published.json"):
        sys.stdout.write("paused\\n")
        sys.stdout.flush()
        sys.stdin.readline()

sys.addaudithook(pause)
from clearline.config.cli import main
sys.exit(main(sys.argv[1:]))
"""
STEPS_MAX = 40


def draft(folder: Path, day: date, *changed: tuple[str, str]) -> Path:
    text = DEFAULT.replace("date = 2026-01-01", f"date = {day}")
    for old, new in changed:
        assert old in text
        text = text.replace(old, new)
    path = folder / f"{day}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def publish(path: Path, now: datetime = NOW, zone: ZoneInfo = UTC_ZONE) -> None:
    publish_edition(policy_dir=path.parent, zone=zone, source=path, now=now)


def refusal(path: Path, now: datetime = NOW, zone: ZoneInfo = UTC_ZONE) -> str:
    with pytest.raises(EditionRefused) as refused:
        publish(path, now, zone)
    return str(refused.value)


@pytest.mark.django_db
def test_the_first_edition_may_take_effect_on_the_day_it_is_published(tmp_path: Path) -> None:
    path = draft(tmp_path, FIRST)

    publish(path)

    assert [each.date for each in Shelf.open(tmp_path, UTC_ZONE).editions] == [FIRST]
    assert Entry.objects.filter(kind="edition.published").count() == 1


@pytest.mark.django_db
def test_a_material_edition_is_refused_until_it_leaves_two_weeks_to_be_told(
    tmp_path: Path,
) -> None:
    publish(draft(tmp_path, FIRST))
    haste = draft(tmp_path, date(2026, 11, 15), LONGER)

    told = refusal(haste)

    assert "2026-11-15 is too soon: this edition is material" in told
    assert "every page of the site tells of it for 14 days before" in told
    assert "Write date = 2026-11-16 or a later day, and name the file after it." in told
    haste.unlink()
    publish(draft(tmp_path, date(2026, 11, 16), LONGER))
    assert len(Shelf.open(tmp_path, UTC_ZONE).editions) == 2


@pytest.mark.django_db
def test_two_whole_weeks_are_enough_to_the_second(tmp_path: Path) -> None:
    publish(draft(tmp_path, FIRST))
    path = draft(tmp_path, date(2026, 11, 16), LONGER)
    midnight = datetime(2026, 11, 2, tzinfo=UTC)

    assert "too soon" in refusal(path, midnight + timedelta(seconds=1))
    publish(path, midnight)


@pytest.mark.django_db
def test_the_second_of_two_material_editions_to_come_leaves_two_weeks_after_the_first(
    tmp_path: Path,
) -> None:
    longer_still = ('kept       = "400 days"', 'kept       = "20 months"')
    publish(draft(tmp_path, FIRST))
    publish(draft(tmp_path, date(2026, 11, 20), LONGER))
    haste = draft(tmp_path, date(2026, 12, 3), longer_still)

    told = refusal(haste)

    assert "14 days before, once that of 2026-11-20 has come. Write date = 2026-12-04" in told
    haste.unlink()
    publish(draft(tmp_path, date(2026, 12, 4), longer_still))


@pytest.mark.django_db
def test_an_edition_that_calls_itself_material_is_told_of_too(tmp_path: Path) -> None:
    publish(draft(tmp_path, FIRST))
    path = draft(
        tmp_path, date(2026, 11, 3), ('form = "accept"', 'form = "accept"\nmaterial = true')
    )

    assert "too soon" in refusal(path)


@pytest.mark.django_db
def test_an_edition_that_permits_no_more_may_take_effect_tomorrow(tmp_path: Path) -> None:
    publish(draft(tmp_path, FIRST))

    publish(draft(tmp_path, date(2026, 11, 2), BETTER, NOT_MATERIAL))

    assert len(Shelf.open(tmp_path, UTC_ZONE).editions) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed",
    [
        ("this site does not act on it", "this site acts on it"),
        ("We sell no personal data", "We sell some personal data"),
        ("Privacy policy of", "The policy of"),
        ("at which minute and for how long", "at which second and for how long"),
    ],
)
def test_an_edition_with_other_sentences_says_whether_people_are_told_before(
    tmp_path: Path, changed: tuple[str, str]
) -> None:
    publish(draft(tmp_path, FIRST))
    silent = draft(tmp_path, date(2026, 11, 2), changed)

    assert "write material = true at its top, or material = false" in refusal(silent)

    publish(draft(tmp_path, date(2026, 11, 2), changed, NOT_MATERIAL))
    assert len(Shelf.open(tmp_path, UTC_ZONE).editions) == 2


@pytest.mark.django_db
def test_a_changed_old_edition_is_refused(tmp_path: Path) -> None:
    first = draft(tmp_path, FIRST)
    publish(first)
    first.write_text(first.read_text(encoding="utf-8") + "\n# a word more\n", encoding="utf-8")

    with pytest.raises(EditionChanged, match="write changes as a new edition with a later date"):
        publish(draft(tmp_path, date(2026, 12, 1)))


@pytest.mark.django_db
def test_an_edition_is_published_once(tmp_path: Path) -> None:
    path = draft(tmp_path, FIRST)
    publish(path)

    with pytest.raises(AlreadyPublished, match="Write a later date"):
        publish(path)

    assert Entry.objects.filter(kind="edition.published").count() == 1


@pytest.mark.django_db
def test_a_backdated_edition_is_refused(tmp_path: Path) -> None:
    told = refusal(draft(tmp_path, date(2026, 10, 31)))

    assert told == (
        "2026-10-31 is past. An edition takes effect today at the earliest: 2026-11-01."
    )


@pytest.mark.django_db
def test_today_is_the_day_where_the_provider_is(tmp_path: Path) -> None:
    evening = datetime(2026, 12, 2, 4, 59, tzinfo=UTC)  # 23:59 of the first in New York
    path = draft(tmp_path, date(2026, 12, 1))

    told = refusal(path, evening + timedelta(minutes=1), NEW_YORK)

    assert told == (
        "2026-12-01 is past. An edition takes effect today at the earliest: 2026-12-02."
    )
    publish(path, evening, NEW_YORK)


@pytest.mark.django_db
def test_the_two_weeks_end_at_midnight_where_the_provider_is(tmp_path: Path) -> None:
    publish(draft(tmp_path, FIRST))
    path = draft(tmp_path, date(2026, 12, 16), LONGER)
    midnight = datetime(2026, 12, 2, 5, tzinfo=UTC)  # 0:00 in New York

    told = refusal(path, midnight + timedelta(seconds=1), NEW_YORK)

    assert "Write date = 2026-12-17 or a later day" in told
    publish(path, midnight, NEW_YORK)


@pytest.mark.django_db
def test_an_edition_before_the_last_one_is_refused(tmp_path: Path) -> None:
    publish(draft(tmp_path, date(2026, 12, 1)))

    assert "2026-11-20 is not after the last edition, 2026-12-01." in refusal(
        draft(tmp_path, date(2026, 11, 20))
    )


@pytest.mark.django_db
def test_a_file_that_is_not_named_after_its_first_day_is_refused(tmp_path: Path) -> None:
    path = draft(tmp_path, FIRST).rename(tmp_path / "policy.toml")

    assert f"The file must be {tmp_path / '2026-11-01.toml'}" in refusal(path)


@pytest.mark.django_db
def test_an_edition_that_fails_the_check_is_refused_with_what_is_wanting(tmp_path: Path) -> None:
    path = draft(tmp_path, FIRST)
    head, *clauses = path.read_text(encoding="utf-8").split("[[clause]]")
    kept = (each for each in clauses if '"visits.count"' not in each)
    path.write_text("[[clause]]".join([head, *kept]), encoding="utf-8")

    with pytest.raises(EditionRefused) as refused:
        publish(path)

    assert refused.value.findings
    assert str(refused.value.findings[0]) in str(refused.value)


@pytest.mark.django_db
def test_an_edition_with_placeholders_is_refused(tmp_path: Path) -> None:
    path = draft(tmp_path, FIRST, ("This policy covers this web site", "{brand_name} covers this"))

    told = refusal(path)

    assert "summary: {brand_name} is still a placeholder." in told
    assert f"run `clearline init {tmp_path.parent}`" in told


@pytest.mark.django_db
def test_a_file_that_is_missing_too_long_or_no_edition_is_refused(tmp_path: Path) -> None:
    long, broken = tmp_path / "2026-11-02.toml", tmp_path / "2026-11-03.toml"
    long.write_bytes(b"#" * (BYTES_MAX + 1))
    broken.write_bytes(b"date = \xff")

    assert "cannot be read: No such file" in refusal(tmp_path / "2026-11-01.toml")
    assert "is longer than 400000 bytes" in refusal(long)
    with pytest.raises(EditionBroken):
        publish(broken)
    assert not Entry.objects.exists()


def test_a_crash_at_any_step_is_made_good_by_publishing_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Kill the command where it opens or renames a file of the policy: at the first, the second…

    After each crash a list that names the edition has its entry in the ledger; in the end there is
    one of each.
    """
    instance = tmp_path_factory.mktemp("instance")
    today = datetime.now(UTC).date()
    make_instance(instance, form="accept", effective=today, names=NAMES)
    policy, crashes = instance / "policy", 0
    path = policy / f"{today}.toml"

    for step in range(1, STEPS_MAX):
        ended = run_until(step, instance, "policy", "publish", str(path))
        assert len(listed(policy)) <= entries(instance) <= 1
        if ended != 9:
            break
        crashes += 1

    assert crashes >= 5
    assert [each["date"] for each in listed(policy)] == [str(today)]
    assert entries(instance) == 1
    assert [each.date for each in Shelf.open(policy, UTC_ZONE).editions] == [today]


def test_two_that_publish_at_the_same_moment_both_stand_in_the_list(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    instance = tmp_path_factory.mktemp("instance")
    today = datetime.now(UTC).date()
    make_instance(instance, form="accept", effective=today, names=NAMES)
    policy = instance / "policy"
    text = (policy / f"{today}.toml").read_text(encoding="utf-8")
    later = today + timedelta(days=30)
    (policy / f"{later}.toml").write_text(
        text.replace(f"date = {today}", f"date = {later}"), encoding="utf-8"
    )
    first = publisher([sys.executable, "-c", PAUSED_AT_THE_LIST], instance, today)
    assert first.stdout is not None
    assert first.stdout.readline() == b"paused\n"

    second = publisher([sys.executable, "-m", "clearline.config.cli"], instance, later)
    wait_until(
        lambda: waits_for_a_lock(second.pid) or second.poll() is not None,
        seconds=60,
        what="the second waits for the first",
    )
    first.communicate(b"\n", timeout=60)
    second.communicate(timeout=60)

    assert (first.returncode, second.returncode) == (0, 0)
    assert [each["date"] for each in listed(policy)] == [str(today), str(later)]


def publisher(program: list[str], instance: Path, day: date) -> "subprocess.Popen[bytes]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEARLINE_")}
    return subprocess.Popen(
        [*program, "policy", "publish", f"{instance}/policy/{day}.toml", "--dir", str(instance)],
        env=kept,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def waits_for_a_lock(pid: int) -> bool:
    lines = Path("/proc/locks").read_text(encoding="utf-8").splitlines()
    return any("->" in line and str(pid) in line.split() for line in lines)


def run_until(step: int, instance: Path, *words: str) -> int:
    """Run a command and kill it at a step; return how it ended."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEARLINE_")}
    command = (sys.executable, "-c", CRASH_AT, str(step), str(instance / "policy"))
    return subprocess.run(
        [*command, "--dir", str(instance), *words], env=kept, check=False, capture_output=True
    ).returncode


def listed(policy: Path) -> list[dict[str, str]]:
    path = policy / "published.json"
    found: list[dict[str, str]] = json.loads(path.read_bytes()) if path.exists() else []
    return found


def entries(instance: Path) -> int:
    with sqlite3.connect(instance / "data" / "clearline.sqlite3") as database:
        (count,) = database.execute(
            f"SELECT count(*) FROM {Entry._meta.db_table} WHERE kind = 'edition.published'"  # noqa: SLF001  # a name of our own
        ).fetchone()
    return int(count)
