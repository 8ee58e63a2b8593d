"""A yes ends with the cookie that it came with, whatever else is answered meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clearline.policy.vocabulary import ChoiceName
from clearline.trust.consent.cookies import CHOICES_COOKIE, VISITOR_COOKIE
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.edge.site.answering import (
    GPC,
    SIGNER,
    answer,
    chosen,
    press,
    visitor,
)

pytestmark = pytest.mark.django_db


def test_the_visitor_cookie_ends_with_the_answer_that_it_rests_on() -> None:
    client = browser()
    answer(client, "accept")
    lifetime = CHOICES_COOKIE.lifetime.total_seconds()
    assert lifetime == VISITOR_COOKIE.lifetime.total_seconds()
    assert client.cookies["cl_choices"]["max-age"] == lifetime
    assert 0 <= lifetime - client.cookies["cl_visitor"]["max-age"] <= 86_400
    known = visitor(client)
    assert known is not None
    aged = known.with_since(known.since - timedelta(days=300))
    client.cookies["cl_visitor"] = SIGNER.write_visitor(aged)

    client.get("/rates/")

    again = visitor(client)
    assert again is not None
    assert (again.last_page, again.since) == ("/rates/", aged.since)
    left_s = client.cookies["cl_visitor"]["max-age"]
    assert 0 <= lifetime - 300 * 86_400 - left_s <= 86_400


@pytest.mark.parametrize("act", ["opt_out", "signal"])
def test_no_other_answer_makes_the_yes_to_be_recognised_last_longer(act: str) -> None:
    client = browser()
    answer(client, "accept")
    known = visitor(client)
    assert known is not None
    first = chosen(client).at - timedelta(days=300)
    aged = known.with_since(first.date())
    client.cookies["cl_visitor"] = SIGNER.write_visitor(aged)
    client.cookies["cl_choices"] = SIGNER.write_choices(replace(chosen(client), at=first))

    if act == "signal":
        client.get("/rates/", headers=GPC)
    else:
        press(client, "opt_out")

    assert ChoiceName.SALE_OR_SHARING in chosen(client).choices.no
    assert chosen(client).yes_since == first
    again = visitor(client)
    assert again is not None
    assert (again.id, again.since) == (aged.id, aged.since)
    ended = replace(chosen(client), agreed_at=first - timedelta(days=100))
    client.cookies["cl_choices"] = SIGNER.write_choices(ended)
    page = client.get("/rates/").content.decode()
    assert "Stop recognising this browser" not in page
    assert 'value="accept"' in page


def test_a_kept_yes_is_not_taken_back() -> None:
    client = browser()

    client.get(answer(client, "accept")["Location"])

    assert Entry.objects.count() == 1
