"""What the API says of itself is whole: each operation and each no with an example that fits."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from django.conf import settings

from clearline.edge.api.refusals import REFUSALS
from clearline.edge.api.urls import description

DOC = description()
OPERATIONS = [
    pytest.param(method, path, operation, id=operation["operationId"])
    for path, methods in DOC["paths"].items()
    for method, operation in methods.items()
]


def contents(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    bodies = (operation.get("requestBody"), *operation["responses"].values())
    for each in bodies:
        yield from (each or {}).get("content", {}).values()


def examples_in(content: dict[str, Any]) -> list[Any]:
    named = [each["value"] for each in content.get("examples", {}).values()]
    return [*named, content["example"]] if "example" in content else named


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_body_has_an_example_that_fits_its_shape(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    for content in contents(operation):
        name = content["schema"].get("$ref", "its body")
        examples = examples_in(content)
        assert examples, f"write an example of {name} in edge/api/examples.py"
        shape = {**content["schema"], "components": DOC["components"]}
        for each in examples:
            assert jsonschema_rs.is_valid(shape, each), (name, each)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_operation_says_what_it_refuses(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation["operationId"] in REFUSALS, "say in edge/api/refusals.py what it refuses"
    for status, answer in operation["responses"].items():
        assert {"RateLimit", "RateLimit-Policy"} <= answer["headers"].keys()
        assert ("Retry-After" in answer["headers"]) == (status == 429)
    assert {429, 503} <= operation["responses"].keys()
    assert (401 in operation["responses"]) == ("security" in operation)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_operation_is_told_in_words_for_outsiders(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert operation["description"].endswith(".")
    assert "Raises" not in operation["description"]
    sent = {each["name"]: each for each in operation["parameters"]}
    assert ("Idempotency-Key" in sent) == (method == "post")
    assert ("Sec-GPC" in sent) == (operation["operationId"] != "policy")
    assert all(each["description"] for each in operation["parameters"])


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_part_of_an_address_has_an_example_that_fits(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    parts = [each for each in operation["parameters"] if each["in"] == "path"]

    assert {each["name"] for each in parts} == set(re.findall(r"{(\w+)}", path)), (method, path)
    for each in parts:
        assert jsonschema_rs.is_valid(each["schema"], each["example"]), each["name"]


def test_every_summary_says_by_itself_what_its_operation_does() -> None:
    told = Counter(each.values[2]["summary"] for each in OPERATIONS)  # type: ignore[index]  # as pytest has it

    assert set(told.values()) == {1}
    assert [each for each in told if len(each.split()) < 2 or len(each) > 60] == []


def test_every_operation_stands_below_a_heading_that_is_told() -> None:
    below = {tag for each in OPERATIONS for tag in each.values[2]["tags"]}  # type: ignore[index]  # as above

    assert {each["name"] for each in DOC["tags"]} == below
    assert all(each["description"].endswith(".") for each in DOC["tags"])
    assert DOC["servers"] == [{"url": settings.ENV.url}]
    assert all(each["description"] for each in DOC["components"]["securitySchemes"].values())


def test_names_of_operations_are_their_own_and_no_refusal_is_left_over() -> None:
    names = Counter(each.values[2]["operationId"] for each in OPERATIONS)  # type: ignore[index]  # as pytest has it

    assert set(names.values()) == {1}
    assert names.keys() == REFUSALS.keys()


def test_pages_limits_and_headers_are_described() -> None:
    about = DOC["info"]["description"]

    for word in ("`agreement_needed`", "`prove_again`", "`renew`", "POST renew"):
        assert word.strip("`") in about
    for word in ("`limit`", "`cursor`", "`next`", "RateLimit", "Retry-After", "Idempotency-Key"):
        assert word in about
    assert DOC["components"]["headers"].keys() == {"RateLimit", "RateLimit-Policy", "Retry-After"}
