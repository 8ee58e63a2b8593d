"""Dates in addresses: `2026-12-01`."""

from datetime import date


class DayConverter:
    """Django's path converter for one calendar day; a day that is none is no page."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return str(value)
