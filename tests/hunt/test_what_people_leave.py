"""After people used every part of an account, no word of theirs stands anywhere in any form.

Looked through are all tables (as cells, and as `pg_dump` writes them), the files of the instance,
sessions opened with the instance's own key, the event store, and what was logged.
"""

import csv
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from pydantic import SecretStr
from pytest_django import Settings

from clearline.config import cli
from clearline.config.logs import FORMATTER
from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.columnstore.migrate import migrate
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.reach.visitors import load
from clearline.service.accounts import actions as accounts
from clearline.service.accounts.models import Account
from clearline.service.accounts.queries import (
    account_index,
    list_by_account_number,
    list_owned,
)
from clearline.service.accounts.roles import MemberRole
from clearline.service.contacts import actions as contacts
from clearline.service.desk import actions as desk
from clearline.service.teams import actions as teams
from clearline.service.teams import handing_over
from clearline.trust.safeguards import user_ids
from clearline.trust.safeguards.models import Session
from clearline.trust.safeguards.roles import Role
from clearline.trust.safeguards.sessions import contents_of
from tests.browser_client import browser, make_staff, signed_in
from tests.edge.api.app import SIGN_UP, App
from tests.hunt.hunt import hunt
from tests.hunt.personas import Persona
from tests.hunt.places import (
    Piece,
    cells_of_sqlite,
    dump_of_postgresql,
    files_under,
    rows_of_events,
)
from tests.hunt.words import needles_of
from tests.promises.provider import told_rows
from tests.service.accounts.invited import invite_all, link_of
from tests.service.contacts.contacts import prove
from tests.trust.ledger.log import sign_log

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("own_log", "post"),
    pytest.mark.timeout(300),
]
DAY = "2026-01-01"
KNOWN = "a random number, which may stand in clear"
HEAD = (
    *("name", "email", "account number", "balance", "lines", "choices", "proof", "user id"),
    "company",
)


@pytest.fixture
def post(settings: Settings) -> None:
    url = SecretStr("smtp://localhost:2525")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": url})


def open_account(who: Persona) -> SubjectId:
    """Open an account through the pages, look at every page of it, and take all data along."""
    client = browser()
    you = {"age": "18_or_over", "name": who.name, "email": who.email}
    you |= {"screen_name": who.screen_name, "kind": "business", "business_name": who.business}
    last = {"step": "sign_in", "user_id": who.user_id, "password": who.password, "agree": DAY}
    assert client.post("/account/join/", {**you, "step": "you"}).status_code == 200
    assert client.post("/account/join/", {**you, **last}).status_code == 302
    for page in ("", "profile/", "my-data/", "team/", "contacts/"):
        assert client.get(f"/account/{page}").status_code == 200
    client.post("/account/my-data/", {"act": "open"})
    b"".join(client.post("/account/my-data/file/", {"form": "json"}))
    client.post("/account/profile/", {"name": who.name, "screen_name": who.screen_name})
    named = {"act": "business", "account": "0", "business_name": f"{who.business} "}
    assert client.post("/account/profile/", named).status_code == 422
    client.post("/account/user-id/", {"user_id": f"{who.user_id} {who.user_id}"})
    client.post("/account/age/", {"age": "16_to_17"})
    client.post("/account/join/", {**you, **last, "user_id": f"{who.user_id} "})
    client.get(f"/help/?q={who.name}")
    client.get(f"/account/{who.user_id}/{who.email}")
    client.post("/account/sign-out/")
    wrong = {"user_id": who.user_id, "password": f"{who.password}."}
    assert browser().post("/account/sign-in/", wrong).status_code == 403
    right = {"user_id": who.user_id, "password": who.password}
    assert browser().post("/account/sign-in/", right).status_code == 302
    return SubjectId(Account.objects.latest("pk").owner)


def bring_in(who: Persona, folder: Path) -> SubjectId:
    """Bring somebody in from a list, invite them, and let them come in by their link."""
    path = folder / "list.csv"
    out = io.StringIO()
    csv.writer(out).writerows(
        [
            HEAD,
            [
                *(who.name, who.email, who.account_number, "1250", who.telephone, "ads=no"),
                *(who.called, who.user_id, who.business),
            ],
        ]
    )
    path.write_text(out.getvalue(), "utf-8")
    args = cli.make_parser().parse_args(["customers", "import", str(path)])
    assert cli.do_of(args)(args) == 0
    path.unlink()
    subject = SubjectId(Account.objects.get(number_index=account_index(who.account_number)).owner)
    assert invite_all(timezone.now()) == 1
    form = {"user_id": who.user_id, "password": who.password, "agree": DAY, "age": "18_or_over"}
    client = browser()
    assert client.post(f"/account/invited/{link_of(subject)}/", form).status_code == 302
    client.post("/account/my-data/", {"act": "open"})
    return subject


