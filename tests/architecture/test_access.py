"""docs/access.md rules: every address stands there, and everybody meets what it says."""

import asyncio
import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from pydantic import SecretStr

from clearline.edge.collector.app import make_collector
from clearline.edge.collector.exchange import Message
from clearline.edge.collector.options import CollectorOptions
from clearline.edge.entry import demo_links
from clearline.kit.access import audience_of, needs_step_up
from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.columnstore.migrate import migrate
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.reach.visitors import load
from clearline.service.accounts import actions as accounts
from clearline.service.accounts.customer_file import CustomerFile, Encoding
from clearline.service.accounts.models import BroughtList, EmailAddress, Member
from clearline.service.accounts.queries import find_closed_at, find_owned
from clearline.service.accounts.roles import MemberRole
from clearline.service.accounts.whole_list import bring_list
from clearline.service.desk import actions as desk
from clearline.service.teams import actions as teams
from clearline.service.teams import handing_over
from clearline.service.teams.models import Handover
from clearline.trust.factors import actions as factors
from clearline.trust.factors.proof import PasskeyAnswer
from clearline.trust.factors.queries import factors_of
from clearline.trust.grants import actions as grants
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards.actions import SignedIn
from clearline.trust.safeguards.models import Session
from clearline.trust.safeguards.roles import LoginKind, Role
from clearline.trust.tokens import actions as tokens
from tests.architecture.access import (
    ANOTHER,
    APP,
    COLLECTOR,
    CUSTOMER,
    FILES,
    FRESH,
    KEY,
    METHODS,
    NO_OBJECT,
    NOT_FOUND,
    OPEN,
    OUTCOMES,
    REFUSED,
    ROUTES,
    ROWS,
    SIGN_IN,
    STAFF,
    VISITOR,
    WHO,
    Row,
)
from tests.browser_client import OPERATOR, add_app, browser, make_staff, signed_in
from tests.browser_client import PASSWORD as STAFF_PASSWORD
from tests.edge.site.published import BETTER, published
from tests.service.accounts.invited import bring_in, invite_all, link_of
from tests.service.accounts.people import PASSWORD, make_account, make_customer
from tests.trust.factors.authenticator import Authenticator
from tests.trust.ledger.log import sign_log

NAME, EMAIL, CALLED = "Zyxw Vutsrqp", "onmlkji@hgfedcb.example", "Azbycxdwev"
# What a form must say for the page to be open, or who is signed in by it.
FORMS: Mapping[str, Mapping[str, str]] = {
    "/account/sign-in/": {"user_id": "alice", "password": PASSWORD},
    "/staff/sign-in/": {"user_id": "olu", "password": STAFF_PASSWORD},
    "/privacy/choice/": {"answer": "decline"},
    "/api/v1/sign-in": {"user_id": "alice", "password": PASSWORD},
    "/api/v1/prove": {"password": PASSWORD},
    "/staff/customers/<subject>/open/": {"channel": "visit", "reference": "V-1042"},
    "/staff/visitors/export/": {"from": "2026-10-01", "to": "2026-10-30", "format": "csv"},
}
# Addresses whose parts mean something else than the same names elsewhere.
ASKED: Mapping[str, str] = {
    "/account/demo/<token>/": "/account/demo/<customer_token>/",
    "/help/<slug>/": "/help/keep-your-number/",
    "/privacy/receipt/<entry_id>/": "/privacy/receipt/<choice_id>/",
    "/account/invited/<token>/": "/account/invited/<invitation>/",
    "/static/<path>": "/static/clearline.css",
    "/api/v1/factors/app": "/api/v1/factors/<factor>",
    "/api/v1/team/offers": "/api/v1/team/<offers>",
    "/api/v1/team/offers/<account>": "/api/v1/team/offers/<offered>",
}
WITH_BODY = {"POST", "PUT"}
NUMBERS = itertools.count(1)
ANSWERS = {200, 302, 303}
ANSWERS_TO_FORMS = {*ANSWERS, 409, 422}


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    in_program = {address for address, _ in ROUTES} | COLLECTOR | FILES
    in_tables = [row.address for row in ROWS]

    assert sorted(in_program - set(in_tables)) == [], "write a row in docs/access.md"
    assert sorted(set(in_tables) - in_program) == [], "this address is gone: so should its row be"
    assert len(in_tables) == len(set(in_tables)), "one row for each address"


