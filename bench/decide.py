"""How many uses one core decides in a second, beside Cedar on the same rules in the same run."""

# ruff: noqa: INP001
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from importlib import resources
from typing import Final

import cedarpy

from clearline.policy.choices import Choices
from clearline.policy.compile import compile_edition
from clearline.policy.edition import Edition, parse_edition
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Category, ChoiceName, Purpose, SubjectId, SubjectKind
from clearline.trust.gate.decide import Outcome, decide

ROUNDS: Final = 5
OURS_AT_ONCE: Final = 200_000
CEDARS_AT_ONCE: Final = 2_000
CATEGORIES: Final = frozenset(
    {Category.BEHAVIOR_BROWSING_HISTORY, Category.DEVICE_KIND, Category.DEVICE_COOKIE_ID}
)
USE: Final = Use(
    by=Actor(ActorKind.JOB, "bench"),
    subject=SubjectId("0" * 32),
    categories=CATEGORIES,
    purpose=Purpose.ANALYTICS_REPORTING_POPULARITY,
    about=SubjectKind.VISITOR,
)
YES: Final = Choices(yes=frozenset({ChoiceName.MEASUREMENT}))
NO: Final = Choices(no=frozenset({ChoiceName.MEASUREMENT}))


def default_edition() -> Edition:
    file = resources.files("clearline.policy") / "default" / "accept.toml"
    text = file.read_text(encoding="utf-8").replace("{effective}", date(2026, 1, 1).isoformat())
    return parse_edition(text, source="accept.toml")


def run() -> dict[str, object]:
    edition = default_edition()
    policy = compile_edition(edition)
    cedar = cedar_of(edition)
    ours, theirs = [], []
    for _ in range(ROUNDS):  # interleaved, so that both meet the same machine
        ours.append(
            rate(lambda choices: decide(policy=policy, use=USE, choices=choices), OURS_AT_ONCE)
        )
        theirs.append(rate(cedar, CEDARS_AT_ONCE))
    if decide(policy=policy, use=USE, choices=YES).outcome is not Outcome.YES:
        message = "both must permit the same"
        raise RuntimeError(message)
    found_ours, found_theirs = statistics.median(ours), statistics.median(theirs)
    return {
        "decide_per_s": round(found_ours),
        "cedar_per_s": round(found_theirs),
        "ratio": round(found_ours / found_theirs, 1),
    }


def rate(decides: Callable[[Choices], object], number: int) -> float:
    """Return decisions in a second, a yes and a no by turns."""
    began = time.perf_counter()
    for _ in range(number // 2):
        decides(YES)
        decides(NO)
    return number / (time.perf_counter() - began)


def cedar_of(edition: Edition) -> Callable[[Choices], object]:
    """Return the same rules asked of Cedar: one policy a clause, its policies parsed before."""
    rules = []
    for number, clause in enumerate(edition.clauses):
        wanted = f'principal.yes.contains("{ChoiceName.MEASUREMENT}")'
        when = wanted if clause.requires_text.startswith("choice:") else "true"
        covered = ", ".join(f'"{category}"' for category in clause.categories)
        rules.append(
            f'@id("{number}") permit(principal, action == Action::"{clause.purpose}", resource) '
            f"when {{ {when} && [{covered}].containsAll(context.categories) }};"
        )
    policies = cedarpy.PolicySet.from_str("\n".join(rules))

    def ask(choices: Choices) -> object:
        person = {"uid": {"type": "Person", "id": "p"}, "attrs": {"yes": sorted(choices.yes)}}
        request = {
            "principal": 'Person::"p"',
            "action": f'Action::"{USE.purpose}"',
            "resource": 'Data::"d"',
            "context": {"categories": sorted(USE.categories)},
        }
        return cedarpy.is_authorized(request, policies, [person | {"parents": []}])

    answers = [ask(choices).allowed for choices in (YES, NO)]  # type: ignore[attr-defined]
    if answers != [True, False]:
        message = f"Cedar does not decide as we do: {answers}"
        raise RuntimeError(message)
    return ask


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
