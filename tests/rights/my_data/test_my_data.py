"""What a person is told of their data: all that is held, and every line about them alone."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from clearline.policy.compile import asked_bits, covered_bits
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import (
    Category,
    Recipient,
    RecipientClass,
    SubjectId,
    SubjectKind,
)
from clearline.rights.ledger_words.person import Group, sentence_for, who_for
from clearline.rights.my_data import actions, queries
from clearline.rights.my_data.actions import FileForm, Lines, Wanted
from clearline.rights.my_data.as_json import to_json
from clearline.rights.my_data.held import Held
from clearline.service.accounts import actions as accounts
from clearline.service.accounts.roles import MemberRole
from clearline.service.teams import actions as teams
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger.models import Entry
from clearline.trust.vault import queries as vault
from tests.service.accounts.people import NOW, make_account
from tests.trust.factors.people import add_passkey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]
ALL = Wanted()
SHOWN = {
    Category.NAME: ("Alice Quill",),
    Category.CONTACT_EMAIL: ("alice@mail.example",),
    Category.ACCOUNT_USERNAME: ("Al",),
    Category.DEMOGRAPHIC_AGE_RANGE: ("18_or_over",),
}


@pytest.fixture
def alice() -> SubjectId:
    return SubjectId(make_account(screen_name="Al").signed_in.public_id)


def person(subject: SubjectId) -> Actor:
    return Actor(ActorKind.SUBJECT, subject)


def by_category(held: tuple[Held, ...]) -> dict[Category, Held]:
    return {each.category: each for each in held}


def lines(subject: SubjectId, wanted: Wanted = ALL, limit: int = 50) -> Lines:
    return actions.show_lines(
        by=person(subject), subject=subject, wanted=wanted, limit=limit, now=NOW
    )


def test_each_kind_of_data_is_told_shut_with_its_clauses(alice: SubjectId) -> None:
    held = by_category(queries.list_held(alice, now=NOW))

    assert {*SHOWN, Category.ACCOUNT, Category.AUTHORIZATION_CREDENTIALS} <= held.keys()
    assert all(each.values is None for each in held.values())
    (keeping,) = held[Category.NAME].keepings
    assert (keeping.clause, str(keeping.kept)) == ("account.holder", "30 days")
    assert keeping.ends_on is None
    assert all(each.keepings for each in held.values())
    assert not Entry.objects.filter(kind="data.shown").exists()


def test_of_a_closed_account_the_day_is_told_on_which_it_ends(alice: SubjectId) -> None:
    accounts.close_account(by=person(alice), subject=alice, now=NOW)

    held = by_category(queries.list_held(alice, now=NOW))

    assert held[Category.NAME].keepings[0].ends_on == date(2026, 12, 31)
    assert held[Category.PRIVACY_PREFERENCES].keepings[0].ends_on is None


def test_what_is_opened_is_noted_once_by_its_kinds_alone(alice: SubjectId) -> None:
    held = by_category(actions.show_held(by=person(alice), subject=alice, now=NOW))

    assert {kind: held[kind].values for kind in SHOWN} == SHOWN
    assert held[Category.AUTHORIZATION_CREDENTIALS].values is None
    line = lines(alice).lines[0]
    assert (line.kind, line.who, line.clause) == ("data.shown", "you", "account.show")
    assert "your age range" in line.sentence
    assert Entry.objects.filter(kind="data.shown").count() == 1


def test_names_of_members_and_of_passkeys_are_shown_under_their_own_clauses(
    alice: SubjectId,
) -> None:
    add_passkey(alice, name="The blue key")
    teams.invite(owner=alice, label="Bob, who pays", role=MemberRole.BILLING, now=NOW)

    held = by_category(actions.show_held(by=person(alice), subject=alice, now=NOW))
    export = actions.export(by=person(alice), subject=alice, form=FileForm.JSON, now=NOW)
    told = json.loads(b"".join(to_json(export, provider="Example Voice")))

    assert held[Category.ACCOUNT_SETTINGS].values == ("Bob, who pays",)
    assert "The blue key" in (held[Category.DEVICE_DEVICE_ID].values or ())
    assert held[Category.AUTHORIZATION_CREDENTIALS].values is None
    in_file = {each["category"]: each["values"] for each in told["held"]}
    assert in_file[Category.ACCOUNT_SETTINGS] == ["Bob, who pays"]
    assert "The blue key" in in_file[Category.DEVICE_DEVICE_ID]
    newest = [line.clause for line in lines(alice).lines[:3]]
    assert newest == ["account.show", "account.factor", "account.team"]
    assert told["lines"][0]["kind"] == "data.exported"


def test_a_passkey_is_told_as_held_under_its_own_clause_and_keys_of_the_app_under_theirs(
    alice: SubjectId,
) -> None:
    add_passkey(alice)

    held = by_category(queries.list_held(alice, now=NOW))

    assert clauses_of(held[Category.DEVICE_DEVICE_ID]) == {"account.factor"}
    assert {"account.factor", "account.app"} <= clauses_of(held[Category.AUTHORIZATION_CREDENTIALS])


def clauses_of(held: Held) -> set[str]:
    return {each.clause for each in held.keepings}


def test_all_that_is_sealed_and_that_a_clause_lets_them_see_is_shown_but_secrets(
    alice: SubjectId,
) -> None:
    uses = actions.uses_to_show(person(alice), alice)
    shown = frozenset[Category]().union(*(each.categories for each in uses))
    sealed = {column.category for column in vault.personal_columns()}

    for clause in policy_in_force(NOW).edition.clauses:
        if Recipient(RecipientClass.SUBJECT) not in clause.recipients:
            continue
        if SubjectKind.CUSTOMER not in clause.about:
            continue
        covered = covered_bits(clause.categories)
        theirs = {each for each in sealed if asked_bits(frozenset({each})) & covered}
        assert theirs - shown <= {Category.AUTHORIZATION_CREDENTIALS}, clause.id


def test_a_line_says_what_was_done_by_whom_and_why(alice: SubjectId) -> None:
    accounts.close_account(by=Actor(ActorKind.STAFF, "0123456789abcdef"), subject=alice, now=NOW)

    closed, opened = lines(alice).lines

    assert closed.sentence == "Your account was closed."
    assert closed.who == "someone who works here, staff number 01234567"
    assert closed.why == "to keep the service safe"
    assert opened.sentence == "You opened your account and agreed to the policy of 2026-01-01."
    assert opened.why == "because a law requires it"


def test_lines_are_narrowed_and_paged(alice: SubjectId) -> None:
    later = NOW + timedelta(days=1)
    accounts.close_account(by=person(alice), subject=alice, now=later)
    accounts.reopen_account(by=person(alice), subject=alice, now=later)

    assert len(lines(alice, Wanted(Group.CHOSEN)).lines) == 1
    assert len(lines(alice, Wanted(first=later)).lines) == 2
    assert len(lines(alice, Wanted(after=later)).lines) == 1
    newest = lines(alice, limit=2)
    assert len(lines(alice, Wanted(before=newest.older)).lines) == 1


def test_damaged_words_are_told_as_damaged(alice: SubjectId) -> None:
    Entry.objects.update(body_sealed=b"x" * 90)

    (line,) = lines(alice).lines

    assert not line.is_readable
    assert (line.sentence, line.who, line.why) == ("", "", "")


def test_the_file_holds_everything_and_ends_with_its_own_line(
    alice: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "LIST_MAX", 3)
    for _ in range(5):
        accounts.close_account(by=person(alice), subject=alice, now=NOW)
        accounts.reopen_account(by=person(alice), subject=alice, now=NOW)
    bob = SubjectId(make_account("bob", email="bob@mail.example").signed_in.public_id)

    export = actions.export(by=person(alice), subject=alice, form=FileForm.JSON, now=NOW)
    told = json.loads(b"".join(to_json(export, provider="Example Voice")))
    accounts.close_account(by=person(bob), subject=bob, now=NOW)

    held = {each["category"]: each["values"] for each in told["held"]}
    assert {kind: tuple(held[kind]) for kind in SHOWN} == SHOWN
    kinds = [each["kind"] for each in told["lines"]]
    assert kinds[0] == "data.exported"
    assert kinds[-1] == "account.opened"
    assert len(kinds) == Entry.objects.filter(subject=alice).count() == 12
    assert told["made_at"] == datetime(2026, 12, 1, 12, tzinfo=UTC).isoformat()
    assert "Bob" not in json.dumps(told)


@pytest.mark.parametrize(
    ("kind", "fields", "who"),
    [
        ("team.changed", {"by": "subject:a1"}, "you"),
        ("team.changed", {"by": "subject:b2"}, "another who acts in the account"),
        ("account.handed_over", {"by": "subject:a1"}, "you"),
        ("account.handed_over", {"by": "subject:b2"}, "another who acts in the account"),
        ("customer.factor_removed", {"by": "subject:a1"}, "you"),
        ("customer.factor_removed", {"by": "job:factor_waits"}, "our program"),
        *(
            (kind, {"by": "job:taken_back"}, "who holds the address that was told of the change")
            for kind in ("account.handed_over", "account.reopened", "membership.changed")
        ),
        ("customer.factor_removed", {}, "you"),
        ("contact.factors_kept", {"by": "subject:a1"}, "you"),
        ("contact.factors_kept", {"by": "job:factor_waits"}, "our program"),
        ("contact.factors_kept", {"by": ""}, "you, or who reads your newer address"),
        ("customer.app_signed_out", {"why": "used_twice"}, "our program"),
        ("customer.app_signed_out", {"why": "person"}, "you"),
    ],
)
def test_what_another_or_our_program_did_is_not_told_as_theirs(
    kind: str, fields: dict[str, str], who: str
) -> None:
    assert who_for(kind, fields, "a1") == who


def test_a_kind_without_words_and_the_programs_own_work_are_told_too() -> None:
    assert sentence_for("of.a_new_kind", {}) == "of.a_new_kind"
    assert who_for("of.a_new_kind", {}, "a1") == ""
    assert who_for("use.denied", {"by": "job:bills"}, "a1") == "our program"
    assert sentence_for("account.shown", {"fields": ["name"], "by": ""}) == (
        "Your profile was opened: name."
    )
