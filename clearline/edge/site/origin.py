"""Refuse unsafe requests that another site's page made; there is no token and no token cookie.

Browsers say where a request came from in `Sec-Fetch-Site` (on https and localhost) and `Origin`
(on every POST); a page cannot forge either.
"""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from clearline.edge.site.errors import other_origin

# The app's own way in, which no cookie opens; it looks for itself where a request comes from.
APP_PREFIX: Final = "/api/"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_FETCH: Final = frozenset({"same-origin", "none"})  # none: typed or reloaded by the person


def is_own(request: HttpRequest, *, own_url: str) -> bool:
    """Say whether an unsafe request came from this site's own pages; silence is no."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site in OWN_FETCH
    return request.headers.get("Origin") == own_url


class OriginMiddleware:
    """Answer 403 to every unsafe request of a page that is not the site's own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(APP_PREFIX) or request.method in SAFE_METHODS:
            return self.get_response(request)
        if is_own(request, own_url=settings.ENV.url):
            return self.get_response(request)
        return other_origin(request)
