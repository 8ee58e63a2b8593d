"""Choices are proved in a ledger, each test in one of its own."""

from tests.trust.ledger.conftest import log

__all__ = ["log"]
