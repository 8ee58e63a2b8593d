"""An edition as plain values: nothing that its TOML says is left out or said otherwise."""

import json
import tomllib

from clearline.policy.edition import parse_edition
from clearline.policy.plain import as_plain
from tests.policy.editions import clause, written


def test_the_plain_values_are_those_that_the_toml_has() -> None:
    text = "material = true\n" + written(
        clause(recipients=["provider", "affiliate:harbor_power"]),
        clause(id="visits.count", requires="nothing", kept="1 year"),
    )

    plain = as_plain(parse_edition(text, source="x.toml"))

    told = tomllib.loads(text)
    assert plain == {**told, "date": told["date"].isoformat()}
    assert json.loads(json.dumps(plain)) == plain


def test_what_an_edition_leaves_out_is_empty() -> None:
    told = clause()
    del told["otherwise"], told["law"]

    plain = as_plain(parse_edition(written(told), source="x.toml"))

    assert plain["material"] is False
    assert plain["clause"] == [{**told, "otherwise": "", "law": []}]
