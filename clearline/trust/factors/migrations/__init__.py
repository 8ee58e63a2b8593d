"""The tables of the safeguards, one change each."""
