"""A new password ends what somebody else may have prepared in an account."""

import pytest

from clearline.policy.vocabulary import SubjectId
from clearline.service.contacts import passwords
from clearline.service.teams import actions as teams
from clearline.service.teams import handing_over
from clearline.trust.safeguards.actions import SignInRefused
from clearline.trust.tokens import actions as tokens
from clearline.trust.tokens.queries import find_bearer
from tests.service.accounts.people import NOW, PASSWORD, make_account, make_customer
from tests.service.contacts.contacts import prove
from tests.service.contacts.offering import offered_and_invited

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "seven otters under the pier"
LATER = NOW + handing_over.MEMBER_WAIT


@pytest.mark.parametrize("way", ["site", "app"])
def test_a_new_password_ends_the_offer_and_the_invitations_and_a_wrong_one_nothing(
    way: str,
) -> None:
    signed_in = make_account().signed_in
    alice = SubjectId(signed_in.public_id)
    prove(alice)
    code, account = offered_and_invited(alice, LATER)
    with pytest.raises(SignInRefused):
        passwords.change(subject=alice, old="wrong one here", new=NEW_PASSWORD, now=LATER)
    assert handing_over.find_offer(account, now=LATER) is not None

    if way == "site":
        passwords.change(subject=alice, old=PASSWORD, new=NEW_PASSWORD, now=LATER)
    else:
        given = tokens.begin(signed_in=signed_in, now=LATER)
        bearer = find_bearer(given.access, now=LATER)
        assert bearer is not None
        passwords.change_by_app(bearer=bearer, old=PASSWORD, new=NEW_PASSWORD, now=LATER)

    assert handing_over.find_offer(account, now=LATER) is None
    with pytest.raises(teams.NoSuchInvitation):
        teams.accept(subject=make_customer("eve"), code=code, now=LATER)
