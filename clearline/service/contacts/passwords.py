"""A customer's new password: what somebody else may have prepared in their account ends by it."""

from datetime import datetime

from django.db import transaction

from clearline.policy.vocabulary import SubjectId
from clearline.service.teams import handing_over
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.actions import SignedIn
from clearline.trust.tokens import actions as tokens
from clearline.trust.tokens.queries import Bearer


def change(*, subject: SubjectId, old: str, new: str, now: datetime) -> SignedIn:
    """Replace a password on the site; every other session ends, each offer and each invitation.

    Raises NoSuchLogin, SignInRefused, TooManyTries, PasswordRefused, gate.UseDenied.
    """
    made = safeguards.make_new_password(public_id=subject, old=old, new=new, now=now)

    with transaction.atomic():
        handing_over.withdraw_all(subject)
        return safeguards.set_password(made, now)


def change_by_app(*, bearer: Bearer, old: str, new: str, now: datetime) -> None:
    """Replace a password by a sign-in of the app, which goes on; all else ends as above."""
    made = safeguards.make_new_password(public_id=bearer.subject, old=old, new=new, now=now)

    with transaction.atomic():
        handing_over.withdraw_all(bearer.subject)
        tokens.set_password(family=bearer.family, made=made, now=now)
