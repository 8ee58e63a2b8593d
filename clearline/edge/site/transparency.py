"""The ledger's signed tree, served so that anybody's tools can verify it (C2SP tlog-tiles)."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from clearline.kit.access import Audience, open_to
from clearline.trust.ledger import queries as ledger

FOREVER_S: Final = 31_536_000


@open_to(Audience.EVERYONE)
@require_safe
@cache_control(no_cache=True)
def checkpoint(request: HttpRequest) -> HttpResponse:
    """Answer the newest signed checkpoint. Raises NoCheckpoint."""
    del request
    return HttpResponse(ledger.read_checkpoint(), content_type="text/plain; charset=utf-8")


@open_to(Audience.EVERYONE)
@require_safe
@cache_control(public=True, max_age=FOREVER_S, immutable=True)
def tile(request: HttpRequest, path: str) -> HttpResponse:
    """Answer one tile; its content never changes. Raises NoSuchTile."""
    del request
    return HttpResponse(ledger.read_tile(path), content_type="application/octet-stream")
