"""Markdown to HTML that is safe to show: parsed without raw HTML, then cleaned once more."""

from functools import lru_cache
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
TAGS: Final = {
    *("h2", "h3", "h4", "p", "br", "hr", "ul", "ol", "li", "blockquote", "strong", "em"),
    *("a", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"),
}
# The page owns h1, so a text begins at h2 whatever its author wrote.
HEADINGS: Final = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}


@lru_cache(maxsize=512)
def html_of(markdown: str) -> str:
    """Return the HTML of one text: no scripts, styles, images, raw HTML or odd addresses."""
    tokens = MARKDOWN.parse(markdown)
    rendered = MARKDOWN.renderer.render([fitted(token) for token in tokens], MARKDOWN.options, {})
    return nh3.clean(
        rendered,
        tags=TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"https", "mailto", "tel"},
        link_rel="noopener",
    )


def fitted(token: Token) -> Token:
    if token.type in {"heading_open", "heading_close"}:
        token.tag = HEADINGS[token.tag]
    return token
