"""Lines that came in before they belonged to an account get the one of their owner."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from clearline.policy.use import Actor, ActorKind
from clearline.service.accounts import importing
from clearline.service.accounts.customer_file import CustomerRow
from clearline.service.accounts.importing import SeenInFile
from clearline.service.accounts.models import Account, ImportedLine
from tests.service.accounts.people import NOW, make_customer

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = ("accounts", "0006_names_of_businesses")


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
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()

    try:
        MigrationExecutor(connection).migrate([BEFORE])
    finally:
        MigrationExecutor(connection).migrate(latest)

    assert ImportedLine.objects.count() == 3
    for line in ImportedLine.objects.all():
        assert line.account == Account.objects.get(owner=line.subject)
