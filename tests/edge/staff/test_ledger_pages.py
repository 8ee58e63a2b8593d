"""An entry of the ledger is told in words, each kind and each field of it."""

import dataclasses
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from clearline.edge.staff.entry_words import SENTENCES, facts_of, words_of
from clearline.policy.vocabulary import ChoiceMethod, ChoiceSurface
from clearline.reach.visitors.export import Format
from clearline.rights.ledger_words.values import NAMES, VALUES
from clearline.rights.my_data.actions import FileForm
from clearline.service.teams.actions import AccessChange
from clearline.trust.gate.decide import Reason
from clearline.trust.ledger import queries
from clearline.trust.ledger.entries.kinds import KINDS
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards.roles import Role
from tests.browser_client import make_staff, signed_in
from tests.edge.site.published import published
from tests.trust.ledger.conftest import policy_log as log
from tests.trust.ledger.log import Log, sign_log

__all__ = ["log"]

FIRST = date(2026, 1, 1)
AT = datetime(2026, 12, 1, 3, 30, 15, 123456, tzinfo=UTC)


def test_every_kind_has_a_sentence_and_every_field_a_name() -> None:
    fields = {field.name for kind in KINDS.values() for field in dataclasses.fields(kind)}

    assert SENTENCES.keys() == KINDS.keys()
    assert NAMES.keys() == fields | {"clause", "edition"}
    assert {
        name for text in SENTENCES.values() for name in re.findall(r"{(\w+)}", str(text))
    } <= fields


def test_every_value_of_a_closed_set_has_words() -> None:
    assert VALUES["method"].keys() == set(ChoiceMethod)
    assert VALUES["change"].keys() >= set(AccessChange)
    assert VALUES["surface"].keys() == set(ChoiceSurface)
    assert VALUES["reason"].keys() == set(Reason) - {Reason.PERMITTED}
    assert VALUES["format"].keys() == set(Format) | set(FileForm)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        ("clause.2026-10-03 visits.measure=1200", "1,200 under 2026-10-03 visits.measure"),
        ("dropped.bot=5", "5 left out: programs, not people"),
        ("dropped.of_a_new_kind=5", "5 left out: of a new kind"),
        ("recognised=7", "7 of people recognised"),
        ("replayed=0", "0 sent again, counted once"),
    ],
)
def test_each_count_of_a_batch_is_told_in_words(count: str, words: str) -> None:
    assert words_of("counts", [count]) == words


@pytest.mark.django_db
def test_an_entry_reads_as_a_sentence_with_its_clause_and_no_word_of_the_program(log: Log) -> None:
    log.append(6)
    olu = signed_in("olu", Role.ADMINISTRATOR)
    sign_log(now=AT)

    for each in queries.list_entries():
        page = olu.get(f"/staff/ledger/{each.id}/").content.decode()
        main = page.partition("<main")[2].partition("</main>")[0]
        assert "{" not in main
        assert "[&#x27;" not in main
        assert "is_active" not in main
        if each.kind == "choice.recorded":
            assert "<h1>A visitor chose what may be done with their data.</h1>" in main
            assert '<a href="/privacy/#choices.keep">choices.keep</a>' in main
            assert "<dd>Recognise this browser when counting visits</dd>" in main
        assert " UTC</time>" in main
        assert 'href="/privacy/receipts/"' in main


@pytest.mark.django_db
def test_a_page_for_administrators_tells_a_marketer_so_and_leads_to_today() -> None:
    dana = signed_in("dana", Role.MARKETER)

    ledger_page = dana.get("/staff/ledger/")
    answer = dana.get("/staff/people/")

    text = answer.content.decode()
    assert answer.status_code == ledger_page.status_code == 403
    assert "security officer, auditor, administrator." in ledger_page.content.decode()
    assert "Only administrators may open this." in text
    assert 'class="button" href="/staff/"' in text
    assert "signed in." not in text


def fail_at_the_ledger(execute: Callable[..., object], sql: str, *rest: object) -> object:
    """Stand in for a database that takes no more entries."""
    if "INSERT INTO ledger_entry" in sql:
        raise OperationalError
    return execute(sql, *rest)


@pytest.mark.django_db
def test_a_page_stays_shut_when_the_refusal_cannot_be_written_down() -> None:
    dana = signed_in("dana", Role.MARKETER)

    with connection.execute_wrapper(fail_at_the_ledger):
        refused = dana.get("/staff/people/")

    assert refused.status_code == 403
    assert not queries.list_entries(kind="staff.refused")


@pytest.mark.django_db
@pytest.mark.usefixtures("own_log")
def test_a_page_that_was_refused_stands_in_the_ledger_with_whom_it_was_refused() -> None:
    dana, olu = signed_in("dana", Role.MARKETER), signed_in("olu", Role.ADMINISTRATOR)

    dana.get("/staff/people/")
    sign_log(now=AT)

    (entry,) = queries.list_entries(kind="staff.refused")
    page = olu.get(f"/staff/ledger/{entry.id}/").content.decode()
    assert "<h1>Someone of the staff was refused: the page People.</h1>" in page
    assert "<dt>Whose access</dt>" in page
    assert '<a href="/privacy/#staff.acts">staff.acts</a>' in page


