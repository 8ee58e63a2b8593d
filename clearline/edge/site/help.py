"""Help pages by topic, with search."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clearline.edge.site.content import Article, content
from clearline.edge.site.remembered import with_place_left
from clearline.edge.site.search import QUERY_CHARACTERS_MAX, find_articles
from clearline.edge.site.visit import visit_of
from clearline.kit.access import Audience, open_to


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    articles: tuple[Article, ...]


def by_topic(articles: Iterable[Article]) -> tuple[Topic, ...]:
    """Return the topics in the order of their first page."""
    topics: dict[str, list[Article]] = {}
    for article in articles:
        topics.setdefault(article.page.topic or _("More"), []).append(article)
    return tuple(Topic(name, tuple(found)) for name, found in topics.items())


@open_to(Audience.EVERYONE)
@require_safe
def help_home(request: HttpRequest) -> HttpResponse:
    shelf = content(visit_of(request).now)
    query = " ".join(request.GET.get("q", "").split())[:QUERY_CHARACTERS_MAX]
    shown = {
        "query": query,
        "found": find_articles(query, shelf.articles),
        "topics": by_topic(shelf.articles),
    }
    return render(request, "site/help.html", shown)


@open_to(Audience.EVERYONE)
@require_safe
def help_article(request: HttpRequest, slug: str) -> HttpResponse:
    visit = visit_of(request)
    shelf = content(visit.now)
    article = shelf.find_article(slug)
    if article is None:
        raise Http404
    others = [
        each
        for each in shelf.articles
        if each.page.topic == article.page.topic and each.slug != article.slug
    ]
    shown = {"page": article.page, "others": others}
    return with_place_left(render(request, "site/help_article.html", shown), visit, request.path)
