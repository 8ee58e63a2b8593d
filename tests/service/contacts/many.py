"""Many customers at once, as an import brings them."""

from datetime import datetime

from clearline.policy.use import Actor, ActorKind
from clearline.service.accounts import importing
from clearline.service.accounts.customer_file import CustomerRow
from clearline.service.accounts.importing import SeenInFile
from tests.service.accounts.people import NOW

BATCH = 1_000


OPERATOR = Actor(ActorKind.JOB, "operator")


def bring_address(email: str, *, now: datetime = NOW) -> None:
    """Bring one customer in with an address as an earlier system held it."""
    row = CustomerRow(0, "OLD-address", "Person", email)
    importing.import_customers([row], by=OPERATOR, seen=SeenInFile(), now=now)


def bring(count: int, *, now: datetime = NOW) -> None:
    """Bring customers in whose address is p0@old.example and so on."""
    for first in range(0, count, BATCH):
        rows = [
            CustomerRow(number, f"OLD-{number}", f"Person {number}", f"p{number}@old.example")
            for number in range(first, min(first + BATCH, count))
        ]
        importing.import_customers(rows, by=OPERATOR, seen=SeenInFile(), now=now)
