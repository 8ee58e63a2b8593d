"""From where a request came, as far as the proxies in front can be relied on."""

from django.conf import settings
from django.http import HttpRequest

from clearline.kit.network import address_seen, cut_address


def address_of(request: HttpRequest) -> str:
    return address_seen(
        str(request.META.get("REMOTE_ADDR", "")),
        request.headers.get("X-Forwarded-For", ""),
        settings.ENV.proxies,
    )


def network_of(request: HttpRequest) -> str:
    """Return the network of the address, "" for none; the address itself goes nowhere."""
    return cut_address(address_of(request))
