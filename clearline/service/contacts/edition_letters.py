"""Writing to everybody with an account before an edition takes effect that lets us do more.

Cal. Bus. & Prof. Code 22575(b)(3): the policy says how people are told of material changes, and
that is done. Progress and letters are one transaction, so whatever falls, each account gets one.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.formats import date_format

from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import emails
from clearline.service.accounts.emails import Reachable
from clearline.service.contacts.models import EditionLetters
from clearline.service.mail import actions as mail
from clearline.service.mail.actions import NewLetter
from clearline.service.mail.compose import AddressRefused, refuse_address
from clearline.service.mail.template import Template
from clearline.trust.gate import queries as gate
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.letters import EditionTold
from clearline.trust.vault import queries as vault

WRITTEN_AT_ONCE: Final = 250  # in one transaction: a permit lives for a minute
TURNS_MAX: Final = 20  # of one turn of the worker


def write_of_coming_edition(*, now: datetime) -> int:
    """Write to those who were not written to yet about the next material edition; how many.

    At most 5,000 in one turn; who opens an account meanwhile is written to as well. Raises
    NoEditionInForce, KeyBroken, SealBroken.
    """
    step = gate.shelf().announced(now)
    if step is None:
        return 0
    before, coming = (each.edition.date for each in step)
    written = 0
    for _ in range(TURNS_MAX):
        some = write_some(before, coming, now)
        if some is None:
            break
        written += some
    return written


def write_some(before: date, coming: date, now: datetime) -> int | None:
    """Write to the next accounts; return how many letters that made, None when all have theirs."""
    progress, _ = EditionLetters.objects.get_or_create(edition=coming)
    people = emails.list_reachable(after=progress.after, limit=WRITTEN_AT_ONCE)
    if not people:
        return None
    letters = letters_to(people, before, coming, now)
    note = mail.ask_to_note(SubjectId("customer"), now)

    with transaction.atomic():
        # Of two workers at once one moves on, and the other begins where it stopped.
        waits = EditionLetters.objects.filter(pk=progress.pk, after=progress.after)
        if not waits.update(after=people[-1].after):
            return 0
        mail.enqueue_many(letters, template=Template.EDITION_NOTICE, now=now)
        entry = EditionTold(edition=coming.isoformat())
        pairs = [(entry, each.permit.subject) for each in letters]
        ledger.append_many(pairs, permit=note, now=now)
    return len(letters)


def letters_to(
    people: Sequence[Reachable], before: date, coming: date, now: datetime
) -> list[NewLetter]:
    """Return a letter to each whom we may write to and whose key stands."""
    permits = mail.ask_to_write_to_many([each.subject for each in people], now)
    asked = [(permits[each.subject], (each.address,)) for each in people if each.subject in permits]
    opened = vault.open_people(asked, now=now)
    page = f"/privacy/editions/{before}/{coming}/"
    context = {"day": date_format(coming, "j F Y"), "page": page}
    return [
        NewLetter(address, context, permits[subject])
        for subject, (address,) in opened.items()
        if can_be_written_to(address)
    ]


def can_be_written_to(address: str) -> bool:
    """Say whether a letter can be made out to an address; an import may hold one that is none."""
    try:
        refuse_address(address)
    except AddressRefused:
        return False
    return True
