"""A browser without scripts, as Django's test client speaks for it, and people who sign in."""

import re
from datetime import timedelta

import pyotp
from django.conf import settings
from django.test import Client
from django.utils import timezone

from clearline.policy.use import Actor, ActorKind
from clearline.trust.factors import actions as factors
from clearline.trust.factors.codes import STEP_S, new_secret
from clearline.trust.safeguards import staff_logins
from clearline.trust.safeguards.roles import LoginKind, Role

PASSWORD = "seven quiet herons fly"
OPERATOR = Actor(ActorKind.JOB, "operator")


def browser(*, address: str = "127.0.0.1", **headers: str) -> Client:
    """Return a browser that sends what real ones send from a page of the site itself."""
    sent = {"host": settings.ALLOWED_HOSTS[0], "sec-fetch-site": "same-origin", **headers}
    return Client(headers=sent, REMOTE_ADDR=address)


def make_staff(user_id: str, *roles: Role) -> str:
    return staff_logins.create_staff(
        by=OPERATOR, user_id=user_id, password=PASSWORD, roles=roles, now=timezone.now()
    )


def signed_in(user_id: str, *roles: Role) -> Client:
    """Return the browser of someone of the staff who has signed in through the pages."""
    public_id = make_staff(user_id, *roles)
    secret = add_app(public_id)
    client = browser()
    give_both(client, user_id, secret)
    return client


def hidden(page: str, name: str) -> str:
    """Return what a page has in a hidden field of its first form that has one of this name."""
    found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', page)
    return found[1] if found else ""


def decide_roles(client: Client, whom: str, act: str) -> int:
    """Let an administrator press a button beside what waits for one of the staff."""
    page = client.get(f"/staff/people/{whom}/").content.decode()
    form = {"act": act, "seen": hidden(page, "seen")}
    return client.post(f"/staff/people/{whom}/waiting/", form).status_code


def add_app(public_id: str, kind: LoginKind = LoginKind.STAFF) -> str:
    """Give somebody an app that shows codes, half a minute ago, and return its secret."""
    secret, before = new_secret(), timezone.now() - timedelta(seconds=STEP_S)
    code = pyotp.TOTP(secret).at(before)
    factors.add_app(kind=kind, public_id=public_id, secret=secret, code=code, now=before)
    return secret


def give_both(client: Client, user_id: str, secret: str, door: str = "staff") -> None:
    """Sign in by password and by the code that an app shows now."""
    answer = client.post(f"/{door}/sign-in/", {"user_id": user_id, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    code = pyotp.TOTP(secret).at(timezone.now())
    answer = client.post(answer["Location"], {"code": code})
    assert answer.status_code == 302, answer.content.decode()
