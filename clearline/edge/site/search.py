"""Search in the help pages: plain words, best match first; nothing about the search is kept."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from clearline.edge.site.blocks.block import Page
from clearline.edge.site.content import Article

QUERY_CHARACTERS_MAX: Final = 100
WORDS_MAX: Final = 8
FOUND_MAX: Final = 20
WORD: Final = re.compile(r"[^\W_]+")
# A word of the title says more about a page than all the rest of it.
WEIGHTS: Final = (("title", 11), ("words", 6), ("summary", 3), ("text", 1))


def words_of(text: str) -> tuple[str, ...]:
    """Return the words, folded, without accents and without a plural's s."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(word.removesuffix("s") if len(word) > 3 else word for word in WORD.findall(kept))  # noqa: PLR2004  # "bus" keeps its s


def find_articles(query: str, articles: Iterable[Article]) -> tuple[Article, ...]:
    """Return the pages that hold at least half of the words, or their beginnings; best first."""
    wanted = words_of(query[:QUERY_CHARACTERS_MAX])[:WORDS_MAX]
    if not wanted:
        return ()
    scored = [(scores(article.page, wanted), article) for article in articles]
    found = [
        (-len(each), -sum(each), article.slug, article)
        for each, article in scored
        if each and len(each) * 2 >= len(wanted)
    ]
    return tuple(article for *_, article in sorted(found, key=lambda row: row[:3])[:FOUND_MAX])


def scores(page: Page, wanted: tuple[str, ...]) -> list[int]:
    """Return one score for each wanted word that the page holds."""
    parts = {
        "title": words_of(page.title),
        "words": words_of(" ".join(page.words)),
        "summary": words_of(page.summary),
        "text": words_of(" ".join(block.plain_text for block in page.blocks)),
    }
    by_word = (
        sum(
            weight
            for name, weight in WEIGHTS
            if any(each.startswith(start) for each in parts[name])
        )
        for start in wanted
    )
    return [score for score in by_word if score]
