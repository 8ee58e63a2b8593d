"""P6, clause visits.start.

"To tell whether a page begins a visit of someone we do not recognise, we turn your shortened
network address and the words by which your browser describes itself into a code of the day. It is
held in memory only, never stored, and forgotten each day."
"""

from datetime import UTC, datetime, timedelta

import pytest

from tests.browser_client import browser
from tests.promises.provider import Provider, everything, files, work

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SAME_NETWORK, OTHER_NETWORK = "203.0.113.200", "198.51.100.7"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"


def test_a_code_of_shortened_address_and_browser_tells_where_a_visit_begins(
    provider: Provider,
) -> None:
    charlie, other_browser = browser(), browser(**{"user-agent": CHROME})
    for minute, client, address in (
        (0, charlie, "203.0.113.77"),
        (1, charlie, "203.0.113.77"),
        (2, charlie, SAME_NETWORK),  # as far as we look, the same
        (3, charlie, OTHER_NETWORK),
        (4, other_browser, "203.0.113.77"),
        (90, charlie, "203.0.113.77"),
    ):
        provider.script_tells(client, NOW + minute * MINUTE, address=address)

    assert [row["starts"] for row in provider.load(NOW)] == [1, 0, 0, 1, 1, 1]


def test_it_is_the_code_of_one_day(provider: Provider) -> None:
    visits = provider.intake.visits
    charlie = browser()
    midnight = datetime(2026, 11, 25, 5, tzinfo=UTC)  # in New York, where the provider is
    for moment in (midnight - 2 * MINUTE, midnight - MINUTE):
        provider.script_tells(charlie, moment)
    before = set(visits.recent) | set(visits.before)

    provider.script_tells(charlie, midnight + MINUTE)

    assert len(before) == 1
    assert len((set(visits.recent) | set(visits.before)) - before) == 1


def test_nothing_of_it_reaches_a_table_or_a_file(provider: Provider) -> None:
    """Two people whose codes differ leave the very same behind, but for the number of the event."""
    one, other = browser(), browser(**{"user-agent": CHROME})
    provider.script_tells(one, NOW, address="203.0.113.77")
    provider.script_tells(other, NOW, address=OTHER_NETWORK)
    codes, salt = [*provider.intake.visits.recent], provider.intake.visits.salt
    journal = files()

    first, second = provider.load(NOW)
    work(NOW, with_store=True)

    kept = [journal, everything().encode("latin-1", "replace"), str(provider.sums()).encode()]
    assert len(codes) == 2
    assert {**first, "id": 0} == {**second, "id": 0}
    for code in codes:
        forms = (str(code), f"{code:x}"), (code.to_bytes(8), code.to_bytes(8, "little"))
        secrets = [text.encode() for text in forms[0]] + list(forms[1])
        assert not any(secret in text for secret in secrets for text in kept)
    assert not any(salt in text or salt.hex().encode() in text for text in kept)


def test_it_is_forgotten_each_day_also_while_nobody_comes(provider: Provider) -> None:
    charlie = browser()
    provider.script_tells(charlie, NOW)
    provider.script_tells(charlie, NOW + 31 * MINUTE)
    intake = provider.intake
    salt = intake.visits.salt
    assert intake.visits.recent

    for minute in range(31, 24 * 60 + 1):  # the collector's beat, which is faster
        intake.forget_old(NOW + minute * MINUTE)

    assert not intake.visits.recent
    assert not intake.visits.before
    assert not intake.senders
    assert intake.visits.salt != salt
