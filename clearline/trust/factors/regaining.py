"""Second factors where somebody gets back in: asked for, and those of an intruder taken away."""

from datetime import datetime

from clearline.policy.vocabulary import SubjectId
from clearline.trust.factors import actions
from clearline.trust.factors.models import Passkey, RecoveryCode, Totp
from clearline.trust.factors.proof import Code
from clearline.trust.factors.queries import factors_of
from clearline.trust.safeguards import second_factor
from clearline.trust.safeguards.roles import LoginKind


def asks_for_code(subject: SubjectId) -> bool:
    """Say whether somebody has what shows a code, or recovery codes.

    Who has passkeys alone is asked for one at the next sign-in, as everybody is for theirs.
    """
    has = factors_of(subject)
    return has.has_app or has.codes_left > 0


def prove_by_code(subject: SubjectId, text: str, *, now: datetime) -> None:
    """Return if a code of an app or a recovery code is somebody's; it is used up by it.

    Raises FactorRefused, TooManyTries, NoSuchLogin, gate.UseDenied.
    """
    actions.prove_again(kind=LoginKind.CUSTOMER, public_id=subject, proof=Code(text), now=now)


def forget_since(subject: SubjectId, since: datetime) -> bool:
    """Take away what somebody can prove by since a moment, in the caller's transaction.

    Says whether there was any. No password may open the account when this is called, so that the
    last factor may go (`safeguards.regaining.lock_out`). Raises NoSuchLogin, PasswordShortAlone.
    """
    login = second_factor.lock_login(subject)
    gone = Totp.objects.filter(login=login, added_at__gte=since).delete()[0]
    gone += Passkey.objects.filter(login=login, added_at__gte=since).delete()[0]
    gone += RecoveryCode.objects.filter(login=login, made_at__gte=since).delete()[0]
    left = factors_of(subject)
    if not left.is_any:
        RecoveryCode.objects.filter(login=login).delete()
    second_factor.set_second_factor(login, has=left.is_any)
    return bool(gone)
