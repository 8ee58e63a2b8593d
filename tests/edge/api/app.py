"""An app as it speaks to the API: JSON, a key in `Authorization`, no cookies."""

import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from clearline.edge.api.urls import description
from clearline.trust.tokens import actions as tokens
from clearline.trust.tokens.actions import Tokens
from tests.service.accounts.people import PASSWORD, make_account

SIGN_UP = {
    "user_id": "carol",
    "password": PASSWORD,
    "name": "Carol Reed",
    "email": "carol@mail.example",
    "age_range": "18_or_over",
    "agreed_edition": "2026-01-01",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One answer."""

    status: int
    told: Any
    headers: dict[str, str]


def hold_to_description(method: str, path: str, said: Said) -> None:
    """Fail for an answer of an operation that its description does not tell."""
    plain = path.partition("?")[0]
    for each, methods in description()["paths"].items():
        if method.lower() in methods and re.fullmatch(re.sub(r"{\w+}", "[^/]+", each), plain):
            told = methods[method.lower()]["responses"]
            assert said.status in told, f"{method} {each} answers {said.status}"
            (content,) = told[said.status]["content"].values()
            if said.status >= HTTPStatus.BAD_REQUEST:
                assert said.told["code"] in content["examples"], (
                    f"say in edge/api/refusals.py that {method} {each} says {said.told['code']}"
                )


@dataclass(slots=True)
class App:
    """An app on somebody's device."""

    access: str = ""
    refresh: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, told: object = None, **headers: str) -> Said:
        client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
        sent = {**self.headers, **headers}
        if self.access:
            sent.setdefault("authorization", f"Bearer {self.access}")
        body = b"" if told is None else json.dumps(told).encode()
        answer = client.generic(
            method, f"/api/v1/{path}", body, "application/json" if body else "", headers=sent
        )
        is_json = "json" in answer["Content-Type"]
        body = b"".join(answer) if answer.streaming else answer.content
        content = json.loads(body) if is_json and body else body
        said = Said(answer.status_code, content, dict(answer.items()))
        hold_to_description(method, f"/api/v1/{path}", said)
        return said

    def take(self, said: Said) -> Said:
        """Keep the keys that an answer gives."""
        self.access, self.refresh = said.told["access_token"], said.told["refresh_token"]
        return said

    def sign_in(self, user_id: str = "alice", password: str = PASSWORD) -> Said:
        said = self.ask("POST", "sign-in", {"user_id": user_id, "password": password})
        return self.take(said) if said.status == 200 else said

    def renew(self, refresh: str = "") -> Said:
        return self.ask("POST", "renew", {"refresh_token": refresh or self.refresh})


def app_of(given: Tokens) -> App:
    return App(given.access, given.refresh)


def make_app(user_id: str = "alice") -> App:
    """Return the app of a new customer, signed in."""
    signed_in = make_account(user_id).signed_in
    return app_of(tokens.begin(signed_in=signed_in, now=timezone.now()))
