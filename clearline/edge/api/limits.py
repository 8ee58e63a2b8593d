"""How much the app may ask, told with every answer (draft-ietf-httpapi-ratelimit-headers)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.http.response import HttpResponseBase

from clearline.kit.errors import TooMany
from clearline.trust.arrivals.limits import Limit, Standing

# Of one sign-in of the app: a screen asks for a handful of things, a person turns to few a minute.
BY_TOKEN: Final = Limit("token", quota=300, window=timedelta(minutes=5))
# Of one network (/24, /48), which may be a whole company's or a mobile carrier's.
BY_NETWORK: Final = Limit("network", quota=6_000, window=timedelta(minutes=5))
# Where nobody has signed in: each costs a password's hash. Sign-in has limits of its own besides.
UNKNOWN: Final = Limit("unknown", quota=120, window=timedelta(minutes=5))


class AskedTooOften(TooMany):
    code = "asked_too_often"

    def __init__(self) -> None:
        super().__init__("That is more than is answered in this time. Ask again a little later.")


def tell_limits(response: HttpResponseBase, standings: Iterable[Standing]) -> None:
    """Say how the caller stands against each limit, the one that refused with when to come back."""
    told = tuple(standings)
    if not told:
        return
    policy = (f'"{each.limit.name}";q={each.limit.quota};w={each.limit.window_s}' for each in told)
    left = (f'"{each.limit.name}";r={each.left};t={each.wait_s}' for each in told)
    response["RateLimit-Policy"] = ", ".join(policy)
    response["RateLimit"] = ", ".join(left)
    over = [each.wait_s for each in told if each.is_over]
    if over:
        response["Retry-After"] = str(max(over))
