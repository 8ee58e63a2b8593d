"""What an erased account leaves of letters: nothing, neither waiting nor sent nor in the folder."""

from datetime import timedelta

import pytest
from pydantic import SecretStr
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from clearline.policy.use import Actor, ActorKind
from clearline.service.accounts import actions
from clearline.service.mail.models import Letter
from clearline.trust.gate.queries import policy_in_force
from tests.service.accounts.people import NOW, make_customer
from tests.service.mail.letters import send, write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]


def test_letters_to_an_erased_person_go_at_once_and_those_to_others_stay(
    settings: Settings, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    url = SecretStr("folder:")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": url})
    alice, bob = make_customer("alice"), make_customer("bob")
    write(alice)
    write(bob)
    send()
    write(alice)
    actions.close_account(by=Actor(ActorKind.SUBJECT, alice), subject=alice, now=NOW)

    with django_capture_on_commit_callbacks(execute=True):
        actions.erase_closed(policy_in_force(NOW), now=NOW + timedelta(days=31))

    (left,) = Letter.objects.all()
    (file,) = settings.ENV.mail_dir.glob("*.eml")
    assert left.subject == bob
    assert file.stem == left.number
