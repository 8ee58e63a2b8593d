"""Whatever breaks behind a page, it answers in plain words: no stack, and nothing of anybody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client

from clearline.trust.safeguards.roles import Role
from tests.browser_client import browser, signed_in
from tests.service.accounts.people import PASSWORD, make_account

pytestmark = pytest.mark.django_db
TABLES = sorted(
    model._meta.db_table  # noqa: SLF001  # Django's own name for it
    for model in apps.get_models()
    if model.__module__.startswith("clearline.")
)
PAGES = ("/", "/privacy/choices/", "/account/", "/account/profile/", "/account/join/")
TOLD_NEVER = ("Traceback", 'File "', "clearline/", "OperationalError", "SELECT", "Zyxw", "onmlkji")


def alice() -> Client:
    make_account(name="Zyxw Vutsrqp", email="onmlkji@hgfedcb.example")
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    client.raise_request_exception = False
    return client


def faults(client: Client, *pages: str) -> Iterator[str]:
    """Yield what an answer that failed should not have said, over reading and sending."""
    for page in pages:
        for answer in (client.get(page), client.post(page, {"name": "Zyxw", "user_id": "Zyxw"})):
            text = answer.content.decode() + str(dict(answer.items()))
            if answer.status_code >= 500:
                yield from (f"{page}: {each}" for each in TOLD_NEVER if each in text)
                yield from () if "<h1>" in text or "problem" in text else (f"{page}: no page",)


def rename_table(old: str, new: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")


# Outside a transaction of the test's own: PostgreSQL would end that one with the first fault.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_is_gone(table: str) -> None:
    client = alice()
    rename_table(table, "gone")

    try:
        found = list(faults(client, *PAGES))
    finally:
        rename_table("gone", table)

    assert found == []


@pytest.mark.usefixtures("own_log")
@pytest.mark.parametrize("name", ["keys", "policy", "content", "services.toml", "clearline.toml"])
def test_a_file_of_the_instance_that_is_gone(name: str) -> None:
    client, dana = alice(), signed_in("dana", Role.ADMINISTRATOR)
    dana.raise_request_exception = False
    path = Path(settings.ENV.instance) / name
    if path.exists():
        path.rename(path.with_name("gone"))

    assert list(faults(client, *PAGES)) == []
    assert list(faults(dana, "/staff/", "/staff/ledger/", "/staff/people/", "/staff/health/")) == []


@pytest.mark.parametrize("path", ["/", "/account/sign-in/", "/privacy/choices/", "/nowhere/"])
def test_an_address_with_more_fields_than_are_read_is_refused_in_plain_words(path: str) -> None:
    query = "&".join(f"a{number}=1" for number in range(200))

    answer = browser().get(f"{path}?{query}")

    assert answer.status_code == 400
    assert b"We could not read that request" in answer.content
    assert b"a199" not in answer.content
