"""A browser that lost what it chose but keeps its number reads what is so, in both forms."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.browser_client import browser
from tests.edge.site.answering import answer, press, visitor, words_on
from tests.edge.site.published import published

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 1)
NOTICE = (
    ('form = "accept"', 'form = "notice"'),
    ('requires   = "choice:measurement"', 'requires   = "unless:measurement"'),
)
PAGE = "/privacy/choices/"
BEACON = re.compile(r"b\.gif\?[^\"]+")
RECOGNISED = "By that we recognise it in the count of visits until you decline"
DECLINED = "Until you say yes, we treat you as having declined"


def is_view(beacon: str) -> bool:
    return "kind=yes" not in beacon


def forgetful(said: str = "accept") -> Client:
    """Return a browser that answered, and lost the cookie with its answer alone."""
    client = browser()
    answer(client, said)
    del client.cookies["cl_choices"]
    return client


def test_under_notice_it_is_told_that_it_is_recognised_until_it_declines(tmp_path: Path) -> None:
    with published(tmp_path, (DAY, NOTICE)):
        client = forgetful()
        before = words_on(client.get(PAGE).content)
        press(client, "decline")
        after = words_on(client.get(PAGE).content)

    assert RECOGNISED in before
    assert "not chosen: you are recognised until you say no" in before
    assert before.count("not chosen, treated like no") == 1
    assert DECLINED not in before
    assert visitor(client) is None
    assert RECOGNISED not in after
    assert "recognised no" in after


def test_under_notice_a_browser_without_a_number_is_not_recognised(tmp_path: Path) -> None:
    with published(tmp_path, (DAY, NOTICE)):
        told = words_on(browser().get(PAGE).content)

    assert f"{DECLINED}, and store nothing on your device" in told
    assert RECOGNISED not in told


def test_where_a_yes_is_needed_it_is_not_recognised_but_keeps_something_of_ours() -> None:
    told = words_on(forgetful().get(PAGE).content)

    assert f"{DECLINED}." in told
    assert "store nothing on your device" not in told
    assert RECOGNISED not in told


@pytest.mark.parametrize("act", ["save", "accept", "decline", "opt_out"])
def test_saving_on_the_page_of_choices_counts_no_second_view_of_it(act: str) -> None:
    client = browser()
    referer = {"referer": f"{settings.ENV.url}{PAGE}"}
    told = {"act": act, "measurement": "yes", "content": "no"}

    first = client.get(PAGE).content.decode()
    saved = client.post(PAGE, told, follow=True, headers=referer)

    text = saved.content.decode()
    told_by = 'data-first="yes"' if act in {"save", "accept"} else 'data-first=""'
    assert [is_view(each) for each in BEACON.findall(first)] == [True]
    assert saved.request["PATH_INFO"] == PAGE
    assert told_by in text
    assert [is_view(each) for each in BEACON.findall(text) if is_view(each)] == []
