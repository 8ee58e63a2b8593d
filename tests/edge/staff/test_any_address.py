"""Whatever stands in an address of the console, the answer is a page, never a fault of ours."""

import re
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clearline.edge.staff.urls import staff_urlpatterns
from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.columnstore.migrate import migrate
from clearline.reach.visitors import load
from clearline.trust.safeguards.roles import Role
from tests.browser_client import signed_in
from tests.reach.visitors.test_report import make_events

FAULT = 500
STORE_DOWN = 503
# Signing out would make every later answer one of the sign-in page.
ROUTES = [str(each.pattern) for each in staff_urlpatterns if each.name != "staff_sign_out"]
NAMES = (
    *("next", "kind", "before", "id", "user_id", "made", "saved", "format", "role", "is_active"),
    *("period", "from", "to", "thing", "population", "order", "chart", "search"),
    *(
        "term",
        "channel",
        "reference",
        "searched",
        "shut",
        "part",
        "device",
        "referrer_class",
        "referrer",
        "campaign",
    ),
)
ODD = (
    *("", "0", "-1", "9" * 19, "9" * 5000, "1" * 18 + "x", "²", "٣", "1e9", " 7", "30"),
    *("0001-01-01", "9999-12-31", "2026-02-30", "20261101", "2026-W01-1", "2099-12-31"),
    *("\0", "a\0b", "%", "_", "'", "\\", "{start:Date}", "\u202e", "🎈", "x" * 300, "x" * 5000),
    *("page", "service", "views", "people", "visits", "json", "csv", "yes", "choice.recorded"),
)
VALUES = st.sampled_from(ODD) | st.text(max_size=40) | st.integers().map(str)


@pytest.fixture
def olu(column_store: ColumnStore, monkeypatch: pytest.MonkeyPatch, db: None) -> Client:
    """The browser of someone who may open everything, over a store with visits in it."""
    migrate(column_store, load.SCHEMA)
    load.insert_events(column_store, make_events(1, 300), token="a")
    monkeypatch.setattr(ColumnStore, "of_instance", lambda _: column_store)
    return signed_in("olu", *Role)


@example(route="ledger/", place="", told={"before": "1" * 18 + "x"}, method="get")
@example(route="people/<public_id:public_id>/", place="\0", told={}, method="get")
@given(
    route=st.sampled_from(ROUTES),
    place=VALUES.filter(lambda text: "/" not in text),
    told=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4),
    method=st.sampled_from(["get", "post"]),
)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_address_and_no_form_is_a_fault_of_ours(
    olu: Client, route: str, place: str, told: dict[str, str], method: str
) -> None:
    address = "/staff/" + re.sub("<[^>]*>", lambda _: quote(place, safe=""), route)
    fields = {name: value.encode(errors="replace") for name, value in told.items()}

    if method == "get":
        answer = olu.get(f"{address}?{urlencode(fields)}")
    else:
        answer = olu.post(address, urlencode(fields), "application/x-www-form-urlencoded")

    assert answer.status_code < FAULT or answer.status_code == STORE_DOWN, address
