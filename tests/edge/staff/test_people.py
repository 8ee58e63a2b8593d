"""The page of people: what one administrator gives waits there for another."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.roles import Role
from tests.browser_client import decide_roles, hidden, make_staff, signed_in
from tests.promises.provider import Clock

pytestmark = pytest.mark.django_db
PEOPLE = "/staff/people/"
MORE = {"role": ["support", "billing"], "is_active": "yes"}


@pytest.fixture
def olu() -> Client:
    return signed_in("olu", Role.ADMINISTRATOR)


@pytest.fixture
def ina() -> Client:
    return signed_in("ina", Role.ADMINISTRATOR)


@pytest.fixture
def dana() -> str:
    return make_staff("dana", Role.SUPPORT)


def text_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_what_is_given_waits_and_whoever_asked_may_only_take_it_back(
    olu: Client, ina: Client, dana: str
) -> None:
    asked = olu.post(f"{PEOPLE}{dana}/set/", MORE, follow=True).content.decode()

    assert "waits until another administrator confirms it" in asked
    for page in (asked, text_of(olu, PEOPLE)):
        assert "Take it back" in page
        assert "Confirm" not in page
    seen = hidden(text_of(olu, PEOPLE), "seen")
    own = olu.post(f"{PEOPLE}{dana}/waiting/", {"act": "confirm", "seen": seen})
    assert own.status_code == 422
    assert "You asked for this yourself" in own.content.decode()
    assert "Confirm" in text_of(ina, PEOPLE)
    assert f"Staff number {olu.session[sessions.LOGIN][:8]} asked for it" in text_of(ina, PEOPLE)


def test_another_administrator_confirms_it_on_the_page_and_then_it_waits_no_more(
    olu: Client, ina: Client, dana: str
) -> None:
    olu.post(f"{PEOPLE}{dana}/set/", MORE)

    seen = hidden(text_of(ina, PEOPLE), "seen")
    form = {"act": "confirm", "seen": seen}
    done = ina.post(f"{PEOPLE}{dana}/waiting/", form, follow=True)

    assert "Saved." in done.content.decode()
    assert 'value="billing" checked' in text_of(ina, f"{PEOPLE}{dana}/")
    assert "Waits for a second" not in text_of(ina, PEOPLE)
    assert ina.post(f"{PEOPLE}{dana}/waiting/", {"act": "confirm"}).status_code == 404


def test_a_page_that_shows_what_was_replaced_meanwhile_confirms_nothing(
    olu: Client, ina: Client, dana: str
) -> None:
    olu.post(f"{PEOPLE}{dana}/set/", MORE)
    form = {"act": "confirm", "seen": hidden(text_of(ina, PEOPLE), "seen")}
    more = {"role": ["support", "administrator"], "is_active": "yes"}
    olu.post(f"{PEOPLE}{dana}/set/", more)

    answer = ina.post(f"{PEOPLE}{dana}/waiting/", form)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "What you looked at was replaced meanwhile" in page
    assert "To be given: administrator" in " ".join(page.split())
    assert 'value="administrator" checked' not in page


def test_what_is_declined_is_given_to_nobody(olu: Client, ina: Client, dana: str) -> None:
    olu.post(f"{PEOPLE}{dana}/set/", MORE)

    assert decide_roles(ina, dana, "decline") == 302

    assert 'value="billing" checked' not in text_of(ina, f"{PEOPLE}{dana}/")
    assert "Waits for a second" not in text_of(olu, PEOPLE)


def test_somebody_is_found_by_their_user_id_which_stands_in_no_address(
    olu: Client, dana: str
) -> None:
    """AS-06: no sensitive data in an address: it is sent, not asked for by the address."""
    found = olu.post(f"{PEOPLE}find/", {"user_id": " Dana "}).content.decode()
    nobody = olu.post(f"{PEOPLE}find/", {"user_id": "nobody"}).content.decode()
    by_address = text_of(olu, f"{PEOPLE}?user_id=dana")

    assert f'class="chosen"><td><a href="{PEOPLE}{dana}/">' in found
    assert "There is no one with this user ID." in nobody
    assert 'class="chosen"' not in by_address
    assert 'name="user_id" value="nobody"' in nobody
    assert olu.get(f"{PEOPLE}find/").status_code == 405


def test_giving_someone_new_a_way_in_asks_again_who_it_is(
    olu: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AS-04: before what changes who gets in, fresh proof."""
    form = {"user_id": "sam", "password": "seven quiet herons", "role": "support"}
    monkeypatch.setattr(timezone, "now", Clock(timezone.now() + timedelta(minutes=16)))

    led = olu.post(PEOPLE, form)

    assert led["Location"] == "/staff/prove/"
    assert olu.get(PEOPLE).status_code == 200


def test_the_only_administrator_is_told_how_a_role_is_given(olu: Client, dana: str) -> None:
    alone = olu.post(f"{PEOPLE}{dana}/set/", MORE)
    new = olu.post(PEOPLE, {"user_id": "sam", "password": "seven quiet herons", "role": "support"})

    for answer in (alone, new):
        assert answer.status_code == 422
        assert "clearline user grant NUMBER" in answer.content.decode()
