"""Search in the help pages: plain words, best match first; nothing about the search is kept."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from clearline.edge.site.blocks.block import Page
from clearline.edge.site.content import Article

QUERY_CHARACTERS_MAX: Final = 100
WORDS_MAX: Final = 8
FOUND_MAX: Final = 20
WORD: Final = re.compile(r"[^\W_]+")
# A word of the title says more about a page than one of its text.
WEIGHTS: Final = (("title", 8), ("words", 6), ("summary", 3), ("text", 1))


@dataclass(frozen=True, slots=True)
class Found:
    article: Article
    score: int


def words_of(text: str) -> tuple[str, ...]:
    """Return the words, folded, without accents and without a plural's s."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(word.removesuffix("s") if len(word) > 3 else word for word in WORD.findall(kept))  # noqa: PLR2004  # "bus" keeps its s


def find_articles(query: str, articles: Iterable[Article]) -> tuple[Article, ...]:
    """Return the pages that hold every word of the query, or its beginning; best first."""
    wanted = words_of(query[:QUERY_CHARACTERS_MAX])[:WORDS_MAX]
    if not wanted:
        return ()
    found = [Found(article, score(article.page, wanted)) for article in articles]
    ranked = sorted(
        (each for each in found if each.score), key=lambda each: (-each.score, each.article.slug)
    )
    return tuple(each.article for each in ranked[:FOUND_MAX])


def score(page: Page, wanted: tuple[str, ...]) -> int:
    """Return 0 when a word is missing everywhere."""
    parts = {
        "title": words_of(page.title),
        "words": words_of(" ".join(page.words)),
        "summary": words_of(page.summary),
        "text": words_of(" ".join(block.plain_text for block in page.blocks)),
    }
    scores = [
        sum(
            weight * any(word.startswith(start) for word in parts[name]) for name, weight in WEIGHTS
        )
        for start in wanted
    ]
    return sum(scores) if all(scores) else 0
