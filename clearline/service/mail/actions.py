"""Writing letters into the outbox, sending them, and taking them away when their time is over."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from clearline.kit.errors import Invalid, Unavailable
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.compile import CompiledPolicy
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import (
    Category,
    Purpose,
    Recipient,
    RecipientClass,
    SubjectId,
    SubjectKind,
)
from clearline.service.mail.compose import Letterhead, Words, compose, refuse_address
from clearline.service.mail.models import CONTEXT_MAX, Letter
from clearline.service.mail.queries import WRITE_CLAUSE
from clearline.service.mail.send import (
    Folder,
    LetterDelayed,
    LetterRefused,
    Post,
    ServerAway,
    opened,
)
from clearline.service.mail.template import NOTED_OF_NOBODY, State, Template, priority_of
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.letters import MailFailed, MailSent
from clearline.trust.vault import actions as vault_actions
from clearline.trust.vault import queries as vault
from clearline.trust.vault.keyring import NoKey, PersonErased

Clock = Callable[[], datetime]

SENT_AT_ONCE: Final = 200  # in one turn of the worker
WRITTEN_AT_ONCE: Final = 500  # rows in one statement
LOOKS_MAX: Final = 5  # for a letter that no other worker takes in the same moment
# Longer than one letter can take (send.py), so that whoever is sending still has it.
HELD: Final = timedelta(minutes=5)
WAIT_FIRST: Final = timedelta(minutes=1)
WAIT_LAST: Final = timedelta(hours=4)
TRIES_COUNTED: Final = 8
GIVEN_UP_AFTER: Final = timedelta(days=3)  # RFC 5321 4.5.4.1: "at least 4-5 days" is for relays


class NoMailServer(Unavailable):
    code = "no_mail_server"

    def __init__(self) -> None:
        super().__init__(
            "No mail server is named, so no letter can leave. Write `mail_url` into clearline.toml."
        )


class LetterTooLong(Invalid):
    code = "letter_too_long"


def use_to_write(subject: SubjectId) -> Use:
    """Return the use of somebody's address to write to them about their account."""
    return Use(
        by=Actor(ActorKind.JOB, "mail"),
        subject=subject,
        categories=frozenset({Category.CONTACT_EMAIL, Category.AUTHORIZATION_CREDENTIALS}),
        purpose=Purpose.ESSENTIAL_SERVICE_NOTIFICATIONS_EMAIL,
        about=SubjectKind.CUSTOMER,
        recipient=Recipient(RecipientClass.SUBJECT),
    )


def ask_to_write(subject: SubjectId, now: datetime) -> Permit:
    """Return the permit to open somebody's address and to write to them about their account.

    Raises gate.UseDenied, NoEditionInForce. Source: clause mail.write.
    """
    return gate.ask(use=use_to_write(subject), choices=NOTHING_CHOSEN, now=now)


def ask_to_write_to_many(
    subjects: Iterable[SubjectId], now: datetime
) -> Mapping[SubjectId, Permit]:
    """Return the permits to write to many people; who may not be written to is left out.

    Raises NoEditionInForce. Source: clause mail.write.
    """
    uses = ((use_to_write(subject), NOTHING_CHOSEN) for subject in subjects)
    asked = gate.ask_many(uses=uses, now=now)
    return {each.use.subject: each.permit for each in asked if each.permit is not None}


def ask_to_note(subject: SubjectId, now: datetime) -> Permit:
    """Return the permit to note what became of a letter. Source: clause mail.note."""
    use = Use(
        by=Actor(ActorKind.JOB, "mail"),
        subject=subject,
        categories=frozenset({Category.CONTACT_EMAIL}),
        purpose=Purpose.ESSENTIAL_LEGAL_OBLIGATION,
        about=SubjectKind.CUSTOMER,
    )
    return gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)


def enqueue(
    *,
    to: str,
    template: Template,
    context: Mapping[str, str],
    subject: SubjectId,
    permit: Permit,
    now: datetime,
) -> None:
    """Write a letter in the caller's transaction; the worker sends it within seconds.

    The permit is that of `ask_to_write`. Raises AddressRefused, LetterTooLong, Denied.
    """
    permit.demand(subject=subject, category=Category.CONTACT_EMAIL, now=now)
    new_row(NewLetter(to, context, permit), template, now).save(force_insert=True)


def keep_back(
    *,
    to: str,
    template: Template,
    context: Mapping[str, str],
    subject: SubjectId,
    permit: Permit,
    now: datetime,
) -> None:
    """Write a letter as `enqueue` does that never leaves, for an address that got enough of them.

    It is sealed and erased like any other, so nobody finds in what is held of them that it stayed.
    Raises as `enqueue` does.
    """
    permit.demand(subject=subject, category=Category.CONTACT_EMAIL, now=now)
    row = new_row(NewLetter(to, context, permit), template, now)
    row.state, row.ended_at = State.KEPT_BACK.value, now
    row.save(force_insert=True)


@dataclass(frozen=True, slots=True, repr=False)
class NewLetter:
    """One letter of many: the permit of `ask_to_write` names who it is to."""

    to: str
    context: Mapping[str, str]
    permit: Permit


def enqueue_many(letters: Sequence[NewLetter], *, template: Template, now: datetime) -> None:
    """Write letters of one kind to many people in the caller's transaction, in few statements.

    Raises as `enqueue` does.
    """
    rows = [new_row(each, template, now) for each in letters]
    vault_actions.seal_many(rows)
    Letter.objects.bulk_create(rows, batch_size=WRITTEN_AT_ONCE)


