"""Each role finds its own pages in the console, and is led to the first of them."""

import re

import pytest

from clearline.trust.safeguards.roles import Role
from tests.browser_client import signed_in

pytestmark = pytest.mark.django_db
PAGES = {
    Role.SUPPORT: ["Customers", "You"],
    Role.BILLING: ["Customers", "You"],
    Role.MARKETER: ["Today", "Visitors", "You"],
    Role.PRIVACY_OFFICER: ["Customers", "You"],
    Role.SECURITY_OFFICER: ["Health", "Ledger", "You"],
    Role.AUDITOR: ["Ledger", "You"],
    Role.ADMINISTRATOR: ["Today", "Visitors", "Health", "Ledger", "People", "You"],
}


@pytest.mark.parametrize("role", Role)
def test_a_role_finds_its_own_pages_and_begins_at_the_first(role: Role) -> None:
    client = signed_in("someone", role)

    first = client.get("/staff/", follow=True)

    menu = first.content.decode().partition("<nav")[2].partition("</nav>")[0]
    assert re.findall(r">([^<>]+)</a>", menu) == PAGES[role]
    assert re.findall(r'aria-current="page">([^<]+)<', menu) == [PAGES[role][0]]


def test_roles_add_up() -> None:
    client = signed_in("someone", Role.AUDITOR, Role.MARKETER)

    for path in ("/staff/visitors/", "/staff/ledger/"):
        assert client.get(path).status_code in {200, 503}  # no store runs here
    assert client.get("/staff/people/").status_code == 403
