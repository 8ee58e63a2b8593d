"""Choices are proved in a ledger, each test in one of its own."""

from tests.trust.ledger.conftest import policy_log as log

__all__ = ["log"]
