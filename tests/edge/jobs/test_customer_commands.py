"""`clearline customers import`: what it tells, what it leaves beside, and going on after a kill."""

import csv
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, LiteralString

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from pytest_django import Settings

from clearline.config import cli
from clearline.config.init_command import make_instance
from clearline.policy.retention import Retention
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import actions as accounts
from clearline.service.accounts import inviting, queries
from clearline.service.accounts.actions import AlreadyClosed, AlreadyOpen, NoSuchCustomer
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.age_correction import correct_age
from clearline.service.accounts.closing_proof import find_address
from clearline.service.accounts.customer_file import FileWrong
from clearline.service.accounts.models import Account
from clearline.service.accounts.taken_back import SeveralAccounts
from clearline.service.mail.models import Letter
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.ledger.queries import fields_of
from tests.instance import NAMES, publish

HEAD: Final = "Full name,E-mail,Account number,Balance,Phone\n"
INVITED: Final = 2_000
KILLS: Final = 3
FIRST_DAY: Final = date(2026, 1, 1)


def run(*arguments: str) -> int:
    return run_verb("import", *arguments)


def run_verb(*arguments: str) -> int:
    args = cli.make_parser().parse_args(["customers", *arguments])
    return cli.do_of(args)(args)


@pytest.fixture
def post(settings: Settings) -> None:
    url = SecretStr("smtp://localhost:2525")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": url})


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text(
        HEAD + "Zoe,zoe@m.example,1,,\n=cmd(),yan@m.example,,,\nZoe,zoe@m.example,1,,\n", "utf-8"
    )
    return path


@pytest.mark.django_db
def test_who_can_comes_in_and_all_others_stand_in_a_list_beside(
    listed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(str(listed))

    said = capsys.readouterr().out
    assert code == 1
    assert Account.objects.count() == 1
    assert "1 customers came in; 0 were here already" in said
    assert "yes" not in said
    assert "line 3: account_number:" in said
    rejects = listed.with_name("customers.csv.rejects.csv")
    with rejects.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["row", "reason", "Full name", "E-mail", "Account number", "Balance", "Phone"]
    assert [(row[0], row[2]) for row in rows] == [("3", "'=cmd()"), ("4", "Zoe")]


@pytest.fixture
def dated(tmp_path: Path) -> Path:
    """A list whose four yeses are of 2021 and of no day, beside a no."""
    path = tmp_path / "dated.csv"
    path.write_text(
        "name,email,account,choices,proof,choices_date\n"
        "Zoe,zoe@m.example,1,ads=yes;content=yes;measurement=yes,letter,2021-03-01\n"
        "Yan,yan@m.example,2,ads=yes;content=no,letter,\n",
        "utf-8",
    )
    return path


@pytest.mark.django_db
@pytest.mark.parametrize("trial", [[], ["--dry-run"]])
def test_how_many_yeses_are_left_out_is_told_with_why(
    dated: Path, trial: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(dated), *trial) == 0

    said = capsys.readouterr().out
    verb = "would not come in" if trial else "did not come in"
    assert f"3 yeses {verb}: older than the 400 days that a yes lasts.\n" in said
    assert f"1 yes {verb}: without a choices_date, or of a day to come.\n" in said


@pytest.mark.django_db
def test_the_yeses_that_are_left_out_are_told_to_machines(
    dated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(str(dated), "--json")

    told = json.loads(capsys.readouterr().out)
    assert told["yeses_left_out"] == {"undated": 1, "old": 3}


@pytest.mark.django_db
def test_rows_mended_in_the_list_beside_come_in_by_it(listed: Path) -> None:
    run(str(listed))
    rejects = listed.with_name("customers.csv.rejects.csv")
    mended = rejects.read_text("utf-8").splitlines()[:2]
    rejects.write_text("\n".join(mended).replace("yan@m.example,", "yan@m.example,2"), "utf-8")

    assert run(str(rejects)) == 0

    assert Account.objects.count() == 2


@pytest.mark.django_db
def test_a_dry_run_says_the_same_and_writes_none(
    listed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(str(listed), "--dry-run", "--json", "--mapping", "name=Full name")

    told = json.loads(capsys.readouterr().out)
    assert code == 1
    assert (told["dry_run"], told["imported"], told["rejected"]) == (True, 1, 2)
    assert told["columns"]["name"] == "Full name"
    assert not Account.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"Wer,email,account\n", "Name one: `--mapping name=COLUMN`"),
        ("Käufer,email,account\n".encode("latin-1"), "say `--encoding latin-1`"),
    ],
)
def test_a_list_that_cannot_be_read_is_told_with_the_words_by_which_it_can(
    tmp_path: Path, content: bytes, advice: str
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)

    with pytest.raises(FileWrong, match=advice):
        run(str(path))


