"""Where a request came from: what the trusted proxies saw, cut to its network."""

import pytest
from django.conf import settings
from django.test import RequestFactory

from clearline.trust.safeguards.origin import address_of, network_of

ASKED = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.7")


def test_without_a_trusted_proxy_only_the_connection_counts() -> None:
    assert address_of(ASKED) == "127.0.0.1"
    assert network_of(ASKED) == "127.0.0.0"


def test_with_one_what_it_saw_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ENV", settings.ENV.model_copy(update={"proxies": 1}))

    assert network_of(ASKED) == "203.0.113.0"


def test_what_has_no_address_has_no_network() -> None:
    assert network_of(RequestFactory().get("/", REMOTE_ADDR="")) == ""
