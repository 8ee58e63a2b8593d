"""Editions on the site: what changed in plain words, and nothing of today on the pages of old."""

import re
from datetime import date
from pathlib import Path

import pytest

from tests.browser_client import browser
from tests.edge.site.published import BETTER, LONGER, published

pytestmark = pytest.mark.django_db
OLD, NEW = date(2026, 1, 1), date(2026, 5, 1)


def test_the_difference_is_told_in_plain_words_with_the_keys_in_small_print(
    tmp_path: Path,
) -> None:
    weaker = ('requires   = "choice:measurement"', 'requires   = "unless:measurement"')
    notice = ('form = "accept"', 'form = "notice"')
    with published(tmp_path, (OLD, ()), (NEW, (weaker, notice, LONGER))):
        page = browser().get(f"/privacy/editions/{OLD}/{NEW}/").content.decode()

    plain = page.replace("<ins>", "").replace("</ins>", "")
    assert '<h2 class="h3">Site visitors</h2><small><code>visits.measure</code></small>' in page
    assert "did not say no to “Recognise this browser when counting visits”" in plain
    assert "<ins>unless:measurement</ins></code></small>" in page
    assert "<dd>Data is kept longer: 15 months</dd>" in page
    assert page.count("unless:measurement") == 1


def test_sentences_that_changed_are_shown_and_not_called_material(tmp_path: Path) -> None:
    with published(tmp_path, (OLD, ()), (NEW, (BETTER,))):
        page = browser().get(f"/privacy/editions/{OLD}/{NEW}/").content.decode()

    assert "<ins>very small</ins>" in page.replace("<ins>very</ins> <ins>small</ins>", "")
    assert "Why it is material" not in page


def test_an_edition_of_the_past_has_no_mark_of_its_standing(tmp_path: Path) -> None:
    with published(tmp_path, (OLD, ()), (NEW, (BETTER,))):
        page = browser().get("/privacy/editions/").content.decode()

    assert page.count('class="tag') == 1
    assert '<span class="tag good">in force</span>' in page


def test_a_clause_names_its_sections_of_law_and_no_rows_of_ours() -> None:
    page = browser().get("/privacy/").content.decode()

    assert "Cal. Civ. Code 1798.100(a)" in page
    assert re.findall(r"\b(?:CC|EU|CO|CP)-[0-9]+", page) == []


def test_the_cookie_table_of_today_stands_on_the_policy_of_today_alone(tmp_path: Path) -> None:
    with published(tmp_path, (OLD, ()), (NEW, (BETTER,))):
        now = browser().get("/privacy/").content.decode()
        old = browser().get(f"/privacy/editions/{OLD}/").content.decode()

    assert 'id="cookie-table"' in now
    assert "cl_choices" not in old
    assert 'id="cookie-table"' not in old


def test_editions_that_are_read_by_turns_each_show_their_own_words_every_time(
    tmp_path: Path,
) -> None:
    with published(tmp_path, (OLD, ()), (NEW, (BETTER,))):
        addresses = (f"/privacy/editions/{OLD}/", f"/privacy/editions/{NEW}/", "/privacy/")
        turns = [[BETTER[1] in browser().get(each).content.decode() for each in addresses]
                 for _ in range(2)]  # fmt: skip

    assert turns == [[False, True, True]] * 2


def test_where_nothing_is_asked_the_page_says_so(tmp_path: Path) -> None:
    with published(tmp_path, (OLD, ())):
        page = browser().get("/privacy/").content.decode()

    assert "Not asked: it is done as the words above say." in page
    assert ">Always<" not in page