def test_every_address_says_who_may_open_it() -> None:
    silent = [address for address, each in ROUTES if not audience_of(each.callback)]

    assert silent == [], "write @open_to(Audience.…) above its view"


def test_the_list_says_which_addresses_ask_for_fresh_proof() -> None:
    """AS-04, AS-05: what the app asks it for is proved in tests/edge/api/."""
    methods = {row.address: row.methods for row in ROWS}
    asking = {
        address: frozenset(each for each in methods[address] if needs_step_up(view.callback, each))
        for address, view in ROUTES
    }

    listed = {each: told for each, told in FRESH.items() if not each.startswith("/api/")}
    assert {each: told for each, told in asking.items() if told} == listed
    assert {row.address for row in ROWS} >= set(FRESH)


def test_the_tables_say_what_everybody_meets_and_nothing_else() -> None:
    for row in ROWS:
        assert row.methods, row.address
        assert row.methods <= set(METHODS), row.address
        assert {row.outcome(who) for who in WHO} <= OUTCOMES, row.address


@dataclass(frozen=True, slots=True)
class World:
    """What stands behind the addresses: marked objects, and the names by which they are asked."""

    names: Mapping[str, Callable[[], str]]
    marks: tuple[str, ...]
    came: SignedIn

    def fill(self, address: str) -> str:
        """Return the address of the marked object."""
        while "<" in address:
            before, _, rest = address.partition("<")
            name, _, after = rest.partition(">")
            assert name in self.names, f"say in tests/architecture/test_access.py what <{name}> is"
            address = before + self.names[name]() + after
        return address


@pytest.fixture
def world(
    tmp_path: Path, column_store: ColumnStore, monkeypatch: pytest.MonkeyPatch, own_log: None
) -> Iterator[World]:
    """Marked objects of Alice, of the staff and of the log, in an instance of their own."""
    migrate(column_store, load.SCHEMA)
    monkeypatch.setattr(ColumnStore, "of_instance", lambda _: column_store)
    folder = tmp_path / "beside"
    folder.mkdir()
    with published(folder, (date(2026, 1, 1), ()), (date(2026, 2, 1), (BETTER,))):
        add_logo(folder)
        settings.ENV.data_dir.mkdir(exist_ok=True)
        came = make_account(name=NAME, email=EMAIL, screen_name=CALLED).signed_in
        alice = SubjectId(came.public_id)
        bob = SubjectId(make_account("bob", name="Bob Other").signed_in.public_id)
        olu, ina = (make_staff(each, Role.ADMINISTRATOR) for each in ("olu", "ina"))
        browser().post("/privacy/choice/", {"answer": "accept"})
        invitation = invited_person()
        now = timezone.now()
        held = accounts.show_profile(by=Actor(ActorKind.SUBJECT, alice), subject=alice, now=now)
        sign_log(now=now)
        choice = Entry.objects.get(kind="choice.recorded")
        opened = Entry.objects.get(kind="account.opened", subject=alice)
        yield World(
            names={
                "slug": lambda: "home-line",
                "day": lambda: "2026-01-01",
                "old": lambda: "2026-01-01",
                "new": lambda: "2026-02-01",
                "path": lambda: "0/000.p/1",
                "entry_id": lambda: opened.public_id,
                "choice_id": lambda: choice.public_id,
                "public_id": lambda: olu,
                "line_id": lambda: opened.public_id,
                "number": lambda: invitation_of(alice),
                "member": lambda: let_in(alice, bob),
                "kind": lambda: "billing",
                "browser": lambda: "0" * 16,
                "offers": lambda: offered_by(alice, SubjectId(let_in(alice, bob))),
                "offered": lambda: offered_to(alice),
                "factor": lambda: code_app_of(alice),
                "passkey": lambda: passkey_of(alice),
                "account": lambda: account_entered(bob, alice),
                "subject": lambda: found_by_someone(alice),
                "list_number": a_list_brought_in,
                "waiting": lambda: waits_for_a_second(ina, by=olu),
                "sign_in_id": lambda: tokens.begin(signed_in=came, now=timezone.now()).family,
                "token": lambda: demo_token(LoginKind.STAFF, "olu"),
                "customer_token": lambda: demo_token(LoginKind.CUSTOMER, "alice"),
                "invitation": lambda: invitation,
            },
            came=came,
            marks=(NAME, EMAIL, CALLED, held.account_number, olu[:8], olu, choice.public_id),
        )


