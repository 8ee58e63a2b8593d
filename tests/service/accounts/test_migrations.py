"""Lines of before get the account of their owner, and closings of before the number of a proof."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from clearline.policy.use import Actor, ActorKind
from clearline.service.accounts import actions, importing
from clearline.service.accounts.closing_proof import find_address
from clearline.service.accounts.customer_file import CustomerRow
from clearline.service.accounts.importing import SeenInFile
from clearline.service.accounts.models import Account, ImportedLine
from tests.service.accounts.people import NOW, make_customer

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE_LINES = ("accounts", "0006_names_of_businesses")
BEFORE_PROOFS = ("accounts", "0012_when_an_address_was_told")


def go_back_and_forth(before: tuple[str, str]) -> None:
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    try:
        MigrationExecutor(connection).migrate([before])
    finally:
        MigrationExecutor(connection).migrate(latest)


def test_each_line_gets_the_account_of_its_owner() -> None:
    make_customer()
    people = [
        CustomerRow(1, "OLD-1", "Zoe Ray", "zoe@old.example", lines=("+12075550100",)),
        CustomerRow(
            2, "OLD-2", "Yan Wu", "yan@old.example", lines=("+12075550101", "+12075550102")
        ),
    ]
    by = Actor(ActorKind.JOB, "operator")
    importing.import_customers(people, by=by, seen=SeenInFile(), now=NOW)

    go_back_and_forth(BEFORE_LINES)

    assert ImportedLine.objects.count() == 3
    for line in ImportedLine.objects.all():
        assert line.account == Account.objects.get(owner=line.subject)


def test_who_closed_before_is_told_where_the_proof_will_stand() -> None:
    alice, bob, carol = make_customer(), make_customer("bob"), make_customer("carol")
    for each in (alice, bob):
        actions.close_account(by=Actor(ActorKind.SUBJECT, each), subject=each, now=NOW)

    go_back_and_forth(BEFORE_PROOFS)

    told = {find_address(alice), find_address(bob)}
    assert len(told) == 2
    assert "" not in told
    assert find_address(carol) == ""
