"""Codes of digits that letters carry: made at random, written to be read, and read as typed."""

import secrets


def new_digits(count: int) -> str:
    return f"{secrets.randbelow(10**count):0{count}d}"


def in_halves(digits: str) -> str:
    """Return an even number of digits as people read them to themselves."""
    half = len(digits) // 2
    return f"{digits[:half]} {digits[half:]}"


def digits_in(typed: str) -> str:
    """Return the digits that were typed, whatever stands between them."""
    return "".join(each for each in typed if each.isdecimal())