def bring_in_from_the_console(who: Persona) -> None:
    """Bring a list in whose second row is refused; only figures and reasons are told of it."""
    rows = [("name", "email", "account"), (who.name, who.email, who.account_number)]
    rows.append((who.called, who.email, who.account_number))
    content = "\n".join(map(",".join, rows)).encode()
    officer = signed_in("odile", Role.PRIVACY_OFFICER)
    for act in ("try", "bring", "wrong"):
        file = SimpleUploadedFile(f"{who.user_id}.csv", content, content_type="text/csv")
        answer = officer.post("/staff/customers/import/", {"act": act, "file": file})
        assert answer.status_code == 200
    assert list_by_account_number(who.account_number)


def join_by_app(who: Persona) -> None:
    app = App()
    told = {"user_id": who.user_id, "password": who.password, "name": who.name}
    assert app.take(app.ask("POST", "sign-up", {**SIGN_UP, **told, "email": who.email})).status
    headers = {"idempotency-key": "one-and-the-same"}
    for _ in range(2):
        app.ask("PUT", "profile", {"name": who.name, "screen_name": who.screen_name}, **headers)
    app.ask("GET", "profile")
    app.ask("PUT", "details/phone", {"phone": who.telephone})
    home = {"street": who.called, "city": who.called, "country": "Iceland"}
    app.ask("PUT", "details/addresses/billing", home)
    app.ask("POST", "contacts/email", {"email": f"new.{who.email}"}, **headers)
    for typed in (who.user_id, who.email):
        assert app.ask("POST", "recover", {"who": typed}).status == 200
    assert app.ask("POST", "my-data/open").status == 200


def places(store: ColumnStore, logged: str) -> Iterator[Piece]:
    """Yield all that is left, on whichever database the tests run."""
    where = connection.settings_dict
    if connection.vendor == "sqlite":
        yield from cells_of_sqlite(Path(where["NAME"]))
        for path in sorted(Path(where["NAME"]).parent.glob(f"{Path(where['NAME']).name}*")):
            yield Piece(path.name, path.read_bytes())
    else:
        names = {"dbname": "NAME", "user": "USER", "host": "HOST", "port": "PORT"}
        yield from dump_of_postgresql({name: str(where[key]) for name, key in names.items()})
        yield from (Piece("a row", row.encode()) for row in told_rows())
    for row in Session.objects.all():
        yield Piece("a session, opened", json.dumps(contents_of(row)).encode())
    yield from files_under(settings.ENV.instance)
    yield from rows_of_events(store)
    yield Piece("what was logged", logged.encode())


def test_no_word_of_anybody_stands_anywhere_in_any_form(
    column_store: ColumnStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    migrate(column_store, load.SCHEMA)
    settings.ENV.data_dir.mkdir(exist_ok=True)
    caplog.set_level(logging.INFO)
    alice, zoe, bob, carol, eve = (Persona.new() for _ in range(5))

    subject, brought = open_account(alice), bring_in(zoe, tmp_path)
    friend = open_account(bob)
    join_by_app(carol)
    bring_in_from_the_console(eve)
    now = timezone.now()
    code = teams.invite(owner=subject, role=MemberRole.BILLING, label=bob.called, now=now)
    teams.accept(subject=friend, code=code.code, now=now)
    teams.show_team(owner=subject, now=now)
    handed = list_owned(subject)[0].account
    prove(subject, now=now)
    offered_at = now + handing_over.MEMBER_WAIT
    taken_at = offered_at + handing_over.OFFER_WAIT
    handing_over.offer(owner=subject, account=handed, member=friend, stays=True, now=offered_at)
    handing_over.accept(subject=friend, account=handed, now=taken_at)
    teams.call(owner=friend, account=handed, member=subject, label=alice.called, now=now)
    user_ids.change_user_id(subject=friend, user_id=f"{bob.called.split()[0]}", now=now)
    contacts.send_code_to_new(subject=brought, email=Persona.new().email, now=now)
    staff = Actor(ActorKind.STAFF, make_staff("dana", Role.SUPPORT))
    for text in (zoe.email, zoe.account_number, zoe.user_id, zoe.telephone):
        desk.search(by=staff, text=text, now=now)
    accounts.close_account(by=Actor(ActorKind.SUBJECT, friend), subject=friend, now=now)
    sign_log(now=now)
    logged = "\n".join(FORMATTER.format(record) for record in caplog.records)

    people = {"Alice": alice, "Zoe": zoe, "Bob": bob, "Carol": carol, "Eve": eve}
    words = {name: word for who, each in people.items() for name, word in each.words(who).items()}
    known = {**words, KNOWN: subject}
    found = hunt(places(column_store, logged), needles_of(known))

    assert [each for each in found if each.word != KNOWN] == []
    assert found, "what does stand in the tables is found there"
