"""An app as it speaks to the API: JSON, a key in `Authorization`, no cookies."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

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
        return Said(answer.status_code, content, dict(answer.items()))

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
