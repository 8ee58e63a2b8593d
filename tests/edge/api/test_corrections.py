"""Correcting one's age and the name of one's business by the app."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import taken_back
from clearline.service.accounts.models import EmailAddress, Holder
from clearline.trust.ledger.models import Entry
from tests.edge.api.app import SIGN_UP, App, make_app

pytestmark = pytest.mark.django_db
ASKED = {"question": "Your age", "answer": "13 to 15"}


def test_an_age_range_is_corrected_and_what_needs_a_yes_is_no_from_then_on() -> None:
    app = make_app()
    app.ask("POST", "choices/opt-in")

    said = app.ask("PUT", "profile/age", {**ASKED, "age_range": "13_to_15"})

    assert (said.status, said.told["is_open"]) == (200, True)
    assert app.ask("GET", "profile").told["age_range"] == "13_to_15"
    assert app.ask("GET", "choices").told["sale_or_sharing"]["answer"] == "no"


def test_who_is_under_13_is_asked_twice_and_then_the_account_closes_for_good() -> None:
    app = make_app()
    told = {"question": "Your age", "answer": "Under 13", "age_range": "under_13"}
    day_before = timezone.now() - timedelta(days=1)
    EmailAddress.objects.update(added_at=day_before, confirmed_at=day_before)

    first = app.ask("PUT", "profile/age", told)
    still = app.ask("GET", "account").told["is_open"]
    second = app.ask("PUT", "profile/age", {**told, "is_sure": True})
    back = app.ask("POST", "account/reopen")
    again = app.ask("PUT", "profile/age", {**ASKED, "age_range": "18_or_over"})

    assert (first.status, first.told["code"], still) == (409, "sure_needed", True)
    assert (second.status, second.told["is_open"]) == (200, False)
    assert (back.status, back.told["code"]) == (403, "closed_for_age")
    assert (again.status, again.told["code"]) == (403, "closed_for_age")


def test_where_no_letter_could_tell_of_it_with_a_link_the_age_is_corrected_still() -> None:
    app = make_app()
    told = {"question": "Your age", "answer": "Under 13", "age_range": "under_13"}
    app.ask("PUT", "profile/age", {**told, "is_sure": True})

    corrected = app.ask("PUT", "profile/age", {**ASKED, "age_range": "18_or_over"})
    back = app.ask("POST", "account/reopen")

    assert (corrected.status, corrected.told["is_open"]) == (200, False)
    assert (back.status, back.told["is_open"]) == (200, True)


def test_no_yes_of_who_was_said_to_be_under_13_counts() -> None:
    app = make_app()
    told = {"question": "Your age", "answer": "Under 13", "age_range": "under_13"}
    app.ask("PUT", "profile/age", {**told, "is_sure": True})

    refused = app.ask("POST", "choices", {"answers": {"content": "yes"}, "seen": ""})
    mixed = {"content": "no", "measurement": "yes"}
    said = app.ask("POST", "choices", {"answers": mixed, "seen": ""})

    assert (refused.status, refused.told["code"]) == (403, "age_before_yes")
    assert {each["answer"] for each in said.told["items"]} == {"no"}


def test_where_what_was_said_of_the_age_was_forgotten_nothing_goes_on_before_it_is_said() -> None:
    app = make_app()
    app.ask("PUT", "profile/age", {**ASKED, "age_range": "13_to_15"})
    subject = SubjectId(Holder.objects.get().subject)
    taken_back.forget_age(subject, since=timezone.now() - timedelta(days=1))

    shut = app.ask("GET", "profile")
    out = app.ask("GET", "account")
    said = app.ask("PUT", "profile/age", {**ASKED, "age_range": "16_to_17"})

    assert (shut.status, shut.told["code"]) == (403, "age_needed")
    assert (out.status, said.status) == (200, 200)
    assert app.ask("GET", "profile").told["age_range"] == "16_to_17"


@pytest.mark.parametrize(
    "told",
    [
        {**ASKED, "age_range": "old"},
        {**ASKED, "age_range": "18_or_over", "question": ""},
        {"age_range": "18_or_over"},
    ],
)
def test_what_was_not_asked_so_is_refused(told: dict[str, str]) -> None:
    said = make_app().ask("PUT", "profile/age", told)

    assert (said.status, said.told["code"]) == (422, "invalid")


def test_the_owner_alone_corrects_the_name_of_a_business() -> None:
    app, bob = App(), make_app("bob")
    app.take(app.ask("POST", "sign-up", {**SIGN_UP, "business_name": "Reed & Son"}))
    (own,) = app.ask("GET", "profile").told["accounts"]
    path = f"profile/businesses/{own['account']}"

    foreign = bob.ask("PUT", path, {"business_name": "Bob's"})
    wrong = app.ask("PUT", path, {"business_name": " "})
    said = app.ask("PUT", path, {"business_name": "Reed & Daughters"})

    assert (foreign.status, foreign.told["code"]) == (404, "no_such_account")
    assert wrong.told["errors"][0]["field"] == "business_name"
    assert said.told["accounts"][0]["business_name"] == "Reed & Daughters"
    assert Entry.objects.filter(kind="account.changed").count() == 1
