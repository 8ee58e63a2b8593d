"""Opening protected values, only with the gate's permit, and finding all that a person has here."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.apps import apps

from clearline.policy.vocabulary import SubjectId
from clearline.trust.gate.permit import Permit
from clearline.trust.vault.fields import Personal
from clearline.trust.vault.keyring import find_keys, key_of
from clearline.trust.vault.sealed import Sealed, open_text

LISTED_MAX: Final = 5_000


def open_sealed(value: Sealed, *, permit: Permit, now: datetime) -> str:
    """Return the text of one value of the person and category that the permit is for.

    Raises PermitForged, PermitExpired, Denied, PersonErased, NoKey, SealBroken.
    """
    permit.demand(subject=permit.subject, category=value.category, now=now)
    return open_text(value, key=key_of(permit.subject), subject=permit.subject)


def open_all(values: Sequence[Sealed], *, permit: Permit, now: datetime) -> tuple[str, ...]:
    """Return the texts of values of one person, in their order. Raises as `open_sealed` does."""
    return tuple(open_sealed(value, permit=permit, now=now) for value in values)


def open_people(
    asked: Sequence[tuple[Permit, Sequence[Sealed]]], *, now: datetime
) -> Mapping[SubjectId, tuple[str, ...]]:
    """Return the texts of values of many people, in their order for each, one permit for each.

    Their keys are fetched together, and not kept. Whoever was erased meanwhile is left out.
    Raises PermitForged, PermitExpired, Denied, SealBroken.
    """
    for permit, values in asked:
        for category in {value.category for value in values}:
            permit.demand(subject=permit.subject, category=category, now=now)
    keys = find_keys(permit.subject for permit, _ in asked)
    return {
        permit.subject: tuple(
            open_text(value, key=keys[permit.subject], subject=permit.subject) for value in values
        )
        for permit, values in asked
        if permit.subject in keys
    }


def list_sealed(subject: SubjectId) -> tuple[Sealed, ...]:
    """Return what is sealed of one person in whichever table, at most 5,000 values, still shut.

    Sealed columns are the vault's own wherever they stand, so that no module can forget to tell of
    one (decision 13).
    """
    found: list[Sealed] = []
    for column in personal_columns():
        theirs = {column.of: subject, f"{column.attname}__isnull": False}
        rows = column.model._default_manager.filter(**theirs).order_by("pk")  # noqa: SLF001  # Django's own name for it
        found += rows.values_list(column.attname, flat=True)[: LISTED_MAX - len(found)]
    return tuple(found)


def personal_columns() -> Iterator[Personal[Any, Any]]:
    for model in apps.get_models():
        yield from (each for each in model._meta.concrete_fields if isinstance(each, Personal))  # noqa: SLF001  # as above
