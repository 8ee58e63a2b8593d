"""What a clause promises of how long something is kept or waits is what the program does."""

from datetime import timedelta
from typing import Final

import pytest

from clearline.config.init_command import make_instance
from clearline.policy.edition import Clause, parse_edition
from clearline.service.accounts import addresses, inviting, queries, undoing
from clearline.service.contacts import queries as contacts
from clearline.service.contacts import recovery, way_back
from clearline.service.mail import actions as mail
from clearline.service.teams import actions as teams
from clearline.service.teams import handing_over
from tests.architecture.test_promises import FORMS
from tests.instance import FIRST_DAY, NAMES

DAY: Final = timedelta(days=1)
QUARTER: Final = timedelta(minutes=15)
# What is kept exactly as long as `kept` of its clause says.
KEPT: Final = (
    ("account.handover", handing_over.RETURN_WINDOW),
    ("account.contact", contacts.TAKEN_BACK_WITHIN),
    ("account.contact", addresses.OF_RECORD_AFTER),
    ("account.holder", queries.EARLIER_NAMES_WINDOW),
)
# What is kept no longer than that.
WITHIN: Final = (("mail.write", mail.GIVEN_UP_AFTER),)
# What only the words of a clause say: the program's, how long that is, and the words.
SAID: Final = (
    ("account.handover", handing_over.MEMBER_WAIT, 3 * DAY, "has acted in it for three days"),
    ("account.handover", handing_over.OFFER_WAIT, 3 * DAY, "For three days nobody can take it"),
    ("account.handover", handing_over.OFFER_WINDOW, 7 * DAY, "until the seventh day"),
    ("account.handover", handing_over.RETURN_WINDOW, 30 * DAY, "For thirty days the letter"),
    ("account.team", teams.CODE_WINDOW, 7 * DAY, "works once and for seven days"),
    ("account.contact", contacts.CODE_WINDOW, QUARTER, "once and for fifteen minutes"),
    ("account.contact", contacts.TAKEN_BACK_WITHIN, 30 * DAY, "A link works for thirty days"),
    ("account.holder", queries.EARLIER_NAMES_WINDOW, 30 * DAY, "sealed, for thirty days more"),
    ("account.import", undoing.LISTED, 90 * DAY, "we keep for ninety days"),
    ("account.invitation", inviting.WORKS_FOR, 30 * DAY, "works once and for thirty days"),
    ("account.recover", recovery.WINDOW, QUARTER, "works once and for fifteen minutes"),
    ("account.recover", recovery.LINK_WINDOW, DAY, "works once and for a day"),
    ("account.way_back", way_back.CODE_WINDOW, DAY, "works once and for a day"),
)


@pytest.fixture(scope="module", params=FORMS)
def clauses(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Clause]:
    """The clauses of one form of the default edition, as `clearline init` writes it."""
    folder = tmp_path_factory.mktemp("instance")
    make_instance(folder, form=request.param, effective=FIRST_DAY, names=NAMES)
    text = (folder / "policy" / f"{FIRST_DAY}.toml").read_text(encoding="utf-8")
    return {each.id: each for each in parse_edition(text, source="default").clauses}


@pytest.mark.parametrize(("clause", "window"), KEPT)
def test_what_is_kept_for_a_time_is_kept_as_long_as_its_clause_says(
    clauses: dict[str, Clause], clause: str, window: timedelta
) -> None:
    assert clauses[clause].kept.days_at_most * DAY == window


@pytest.mark.parametrize(("clause", "window"), WITHIN)
def test_what_ends_earlier_ends_before_its_clause_says(
    clauses: dict[str, Clause], clause: str, window: timedelta
) -> None:
    assert window <= clauses[clause].kept.days_at_most * DAY


@pytest.mark.parametrize(("clause", "window", "length", "words"), SAID)
def test_a_time_that_the_words_of_a_clause_say_is_the_one_of_the_program(
    clauses: dict[str, Clause], clause: str, window: timedelta, length: timedelta, words: str
) -> None:
    assert window == length
    assert words in clauses[clause].text
