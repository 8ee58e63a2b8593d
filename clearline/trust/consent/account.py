"""The choices of an account: each answer with when, how and its proof; how two sets join. Pure.

They are stored as one text, JSON of `{"choice": [answer, moment, method, proof]}`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clearline.policy.choices import Choices
from clearline.policy.vocabulary import Answer, ChoiceMethod
from clearline.trust.consent.cookie import ChosenOnDevice
from clearline.trust.consent.cookies import ENDING, VISITOR_COOKIE

NOTHING_SAID: Final = "{}"
YES_LASTS: Final = VISITOR_COOKIE.lifetime


@dataclass(frozen=True, slots=True)
class Said:
    """One answer of an account: since when, how it was told, and the entry that proves it."""

    answer: Answer
    at: datetime
    method: ChoiceMethod
    proof: str


def read_said(text: str) -> dict[str, Said]:
    return {
        name: Said(Answer(answer), datetime.fromisoformat(at), ChoiceMethod(method), proof)
        for name, (answer, at, method, proof) in json.loads(text).items()
    }


def write_said(said: Mapping[str, Said]) -> str:
    told = {
        name: [each.answer, each.at.isoformat(), each.method, each.proof]
        for name, each in sorted(said.items())
    }
    return json.dumps(told, separators=(",", ":"))


def yes_since(said: Mapping[str, Said]) -> datetime | None:
    """Return when the older yes was said of those that the visitor cookie rests on."""
    agreed = (said[name] for name in ENDING & said.keys())
    return min((each.at for each in agreed if each.answer is Answer.YES), default=None)


def is_yes_over(since: datetime, now: datetime) -> bool:
    """Say whether a yes of that moment is so old that it counts no more (clause choices.keep)."""
    return now - since >= YES_LASTS


def standing(said: Mapping[str, Said], now: datetime) -> dict[str, Said]:
    """Return what counts at a moment, as a browser of the account has it."""
    since = yes_since(said)
    if since is None or not is_yes_over(since, now):
        return dict(said)
    return {name: each for name, each in said.items()
            if name not in ENDING or each.answer is not Answer.YES}  # fmt: skip


def choices_in_account(said: Mapping[str, Said]) -> Choices:
    return Choices(
        yes=frozenset(name for name, each in said.items() if each.answer is Answer.YES),
        no=frozenset(name for name, each in said.items() if each.answer is Answer.NO),
    )


def joined(one: Choices, other: Choices) -> Choices:
    """Return both sets as one: no wins over yes, and any answer over none."""
    no = one.no | other.no
    return Choices(yes=(one.yes | other.yes) - no, no=no)


def differing(one: Choices, other: Choices) -> frozenset[str]:
    """Return the choices that the two sets answer differently."""
    return (one.yes ^ other.yes) | (one.no ^ other.no)


def is_no_unseen(said: Said | None, device: ChosenOnDevice | None) -> bool:
    """Say whether an account's no is newer than what a device shows of the account.

    A yes from there was said without seeing that no, so the no stands. `device` is None where the
    device shows nothing of the account.
    """
    if said is None or said.answer is not Answer.NO:
        return False
    if device is None:
        return True
    # The device knows whole seconds only; within the same one nobody can tell, and no wins.
    return said.proof != device.proof and int(said.at.timestamp()) >= int(device.at.timestamp())


def unsaid(said: Mapping[str, Said], names: Iterable[str]) -> frozenset[str]:
    """Return those choices to which nobody said no, nor yes themselves, since the account began.

    What a browser or an earlier system brought in is nobody's own yes to us, and neither is one
    that was said before the age was known by which the account began.
    """
    starts = (each.at for each in said.values() if each.method is ChoiceMethod.START)
    began_at = min(starts, default=None)
    return frozenset(name for name in names if not stands(said.get(name), began_at))


def stands(said: Said | None, began_at: datetime | None) -> bool:
    if said is None or said.answer is Answer.NO:
        return said is not None
    is_own = said.method in {ChoiceMethod.FORM, ChoiceMethod.APP}
    return is_own and (began_at is None or said.at > began_at)
