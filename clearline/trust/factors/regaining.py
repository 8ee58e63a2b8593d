"""Second factors where somebody gets back in: asked for, and those nobody stands by taken away."""

from datetime import datetime

from clearline.policy.vocabulary import SubjectId
from clearline.trust.factors import actions
from clearline.trust.factors.models import Passkey, RecoveryCode, Totp
from clearline.trust.factors.proof import Code, FactorKind
from clearline.trust.factors.queries import factors_of
from clearline.trust.safeguards import second_factor
from clearline.trust.safeguards.roles import LoginKind


def asks_for_code(subject: SubjectId) -> bool:
    """Say whether somebody has what shows a code, or recovery codes.

    Who has passkeys alone is asked for one at the next sign-in, as everybody is for theirs.
    """
    has = factors_of(subject)
    return has.has_app or has.codes_left > 0


def needs_code(subject: SubjectId) -> bool:
    """Say whether it is asked for without another way: who has no app gives a passkey as well."""
    return factors_of(subject).has_app


def prove_by_code(subject: SubjectId, text: str, *, now: datetime) -> None:
    """Return if a code of an app or a recovery code is somebody's; it is used up by it.

    Raises FactorRefused, TooManyTries, NoSuchLogin, gate.UseDenied.
    """
    actions.prove_again(kind=LoginKind.CUSTOMER, public_id=subject, proof=Code(text), now=now)


def came_between(subject: SubjectId, since: datetime, until: datetime) -> bool:
    """Say whether something that somebody can prove by was added between two moments."""
    span = (since, until)
    return (
        Totp.objects.filter(login_id=subject, added_at__range=span).exists()
        or Passkey.objects.filter(login_id=subject, added_at__range=span).exists()
        or RecoveryCode.objects.filter(login_id=subject, made_at__range=span).exists()
    )


def forget_between(subject: SubjectId, since: datetime, until: datetime) -> tuple[str, ...]:
    """Take away what was added between two moments, in the caller's transaction; return its kinds.

    Recovery codes of that time go too, and with the last factor all of them. Raises NoSuchLogin,
    PasswordShortAlone.
    """
    login = second_factor.lock_login(subject)
    span = (since, until)
    apps = Totp.objects.filter(login=login, added_at__range=span).delete()[0]
    keys = Passkey.objects.filter(login=login, added_at__range=span).delete()[0]
    codes = RecoveryCode.objects.filter(login=login, made_at__range=span).delete()[0]
    left = factors_of(subject)
    if not left.is_any:
        codes += RecoveryCode.objects.filter(login=login).delete()[0]
    second_factor.set_second_factor(login, has=left.is_any)
    gone = (FactorKind.APP,) * apps + (FactorKind.PASSKEY,) * keys
    return (*gone, actions.RECOVERY_CODES) if codes else gone
