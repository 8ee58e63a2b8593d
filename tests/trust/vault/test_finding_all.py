"""All that is sealed of a person is found, in whichever table it stands, and stays shut."""

import pytest

from clearline.policy.vocabulary import Category, SubjectId
from clearline.trust.vault import queries as vault
from clearline.trust.vault.sealed import Sealed
from tests.service.accounts.people import make_account
from tests.trust.vault.notes import NOW, permit_for

pytestmark = pytest.mark.django_db


def test_every_sealed_value_of_one_person_is_found_and_no_other() -> None:
    alice = SubjectId(make_account(screen_name="Al").signed_in.public_id)
    make_account("bob", name="Bob Stone", email="bob@mail.example")
    shown = {Category.NAME, Category.CONTACT_EMAIL, Category.ACCOUNT_USERNAME}

    found = vault.list_sealed(alice)

    assert all(isinstance(each, Sealed) for each in found)
    to_open = [each for each in found if each.category in shown]
    opened = vault.open_all(to_open, permit=permit_for(alice, *shown), now=NOW)
    assert set(opened) >= {"Alice Quill", "alice@mail.example", "Al"}
    assert "Bob Stone" not in opened


def test_what_was_left_open_is_not_found() -> None:
    alice = SubjectId(make_account().signed_in.public_id)

    categories = {each.category for each in vault.list_sealed(alice)}

    assert {Category.NAME, Category.ACCOUNT, Category.DEMOGRAPHIC_AGE_RANGE} <= categories
    assert Category.ACCOUNT_USERNAME not in categories
