"""After an account was erased no row of any module points at its holder, the ledger's own aside."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import models

from clearline.edge.jobs.worker import erase_closed_accounts, erase_old_invitations
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import actions as accounts
from clearline.service.accounts.queries import find_owned
from clearline.service.accounts.roles import MemberRole
from clearline.service.contacts import actions, notices, recovery, way_back
from clearline.service.contacts.documents import Document, Lost, Shown
from clearline.service.desk import actions as desk
from clearline.service.teams import actions as teams
from clearline.service.teams.models import Handover, TakenOver
from tests.service.accounts.people import make_customer
from tests.service.contacts.contacts import DAY, LATER, SECOND, confirmed, key_in, replace, tell
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
