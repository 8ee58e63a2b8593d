"""Attempts at passwords and second factors: which are one too many, and who need not wait for them.

NIST SP 800-63B-4, 3.2.2: no more than 100 consecutive failures at one account. Who guesses keeps
out only themselves: where the owner signed in lately their right password opens, and everywhere a
letter does. To whoever gives a wrong one, names that exist, names that signed in from there and
names that nobody has are answered alike, as often, after the same work.
"""

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from django.db.models import QuerySet

from clearline.kit.window_counts import WindowCounts
from clearline.trust.blind_index import blind_index
from clearline.trust.safeguards.models import Login, SignInAttempt

WINDOW: Final = timedelta(minutes=15)
DAY: Final = timedelta(days=1)
# Wrong tries within the window: at one name from one network, and, from networks that the owner of
# the name did not sign in from lately, at one name or from one network in all.
TRIES_MAX: Final = 5
TRIES_BY_NAME_MAX: Final = 50
TRIES_BY_NETWORK_MAX: Final = 50
FAILURES_MAX: Final = 100  # wrong tries at one name in a day
# Passwords of one network that are looked at though it has to wait: a flood costs no more than so.
LOOKED_AT_MAX: Final = 100
LOOKED_AT: Final = WindowCounts(window=WINDOW, keys_max=10_000)


class Wait(Enum):
    """Why an attempt is one too many; the name is all that the last one looks at."""

    QUARTER_OF_AN_HOUR = auto()
    NAME_WAS_GUESSED_AT = auto()


def tries_like(attempt: SignInAttempt) -> QuerySet[SignInAttempt]:
    """Return all attempts at the same name from the same network."""
    return SignInAttempt.objects.filter(
        name_index=attempt.name_index, network_index=attempt.network_index
    )


def tries_aside(name: bytes) -> QuerySet[SignInAttempt]:
    """Return the attempts at a name from networks of its owner which came while one had to wait."""
    return SignInAttempt.objects.filter(name_index=aside(name))


def aside(name: bytes) -> bytes:
    return blind_index(b"aside", name.hex())


def is_one_too_many(attempt: SignInAttempt, now: datetime) -> bool:
    """Say whether an attempt that is written down passes a limit of the window.

    Who guesses keeps out only their own network: where the owner of the name signed in lately,
    tries from other networks and at other names are no reason to wait.
    """
    wrong = wrong_in_window(now)
    here = wrong.filter(name_index=attempt.name_index, network_index=attempt.network_index)
    if here.count() > TRIES_MAX:
        return True
    return not is_network_known(attempt) and is_window_full(attempt, now)


def wrong_in_window(now: datetime) -> QuerySet[SignInAttempt]:
    return SignInAttempt.objects.filter(at__gt=now - WINDOW, at__lte=now, was_right=False)


def is_window_full(attempt: SignInAttempt, now: datetime) -> bool:
    wrong = wrong_in_window(now)
    by_name = wrong.filter(name_index=attempt.name_index)
    by_network = wrong.filter(network_index=attempt.network_index)
    return by_name.count() > TRIES_BY_NAME_MAX or by_network.count() > TRIES_BY_NETWORK_MAX


def is_network_known(attempt: SignInAttempt) -> bool:
    """Say whether the owner of the name signed in from the network lately."""
    return tries_like(attempt).filter(was_right=True).exists()


def find_wait(attempt: SignInAttempt, now: datetime) -> Wait | None:
    """Return why whoever gives a wrong password has to wait, whoever's name it is."""
    wrong = wrong_in_window(now)
    here = wrong.filter(name_index=attempt.name_index, network_index=attempt.network_index)
    if here.count() > TRIES_MAX or is_window_full(attempt, now):
        return Wait.QUARTER_OF_AN_HOUR
    day = SignInAttempt.objects.filter(name_index=attempt.name_index, at__gt=now - DAY)
    if day.filter(was_right=False).count() > FAILURES_MAX:
        return Wait.NAME_WAS_GUESSED_AT
    return None


def is_looked_at(attempt: SignInAttempt, now: datetime) -> bool:
    """Say whether the password of an attempt that has to wait is looked at all the same."""
    return LOOKED_AT.add(bytes(attempt.network_index).hex(), now) <= LOOKED_AT_MAX


def opens_all_the_same(
    attempt: SignInAttempt, login: Login | None, wait: Wait, now: datetime
) -> bool:
    """Say whether a right password opens though whoever gives a wrong one has to wait.

    It does from a network that its owner signed in from, up to 100 wrong ones there; and where
    many guessed at the name, if a second factor is asked for besides.
    """
    here = tries_like(attempt).filter(at__gt=now - DAY, was_right=False).count()
    late = tries_aside(bytes(attempt.name_index)).filter(
        network_index=attempt.network_index, at__gt=now - DAY
    )
    is_own = is_network_known(attempt) and here + late.count() <= FAILURES_MAX
    has_more = login is not None and login.has_second_factor
    return is_own or (wait is Wait.NAME_WAS_GUESSED_AT and has_more)


def set_aside(attempt: SignInAttempt, wait: Wait) -> None:
    """Count a wrong attempt that has to wait where nobody waits longer for it.

    At a name that signed in from there it is counted by itself, at all others not at all. Where the
    name was guessed at, it is one more guess, and by the fifth the network has to wait as ever.
    """
    if wait is Wait.NAME_WAS_GUESSED_AT:
        return
    if is_network_known(attempt):
        attempt.name_index = aside(bytes(attempt.name_index))
        attempt.save(update_fields=["name_index"])
    else:
        attempt.delete()


def settle(attempt: SignInAttempt) -> None:
    """Note that an attempt was right: wrong ones at the same name from there count no more.

    Wrong ones from elsewhere stay counted; this network is now known as the owner's.
    """
    tries = tries_like(attempt)
    newest = list(tries.order_by("-at", "-pk").values_list("pk", flat=True)[:1])
    tries.exclude(pk__in=newest).delete()
    tries.update(was_right=True)
    here = tries_aside(bytes(attempt.name_index)).filter(network_index=attempt.network_index)
    here.delete()


def forget(attempt: SignInAttempt) -> None:
    """Count an attempt, and those like it, no more: it was right."""
    tries_like(attempt).delete()


def forget_wrong(*names: bytes) -> None:
    """Count no wrong attempt at these names any more, wherever it came from."""
    wrong = SignInAttempt.objects.filter(name_index__in=names, was_right=False)
    wrong.delete()
    SignInAttempt.objects.filter(name_index__in=[aside(each) for each in names]).delete()


def forget_all(*names: bytes) -> None:
    """Forget all attempts at these names."""
    every = [*names, *(aside(each) for each in names)]
    SignInAttempt.objects.filter(name_index__in=every).delete()
