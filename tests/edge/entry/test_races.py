"""The second step sent many times at once by one browser: five tries, however they come."""

import threading

import pytest
from django.conf import settings
from django.db import connection

from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards.models import Session
from clearline.trust.safeguards.signed_in import HALF_TRIES_MAX
from tests.browser_client import browser
from tests.service.accounts.people import PASSWORD, make_customer
from tests.trust.factors.people import add_app

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 50


def test_of_fifty_codes_sent_at_once_five_are_looked_at() -> None:
    add_app(str(make_customer()))
    client = browser()
    led = client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})["Location"]
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    start, statuses = threading.Barrier(MANY), list[int]()

    def send(number: int) -> None:
        # From a network of its own, so that nothing but the session counts its tries.
        other = browser(address=f"203.0.{number}.7")
        other.cookies[settings.SESSION_COOKIE_NAME] = key
        start.wait(60)
        statuses.append(other.post(led, {"code": "000000"}).status_code)
        connection.close()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(statuses) == MANY
    assert Entry.objects.filter(kind="customer.factor_refused").count() == HALF_TRIES_MAX
    assert statuses.count(422) <= HALF_TRIES_MAX
    assert set(statuses) <= {302, 422}
    assert not Session.objects.exists()
