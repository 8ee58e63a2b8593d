"""Whatever an app sends, as whoever, the answer is one that the description tells.

Schemathesis makes the requests from the description of a provider that is served as in production;
each of its processes is a real one. The people are made by the API itself.
"""

import itertools
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import booleans
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from tests.edge.api.people import (
    PASSWORD,
    ROLES,
    Kind,
    Person,
    join,
    make_people,
    walk,
    walk_contacts,
    walk_factors,
    walk_invited,
    walk_way_back,
)
from tests.journeys.letters import letter
from tests.journeys.provider import RunningProvider
from tests.service.mail.post_office import Office, open_office

AnyCase = Case[Any]
Operation = APIOperation[Any, Any, Any, Any]
CHECKS: Final = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
SIGNED_WITHIN_S: Final = 30
TO_CI: Final = 280
TO_SOAK: Final = 20_000
VISIT: Final = """
import sys
from datetime import UTC, datetime
from pathlib import Path

from clearline.config.instance import open_instance
open_instance(Path(sys.argv[1]))
from clearline.policy.use import Actor, ActorKind
from clearline.service.contacts import way_back
from clearline.service.contacts.documents import Document, Lost, Shown
from clearline.trust.safeguards import queries, staff_logins
from clearline.trust.safeguards.roles import LoginKind, Role

now = datetime.now(UTC)
sam, dana = (
    Actor(ActorKind.STAFF, staff_logins.create_staff(by=Actor(ActorKind.JOB, "operator"),
        user_id=each, password=sys.argv[3], roles=[Role.SUPPORT], now=now))
    for each in ("sam.of.the.desk", "dana.of.the.desk")
)
subject = queries.find_customer(queries.name_index(sys.argv[2], LoginKind.CUSTOMER))
shown = Shown(Document.PASSPORT, is_same_name=True, why=Lost.PASSWORD_AND_FACTOR)
way_back.begin(by=sam, subject=subject, shown=shown, now=now)
seen = way_back.find_standing(subject, now=now).waiting.mark
way_back.confirm(by=dana, subject=subject, seen=seen, now=now)
"""


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with open_office() as office:
        yield office


