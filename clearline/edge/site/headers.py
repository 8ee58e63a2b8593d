"""What every answer of the site says to browsers about itself, whoever made it.

Django's own middleware and the settings say the rest.
"""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Pages that a browser must not keep on its disk, their refusals included.
UNSTORED: Final = ("/account/", "/staff/")


class HeadersMiddleware:
    """Stands before all others, so that files, refusals and faults carry the headers too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if request.path.startswith(UNSTORED):
            response["Cache-Control"] = "private, no-store"
        return response
