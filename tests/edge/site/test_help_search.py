"""Search finds the help page that a person means."""

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.edge.site.blocks.parse import parse_page
from clearline.edge.site.content import Article
from clearline.edge.site.search import FOUND_MAX, find_articles

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


def test_words_that_no_page_holds_find_nothing() -> None:
    assert find_articles("submarine periscope", ARTICLES) == ()


@given(st.text(max_size=500))
def test_no_query_makes_the_search_fall_over(query: str) -> None:
    assert len(find_articles(query, ARTICLES)) <= FOUND_MAX