def offered_by(owner: SubjectId, member: SubjectId) -> str:
    """Return the name of the offers, where a member is offered the account."""
    account, now = find_owned(owner), timezone.now()
    assert account is not None
    if find_closed_at(owner) is not None:  # by the form of a row above
        accounts.reopen_account(by=Actor(ActorKind.SUBJECT, owner), subject=owner, now=now)
    if handing_over.find_offer(account, now=now) is None:
        day_before = now - timedelta(days=1)
        addresses = EmailAddress.objects.filter(subject=owner)
        addresses.update(added_at=day_before, confirmed_at=day_before)
        handing_over.offer(owner=owner, account=account, member=member, stays=True, now=now)
        Handover.objects.update(offered_at=now - handing_over.OFFER_WAIT)
    return "offers"


def offered_to(member: SubjectId) -> str:
    """Return the number of an account that somebody offers to the person."""
    owner = make_customer(f"owner{next(NUMBERS)}")
    let_in(owner, member)
    offered_by(owner, member)
    return str(find_owned(owner))


def code_app_of(person: SubjectId) -> str:
    """Return the name of the app that shows codes, added if there is none."""
    if not factors_of(person).has_app:
        add_app(person, LoginKind.CUSTOMER)
    return "app"


def passkey_of(person: SubjectId) -> str:
    """Return the number of a new passkey."""
    site, challenge, now = factors.site_here(), b"c" * 32, timezone.now()
    made = Authenticator(host=site.host, origin=site.origin).make(challenge)
    kind, answer = LoginKind.CUSTOMER, PasskeyAnswer(made, challenge)
    factors.add_passkey(kind=kind, public_id=person, answer=answer, name="x", now=now)
    shown = factors.show_factors(kind=kind, public_id=person, now=now)
    return str(shown.passkeys[-1].number)


def invitation_of(owner: SubjectId) -> str:
    """Return the number of a new invitation into an account, the only one that waits."""
    now = timezone.now()
    for each in teams.show_team(owner=owner, now=now).invitations:
        teams.withdraw(owner=owner, number=each.number, now=now)
    teams.invite(owner=owner, role=MemberRole.BILLING, label=CALLED, now=now)
    return str(teams.show_team(owner=owner, now=now).invitations[0].number)


def let_in(owner: SubjectId, member: SubjectId) -> str:
    """Return a person who may act in somebody's account, let in if they may not yet."""
    now = timezone.now()
    if member not in {each.subject for each in teams.show_team(owner=owner, now=now).members}:
        made = teams.invite(owner=owner, role=MemberRole.BILLING, label=CALLED, now=now)
        teams.accept(subject=member, code=made.code, now=now)
        Member.objects.filter(subject=member).update(since=now - handing_over.MEMBER_WAIT)
    return member


def account_entered(owner: SubjectId, member: SubjectId) -> str:
    let_in(owner, member)
    return str(find_owned(owner))


def found_by_someone(customer: SubjectId) -> str:
    """Let whoever of the staff is here find the customer, as they must before anything opens."""
    someone = logins.find_public_id("someone")
    if someone is not None:
        by = Actor(ActorKind.STAFF, someone)
        assert desk.search(by=by, text=EMAIL, now=timezone.now()) == (customer,)
    return customer