@pytest.mark.django_db
def test_a_list_without_faults_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "good.csv"
    path.write_text(HEAD + "Zoe,zoe@m.example,1,,\n", "utf-8")

    assert run(str(path)) == 0
    assert run(str(path)) == 0

    assert sorted(each.name for each in tmp_path.glob("good*")) == ["good.csv"]
    assert Account.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("post")
def test_who_came_in_is_invited_when_the_provider_says_so_each_once(
    listed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(str(listed))
    assert not Letter.objects.exists()

    assert run_verb("invite") == 0
    assert run_verb("invite", "--json") == 0

    said = capsys.readouterr().out.splitlines()
    assert "1 customers were invited; their letters wait in the outbox." in said
    assert json.loads(said[-1]) == {"invited": 0, "left_out": 0}
    assert Letter.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("post")
def test_a_list_may_be_brought_in_and_invited_at_once(listed: Path) -> None:
    run(str(listed), "--dry-run", "--invite")
    assert not Letter.objects.exists()

    run(str(listed), "--invite", "--per-minute", "60000")

    assert Letter.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("post")
def test_who_closed_their_account_is_told_as_left_out(
    listed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(str(listed))
    subject = SubjectId(Account.objects.get().owner)
    by = Actor(ActorKind.SUBJECT, subject)
    accounts.close_account(by=by, subject=subject, now=datetime.now(UTC))

    run_verb("invite")

    assert "1 have no address that a letter can go to, or a closed" in capsys.readouterr().out


@pytest.mark.django_db
def test_who_should_not_be_here_is_closed_by_number(
    listed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(str(listed))
    subject = SubjectId(Account.objects.get().owner)

    assert run_verb("close", " 1") == 0

    closed_at = queries.find_closed_at(subject)
    assert closed_at is not None
    day = Retention.from_text("30 days").end(closed_at).date()
    assert capsys.readouterr().out.endswith(
        f"The account is closed; on {day} all that is held there is erased. From then on the proof "
        f"of that stands at {find_address(subject)} for the owner to keep.\n"
    )
    assert inviting.count_waiting() == 1
    with pytest.raises(AlreadyClosed):
        run_verb("close", "1")
    with pytest.raises(NoSuchCustomer):
        run_verb("close", "2")


@pytest.mark.django_db
@pytest.mark.parametrize("is_final", [False, True])
def test_who_was_reached_by_no_letter_is_opened_again_by_number_and_reads_by_whom(
    listed: Path,
    capsys: pytest.CaptureFixture[str],
    is_final: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    run(str(listed))
    subject, now = SubjectId(Account.objects.get().owner), datetime.now(UTC)
    if is_final:
        by = Actor(ActorKind.SUBJECT, subject)
        shown = accounts.AgreedTo(FIRST_DAY, "Your age: Under 13 [Correct it]")
        correct_age(by=by, subject=subject, age=AgeRange.UNDER_13, shown=shown, now=now)
    else:
        run_verb("close", "1")

    assert run_verb("reopen", " 1") == 0

    assert "is open again" in capsys.readouterr().out
    assert (queries.find_closed_at(subject), queries.is_closing_final(subject)) == (None, False)
    entry = Entry.objects.get(kind="account.reopened", subject=subject)
    assert fields_of(entry, sealer()) == {"by": "job:operator"}
    with pytest.raises(AlreadyOpen):
        run_verb("reopen", "1")
    with pytest.raises(NoSuchCustomer):
        run_verb("reopen", "2")


@pytest.mark.django_db
def test_all_accounts_of_an_owner_close_together_and_only_where_that_is_said(
    listed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(str(listed))
    subject = SubjectId(Account.objects.get().owner)
    accounts.add_account(subject, "Zoe & Daughters", datetime.now(UTC))

    for said in ([], ["--accounts", "3"]):
        with pytest.raises(SeveralAccounts, match="--accounts 2"):
            run_verb("close", "1", *said)
    before = queries.find_closed_at(subject)
    run_verb("close", "1", "--accounts", "2")
    closed_at = queries.find_closed_at(subject)
    run_verb("reopen", "1")

    assert before is None
    assert closed_at is not None
    told = capsys.readouterr().out
    assert "All 2 accounts of this owner are closed; on" in told
    assert "All 2 accounts of this owner are open again" in told
    assert queries.find_closed_at(subject) is None


@pytest.mark.parametrize("wrong", ["0", "-1", "many", "1000000"])
def test_a_rate_that_is_none_is_a_wrong_usage(wrong: str) -> None:
    with pytest.raises(SystemExit) as ended:
        run_verb("invite", "--per-minute", wrong)
    assert ended.value.code == 2


def test_a_mapping_that_says_nothing_is_a_wrong_usage(listed: Path) -> None:
    for wrong in ("name", "colour=Farbe", "name="):
        with pytest.raises(SystemExit) as ended:
            run(str(listed), "--mapping", wrong)
        assert ended.value.code == 2


@contextmanager
def database_of_its_own() -> Iterator[dict[str, str]]:
    """Yield what names an empty database: PostgreSQL's where the tests have one, else none."""
    url = os.environ.get("CLEARLINE_DATABASE_URL", "")
    if not url:
        yield {}
        return
    name = f"killed_{random.randrange(10**9)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield {"CLEARLINE_DATABASE_URL": f"{url.rpartition('/')[0]}/{name}"}
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        connection.execute(drop)


def counted_in(instance: Path, url: str, asked: LiteralString) -> tuple[int, ...]:
    """Return the one row that a question to an instance's database is answered by."""
    if url:
        with psycopg.connect(url) as connection:
            row = connection.execute(asked).fetchone()
    else:
        with closing(sqlite3.connect(instance / "data" / "clearline.sqlite3", timeout=30)) as file:
            row = file.execute(asked).fetchone()
    assert row is not None
    return tuple(row)


def last_row(instance: Path, url: str, table: LiteralString) -> int:
    """Return the number of a table's newest row; 0 before the first command made the table."""
    with suppress(sqlite3.OperationalError, psycopg.errors.UndefinedTable):
        return counted_in(instance, url, "SELECT coalesce(max(id), 0) FROM " + table)[0]
    return 0


def kill_once_it_wrote(
    rows: int,
    command: Sequence[str],
    environment: Mapping[str, str],
    instance: Path,
    table: LiteralString,
) -> None:
    """Kill a command after it wrote some rows and before it is done."""
    url = environment.get("CLEARLINE_DATABASE_URL", "")
    until = last_row(instance, url, table) + rows
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and last_row(instance, url, table) < until:
            time.sleep(0.02)
        time.sleep(random.uniform(0.0, 0.1))
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL, "it was over before it could be killed"


@pytest.mark.parametrize(
    "people",
    [
        pytest.param(10_000, marks=pytest.mark.timeout(300)),
        pytest.param(1_000_000, marks=[pytest.mark.soak, pytest.mark.timeout(7_200)]),
    ],
)
def test_killed_again_and_again_each_customer_comes_in_once(tmp_path: Path, people: int) -> None:
    instance, path = tmp_path / "instance", tmp_path / "customers.csv"
    make_instance(instance, form="accept", effective=FIRST_DAY, names=NAMES)
    publish(instance / "policy", FIRST_DAY)
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for number in range(people):
            file.write(f"P{number},p{number}@m.example,N{number},{number},+1207{number:07d}\n")
    command = [sys.executable, "-m", "clearline.config.cli", "customers", "import", str(path)]
    command += ["--dir", str(instance), "--json"]
    with database_of_its_own() as database:
        environment = {**os.environ, **database}
        for _ in range(KILLS):
            kill_once_it_wrote(
                people // (2 * KILLS), command, environment, instance, "accounts_account"
            )

        last = subprocess.run(command, env=environment, check=True, capture_output=True)
        again = subprocess.run(command, env=environment, check=True, capture_output=True)

    told, same = json.loads(last.stdout), json.loads(again.stdout)
    assert told["imported"] + told["here_already"] == people
    assert (told["rejected"], told["here_already"] % 1_000) == (0, 0)
    assert (same["imported"], same["here_already"], same["rejected"]) == (0, people, 0)


@pytest.mark.timeout(300)
def test_killed_again_and_again_each_customer_is_invited_once(tmp_path: Path) -> None:
    instance, path = tmp_path / "instance", tmp_path / "customers.csv"
    make_instance(instance, form="accept", effective=FIRST_DAY, names=NAMES)
    publish(instance / "policy", FIRST_DAY)
    rows = (f"P{number},p{number}@m.example,N{number},," for number in range(INVITED))
    path.write_text("\n".join([HEAD.strip(), *rows]), "utf-8")
    command = [sys.executable, "-m", "clearline.config.cli", "customers"]
    where = ["--dir", str(instance), "--json"]
    with database_of_its_own() as database:
        mail = {"CLEARLINE_MAIL_URL": "smtp://localhost:2525"}
        environment = {**os.environ, **database, **mail}
        first = [*command, "import", str(path), *where]
        subprocess.run(first, env=environment, check=True, capture_output=True)
        invite = [*command, "invite", *where, "--per-minute", "999999"]
        for _ in range(KILLS):
            kill_once_it_wrote(INVITED // (2 * KILLS), invite, environment, instance, "mail_letter")

        last = subprocess.run(invite, env=environment, check=True, capture_output=True)
        again = subprocess.run(invite, env=environment, check=True, capture_output=True)
        counted = counted_in(
            instance,
            database.get("CLEARLINE_DATABASE_URL", ""),
            "SELECT count(*), count(DISTINCT subject) FROM mail_letter",
        )

    assert json.loads(last.stdout)["left_out"] == 0
    assert json.loads(again.stdout) == {"invited": 0, "left_out": 0}
    assert counted == (INVITED, INVITED)
