"""What the jobs' tests share: a ledger of their own."""

from tests.trust.ledger.conftest import log

__all__ = ["log"]
