"""A browser without scripts, as Django's test client speaks for it, and people who sign in."""

from django.conf import settings
from django.test import Client
from django.utils import timezone

from clearline.policy.use import Actor, ActorKind
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.roles import Role

PASSWORD = "seven quiet herons fly"
OPERATOR = Actor(ActorKind.JOB, "operator")


def browser(*, address: str = "127.0.0.1", **headers: str) -> Client:
    """Return a browser that sends what real ones send from a page of the site itself."""
    sent = {"host": settings.ALLOWED_HOSTS[0], "sec-fetch-site": "same-origin", **headers}
    return Client(headers=sent, REMOTE_ADDR=address)


def make_staff(user_id: str, *roles: Role) -> str:
    return safeguards.create_staff(
        by=OPERATOR, user_id=user_id, password=PASSWORD, roles=roles, now=timezone.now()
    )


def signed_in(user_id: str, *roles: Role) -> Client:
    """Return the browser of someone of the staff who has signed in through the page."""
    make_staff(user_id, *roles)
    client = browser()
    answer = client.post("/staff/sign-in/", {"user_id": user_id, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client