def demo_token(kind: LoginKind, user_id: str) -> str:
    link = demo_links.make_link(settings.ENV.data_dir, demo_links.Named(kind, user_id))
    return link.split("/")[3]


def invited_person() -> str:
    """Return the token of the link that somebody who was brought in has in their letter."""
    settings.ENV = settings.ENV.model_copy(update={"mail_url": SecretStr("smtp://localhost:1")})
    (subject,) = bring_in("invited")
    invite_all(timezone.now())
    return link_of(subject)


def a_list_brought_in() -> str:
    """Return the number of a list that was brought in, with the customer of the world of tests."""
    row = BroughtList.objects.first()
    if row is None:
        told = io.BytesIO(b"name,email,account\nYan Wu,yan@old.example,OLD-9\n")
        file = CustomerFile(told, encoding=Encoding.UTF_8, mapping={})
        bring_list(file, by=OPERATOR, tell=list, clock=timezone.now)
        row = BroughtList.objects.get()
    return row.number


def waits_for_a_second(staff: str, *, by: str) -> str:
    """Let an administrator ask for a role of another, and return for whom it waits."""
    roles = (Role.ADMINISTRATOR, Role.AUDITOR)
    asker = Actor(ActorKind.STAFF, by)
    grants.set_staff(by=asker, public_id=staff, roles=roles, is_active=True, now=timezone.now())
    return staff


