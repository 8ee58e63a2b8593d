"""Small editions that the collector's tests publish: the clauses that visits rest on."""

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path

HEAD = """
date = {date}
form = "{form}"
title = "Privacy policy"
summary = ["We count visits."]
"""
CLAUSE = """
[[clause]]
id = "{id}"
promise = "P6"
text = "We record which pages you visit."
categories = [{categories}]
about = ["visitor"]
purpose = "{purpose}"
recipients = ["provider"]
requires = "{requires}"
otherwise = "We do not."
kept = "25 months"
"""
COUNTED = '"user.behavior.browsing_history", "user.device.kind"'
STARTED = '"user.device.ip_address", "user.device.kind"'
MEASURED = f'{COUNTED}, "user.device.cookie_id"'


POPULARITY = "analytics.reporting.popularity"
PERFORMANCE = "analytics.reporting.content_performance"
SECURITY = "essential.service.security"


def edition(
    effective: date,
    *,
    measure: str = "choice:measurement",
    count: str = "nothing",
    start: str = "nothing",
    beacon: str = "nothing",
    floods: str = "nothing",
) -> str:
    """Return an edition whose clauses require what is said; "" leaves a clause out."""
    text = HEAD.format(date=effective.isoformat(), form="accept")
    if measure:
        text += clause("visits.measure", MEASURED, POPULARITY, measure)
    if count:
        text += clause("visits.count", COUNTED, POPULARITY, count)
    if start:
        text += clause("visits.start", STARTED, POPULARITY, start)
    if beacon:
        text += clause("visits.beacon", COUNTED, PERFORMANCE, beacon)
    if floods:
        text += clause("security.attempts", '"user.device.ip_address"', SECURITY, floods)
    return text


def clause(clause_id: str, categories: str, purpose: str, requires: str) -> str:
    return CLAUSE.format(id=clause_id, categories=categories, purpose=purpose, requires=requires)


def publish(folder: Path, *texts: str) -> None:
    """Put editions into a policy directory as `policy publish` does."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for text in texts:
        day = text.partition("date = ")[2].partition("\n")[0]
        (folder / f"{day}.toml").write_text(text, encoding="utf-8")
        published_at = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        listed.append({"date": day, "sha256": sha256, "published_at": published_at})
    (folder / "published.json").write_text(json.dumps(listed), encoding="utf-8")
