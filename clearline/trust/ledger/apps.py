"""The ledger as a Django app: its entries before and after they are in the tree."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "clearline.trust.ledger"
    label = "ledger"
