"""Entries in SQL: sealed, once per source, countable, and unreadable when their time is over."""

import secrets
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from clearline.policy.choices import Choices
from clearline.policy.retention import Retention
from clearline.policy.vocabulary import SubjectId
from clearline.trust.envelope import SealBroken
from clearline.trust.ledger import actions, queries
from clearline.trust.ledger.body import EntryInvalid
from clearline.trust.ledger.entries.accounts import AccountErased
from clearline.trust.ledger.entries.uses import EventsLoaded
from clearline.trust.ledger.models import Entry
from clearline.trust.ledger.queries import LedgerDamaged, NoCheckpoint, NoSuchEntry, NotInTree
from clearline.trust.ledger.verify import verify_export
from tests.trust.ledger.log import KEPT, NOW, Footing, Log, later, make_choice

ALICE = SubjectId("a" * 32)
BATCH = EventsLoaded(batch="b1", rows=2, sha256="ab" * 32, counts=("dropped.bot=1",))


@pytest.mark.django_db
def test_a_receipt_says_what_was_appended_and_under_which_clause(log: Log) -> None:
    ref = actions.append(make_choice(), subject=None, permit=Footing(), now=NOW)
    actions.integrate(now=NOW)

    told = queries.receipt(ref.id)

    assert told["head"] == {
        "at": "2026-12-01T12:00:00.000000Z",
        "expires": "2029-12-01T12:00:00.000000Z",
        "id": ref.id,
        "kind": "choice.recorded",
    }
    assert told["body"] == {
        "clause": "choices.keep",
        "edition": "2026-12-01",
        "fields": {
            "before": "",
            "by_signal": ["sale_or_sharing"],
            "edition": "2026-12-01",
            "method": "form",
            "no": ["content", "own_email:0"],
            "surface": "choices",
            "text": "May we? [Accept]",
            "yes": ["measurement"],
        },
        "subject": "",
    }


@pytest.mark.django_db
def test_the_row_says_nothing_of_the_words(log: Log) -> None:
    actions.append(make_choice(), subject=None, permit=Footing(), now=NOW)

    row = Entry.objects.values().get()

    stored = b"\n".join(
        bytes(each) if isinstance(each, bytes | memoryview) else str(each).encode()
        for each in row.values()
    )
    for word in (b"measurement", b"own_email", b"May we", b"choices.keep"):
        assert word not in stored


@pytest.mark.django_db
def test_an_entry_goes_with_the_transaction_that_is_rolled_back(log: Log) -> None:
    with transaction.atomic():
        actions.append(make_choice(), subject=None, permit=Footing(), now=NOW)
        transaction.set_rollback(True)

    assert Entry.objects.count() == 0


@pytest.mark.django_db
def test_a_source_is_entered_once(log: Log) -> None:
    first = actions.append(BATCH, subject=None, permit=None, now=NOW, source_key="b1")

    again = actions.append(BATCH, subject=None, permit=None, now=later(days=1), source_key="b1")
    (in_list, other) = actions.append_many(
        [(BATCH, None), (BATCH, None)], permit=None, now=NOW, source_keys=["b1", "b2"]
    )

    assert first == again == in_list != other
    assert Entry.objects.count() == 2


@pytest.mark.django_db
def test_a_source_twice_in_one_list_is_entered_once(log: Log) -> None:
    refs = actions.append_many(
        [(BATCH, None), (BATCH, None)], permit=None, now=NOW, source_keys=["b1", "b1"]
    )

    assert refs[0] == refs[1]
    assert Entry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_source_entered_by_many_at_once_is_entered_once(log: Log) -> None:
    ids: list[str] = []
    together = threading.Barrier(6)

    def write() -> None:
        together.wait()
        ref = actions.append(BATCH, subject=None, permit=None, now=NOW, source_key="b1")
        ids.append(ref.id)
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ids) == 6
    assert len(set(ids)) == Entry.objects.count() == 1


@pytest.mark.django_db
def test_entries_are_listed_newest_first_page_by_page(log: Log) -> None:
    ids = log.append(7)

    first = queries.list_entries(limit=4)
    second = queries.list_entries(limit=4, before=first[-1].number)
    choices = queries.list_entries(kind="choice.recorded")

    assert [each.id for each in first + second] == ids[::-1]
    assert [each.id for each in choices] == ids[::-3]
    assert first[0].position is None
    assert first[0].is_readable
    assert first[0].at == NOW


@pytest.mark.django_db
def test_entries_are_listed_of_a_span_of_time_and_of_one_kind_in_it(log: Log) -> None:
    log.append(3)
    tomorrow = log.append(3, now=later(days=1))
    log.append(3, now=later(days=2))

    within = (later(days=1), later(days=2))
    all_kinds = queries.list_entries(within=within)
    choices = queries.list_entries(within=within, kind="choice.recorded")

    assert [each.id for each in all_kinds] == tomorrow[::-1]
    assert [each.id for each in choices] == tomorrow[:1]


