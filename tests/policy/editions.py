"""Small editions for tests of the policy, written as a provider would write them."""

from datetime import date

from clearline.policy.edition import Edition, parse_edition

HEAD = """\
date = {date}
form = "accept"
title = "Privacy policy"
summary = ["Short."]

[statements]
visitors = ["We keep track of visits."]
"""
CLAUSE = {
    "id": "visits.measure",
    "promise": "P6",
    "text": "We record which pages you visit.",
    "categories": ["user.behavior.browsing_history", "user.device.cookie_id"],
    "about": ["visitor"],
    "purpose": "analytics.reporting.popularity",
    "recipients": ["provider"],
    "requires": "choice:measurement",
    "otherwise": "We count the visit without recognising you.",
    "kept": "25 months",
    "law": ["CC-02"],
}
DAY = date(2026, 11, 1)


def clause(**changed: object) -> dict[str, object]:
    return {**CLAUSE, **changed}


def written(*clauses: dict[str, object], day: date = DAY) -> str:
    text = HEAD.format(date=day.isoformat())
    for each in clauses:
        lines = (f"{key} = {toml(value)}" for key, value in each.items())
        text += "\n[[clause]]\n" + "\n".join(lines) + "\n"
    return text


def toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def edition(*clauses: dict[str, object], day: date = DAY) -> Edition:
    return parse_edition(written(*clauses, day=day), source=f"{day}.toml")
