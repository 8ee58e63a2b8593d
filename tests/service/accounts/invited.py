"""Customers of before who are brought in, invited, and come in by their link."""

import json
from datetime import datetime

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import importing, inviting
from clearline.service.accounts.actions import Opened
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.customer_file import CustomerRow
from clearline.service.accounts.importing import SeenInFile
from clearline.service.accounts.inviting import NewWayIn
from clearline.service.accounts.models import Account
from clearline.service.accounts.queries import account_index
from clearline.service.mail import actions as mail
from clearline.service.mail.models import Letter
from clearline.trust.vault import queries as vault
from tests.service.accounts.people import AGREED, NOW, PASSWORD

OPERATOR = Actor(ActorKind.JOB, "operator")
PAGE = "http://localhost:8000/account/invited/"


def bring_in(*names: str, age: str = "") -> tuple[SubjectId, ...]:
    """Bring some customers in, each with the account number N-NAME."""
    rows = [
        CustomerRow(
            line=number,
            account_number=f"N-{name}",
            name=name,
            email=f"{name}@old.example",
            age=AgeRange(age) if age else None,
        )
        for number, name in enumerate(names, start=2)
    ]
    assert importing.import_customers(rows, by=OPERATOR, seen=SeenInFile(), now=NOW).wrong == ()
    return tuple(
        SubjectId(Account.objects.get(number_index=account_index(f"N-{name}")).owner)
        for name in names
    )


def invite_all(now: datetime = NOW) -> int:
    """Invite whoever waits and return how many there were."""
    sent, row = 0, 0
    while (done := inviting.invite_some(by=OPERATOR, after=row, page=PAGE, now=now)).last:
        sent, row = sent + done.invited, done.last
    return sent


def link_of(subject: SubjectId) -> str:
    """Return the token that the newest letter to somebody has, as they read it."""
    letter = Letter.objects.filter(subject=subject).order_by("pk").last()
    assert letter is not None
    permit = mail.ask_to_write(subject, NOW)
    told = json.loads(vault.open_sealed(letter.context, permit=permit, now=NOW))
    return str(told["link"]).removeprefix(PAGE).removesuffix("/")


def accept(
    token: str,
    *,
    user_id: str = "zoe.new",
    age: AgeRange | None = AgeRange.ADULT,
    now: datetime = NOW,
    network: str = "",
) -> Opened:
    told = NewWayIn(user_id, PASSWORD, age)
    return inviting.accept(token=token, told=told, agreed=AGREED, now=now, network=network)