@pytest.mark.django_db
def test_an_entry_that_is_not_there_is_told_so(log: Log) -> None:
    ref = actions.append(make_choice(), subject=None, permit=Footing(), now=NOW)

    for entry_id in ("", "0" * 32, ref.id.upper() + " ", "\x00", "x" * 10_000):
        with pytest.raises(NoSuchEntry):
            queries.receipt(entry_id)
    with pytest.raises(NotInTree):
        queries.receipt(ref.id)


@pytest.mark.django_db
def test_expiry_destroys_the_words_and_keeps_the_proof(log: Log) -> None:
    ids = log.append(6)
    actions.integrate(now=NOW)
    before = queries.receipt(ids[0])
    old = log.export("old")

    three_years_later = datetime(2029, 12, 1, 12, 0, tzinfo=UTC)
    assert actions.expire_bodies(now=three_years_later - timedelta(days=1)) == 0
    assert actions.expire_bodies(now=three_years_later) == 6
    assert actions.expire_bodies(now=three_years_later) == 0

    row = Entry.objects.get(public_id=ids[0])
    assert (row.key_wrapped, bytes(row.body_sealed), row.subject) == (None, b"", None)
    after = queries.receipt(ids[0])
    assert "body" not in after
    assert "salt" not in after
    assert after["proof"] == before["proof"]
    assert after["checkpoint"] == before["checkpoint"]
    verified = verify_export(log.export(), queries.vkey(), now=three_years_later)
    assert (verified.readable, verified.expired) == (0, 6)
    assert verify_export(old, queries.vkey(), now=NOW).root == verified.root


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["words_hash", "commitment"])
def test_expiry_leaves_the_words_that_alone_can_mend_their_entry(
    log: Log, column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = log.append(6)
    actions.integrate(now=NOW)
    changed = Entry.objects.filter(public_id__in=[ids[0], ids[3]])
    signed = {row.pk: getattr(row, column) for row in changed}
    changed.update(**{column: b"x" * 32})
    monkeypatch.setattr(actions, "EXPIRE_AT_ONCE", 2)
    due = KEPT.end(NOW)

    assert actions.expire_bodies(now=due) == 4

    assert changed.filter(key_wrapped__isnull=False).count() == 2
    for number, before in signed.items():  # the database of a backup is restored
        Entry.objects.filter(pk=number).update(**{column: before})
    assert actions.expire_bodies(now=due) == 2
    assert verify_export(log.export(), queries.vkey(), now=due).expired == 6


@pytest.mark.django_db
def test_an_entry_whose_commitment_was_changed_gives_no_receipt(log: Log) -> None:
    (entry_id,) = log.append(1)
    actions.integrate(now=NOW)
    Entry.objects.update(commitment=b"x" * 32)

    with pytest.raises(LedgerDamaged):
        queries.receipt(entry_id)


@pytest.mark.django_db
def test_words_that_nothing_opens_go_when_their_time_is_over(log: Log) -> None:
    log.append(2)
    actions.integrate(now=NOW)
    Entry.objects.filter(position=1).update(body_sealed=b"x" * 60)
    due = KEPT.end(NOW)

    assert actions.expire_bodies(now=due) == 2

    assert verify_export(log.export(), queries.vkey(), now=due).expired == 2


@pytest.mark.django_db
def test_expiry_leaves_no_mark_of_what_an_entry_was_written_for(log: Log) -> None:
    ref = actions.append(BATCH, subject=None, permit=None, now=NOW, source_key="choice.unkept:ab")

    actions.expire_bodies(now=datetime(2029, 12, 1, 12, 0, tzinfo=UTC))

    assert Entry.objects.get(public_id=ref.id).source_key is None


@pytest.mark.django_db
def test_a_body_moved_to_another_entry_is_not_opened(log: Log) -> None:
    ids = log.append(2)
    actions.integrate(now=NOW)
    other = Entry.objects.get(public_id=ids[1])
    Entry.objects.filter(public_id=ids[0]).update(
        body_sealed=other.body_sealed, key_wrapped=other.key_wrapped
    )

    with pytest.raises(SealBroken):
        queries.receipt(ids[0])


@pytest.mark.django_db
def test_an_entry_whose_words_were_sealed_anew_gives_no_receipt(log: Log) -> None:
    (first,) = log.append(1)
    actions.integrate(now=NOW)
    row = Entry.objects.get()
    forged = actions.Writing.start(Footing(), NOW).to_row(make_choice(5), SubjectId("s"))
    Entry.objects.update(
        public_id=forged.public_id,
        body_sealed=forged.body_sealed,
        key_wrapped=forged.key_wrapped,
    )

    assert row.public_id == first
    with pytest.raises(LedgerDamaged):
        queries.receipt(forged.public_id)


@pytest.mark.django_db
def test_a_ledger_without_entries_is_no_trouble(log: Log) -> None:
    assert queries.list_entries() == ()
    assert queries.log_state().size == 0


@pytest.mark.django_db
def test_an_entry_is_kept_as_long_as_the_clause_says_that_permitted_it(log: Log) -> None:
    month = Footing(kept=Retention.from_text("30 days"))

    actions.append(make_choice(), subject=None, permit=month, now=NOW)

    assert actions.expire_bodies(now=later(days=29)) == 0
    assert actions.expire_bodies(now=later(days=30)) == 1


@pytest.mark.django_db
def test_an_entry_that_rests_on_a_clause_is_not_written_without_a_permit(log: Log) -> None:
    with pytest.raises(EntryInvalid):
        actions.append(make_choice(), subject=None, permit=None, now=NOW)

    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_an_entry_whose_number_is_taken_is_not_mistaken_for_one_told_again(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda size: "a" * 2 * size)
    actions.append(BATCH, subject=None, permit=None, now=NOW, source_key="b1")

    with pytest.raises(IntegrityError):
        actions.append(BATCH, subject=None, permit=None, now=NOW, source_key="b2")

    assert Entry.objects.get().source_key == "b1"


@pytest.mark.django_db
def test_by_number_alone_only_the_proof_of_a_choice_or_an_erasure_is_given(log: Log) -> None:
    choice, other = log.append(2)
    erased = actions.append(AccountErased(), subject=ALICE, permit=Footing(), now=NOW).id
    actions.integrate(now=NOW)

    for entry_id in (choice, erased):
        assert queries.open_receipt(entry_id) == queries.receipt(entry_id)
    for entry_id in (other, "0" * 32, "", "x"):
        with pytest.raises(NoSuchEntry):
            queries.open_receipt(entry_id)


@pytest.mark.django_db
def test_an_entry_stands_under_the_number_that_was_drawn_for_it_before(log: Log) -> None:
    told = actions.draw_id()
    assert queries.find_kind(told) == ""

    ref = actions.append(AccountErased(), subject=ALICE, permit=Footing(), now=NOW, entry_id=told)

    assert ref.id == told
    assert queries.find_kind(told) == "account.erased"
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.append(AccountErased(), subject=None, permit=Footing(), now=NOW, entry_id=told)


def choose_again(times: int) -> list[str]:
    """Append a choice and as many that replace one another; return their ids, the newest first."""
    ids = [""]
    for _ in range(times + 1):
        entry = replace(make_choice(), before=ids[0])
        ref = actions.append(entry, subject=None, permit=Footing(), now=later(days=len(ids)))
        ids.insert(0, ref.id)
    return ids[:-1]


@pytest.mark.django_db
def test_a_choice_and_those_before_it_are_listed_newest_first_up_to_a_limit(log: Log) -> None:
    ids = choose_again(5)

    assert [each.id for each in queries.list_choices(ids[0])] == ids
    assert [each.id for each in queries.list_choices(ids[0], limit=3)] == ids[:3]
    assert queries.list_choices(ids[0])[1].at == later(days=5)
    assert [each.id for each in queries.list_choices(ids[-1])] == ids[-1:]
    assert queries.list_choices("0" * 32) == ()


@pytest.mark.django_db
def test_the_choices_before_one_end_where_words_are_destroyed(log: Log) -> None:
    ids = choose_again(5)
    kept = KEPT.end(later(days=3))

    actions.expire_bodies(now=kept)

    assert [each.id for each in queries.list_choices(ids[0])] == ids[:3]


@pytest.mark.django_db
def test_before_the_first_signature_no_checkpoint_and_no_tile_is_shown(log: Log) -> None:
    log.append(1)

    with pytest.raises(NoCheckpoint, match="clearline serve worker"):
        queries.read_checkpoint()
    with pytest.raises(NoCheckpoint):
        queries.read_tile("0/000.p/1")


@pytest.mark.django_db
def test_what_choices_say_is_read_of_those_that_are_there_and_whole(log: Log) -> None:
    choice, other, _, damaged = log.append(4)
    Entry.objects.filter(public_id=damaged).update(body_sealed=b"no seal")

    said = queries.list_choices_said([choice, other, damaged, "0" * 32])

    assert said == {
        choice: Choices(yes=frozenset({"measurement"}), no=frozenset({"content", "own_email:0"}))
    }
    actions.expire_bodies(now=KEPT.end(NOW))
    assert queries.list_choices_said([choice]) == {}


@pytest.mark.django_db
def test_an_entry_is_known_by_its_whole_number_only(log: Log) -> None:
    (entry_id,) = log.append(1)

    assert queries.has_entry(entry_id)
    for other in ("0" * 32, entry_id[:-1], entry_id.upper() + " ", ""):
        assert not queries.has_entry(other)
