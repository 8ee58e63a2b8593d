"""What goes from here beside old rows: all of erased people, and addresses whose code is over."""

from contextlib import suppress
from datetime import datetime
from typing import Final

from django.db.models import Q

from clearline.service.accounts.queries import gone_of
from clearline.service.contacts.models import (
    ChangeNotice,
    EmailCode,
    FactorWait,
    RecoveryLetter,
    WayBack,
)
from clearline.service.contacts.queries import CODE_WINDOW
from clearline.trust.vault.keyring import NoKey, PersonErased

ERASED_AT_ONCE: Final = 1_000
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


def erase_waited(*, now: datetime) -> int:
    """Erase addresses whose code was typed, dropped or is over, with the code; count them.

    At most 1,000 at once. The rest of the row counts letters until the day is over. Source: clause
    account.contact, "A new address waits sealed until its code was typed".
    """
    is_over = Q(ended_at__isnull=False) | Q(made_at__lte=now - CODE_WINDOW)
    rows = list(EmailCode.objects.filter(is_over).exclude(code_index=b"")[:ERASED_AT_ONCE])
    for row in rows:
        row.address, row.code_index = "", b""
        with suppress(NoKey, PersonErased):  # then nobody can read it, and `erase_of_gone` takes it
            row.save(update_fields=["address", "code_index"])
    return len(rows)
