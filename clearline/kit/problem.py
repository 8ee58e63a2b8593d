"""Which HTTP status each kind of refusal has, and the refusal as RFC 9457 says it."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from clearline.kit.errors import (
    Conflict,
    Denied,
    Invalid,
    NotFound,
    Refusal,
    TooMany,
    Unavailable,
)

CONTENT_TYPE: Final = "application/problem+json"
STATUSES: Final[Mapping[type[Refusal], HTTPStatus]] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Denied: HTTPStatus.FORBIDDEN,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Conflict: HTTPStatus.CONFLICT,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(refusal: Refusal) -> HTTPStatus:
    """Return the status of the refusal's kind; a plain Refusal is a 400."""
    found = (status for kind, status in STATUSES.items() if isinstance(refusal, kind))
    return next(found, HTTPStatus.BAD_REQUEST)


def problem(status: HTTPStatus, *, code: str, detail: str) -> dict[str, str | int]:
    """Return a refusal as problem+json has it."""
    return {"title": status.phrase, "status": status.value, "detail": detail, "code": code}


def for_outsiders(text: str, *, instance: Path) -> str:
    """Return a text that names files of the instance, but not where on this machine they stand."""
    return text.replace(f"{instance}/", "")
