"""P18, clause staff.session.

"While staff are signed in, a cookie on their device and a sealed note with us say who they are,
since when and on what kind of device. Only they are shown where they are signed in, and may end it
there. They are signed out after twelve hours at the latest, and what is left of both is erased by
the second day."
"""

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client

from clearline.trust.safeguards.models import Session
from clearline.trust.safeguards.roles import Role
from tests.browser_client import browser, signed_in
from tests.promises.provider import BEGAN, Clock, everything, rows, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
HOURS, MINUTES, DAYS = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
SESSIONS_EVERY = 6 * HOURS  # the worker's beat
OWN_PAGE = "/staff/password/"


def is_in(client: Client) -> bool:
    return client.get(OWN_PAGE).status_code == 200


def click_until(client: Client, clock: Clock, end: datetime) -> None:
    """Be busy: a page every twenty minutes."""
    while clock.now + 20 * MINUTES < end:
        clock.now += 20 * MINUTES
        assert is_in(client), clock.now
    clock.now = end


@pytest.mark.usefixtures("clock")
def test_cookie_and_note_are_there_while_staff_are_signed_in_and_at_no_other_time() -> None:
    passer_by = browser()
    passer_by.get("/staff/sign-in/")
    before = Session.objects.count(), settings.SESSION_COOKIE_NAME in passer_by.cookies
    dana = signed_in("dana", Role.MARKETER)
    during = Session.objects.count(), bool(dana.cookies[settings.SESSION_COOKIE_NAME].value)
    dana.post("/staff/sign-out/")
    after = Session.objects.count(), bool(dana.cookies[settings.SESSION_COOKIE_NAME].value)

    assert (before, during, after) == ((0, False), (1, True), (0, False))


@pytest.mark.usefixtures("clock")
def test_the_note_is_sealed_and_only_the_cookie_leads_to_it() -> None:
    dana = signed_in("dana", Role.MARKETER)
    (note,) = (row for row in rows() if row.startswith("safeguards_session:"))

    assert dana.session["login"] not in note
    assert "login" not in note
    assert dana.cookies[settings.SESSION_COOKIE_NAME].value not in everything()
    assert is_in(dana)


def test_twelve_hours_sign_out_however_busy_one_is(clock: Clock) -> None:
    dana = signed_in("dana", Role.MARKETER)

    click_until(dana, clock, BEGAN + 12 * HOURS - MINUTES)
    before = is_in(dana)
    clock.now = BEGAN + 12 * HOURS + MINUTES

    assert before
    assert not is_in(dana)
    assert Session.objects.count() == 0


@pytest.mark.parametrize("worked", [timedelta(), 5 * HOURS, 12 * HOURS - MINUTES])
def test_what_is_left_of_both_is_gone_by_the_second_day(clock: Clock, worked: timedelta) -> None:
    dana = signed_in("dana", Role.MARKETER)
    click_until(dana, clock, BEGAN + worked)
    is_in(dana)
    cookie_s = dana.cookies[settings.SESSION_COOKIE_NAME]["max-age"]
    left_at = clock.now
    work(left_at)
    assert Session.objects.count() == 1

    work(BEGAN + 2 * DAYS - SESSIONS_EVERY)  # at the latest the turn before the second day is over

    assert Session.objects.count() == 0
    assert left_at + timedelta(seconds=cookie_s) <= BEGAN + 2 * DAYS


@pytest.mark.usefixtures("clock")
def test_only_they_are_shown_where_they_are_signed_in_and_end_it_there() -> None:
    here = signed_in("dana", Role.MARKETER)
    olu = signed_in("olu", Role.ADMINISTRATOR)
    (number,) = (each.number for each in here.get(OWN_PAGE).context["places"])

    olu.post("/staff/security/sessions/end/", {"number": number})
    assert is_in(here)
    here.post("/staff/security/sessions/end/", {"number": number})

    assert not is_in(here)
    assert [each.number for each in olu.get(OWN_PAGE).context["places"]] != [number]
