"""What is left here of people whose accounts were erased, where accounts itself cannot reach."""

from typing import Final

from clearline.service.accounts.queries import gone_of
from clearline.service.contacts.models import (
    ChangeNotice,
    EmailCode,
    FactorWait,
    RecoveryLetter,
    WayBack,
)

OF_PEOPLE: Final = (ChangeNotice, EmailCode, FactorWait, RecoveryLetter, WayBack)


def erase_of_gone() -> int:
    """Erase what points at people who were erased; return how many rows went.

    Source: clause account.holder, "thirty days after you close it".
    """
    erased = 0
    for model in OF_PEOPLE:
        rows = model._default_manager.all()  # noqa: SLF001  # Django's own name for it
        named = rows.order_by("subject").values_list("subject", flat=True).distinct()
        for gone in gone_of(list(named)):
            erased += rows.filter(subject__in=gone).delete()[0]
    return erased
