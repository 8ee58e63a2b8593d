"""After an account was erased no row of any module points at its holder, the ledger's own aside."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import models

from clearline.edge.jobs.worker import (
    erase_closed_accounts,
    erase_old_contacts,
    erase_old_invitations,
)
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import Category, SubjectId
from clearline.rights.my_data import actions as my_data
from clearline.service.accounts import actions as accounts
from clearline.service.accounts.queries import find_owned
from clearline.service.accounts.roles import MemberRole
from clearline.service.contacts import actions, notices, recovery, way_back
from clearline.service.contacts.documents import Document, Lost, Shown
from clearline.service.contacts.models import EmailCode
from clearline.service.desk import actions as desk
from clearline.service.mail import actions as mail
from clearline.service.teams import actions as teams
from clearline.service.teams.models import Handover, TakenOver
from clearline.trust.vault import queries as vault
from tests.service.accounts.people import NOW, make_customer
from tests.service.contacts.contacts import (
    DAY,
    FIRST,
    LATER,
    SECOND,
    THIRD,
    confirmed,
    key_in,
    replace,
    tell,
)
from tests.trust.factors.people import add_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]
ERASED = LATER + 31 * DAY
KEPT_BY_DESIGN = frozenset({"ledger.Entry", "vault.PersonKey"})  # entries, and that the key went


def pointing_at(subject: SubjectId) -> set[str]:
    """Return the models with a row in which a column of text holds somebody's random number."""
    found = set()
    for model in apps.get_models():
        rows = model._default_manager.all()  # noqa: SLF001  # Django's own name for it
        for field in model._meta.concrete_fields:  # noqa: SLF001  # as above
            is_text = isinstance(field, models.CharField)
            if is_text and rows.filter(**{field.attname: subject}).exists():
                found.add(model._meta.label)  # noqa: SLF001  # as above
    return found - KEPT_BY_DESIGN


def opened_addresses(subject: SubjectId) -> list[str]:
    permit = mail.ask_to_write(subject, LATER)
    rows = EmailCode.objects.filter(subject=subject).order_by("pk")
    return [vault.open_sealed(row.address, permit=permit, now=LATER) for row in rows]


def test_an_address_that_waited_is_erased_once_its_code_is_over_and_letters_count_on() -> None:
    alice, bob, carl = (confirmed(name, now=LATER - DAY) for name in ("alice", "bob", "carl"))
    erase_old_contacts(LATER)  # the codes that proved them
    replace(alice, now=LATER)
    actions.send_code_to_new(subject=bob, email=THIRD, now=LATER)
    actions.send_code_to_new(subject=carl, email=THIRD, now=LATER + timedelta(minutes=10))

    erase_old_contacts(LATER + timedelta(minutes=15))

    assert [opened_addresses(each) for each in (alice, bob, carl)] == [[""], [""], [THIRD]]
    assert EmailCode.objects.filter(code_index=b"").count() == 2
    assert EmailCode.objects.exclude(address_index=b"").count() == 3
    erase_old_contacts(LATER + DAY)
    assert EmailCode.objects.count() == 1


def test_my_data_shows_no_address_where_one_was_erased() -> None:
    alice = confirmed()
    erase_old_contacts(NOW)

    shown = my_data.show_held(by=Actor(ActorKind.SUBJECT, alice), subject=alice, now=NOW)

    (found,) = [each.values for each in shown if each.category is Category.CONTACT_EMAIL]
    assert found == (FIRST,)


def leave_traces(alice: SubjectId, bob: SubjectId) -> None:
    """Let somebody have rows wherever a contact, a visit or a team leaves one."""
    then = ERASED - timedelta(minutes=30)
    replace(alice, now=LATER)
    add_app(alice, now=LATER)
    told = tell(now=LATER + timedelta(hours=1))
    notices.take_back(token=key_in(told[0][1]["link"]), now=LATER + timedelta(hours=2))
    actions.send_code_to_new(subject=alice, email=SECOND, now=then)
    recovery.ask(typed="alice", network="n", now=then)
    recovery.answer_due(now=then)
    staff = Actor(ActorKind.STAFF, "sam")
    shown = Shown(Document.PASSPORT, is_same_name=True, why=Lost.FACTOR)
    way_back.begin(by=staff, subject=alice, shown=shown, now=then)
    desk.search(by=staff, text="alice", now=then)
    made = teams.invite(owner=bob, role=MemberRole.BILLING, label="Al", now=then)
    teams.accept(subject=alice, code=made.code, now=then)
    account = find_owned(bob)
    assert account is not None
    Handover.objects.create(
        account_id=account, owner=bob, member=alice, stays=False, offered_at=then, expires_at=ERASED
    )
    TakenOver.objects.create(account_id=account, former=alice, owner=bob, taken_at=then)


def test_after_erasure_nothing_points_at_who_is_gone_and_what_is_others_stays() -> None:
    alice, bob = confirmed(), make_customer("bob")
    leave_traces(alice, bob)
    actions.send_code(subject=bob, now=ERASED)
    before = pointing_at(alice)
    accounts.close_account(by=Actor(ActorKind.SUBJECT, alice), subject=alice, now=LATER)

    erase_closed_accounts(ERASED)
    erase_old_invitations(ERASED)  # what an owner called them

    assert {
        "contacts.EmailCode",
        "contacts.FactorWait",
        "contacts.RecoveryLetter",
        "contacts.WayBack",
        "desk.Sighting",
        "teams.Handover",
        "teams.TakenOver",
    } <= before
    assert pointing_at(alice) == set()
    assert "contacts.EmailCode" in pointing_at(bob)
