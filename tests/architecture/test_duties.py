"""What each role sees of a customer stands in docs/access.md as the program has it."""

from collections.abc import Iterator

from clearline.service.desk.duties import DUTIES, Field
from clearline.trust.safeguards.roles import Role
from tests.architecture.access import TABLES


def told() -> Iterator[tuple[str, ...]]:
    _, _, rest = TABLES.read_text(encoding="utf-8").partition("### What each may see of a customer")
    for line in rest.partition("\n## ")[0].splitlines():
        if line.startswith("|"):
            yield tuple(each.strip() for each in line.strip("|").split("|"))


def test_the_table_of_what_each_may_see_is_the_one_in_the_program() -> None:
    (_, *names), _, *rows = told()

    assert [Role(name) for name in names] == list(DUTIES)
    assert rows == [
        (field, *("yes" if field in DUTIES[Role(name)] else "no" for name in names))
        for field in Field
    ]
