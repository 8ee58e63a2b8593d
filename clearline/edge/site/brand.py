"""The provider's own colour, as a stylesheet of one rule: an inline style would be refused."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from clearline.kit.access import Audience, open_to


@open_to(Audience.EVERYONE)
@require_safe
@cache_control(public=True, max_age=300)
def brand(request: HttpRequest) -> HttpResponse:
    del request
    rule = f"@layer tokens {{ :root {{ --hue: {settings.ENV.provider.hue}; }} }}\n"
    return HttpResponse(rule, content_type="text/css; charset=utf-8")
