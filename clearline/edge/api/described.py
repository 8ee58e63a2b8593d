"""The API as OpenAPI 3.1 describes it, with every no that it may say."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, cast

from ninja import NinjaAPI

from clearline.kit.problem import CONTENT_TYPE

PREFIX: Final = "/api/v1"
ERRORS: Final = frozenset({400, 401, 403, 404, 409, 413, 415, 422, 429, 503})
METHODS: Final = frozenset({"get", "put", "post", "delete"})
IDEMPOTENCY: Final[dict[str, object]] = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "Sent twice with the same key, it is done once and answered the same for a day.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
}


def describe(api: NinjaAPI) -> dict[str, Any]:  # as ninja has it
    """Return the description; problems are problem+json there as they are in answers."""
    told = cast("dict[str, Any]", dict(api.get_openapi_schema(path_prefix=f"{PREFIX}/")))
    for method, operation in operations(told):
        for status, answer in operation["responses"].items():
            if int(status) in ERRORS:
                content = {CONTENT_TYPE: answer["content"]["application/json"]}
                answer.update(content=content, description="No, and why")
        if method == "post":
            operation.update(parameters=[*operation.get("parameters", ()), IDEMPOTENCY])
    return told


def operations(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for methods in told["paths"].values():
        yield from ((name, each) for name, each in methods.items() if name in METHODS)


described = cache(describe)
