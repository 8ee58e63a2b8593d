"""CO-05: before an edition that lets us do more takes effect, each account gets one letter."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone

from clearline.config.init_command import make_instance
from clearline.policy.use import Actor, ActorKind
from clearline.rights.agreement.actions import publish_edition
from clearline.service.accounts import actions as accounts
from clearline.service.contacts.edition_letters import write_of_coming_edition
from clearline.service.contacts.models import EditionLetters
from clearline.service.mail.models import Letter
from clearline.service.mail.template import Template
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.vault.actions import erase_person
from tests.edge.site.published import BETTER, LONGER, ZONE, published
from tests.instance import FIRST_DAY, NAMES, publish
from tests.journeys.provider import wait_until
from tests.service.accounts.people import make_customer
from tests.service.contacts.contacts import letters
from tests.service.contacts.many import bring, bring_address
from tests.service.mail.letters import send
from tests.service.mail.post_office import Office

pytestmark = pytest.mark.django_db
NOW = timezone.now()
COMING = (NOW + timedelta(days=20)).date()


@pytest.fixture
def _coming(tmp_path: Path) -> Iterator[None]:
    """A material edition is published, twenty days before it takes effect."""
    with published(tmp_path, (FIRST_DAY, ()), (COMING, (LONGER,))):
        yield


def told() -> list[tuple[str, dict[str, str]]]:
    return letters(Template.EDITION_NOTICE, now=NOW)


@pytest.mark.usefixtures("_coming")
def test_everybody_with_an_account_is_written_to_once_and_that_is_noted() -> None:
    alice, bob = make_customer("alice"), make_customer("bob")
    bring(3)

    written = write_of_coming_edition(now=NOW)
    again = write_of_coming_edition(now=NOW)

    page = f"/privacy/editions/{FIRST_DAY}/{COMING}/"
    assert (written, again, len(told())) == (5, 0, 5)
    assert {filled["page"] for _, filled in told()} == {page}
    entries = Entry.objects.filter(kind="edition.told")
    assert {alice, bob} < {each.subject for each in entries}
    assert ledger.fields_of(entries[0], sealer()) == {"edition": COMING.isoformat()}


@pytest.mark.usefixtures("_coming")
def test_the_letter_says_when_where_to_read_it_and_that_nobody_has_to_agree(
    office: Office,
) -> None:
    make_customer()
    write_of_coming_edition(now=NOW)

    send(NOW)

    (letter,) = office.letters
    body = letter.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert f"{settings.ENV.url}/privacy/editions/{FIRST_DAY}/{COMING}/" in text
    assert "take your data with you and close the account" in text
    assert Entry.objects.filter(kind="mail.sent").count() == 1


@pytest.mark.usefixtures("_coming")
def test_who_opens_an_account_meanwhile_is_written_to_as_well() -> None:
    make_customer("alice")
    write_of_coming_edition(now=NOW)
    make_customer("bob")

    assert write_of_coming_edition(now=NOW) == 1


@pytest.mark.usefixtures("_coming")
def test_whose_account_is_closed_or_erased_is_not_written_to() -> None:
    alice, bob = make_customer("alice"), make_customer("bob")
    by = Actor(ActorKind.SUBJECT, alice)
    accounts.close_account(by=by, subject=alice, now=NOW)
    erase_person(bob, now=NOW)

    assert write_of_coming_edition(now=NOW) == 0


@pytest.mark.usefixtures("_coming")
def test_an_address_that_no_letter_can_go_to_holds_up_nobody() -> None:
    make_customer()
    bring_address("alice, bob@mail.example")

    assert write_of_coming_edition(now=NOW) == 1


def test_of_an_edition_that_lets_us_do_no_more_nobody_is_written_to(tmp_path: Path) -> None:
    make_customer()

    with published(tmp_path, (FIRST_DAY, ()), (COMING, (BETTER,))):
        written = write_of_coming_edition(now=NOW)

    assert (written, EditionLetters.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_coming")
def test_of_many_workers_at_once_each_account_gets_one_letter() -> None:
    bring(600)
    start = threading.Barrier(6)

    def write() -> None:
        try:
            start.wait()
            write_of_coming_edition(now=NOW)
        except OperationalError:
            pass  # SQLite may say that it is busy: the worker's next turn goes on
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    write_of_coming_edition(now=NOW)

    subjects = Letter.objects.values_list("subject", flat=True)
    assert (len(subjects), len(set(subjects))) == (600, 600)


PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from clearline.config.instance import open_instance, prepare_tables
open_instance(Path(sys.argv[1]))
prepare_tables(Path(sys.argv[1]))
from clearline.service.contacts.edition_letters import write_of_coming_edition
if sys.argv[2] == "bring":
    from tests.service.contacts.many import bring, bring_address
    bring(10_000, now=datetime.now(UTC))
else:
    while write_of_coming_edition(now=datetime.now(UTC)):
        pass
"""


def test_ten_thousand_accounts_get_one_letter_each_though_the_worker_is_killed(
    tmp_path: Path,
) -> None:
    instance = tmp_path / "instance"
    make_instance(instance, form="accept", effective=FIRST_DAY, names=NAMES)
    publish(instance / "policy", FIRST_DAY)
    environment = {name: text for name, text in os.environ.items() if "DATABASE" not in name}
    words = [sys.executable, "-c", PROGRAM, str(instance)]
    top = Path(__file__).parents[3]
    subprocess.run([*words, "bring"], env=environment, cwd=top, check=True)
    publish_longer(instance / "policy")
    counted = f"file:{instance / 'data' / 'clearline.sqlite3'}?mode=ro"

    def count(sql: str) -> int:
        with sqlite3.connect(counted, uri=True) as tables:
            return int(tables.execute(sql).fetchone()[0])

    def has(least: int) -> bool:
        return count("SELECT count(*) FROM mail_letter") >= least

    for stop_at in (1_000, 4_000, 8_000):
        worker = subprocess.Popen([*words, "write"], env=environment, cwd=top)
        wait_until(partial(has, stop_at), seconds=120, what=f"{stop_at} letters")
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    subprocess.run([*words, "write"], env=environment, cwd=top, check=True)

    told = "SELECT count({}) FROM {} WHERE {}"
    assert count(told.format("*", "mail_letter", "template = 'edition_notice'")) == 10_000
    assert count(told.format("DISTINCT subject", "mail_letter", "1")) == 10_000
    assert count(told.format("*", "ledger_entry", "kind = 'edition.told'")) == 10_000
    assert count(told.format("DISTINCT subject", "ledger_entry", "kind = 'edition.told'")) == 10_000


def publish_longer(policy: Path) -> None:
    """Publish an edition of twenty days ahead that keeps data longer."""
    text = (policy / f"{FIRST_DAY}.toml").read_text(encoding="utf-8")
    path = policy / f"{COMING}.toml"
    changed = text.replace(f"date = {FIRST_DAY}", f"date = {COMING}").replace(*LONGER)
    path.write_text(changed, encoding="utf-8")
    publish_edition(policy_dir=policy, zone=ZONE, source=path, now=datetime.now(UTC))
