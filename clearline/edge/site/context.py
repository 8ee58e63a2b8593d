"""What every template may show: who the provider is, where one stands, what was chosen."""

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, object]:
    del request
    return {"site": {"provider": settings.ENV.provider, "language": settings.LANGUAGE_CODE[:2]}}
