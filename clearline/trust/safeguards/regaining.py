"""Ways in that are shut because somebody else may have used them, and opened anew."""

from django.contrib.auth.hashers import make_password

from clearline.policy.vocabulary import SubjectId
from clearline.trust.safeguards.models import Login
from clearline.trust.safeguards.roles import LoginKind


def lock_out(subject: SubjectId) -> None:
    """Let no password open a customer's account, in the caller's transaction.

    Every session and every sign-in of the app ends by it. A new password opens it again.
    """
    rows = Login.objects.filter(public_id=subject, kind=LoginKind.CUSTOMER)
    rows.update(password=make_password(None))