def new_row(letter: NewLetter, template: Template, now: datetime) -> Letter:
    """Return the row of a letter, not sealed yet. Raises AddressRefused, LetterTooLong, Denied."""
    subject = letter.permit.subject
    for category in (Category.CONTACT_EMAIL, Category.AUTHORIZATION_CREDENTIALS):
        letter.permit.demand(subject=subject, category=category, now=now)
    refuse_address(letter.to)
    filled = json.dumps(dict(letter.context), ensure_ascii=False)
    if len(filled) > CONTEXT_MAX:
        message = f"What fills a letter has at most {CONTEXT_MAX} characters."
        raise LetterTooLong(message)
    return Letter(
        subject=subject,
        template=template,
        address=letter.to,
        context=filled,
        priority=priority_of(template),
        written_at=now,
        next_try_at=now,
    )


def refuse_without_server() -> None:
    """Refuse to begin what only letters can end. Raises NoMailServer."""
    if settings.ENV.mail_url is None:
        raise NoMailServer


def forget(subject: SubjectId) -> None:
    """Take away all letters to a person, in the caller's transaction."""
    letters = Letter.objects.filter(subject=subject)
    numbers = list(letters.values_list("number", flat=True))
    letters.delete()
    transaction.on_commit(lambda: Folder(settings.ENV.mail_dir).erase(numbers))


def erase_expired(policy: CompiledPolicy, *, now: datetime) -> int:
    """Erase letters as old as clause mail.write keeps them, sent or not; return how many went."""
    kept_from = policy.edition.kept_from(WRITE_CLAUSE, now)
    Folder(settings.ENV.mail_dir).erase_before(kept_from)
    return Letter.objects.filter(written_at__lte=kept_from).delete()[0]


def send_due(*, clock: Clock) -> int:
    """Send what is due, the urgent first, at most 200; return how many were taken.

    A letter goes out at least once: whoever falls between sending and noting sends that one again,
    under the same Message-ID. Without a mail server all letters wait. Raises ServerAway.
    """
    env = settings.ENV
    if env.mail_url is None:
        return 0
    head, taken = letterhead(), 0
    own_name = urlsplit(env.url).hostname or "localhost"
    url = env.mail_url.get_secret_value()
    with opened(url, folder=env.mail_dir, own_name=own_name) as post:
        for _ in range(SENT_AT_ONCE):
            letter = take_next(clock())
            if letter is None:
                break
            taken += send_one(letter, Way(post, head, clock))
    return taken


def letterhead() -> Letterhead:
    env = settings.ENV
    return Letterhead(
        brand_name=env.provider.brand_name,
        legal_name=env.provider.legal_name,
        phone=env.provider.phone,
        url=env.url,
        mail_from=env.mail_from or env.provider.email,
    )


def take_next(now: datetime) -> Letter | None:
    """Return the next letter that is due, held for five minutes: no other worker takes it."""
    due = Letter.objects.filter(state=State.WAITING, next_try_at__lte=now)
    first = due.order_by("priority", "next_try_at", "pk")
    for number in list(first.values_list("pk", flat=True)[:LOOKS_MAX]):
        # The row is looked at again under its lock: one of two workers finds it taken.
        if due.filter(pk=number).update(next_try_at=now + HELD, tries=F("tries") + 1):
            return Letter.objects.get(pk=number)
    return None


@dataclass(frozen=True, slots=True)
class Way:
    """What all letters of one turn share."""

    post: Post
    head: Letterhead
    clock: Clock


def send_one(letter: Letter, way: Way) -> bool:
    """Send one letter and note what became of it. Raises ServerAway."""
    now = way.clock()
    try:
        permit = ask_to_write(SubjectId(letter.subject), now)
        to, filled = vault.open_all((letter.address, letter.context), permit=permit, now=now)
        words = Words(to, json.loads(filled), letter.number, letter.written_at)
        way.post.send(compose(Template(letter.template), words, way.head))
    except (PersonErased, NoKey):
        letter.delete()
        return False
    except (gate.UseDenied, LetterDelayed):
        put_off(letter, way.clock())
        return False
    except LetterRefused:
        end(letter, State.GIVEN_UP, way.clock())
        return False
    except ServerAway:
        put_off(letter, way.clock())
        raise
    end(letter, State.SENT, way.clock())
    return True


def put_off(letter: Letter, now: datetime) -> None:
    """Try again later, and each time later still; give up what is three days old."""
    if now - letter.written_at >= GIVEN_UP_AFTER:
        end(letter, State.GIVEN_UP, now)
        return
    wait = min(WAIT_FIRST * (1 << min(letter.tries, TRIES_COUNTED) - 1), WAIT_LAST)
    held(letter).update(next_try_at=now + wait)


def end(letter: Letter, state: State, now: datetime) -> None:
    """Note that a letter was sent or given up, in its row and in the ledger.

    Source: clause mail.note, "of a code that proves an address it is written under no number".
    """
    subject = SubjectId(letter.subject)
    permit = ask_to_note(subject, now)
    told_of = None if letter.template in NOTED_OF_NOBODY else subject
    is_sent = state is State.SENT
    entry: MailSent | MailFailed = (
        MailSent(template=letter.template) if is_sent else MailFailed(template=letter.template)
    )

    with transaction.atomic():
        if held(letter).update(state=state, ended_at=now):
            ledger.append(entry, subject=told_of, permit=permit, now=now)


def held(letter: Letter) -> QuerySet[Letter]:
    """Return the row while it is still ours: nobody else took it after its time ran out."""
    return Letter.objects.filter(pk=letter.pk, state=State.WAITING, next_try_at=letter.next_try_at)
