"""Opening protected values: the only way, and only with the gate's permit."""

from collections.abc import Sequence
from datetime import datetime

from clearline.trust.gate.permit import Permit
from clearline.trust.vault.keyring import key_of
from clearline.trust.vault.sealed import Sealed, open_text


def open_sealed(value: Sealed, *, permit: Permit, now: datetime) -> str:
    """Return the text of one value of the person and category that the permit is for.

    Raises PermitForged, PermitExpired, Denied, PersonErased, NoKey, SealBroken.
    """
    permit.demand(subject=permit.subject, category=value.category, now=now)
    return open_text(value, key=key_of(permit.subject), subject=permit.subject)


def open_all(values: Sequence[Sealed], *, permit: Permit, now: datetime) -> tuple[str, ...]:
    """Return the texts of values of one person, in their order. Raises as `open_sealed` does."""
    return tuple(open_sealed(value, permit=permit, now=now) for value in values)
