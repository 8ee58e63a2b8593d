"""Search finds the help page that a person means."""

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.edge.site.blocks.parse import parse_page
from clearline.edge.site.content import Article
from clearline.edge.site.search import FOUND_MAX, find_articles
from tests.browser_client import browser

HELP = resources.files("clearline.edge.site") / "starter" / "content" / "help"
ARTICLES = tuple(
    Article(
        entry.name.removesuffix(".toml"),
        parse_page(entry.read_text(encoding="utf-8"), source=entry.name, names={}),
    )
    for entry in HELP.iterdir()
)


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ("port my number", "keep-your-number"),
        ("PORTING", "keep-your-number"),
        ("echo", "broken-sound"),
        ("cancel", "leave"),
        ("911", "emergency-calls"),
        ("spam calls", "block-calls"),
        ("dial tone", "no-tone"),
        ("forward", "call-forwarding"),
    ],
)
def test_the_page_that_is_meant_comes_first(query: str, slug: str) -> None:
    found = find_articles(query, ARTICLES)

    assert slug in [article.slug for article in found[:2]]


def test_a_word_that_no_page_holds_does_not_hide_the_page_that_fits() -> None:
    assert find_articles("echo submarine", ARTICLES)[0].slug == "broken-sound"


@pytest.mark.parametrize("word", ["bill", "number", "voicemail", "calls"])
def test_pages_with_the_word_in_their_title_come_before_all_others(word: str) -> None:
    found = find_articles(word, ARTICLES)

    in_title = [word.removesuffix("s") in article.page.title.casefold() for article in found]
    assert in_title == sorted(in_title, reverse=True)
    assert any(in_title)


def test_what_was_found_stands_alone_with_its_number_and_one_way_to_all_pages() -> None:
    page = browser().get("/help/", {"q": "bill"}).content.decode()

    found = len(find_articles("bill", ARTICLES))
    assert page.count('<a href="/help/') == found + 3  # the way to all pages; head; foot
    assert "pages about “bill”</h2>" in page


def test_a_search_that_finds_nothing_shows_all_pages() -> None:
    page = browser().get("/help/", {"q": "submarine"}).content.decode()

    assert all(f'href="/help/{article.slug}/"' in page for article in ARTICLES)


def test_words_that_no_page_holds_find_nothing() -> None:
    assert find_articles("submarine periscope", ARTICLES) == ()


@given(st.text(max_size=500))
def test_no_query_makes_the_search_fall_over(query: str) -> None:
    assert len(find_articles(query, ARTICLES)) <= FOUND_MAX
