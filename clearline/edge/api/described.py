"""The API as OpenAPI 3.1 describes it: examples of every body, and every no that it may say."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

from ninja import NinjaAPI
from ninja.operation import Operation

from clearline.kit.problem import CONTENT_TYPE

PREFIX: Final = "/api/v1"
ERRORS: Final = frozenset({400, 401, 403, 404, 409, 413, 415, 422, 429, 503})
METHODS: Final = frozenset({"get", "put", "post", "delete"})
JSON: Final = "application/json"
# From here on a docstring speaks to those who change this program.
NOT_TOLD: Final = ("Raises ", "Source: ")

IDEMPOTENCY: Final[dict[str, object]] = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "Sent twice with the same key, it is done once and answered the same for a day.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
    "example": "k3y-made-at-random-0123456789",
}
SIGNAL: Final[dict[str, object]] = {
    "in": "header",
    "name": "Sec-GPC",
    "required": False,
    "description": "`1` is Global Privacy Control: kept for the account as a no to sale and "
    "sharing, in every browser and app. Send it with every request where the device says so.",
    "schema": {"type": "string"},
    "example": "1",
}
# Of every list.
ASKED: Final = {
    "limit": "How many at most.",
    "cursor": "`next` of the page before this one; empty for the first page.",
}
# What an address names, by the name of its place, and an example of it.
PLACES: Final[dict[str, tuple[str, object]]] = {
    "sign_in_id": (
        "`id` of a sign-in that `GET sign-ins` lists.",
        "0f4b1c6d8e9a2b3c4d5e6f708192a3b4",
    ),
    "browser": ("`number` of a session that `GET sessions` lists.", "1f0a9c3e5b7d2468"),
    "passkey": ("`number` of a passkey that `GET factors` lists.", 7),
    "kind": ("What the address is for.", "billing"),
    "line_id": (
        "`id` of a line that `GET my-data/lines` lists.",
        "0f4b1c6d8e9a2b3c4d5e6f708192a3b4",
    ),
    "number": ("`number` of an invitation that `GET team` lists.", 12),
    "member": ("`id` of a member that `GET team` lists.", "7a1d0c9be8f24356a1b2c3d4e5f60718"),
    "account": ("`account` that `GET team` or `GET profile` lists.", 34),
}
HEADERS: Final[dict[str, dict[str, object]]] = {
    "RateLimit-Policy": {
        "description": "What may be asked, by name: `q` requests in `w` seconds "
        "(draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string"},
        "example": '"network";q=6000;w=300, "token";q=300;w=300',
    },
    "RateLimit": {
        "description": "What is left of it: `r` requests more, all of them again in `t` seconds.",
        "schema": {"type": "string"},
        "example": '"network";r=5990;t=120, "token";r=297;t=120',
    },
    "Retry-After": {
        "description": "In how many seconds to ask again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "example": "120",
    },
}
KEY: Final = "The `access_token` that signing up, signing in, `invited` or `renew` gave."
TOLD_WITH_ALL: Final = ("RateLimit-Policy", "RateLimit")

Described = dict[str, Any]  # a part of the description, as OpenAPI has it


@dataclass(frozen=True, slots=True)
class Door:
    """One operation as it is described so far; `address_name` is what Django calls its address."""

    path: str
    method: str
    address_name: str
    operation: Described

    @property
    def name(self) -> str:
        return str(self.operation["operationId"])

    @property
    def needs_key(self) -> bool:
        return "security" in self.operation

    @property
    def knows_who_asks(self) -> bool:
        """Say whether it is somebody's app that asks, if only by the keys that this gives."""
        return self.needs_key or self.method == "post"

    @property
    def is_told_something(self) -> bool:
        return bool(self.operation.get("requestBody") or self.operation.get("parameters"))


class AppAPI(NinjaAPI):
    """An API whose operations are called what their functions are, in the words for outsiders."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


def describe(
    api: NinjaAPI,
    examples: Mapping[str, object],
    problems_of: Callable[[Door], Mapping[int, Described]],
) -> Described:
    """Return the description; `examples` are bodies by the name of their shape.

    A status that an operation never says is left out.
    """
    told = cast("Described", dict(api.get_openapi_schema(path_prefix=f"{PREFIX}/")))
    for door in doors(told):
        operation = door.operation
        operation.update(description=for_outsiders(operation.get("description", "")))
        add_answers(operation, problems_of(door))
        add_headers(door)
        for content in contents_of(operation):
            add_example(content, examples)
    told["components"].update({"headers": HEADERS})
    for scheme in told["components"]["securitySchemes"].values():
        scheme.update(description=KEY)
    return told


def doors(told: Described) -> Iterator[Door]:
    for path, methods in told["paths"].items():
        each = {name: operation for name, operation in methods.items() if name in METHODS}
        first = next(iter(each.values()))["operationId"]
        yield from (Door(path, name, first, operation) for name, operation in each.items())


def for_outsiders(text: str) -> str:
    for mark in NOT_TOLD:
        text = text.partition(mark)[0]
    return text.strip()


def add_headers(door: Door) -> None:
    sent = [IDEMPOTENCY] if door.method == "post" else []
    if door.knows_who_asks:
        sent.append(SIGNAL)
    asked = door.operation.get("parameters", ())
    for each in asked:
        if each["name"] in ASKED:
            each.update(description=ASKED[each["name"]])
        if each["in"] == "path":
            words, example = PLACES[each["name"]]
            each.update(description=words, example=example)
    door.operation.update(parameters=[*asked, *sent])


def add_answers(operation: Described, problems: Mapping[int, Described]) -> None:
    """Tell each no with what it says, as problem+json, and the headers of each answer."""
    answers: dict[int, Described] = operation["responses"]
    for status in map(HTTPStatus, sorted(answers)):
        if status in ERRORS and status not in problems:
            del answers[status]
            continue
        answer = answers[status]
        if status in ERRORS:
            content = {**answer["content"][JSON], "examples": problems[status]}
            codes = ", ".join(f"`{code}`" for code in problems[status])
            answer.update(content={CONTENT_TYPE: content}, description=f"{status.phrase}: {codes}")
        told = HEADERS if status is HTTPStatus.TOO_MANY_REQUESTS else TOLD_WITH_ALL
        answers[status] = answers.pop(status)  # in the order of their numbers
        answer.update(
            {"headers": {each: {"$ref": f"#/components/headers/{each}"} for each in told}}
        )


def contents_of(operation: Described) -> Iterator[Described]:
    """Yield what is sent and what is answered where all goes well."""
    for each in (operation.get("requestBody", {}), *operation["responses"].values()):
        if JSON in each.get("content", {}):
            yield each["content"][JSON]


def add_example(content: Described, examples: Mapping[str, object]) -> None:
    name = content["schema"].get("$ref", "").rpartition("/")[2]
    if name in examples:
        content.update(example=examples[name])
