"""Lists that stand in two places agree: taxonomy and vocabulary, models and what they hold."""

import dataclasses
import re

import pytest
from django.apps import apps
from django.db.models import AutoField, Model

from clearline.edge.collector.intake import Refusal
from clearline.edge.staff.access import STAFF
from clearline.edge.staff.health import REASONS
from clearline.edge.staff.templatetags.staff_text import KINDS as KIND_WORDS
from clearline.kit.access import Audience, audience_of
from clearline.policy.condition import in_words, parse_condition
from clearline.policy.vocabulary import Category, ChoiceName, Purpose, Recipient, RecipientClass
from clearline.policy.words import (
    RECIPIENT_WORDS,
    category_in_words,
    purpose_in_words,
    recipient_in_words,
    words_in,
)
from clearline.reach.visitors.admit import Drop
from clearline.rights.choices.asked import EACH
from clearline.rights.ledger_words.person import ABOUT_NO_CUSTOMER, KINDS_OF, TELLINGS
from clearline.rights.ledger_words.values import VALUES, word_of
from clearline.rights.my_data.held import UNSEALED
from clearline.trust.factors.actions import PROVE, SECOND
from clearline.trust.ledger.entries.kinds import KINDS
from clearline.trust.safeguards.actions import (
    ACCOUNT_PASSWORD,
    ACCOUNT_SIGN_IN,
    STAFF_PASSWORD,
    STAFF_SIGN_IN,
)
from clearline.trust.vault.fields import Personal
from tests.architecture.access import ROUTES

PASSWORDS = {STAFF_SIGN_IN, STAFF_PASSWORD, ACCOUNT_SIGN_IN, ACCOUNT_PASSWORD}
PROOFS = {*SECOND.values(), *PROVE.values()}
OWN_MODELS = [model for model in apps.get_models() if model.__module__.startswith("clearline.")]


def test_every_category_and_purpose_has_words_and_no_word_is_left_over() -> None:
    assert set(words_in("categories")) == set(Category)
    assert set(words_in("purposes")) == set(Purpose)
    assert all(category_in_words(each) for each in Category)
    assert all(purpose_in_words(each) for each in Purpose)


@pytest.mark.parametrize("name", EACH)
def test_a_condition_calls_a_choice_what_the_page_calls_it(name: ChoiceName) -> None:
    title = str(EACH[name].title)

    assert in_words(parse_condition(f"choice:{name}")) == f"only if you said yes to “{title}”"
    assert in_words(parse_condition(f"unless:{name}")).endswith(f"“{title}”")
    assert word_of("yes", name) == title


def test_every_kind_of_recipient_has_words() -> None:
    assert set(RECIPIENT_WORDS) == set(RecipientClass)
    assert recipient_in_words(Recipient.from_text("processor:card_company")).startswith("Card")


@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda model: str(model.__name__))
def test_a_model_says_of_each_column_what_it_holds(model: type[Model]) -> None:
    told: dict[str, object] = dict(getattr(model, "DATA", {}))

    columns = {
        field.name
        for field in model._meta.concrete_fields  # noqa: SLF001  # Django's own name for it
        if not isinstance(field, AutoField | Personal)  # a protected one says its category itself
    }
    own = {"id", "number", "last_login"}  # counted by the database, or taken away
    assert set(told) - own == columns - own


def test_every_reason_to_leave_an_event_out_has_words_on_the_health_page() -> None:
    assert {*map(str, Drop), *map(str, Refusal), "replayed"} == set(REASONS)


def test_every_page_that_one_of_the_staff_may_be_refused_has_words_in_the_ledger() -> None:
    narrow = {
        each.name
        for _, each in ROUTES
        if not {Audience.EVERYONE, Audience.CUSTOMER, Audience.APP}
        & (audience := audience_of(each.callback) or frozenset())
        and not audience.issuperset(STAFF)
    }

    assert narrow | PASSWORDS | PROOFS == set(VALUES["page"])


def test_every_kind_of_ledger_entry_has_words_for_the_staff() -> None:
    assert set(KIND_WORDS) == set(KINDS)


def test_every_kind_of_ledger_entry_has_words_for_the_person_or_is_about_no_customer() -> None:
    assert TELLINGS.keys() | ABOUT_NO_CUSTOMER == set(KINDS)
    assert not TELLINGS.keys() & ABOUT_NO_CUSTOMER
    assert frozenset().union(*KINDS_OF.values()) == TELLINGS.keys()
    for kind, each in TELLINGS.items():
        named = set(re.findall(r"{(\w+)}", str(each.sentence)))
        assert named <= {field.name for field in dataclasses.fields(KINDS[kind])}, kind


def test_every_category_that_a_table_holds_is_told_to_the_person() -> None:
    """What is sealed is found by the vault; all else must be named in `rights/my_data/held.py`."""
    columns = [field for model in OWN_MODELS for field in model._meta.concrete_fields]  # noqa: SLF001  # Django's own name for it
    sealed = {each.category for each in columns if isinstance(each, Personal)}
    told = {each for model in OWN_MODELS for each in getattr(model, "DATA", {}).values()}
    of_staff = {Category.JOB_TITLE}

    assert {each for each in told if isinstance(each, Category)} <= sealed | UNSEALED | of_staff