def add_logo(folder: Path) -> None:
    (folder / "brand").unlink(missing_ok=True)
    (folder / "brand").mkdir()
    (folder / "brand" / "logo.svg").write_text("<svg/>", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Visiting:
    """Somebody's browser; whatever a page did to their session, the next one finds it as it was."""

    cookies: Mapping[str, str]
    session: Mapping[str, object]
    app_of: SignedIn | None = None

    def ask(self, method: str, address: str, form: Mapping[str, str]) -> HttpResponse:
        if self.session:
            Session(**self.session).save()
        client = browser(**self.key())
        for name, value in self.cookies.items():
            client.cookies[name] = value
        if address.startswith("/api/"):
            body = json.dumps(form) if method in WITH_BODY else ""
            kind = "application/json"
            return client.generic(method, address, body, kind)  # type: ignore[return-value]  # a response with more
        if method == "POST":
            return client.post(address, form)  # type: ignore[return-value]  # a response with more
        return client.generic(method, address)  # type: ignore[return-value]  # as above

    def key(self) -> dict[str, str]:
        """Return the header with a key of the app's, new for each request."""
        if self.app_of is None:
            return {}
        given = tokens.begin(signed_in=self.app_of, now=timezone.now())
        tokens.note_proved(family=given.family, now=timezone.now())
        return {"authorization": f"Bearer {given.access}"}


def visiting(who: str, came: SignedIn | None = None) -> Visiting:
    match who:
        case "app":
            return Visiting({}, {}, came)
        case "visitor":
            return Visiting({}, {})
        case "customer" | "another customer":
            client = browser()
            user_id = "alice" if who == CUSTOMER else "bob"
            client.post("/account/sign-in/", {"user_id": user_id, "password": PASSWORD})
        case _:
            client = signed_in("someone", Role(who))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    return Visiting({settings.SESSION_COOKIE_NAME: cookie}, Session.objects.values().get())


@pytest.mark.django_db
@pytest.mark.parametrize("who", WHO)
def test_everybody_meets_what_the_table_says(who: str, world: World) -> None:
    here = visiting(who, world.came)
    found, seen = [], set()
    for row in ROWS:
        outcome = row.outcome(who)
        if row.address in COLLECTOR or outcome == NO_OBJECT:
            continue
        for method in METHODS:
            address = world.fill(ASKED.get(row.address, row.address))
            answer = here.ask(method, address, FORMS.get(row.address, {}))
            expected = outcome if method in row.methods or outcome != OPEN else "405"
            met = OPEN if has_signed_out(answer, row, here) else met_in(answer, method)
            if met != expected:
                found.append(f"{method} {address}: {met} ({answer.status_code}), not {expected}")
            told = told_of(answer, address, world.marks)
            assert met == OPEN or told == [], (method, address)
            seen.update(told)

    assert found == []
    assert ({NAME, EMAIL, CALLED} <= seen) == (who in {CUSTOMER, APP}), (
        "the marks stand where they may"
    )


def has_signed_out(answer: HttpResponse, row: Row, here: Visiting) -> bool:
    """Say whether an answer leads to the sign-in page because somebody has just signed out."""
    is_out = bool(here.session) and not Session.objects.filter(pk=here.session["key_hash"]).exists()
    return is_out and row.address.endswith("/sign-out/") and answer.status_code == 302


def met_in(answer: HttpResponse, method: str) -> str:
    """Return which outcome an answer is."""
    status = answer.status_code
    if status == 302 and "/sign-in/" in answer["Location"]:
        return SIGN_IN
    told = {401: KEY, 403: REFUSED, 404: NOT_FOUND, 405: "405"}
    if status in told:
        return told[status]
    return OPEN if status in (ANSWERS_TO_FORMS if method in WITH_BODY else ANSWERS) else "a fault"


def told_of(answer: HttpResponse, address: str, marks: tuple[str, ...]) -> list[str]:
    """Return which marks of the object an answer lets out; its own address it may say back."""
    body = b"".join(answer) if answer.streaming else answer.content
    text = str(dict(answer.items())) + body.decode("utf-8", errors="replace")
    for known in (address, quote(address, safe="")):
        text = text.replace(known, "")
    return [each for each in marks if each in text]


@pytest.mark.django_db
def test_what_is_another_s_by_its_number_is_not_found_as_a_choice(world: World) -> None:
    assert browser().get(world.fill("/privacy/receipt/<entry_id>/")).status_code == 404


@pytest.mark.parametrize("cookie", [b"", b"sessionid=abc"])
@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.address in COLLECTOR], ids=lambda row: row.address
)
def test_the_collector_answers_everybody_alike(row: Row, cookie: bytes, tmp_path: Path) -> None:
    env = settings.ENV
    collector = make_collector(
        CollectorOptions(
            instance=env.instance,
            policy_dir=env.policy_dir,
            journal_dir=tmp_path / "journal",
            status_dir=tmp_path / "status",
            own_url=env.url,
            zone=ZoneInfo(env.provider.time_zone),
            choices_key=env.key("choices"),
        )
    )
    assert {row.outcome(who) for who in (VISITOR, CUSTOMER, STAFF)} == {OPEN}

    async def ask_all() -> dict[str, int]:
        told = {method: await ask(method) for method in METHODS}
        await collector.stop()
        return told

    async def ask(method: str) -> int:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"{}"}

        async def send(message: Message) -> None:
            sent.append(message)

        headers = [(b"origin", env.url.encode()), (b"content-type", b"text/plain")]
        headers += [(b"cookie", cookie)] if cookie else []
        scope = {"type": "http", "method": method, "path": row.address, "query_string": b""}
        await collector({**scope, "headers": headers, "client": ("127.0.0.1", 1)}, receive, send)
        return int(sent[0]["status"])

    told = asyncio.run(ask_all())

    assert {each for each, status in told.items() if status != 405} == row.methods


def test_a_page_of_the_console_names_the_same_roles_in_the_table_and_in_the_program() -> None:
    rows = {row.address: row for row in ROWS}
    for address, each in ROUTES:
        audience = set(map(str, audience_of(each.callback) or ()))
        roles = {str(role) for role in Role if rows[address].outcome(role) == OPEN}
        if "everyone" not in audience:
            assert roles == audience - {"customer", "app"}, address
        assert (rows[address].outcome(ANOTHER) == NOT_FOUND) <= ("<" in address), address