@pytest.fixture(scope="module")
def provider(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    """A provider behind one proxy, so that each person may come from a network of their own."""
    running = RunningProvider(tmp_path_factory.mktemp("any") / "instance")
    now = datetime.now(UTC)
    running.make(effective=now.date(), at=now)
    toml = running.instance / "clearline.toml"
    told = toml.read_text(encoding="utf-8")
    assert "\nproxies = 0 " in told
    told = told.replace("\nproxies = 0 ", "\nproxies = 1 ")
    toml.write_text(f'mail_url = "{office.url}"\n{told}', encoding="utf-8")
    running.start()
    try:
        yield running
    finally:
        running.stop()


def bring(provider: RunningProvider, folder: Path, email: str) -> None:
    """Bring a customer of before in and invite them, as an operator does."""
    path = folder / "list.csv"
    path.write_text(f"name,email,account number\nZyxw Vutsrqp,{email},UTSRQP-1\n", encoding="utf-8")
    for words in (("import", str(path)), ("invite",)):
        done = provider.command("customers", *words)
        assert done.returncode == 0, done.stderr


def visit(provider: RunningProvider, user_id: str) -> None:
    """Let two of the staff see the document of somebody who lost every way in."""
    words = (sys.executable, "-c", VISIT, str(provider.instance), user_id, PASSWORD)
    env = provider.environment(None)
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def operations_at(url: str) -> Iterator[Operation]:
    """Yield what may be asked, as if nothing needed a key: whose it is, is ours to say."""
    told = requests.get(f"{url}/api/v1/openapi.json", timeout=30).json()
    for methods in told["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    schema = schemathesis.openapi.from_dict(told)
    yield from (each.ok() for each in schema.get_all_operations() if isinstance(each, Ok))


def name_of(operation: Operation) -> str:
    return str(operation.definition.raw["operationId"])


@dataclass(slots=True)
class Asker:
    """Asks as somebody, holds each answer to the description, and counts what was answered."""

    url: str
    operations: Mapping[str, Operation]
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    asked: int = 0
    session: requests.Session = field(default_factory=requests.Session)

    def __call__(
        self,
        person: Person,
        name: str,
        *,
        body: object = None,
        path: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Any:  # noqa: ANN401  # whatever JSON says
        """Ask one operation what it answers with yes, and return what it tells."""
        case = self.case(name, body, path, query)
        answer = self.send(person, case)
        if answer.status_code == 401:  # somebody signed them out
            person.sign_in(self)
            answer = self.send(person, case)
        assert answer.status_code < 300, (name, answer.text)
        return answer.json()

    def refused(self, person: Person, name: str, body: object) -> None:
        """Ask one operation what it answers with no."""
        answer = self.send(person, self.case(name, body, None, None))
        assert 400 <= answer.status_code < 500, (name, answer.text)

    def until_signed(
        self, person: Person, name: str, *, path: Mapping[str, object] | None = None
    ) -> Any:  # noqa: ANN401  # as above
        """Ask again until the ledger is signed so far."""
        deadline = time.monotonic() + SIGNED_WITHIN_S
        case = self.case(name, None, path, None)
        while self.send(person, case).status_code == 409 and time.monotonic() < deadline:
            time.sleep(0.5)
        return self(person, name, path=path)

    def case(
        self,
        name: str,
        body: object,
        path: Mapping[str, object] | None,
        query: Mapping[str, object] | None,
    ) -> AnyCase:
        parts: dict[str, Any] = {"path_parameters": dict(path or {}), "query": dict(query or {})}
        if body is not None:
            parts.update(body=body, media_type="application/json")
        return self.operations[name].Case(**parts)

    def send(self, person: Person, case: AnyCase) -> Response:
        person.asked += 1
        self.asked += 1
        self.session.headers.update(person.headers)
        if not person.keys:
            self.session.headers.pop("Authorization", None)
        answer = case.call_and_validate(base_url=self.url, session=self.session, checks=CHECKS)
        self.answered[name_of(case.operation), answer.status_code] += 1
        return answer

    def names_without_yes(self) -> set[str]:
        good = {name for name, status in self.answered if status < 300}
        return set(self.operations) - good

    def without_fault(self) -> bool:
        return all(status < 500 for _, status in self.answered)


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize(
    "asked_min", [TO_CI, pytest.param(TO_SOAK, marks=pytest.mark.soak)], ids=["few", "many"]
)
def test_whatever_is_asked_as_whoever_is_answered_as_described(
    asked_min: int, provider: RunningProvider, office: Office, tmp_path: Path
) -> None:
    operations = list(operations_at(provider.url))
    ask = Asker(provider.url, {name_of(each): each for each in operations})
    walk(ask, ask.until_signed, partial(letter, office), provider.pass_days)
    walk_factors(ask, provider.url)
    walk_contacts(ask, partial(letter, office))
    walk_invited(ask, ask.refused, partial(letter, office), partial(bring, provider, tmp_path))
    walk_way_back(ask, partial(letter, office), partial(visit, provider), provider.pass_days)
    people = People(ask, make_people(ask))

    for name, mode in itertools.product(ask.operations, GenerationMode):
        if mode is GenerationMode.POSITIVE or can_be_wrong(ask.operations[name]):
            throw(people, name, mode=mode, requests=asked_min // (2 * len(operations)))

    fill_up(people, asked_min)
    ask.session.close()
    assert ask.names_without_yes() == set(), "let people.walk ask these what they answer with yes"
    assert ask.asked >= asked_min
    assert ask.without_fault()
    assert "Traceback" not in provider.log()


def can_be_wrong(operation: Operation) -> bool:
    """Say whether a request can differ from the description; else it takes long to find none."""
    shaped = [each for each in operation.headers if "pattern" in each.definition["schema"]]
    return bool(operation.body or operation.path_parameters or operation.query or shaped)


def fill_up(people: "People", asked_min: int) -> None:
    """Ask on what can be asked in many ways until so many were asked; of some nothing is wrong."""
    many = [name for name, each in people.ask.operations.items() if len(each.body)]
    for name in itertools.cycle(many):
        if people.ask.asked >= asked_min:
            return
        throw(people, name, mode=GenerationMode.POSITIVE, requests=100)


def throw(people: "People", name: str, *, mode: GenerationMode, requests: int) -> None:
    """Send so many requests of any content to an operation, as one kind of person after another."""
    operation = people.ask.operations[name]

    @hypothesis.settings(
        max_examples=requests,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), names_what_is_there=booleans())
    def send(case: AnyCase, *, names_what_is_there: bool) -> None:
        kind = next(people.kinds)
        if names_what_is_there and operation.path_parameters:
            case.path_parameters.update(people.names_for(kind))
        people.send(kind, case)

    with suppress(Unsatisfiable):  # of some operations nothing can be wrong
        send()


@dataclass(slots=True)
class People:
    """One person of each kind, kept as they are whatever is asked as them."""

    ask: Asker
    each: Mapping[Kind, Person]
    kinds: Iterator[Kind] = field(default_factory=lambda: itertools.cycle(Kind))

    def send(self, kind: Kind, case: AnyCase) -> None:
        person = self.each[kind]
        if name_of(case.operation) == "age" and isinstance(case.body, dict):
            case.body.pop("is_sure", None)  # who is under 13 could never be set right
        if person.has_asked_enough:
            person.move(self.ask)
        answer = self.ask.send(person, case)
        if answer.status_code == 401 and person.keys:
            person.sign_in(self.ask)  # something asked before had ended their sign-in
            answer = self.ask.send(person, case)
        if answer.status_code < 300:
            self.set_right(kind, name_of(case.operation), case.body)

    def set_right(self, kind: Kind, name: str, body: Any) -> None:  # noqa: ANN401  # what was sent
        """Take back what the last request changed of who somebody is."""
        person, owner = self.each[kind], self.each[Kind.OWNER]
        if name in {"close", "reopen"}:
            is_open = self.ask(person, "account")["is_open"]  # a repeated answer changed nothing
            if is_open and kind is Kind.CLOSED:
                person.sign_in(self.ask)  # closing asks for a sign-in of the last 15 minutes
                self.ask(person, "close")
            elif not is_open and kind is not Kind.CLOSED:
                self.ask(person, "reopen")
        elif name == "user_id":
            person.user_id = body["user_id"]
        elif name == "age":
            told = {"age_range": person.age, "question": "Your age", "answer": person.age}
            self.ask(person, "age", body=told)
        elif name in {"leave", "remove"}:
            team = self.ask(owner, "team")["members"]
            for role in set(ROLES) - {each["role"] for each in team}:
                # Inviting and joining ask for a sign-in of the last 15 minutes.
                owner.sign_in(self.ask)
                self.each[role].sign_in(self.ask)
                join(self.ask, self.each[role], owner, role)

    def names_for(self, kind: Kind) -> dict[str, object]:
        """Return what addresses may name: the person's own where they have one, else another's."""
        person = self.each[Kind.ADULT if kind is Kind.NOBODY else kind]
        line = self.ask(person, "lines", query={"limit": 1})["items"][0]["id"]
        memberships = self.ask(person, "team")["memberships"]
        members = self.ask(self.each[Kind.OWNER], "team")["members"]
        return {
            "line_id": line,
            "sign_in_id": person.keys["sign_in"],
            "member": members[-1]["id"],
            "number": 1,
            "kind": "billing",
            "passkey": 1,
            "browser": "0" * 16,
            "account": memberships[0]["account"] if memberships else 1,
        }
