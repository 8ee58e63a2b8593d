"""Which second factors a login has, by kind and number; their names are sealed."""

from dataclasses import dataclass

from clearline.trust.factors.models import Passkey, RecoveryCode, Totp


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody can prove by, beside the password."""

    has_app: bool
    passkeys: int
    codes_left: int

    @property
    def is_any(self) -> bool:
        return self.has_app or self.passkeys > 0


def factors_of(public_id: str) -> Factors:
    return Factors(
        has_app=Totp.objects.filter(login_id=public_id).exists(),
        passkeys=Passkey.objects.filter(login_id=public_id).count(),
        codes_left=RecoveryCode.objects.filter(login_id=public_id, used_at__isnull=True).count(),
    )
