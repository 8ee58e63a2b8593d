"""Who may open what as docs/access.md has it, and the addresses as the program has them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

from clearline.trust.safeguards.roles import Role

TABLES = Path(__file__).parents[2] / "docs" / "access.md"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OPEN, SIGN_IN, KEY, REFUSED, NOT_FOUND, NO_OBJECT = (
    "open",
    "sign in",
    "key",
    "refused",
    "not found",
    "-",
)
OUTCOMES = {OPEN, SIGN_IN, KEY, REFUSED, NOT_FOUND, NO_OBJECT}
VISITOR, CUSTOMER, ANOTHER, STAFF = "visitor", "customer", "another customer", "staff"
APP = "app"
WHO = (VISITOR, CUSTOMER, ANOTHER, APP, *map(str, Role))
# Answered before Django looks at its addresses: by the front and by WhiteNoise.
COLLECTOR = {"/c/e", "/c/b.gif", "/cl.js"}
FILES = {"/static/<path>"}


@dataclass(frozen=True, slots=True)
class Row:
    """One address, the methods that it takes, and what each column of its table says."""

    address: str
    methods: frozenset[str]
    told: Mapping[str, str]

    def outcome(self, who: str) -> str:
        """Return what somebody meets; where there is no column for a role, `staff` says it."""
        if who == ANOTHER:
            return self.told.get(ANOTHER, NO_OBJECT)
        if who == APP:
            return self.told.get(APP, self.told[VISITOR])  # its key means nothing elsewhere
        return self.told[who] if who in self.told else self.told[STAFF]


def read_rows(text: str) -> Iterator[Row]:
    """Yield the rows of all tables."""
    columns: list[str] = []
    for line in text.splitlines():
        cells = [each.strip() for each in line.strip("|").split("|")]
        if line.startswith("| address |"):
            columns = cells[2:]
        elif line.startswith("| `/"):
            address, methods, *told = cells
            by_column = dict(zip(columns, told, strict=True))
            yield Row(address.strip("`"), frozenset(methods.split()), by_column)


def read_fresh(text: str) -> dict[str, frozenset[str]]:
    """Return the addresses that ask for fresh proof, with the methods by which they do."""
    listed = (each[2:] for each in text.splitlines() if each.startswith("- `/"))
    told = (each.split() for each in listed)
    return {address.strip("`"): frozenset(methods) for address, *methods in told}


def patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each, prefix + str(each.pattern))
        else:
            yield plain(prefix + str(each.pattern)), each


def plain(route: str) -> str:
    """Return an address without what kind each of its parts is of: `<slug:slug>` is `<slug>`."""
    told, rest = "", route
    while "<" in rest:
        before, _, rest = rest.partition("<")
        name, _, rest = rest.partition(">")
        told += f"{before}<{name.rpartition(':')[2]}>"
    return told + rest


ROUTES = tuple(patterns(get_resolver()))
FRESH = read_fresh(TABLES.read_text(encoding="utf-8"))
ROWS = tuple(read_rows(TABLES.read_text(encoding="utf-8")))
