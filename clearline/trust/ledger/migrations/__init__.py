"""The tables of the ledger, one change each."""
