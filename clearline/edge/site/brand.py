"""The provider's own colour and mark, each at an address of our own: nothing inline, as CSP says.

The mark is only ever shown as an image, in which no script runs and nothing else is fetched.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from clearline.kit.access import Audience, open_to
from clearline.kit.errors import NotFound

LOGO_BYTES_MAX: Final = 100_000

for_a_while = cache_control(public=True, max_age=300)


class NoLogo(NotFound):
    code = "no_logo"

    def __init__(self) -> None:
        super().__init__("This provider has no mark of its own.")


@open_to(Audience.EVERYONE)
@require_safe
@for_a_while
def brand(request: HttpRequest) -> HttpResponse:
    del request
    rule = f"@layer tokens {{ :root {{ --hue: {settings.ENV.provider.hue}; }} }}\n"
    return HttpResponse(rule, content_type="text/css; charset=utf-8")


@open_to(Audience.EVERYONE)
@require_safe
@for_a_while
def logo(request: HttpRequest) -> HttpResponse:
    """Answer the provider's mark. Raises NoLogo."""
    del request
    content = read_logo(settings.ENV.instance)
    if content is None:
        raise NoLogo
    return HttpResponse(content, content_type="image/svg+xml")


def read_logo(instance: Path) -> bytes | None:
    """Return brand/logo.svg, None where there is none that can be shown."""
    path = instance / "brand" / "logo.svg"
    try:
        state = path.stat()
        if state.st_size > LOGO_BYTES_MAX:
            return None
        content = read_version(path, state.st_mtime_ns)
    except OSError:
        return None
    return content if b"<svg" in content else None


@lru_cache(maxsize=2)
def read_version(path: Path, mtime_ns: int) -> bytes:
    del mtime_ns  # it tells one version of the file from the next
    with path.open("rb") as file:
        return file.read(LOGO_BYTES_MAX)