@pytest.mark.django_db
def test_a_page_stays_shut_where_the_policy_cannot_be_relied_on(tmp_path: Path) -> None:
    dana = signed_in("dana", Role.MARKETER)

    with published(tmp_path, (FIRST, ())):
        (tmp_path / "policy" / f"{FIRST}.toml").write_text("changed")
        answer = dana.get("/staff/ledger/")

    assert answer.status_code == 403
    assert not queries.list_entries(kind="staff.refused")


@pytest.mark.django_db
def test_one_of_the_staff_is_shown_by_number_day_and_state() -> None:
    olu = signed_in("olu", Role.ADMINISTRATOR)
    number = make_staff("dana", Role.MARKETER)

    text = olu.get(f"/staff/people/{number}/").content.decode()

    assert f"<dt>Staff number</dt><dd><code>{number}</code></dd>" in text
    assert "> closed</label>" in text


@pytest.mark.django_db
def test_the_answer_of_a_choice_stands_in_its_row(log: Log) -> None:
    log.append(1)

    page = signed_in("olu", Role.ADMINISTRATOR).get("/staff/ledger/").content.decode()

    (row,) = re.findall(r"<td>A visitor&#x27;s choice <small>(.*?)</small>", page)
    assert row.startswith("yes to “Recognise this browser when counting visits”; no to “")


@pytest.mark.django_db
def test_a_choice_whose_words_are_damaged_stands_in_its_row_without_them(log: Log) -> None:
    log.append(1)
    Entry.objects.update(body_sealed=b"x" * 40)

    page = signed_in("olu", Role.ADMINISTRATOR).get("/staff/ledger/").content.decode()

    assert "<td>A visitor&#x27;s choice</td>" in page


@pytest.mark.django_db
def test_the_number_of_an_entry_leads_to_it_and_a_wrong_one_is_said_to_be_none(log: Log) -> None:
    (number,) = log.append(1)
    olu = signed_in("olu", Role.ADMINISTRATOR)

    found = olu.get("/staff/ledger/", {"id": f" {number.upper()} "})
    missing = [olu.get("/staff/ledger/", {"id": each}) for each in ("0" * 32, "x", "'; --")]

    assert found["Location"] == f"/staff/ledger/{number}/"
    assert all("There is no entry with this number." in each.content.decode() for each in missing)


@pytest.mark.django_db
def test_entries_are_listed_by_the_day_of_the_provider(log: Log) -> None:
    """The 30th of November in Maine ends at five in the morning of UTC's first of December."""
    log.append(1, now=AT)
    log.append(1, now=AT + timedelta(hours=2))
    olu = signed_in("olu", Role.ADMINISTRATOR)

    rows = [
        olu.get("/staff/ledger/", {"kind": "choice.recorded", "day": day}).context["entries"]
        for day in ("2026-11-29", "2026-11-30", "2026-12-01", "not-a-day", "9999-12-31")
    ]
    assert [len(each) for each in rows] == [0, 1, 1, 2, 2]


@pytest.mark.django_db
def test_older_entries_of_a_day_are_of_that_day_too(log: Log) -> None:
    log.append(60, now=AT)
    log.append(1, now=AT - timedelta(days=1))
    olu = signed_in("olu", Role.ADMINISTRATOR)

    page = olu.get("/staff/ledger/", {"day": "2026-11-30"})
    (older,) = re.findall(
        r'<a href="(\?day=2026-11-30&amp;before=\d+)">Older', page.content.decode()
    )
    rest = olu.get("/staff/ledger/" + older.replace("&amp;", "&"))

    assert len(page.context["entries"]) == 50
    assert len(rest.context["entries"]) == 10


@pytest.mark.django_db
def test_the_facts_of_a_choice_come_in_the_order_in_which_people_ask(log: Log) -> None:
    (number,) = log.append(1)
    sign_log(now=AT)

    page = signed_in("olu", Role.ADMINISTRATOR).get(f"/staff/ledger/{number}/").content.decode()

    assert re.findall(r"<dt>(.*?)</dt>", page.partition("Its proof")[0]) == [
        *("Yes to", "No to", "Answered by the browser&#x27;s signal"),
        *("Where it was asked", "How", "The words they saw", "Clause", "Edition of the policy"),
    ]


@pytest.mark.parametrize(
    ("by", "who"),
    [
        ("subject:a1", "the person themselves"),
        ("subject:b2", "another who acts in the account"),
        ("job:taken_back", "who holds the address that was told of the change"),
        ("job:factor_waits", "the program's own work: factor_waits"),
    ],
)
def test_who_did_it_is_the_person_themselves_only_where_it_was(by: str, who: str) -> None:
    body = {
        "kind": "team.changed",
        "subject": "a1",
        "fields": {"by": by},
        "clause": "account.acts",
        "edition": "2026-01-01",
    }

    (told, *_) = facts_of(body)

    assert told.words == who


@pytest.mark.django_db
def test_kinds_stand_by_the_alphabet_as_they_read_and_times_name_their_zone(log: Log) -> None:
    page = signed_in("olu", Role.ADMINISTRATOR).get("/staff/ledger/").content.decode()

    options = re.findall(r"<option[^>]*>([^<]+)</option>", page)
    assert len(options) == 1 + len(KINDS)
    assert options[1:] == sorted(options[1:])
    assert page.count("Days and times are those of America/New_York.") == 1
