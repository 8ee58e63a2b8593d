"""Every address says who may open it, and nobody else can."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from clearline.kit.access import Audience, audience_of
from clearline.trust.safeguards.roles import Role
from tests.browser_client import browser, signed_in
from tests.service.accounts.people import PASSWORD, make_customer

VALUES = {
    "slug": "home-line",
    "day": "2026-01-01",
    "old": "2026-01-01",
    "new": "2026-01-01",
    "entry_id": "0" * 32,
    "path": "0/000",
    "token": "none",
    "public_id": "0" * 32,
}


def patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each, prefix + str(each.pattern))
        else:
            yield prefix + str(each.pattern), each


def filled(route: str) -> str:
    while "<" in route:
        before, _, rest = route.partition("<")
        name, _, after = rest.partition(">")
        route = before + VALUES[name.partition(":")[2]] + after
    return route


ROUTES = [(filled(route), pattern) for route, pattern in patterns(get_resolver())]
each_address = pytest.mark.parametrize(
    ("address", "pattern"), ROUTES, ids=[address for address, _ in ROUTES]
)


@each_address
def test_an_address_says_who_may_open_it(address: str, pattern: URLPattern) -> None:
    assert audience_of(pattern.callback), f"{address}: write @open_to(Audience.…) above its view"


@pytest.fixture(params=["visitor", "customer", *Role])
def visiting(request: pytest.FixtureRequest, db: None) -> tuple[str, Client]:
    role = str(request.param)
    match role:
        case "visitor":
            return role, browser()
        case "customer":
            return role, signed_in_customer()
    return role, signed_in("someone", Role(role))


def signed_in_customer() -> Client:
    make_customer("alice")
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    return client


def test_nobody_opens_what_is_not_open_to_them(visiting: tuple[str, Client]) -> None:
    role, client = visiting
    for address, pattern in ROUTES:
        audience = audience_of(pattern.callback) or frozenset()
        for method in ("get", "post"):
            if address.endswith(("sign-out/", "sign-in/")):
                continue  # they change who this browser is
            answer = getattr(client, method)(address)
            is_open = Audience.EVERYONE in audience or role in audience
            is_sign_in = answer.status_code == 302 and "/sign-in/" in answer["Location"]
            is_other_kind = role in {"visitor", "customer"} or Audience.CUSTOMER in audience
            is_kept_out = is_sign_in if is_other_kind else answer.status_code == 403
            if is_open:
                assert not is_sign_in, (method, address)
            else:
                assert is_kept_out, (method, address, answer.status_code)
