"""Recording what a person chose, so that it can be proved later, by them too."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from clearline.kit.errors import Denied, TooMany
from clearline.kit.window_counts import WindowCounts
from clearline.policy.choices import GPC_CLOSES, NOTHING_CHOSEN, Choices
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import (
    Answer,
    Category,
    ChoiceMethod,
    ChoiceSurface,
    Purpose,
    Recipient,
    RecipientClass,
    SubjectId,
    SubjectKind,
)
from clearline.trust.consent.account import (
    NOTHING_SAID,
    Said,
    choices_in_account,
    differing,
    is_no_unseen,
    joined,
    read_said,
    standing,
    unsaid,
    write_said,
    yes_since,
)
from clearline.trust.consent.cookie import ChosenOnDevice
from clearline.trust.consent.cookies import ENDING
from clearline.trust.consent.models import AccountChoices
from clearline.trust.consent.queries import ASKED_BY_PROMPT, KEEP_FOR_ACCOUNT
from clearline.trust.gate import actions as gate
from clearline.trust.gate import queries as gate_queries
from clearline.trust.gate.decide import Outcome, decide
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger import queries as ledger_queries
from clearline.trust.ledger.entries.uses import ChoiceRecorded
from clearline.trust.vault import actions as vault_actions
from clearline.trust.vault import queries as vault

KEEP_CHOICE: Final = Use(
    by=Actor(ActorKind.SUBJECT, "visitor"),
    subject=SubjectId("visitor"),  # nobody knows who; the proof's number alone leads to it
    categories=frozenset({Category.PRIVACY_PREFERENCES, Category.DEVICE_COOKIE}),
    purpose=Purpose.FUNCTIONAL_STORAGE_PRIVACY_PREFERENCES,
    about=SubjectKind.VISITOR,
)
STOP_FLOODS: Final = Use(
    by=Actor(ActorKind.JOB, "choices"),
    subject=SubjectId("visitor"),
    categories=frozenset({Category.DEVICE_IP_ADDRESS}),
    purpose=Purpose.ESSENTIAL_SERVICE_SECURITY,
    about=SubjectKind.VISITOR,
)
# Answers of one network (/24, /48) that are written down in an hour. Some 30,000 people may leave
# a telephone company by one exit; asked once in twelve months they answer five times an hour, and
# twenty times as often on the day of a campaign.
ANSWERS_MAX: Final = 100
INSERTED_AT_ONCE: Final = 500
NOTHING_BEFORE: Final[Mapping[str, datetime]] = {}
ANSWERS: Final = WindowCounts(window=timedelta(hours=1), keys_max=100_000)


@dataclass(frozen=True, slots=True)
class ShownText:
    """What the person saw when they chose: where, under which edition, and the words."""

    surface: ChoiceSurface
    edition: date
    text: str


class SignalSaysNo(Denied):
    """A yes to sale or sharing came together with Global Privacy Control."""

    code = "signal_says_no"

    def __init__(self) -> None:
        super().__init__(
            "Your browser sends Global Privacy Control, which says no to sale and sharing. So we "
            "did not record a yes. If you mean yes, turn the signal off first."
        )


class TooManyAnswers(TooMany):
    """A yes came after more answers from its network than are written down."""

    code = "too_many_answers"

    def __init__(self) -> None:
        super().__init__(
            "Very many answers came from your network within the hour, so yours was not kept, and "
            "you are treated as before. Say yes again in an hour. A no always counts at once."
        )


def record_choices(  # noqa: PLR0913  # a proof of choice is all of these
    *,
    answers: Mapping[str, Answer],
    before: ChosenOnDevice | None,
    shown: ShownText,
    method: ChoiceMethod,
    gpc: bool,
    now: datetime,
    network: str | None = None,
    source_key: str = "",
) -> ChosenOnDevice:
    """Write the answers to the ledger and return all choices as they now stand.

    Answers not given stay as they were. With the signal (`gpc`), what it speaks to becomes a no
    that outlives it: "the business shall not interpret the absence of that signal … as consent"
    (11 CCR 7025(c)(5)). The entry has no subject: its random id, kept in the person's own cookie,
    is all that leads to it. What is told again under a `source_key` has its first entry.
    `network` is the cut address: of one that floods us each no is honoured without an entry, and
    the signal alone is left to come again.
    Source: GDPR 7(1); clauses choices.keep, security.attempts.
    Raises SignalSaysNo, TooManyAnswers, gate.UseDenied, NoEditionInForce.
    """
    if gpc and any(answers.get(name) is Answer.YES for name in GPC_CLOSES):
        raise SignalSaysNo
    said = (before.choices if before else NOTHING_CHOSEN).with_answers(answers)
    choices = said.under_gpc() if gpc else said

    permit = gate.ask(use=KEEP_CHOICE, choices=choices, now=now)
    is_told_again = bool(source_key) and ledger_queries.find_by_source_key(source_key) is not None
    # Without an address nobody is held back: all of those would share one limit.
    if network and not is_told_again and is_flooding(network, now):
        return honour_no(answers=answers, before=before, shown=shown, gpc=gpc, now=now)

    with transaction.atomic():
        entry = ledger.append(
            ChoiceRecorded(
                yes=tuple(sorted(choices.yes)),
                no=tuple(sorted(choices.no)),
                method=method,
                surface=shown.surface,
                edition=shown.edition.isoformat(),
                text=shown.text,
                by_signal=tuple(sorted(choices.no - said.no)),
                before=before.proof if before else "",
            ),
            subject=None,
            permit=permit,
            now=now,
            source_key=source_key,
        )
    # A no without proof, said by form, is proved by no signal.
    unproved_at = before.unproved_at if before and not answers else None
    is_older = not (choices.yes & ENDING) <= answers.keys()
    agreed_at = before.yes_since if before and is_older else None
    return ChosenOnDevice(choices, now, shown.edition, entry.id, unproved_at, agreed_at)


def is_flooding(network: str, now: datetime) -> bool:
    """Count one more answer of a network, if a clause lets us, and say whether it is too many."""
    policy = gate_queries.policy_in_force(now)
    verdict = decide(policy=policy, use=STOP_FLOODS, choices=NOTHING_CHOSEN)
    return verdict.outcome is Outcome.YES and ANSWERS.add(network, now) > ANSWERS_MAX


def honour_no(
    *,
    answers: Mapping[str, Answer],
    before: ChosenOnDevice | None,
    shown: ShownText,
    gpc: bool,
    now: datetime,
) -> ChosenOnDevice:
    """Return the choices with all that was said but a yes, for the browser to keep unproved.

    A no must count whatever others of its network do, and counting it needs only the browser's
    own cookie; a yes needs its proof (GDPR 7(1)), and one of before lasts no longer by this. The
    signal needs no cookie while it is sent. Raises TooManyAnswers when there is only a yes.
    """
    if before and not answers:
        return before
    kept = {name: answer for name, answer in answers.items() if answer is not Answer.YES}
    if answers and not kept:
        raise TooManyAnswers
    said = (before.choices if before else NOTHING_CHOSEN).with_answers(kept)
    return ChosenOnDevice(
        choices=said.under_gpc() if gpc else said,
        at=before.at if before else now,
        edition=before.edition if before else shown.edition,
        proof=before.proof if before else "",
        unproved_at=now,
        agreed_at=before.agreed_at if before else None,
    )


def take_back_unkept(*, proof: str, shown: ShownText, now: datetime) -> None:
    """Note once that the browser did not keep a yes, which so counts as declined.

    Nothing is noted for an id that is no yes, or that of an account, whose choices hold without
    any cookie. Raises gate.UseDenied, NoEditionInForce.
    """
    said = ledger_queries.list_choices_said([proof]).get(proof)
    if said is None or not said.yes or ledger_queries.find_subject(proof) is not None:
        return

    permit = gate.ask(use=KEEP_CHOICE, choices=NOTHING_CHOSEN, now=now)

    with transaction.atomic():
        ledger.append(
            ChoiceRecorded(
                yes=(),
                no=tuple(sorted(ASKED_BY_PROMPT)),
                method=ChoiceMethod.NO_COOKIE,
                surface=shown.surface,
                edition=shown.edition.isoformat(),
                text=shown.text,
                by_signal=(),
                before=proof,
            ),
            subject=None,
            permit=permit,
            now=now,
            source_key=f"choice.unkept:{proof}",
        )


@dataclass(frozen=True, slots=True)
class OfAccount:
    """The locked choices of an account, opened, with whom and when they are about to change."""

    row: AccountChoices
    said: Mapping[str, Said]
    permit: Permit
    now: datetime

    @property
    def choices(self) -> Choices:
        return choices_in_account(self.said)

    @property
    def on_device(self) -> ChosenOnDevice | None:
        """What a browser of the customer is to keep; None before the first answer."""
        row = self.row
        if not row.proof:
            return None
        return on_device(row, self.said)


def choose_for_account(  # noqa: PLR0913  # a proof of choice is all of these
    *,
    subject: SubjectId,
    answers: Mapping[str, Answer],
    device: ChosenOnDevice | None,
    shown: ShownText,
    gpc: bool,
    network: str,
    now: datetime,
    method: ChoiceMethod = ChoiceMethod.FORM,
) -> ChosenOnDevice:
    """Write a customer's answers down for their account and return all as they now stand.

    `device` is what their browser or app showed when they answered: a yes from there does not take
    back a no that was said elsewhere meanwhile. Of a network that floods us a yes is not kept; a no
    is.
    Source: GDPR 7(1); 11 CCR 7025(c)(1); clause choices.account.
    Raises SignalSaysNo, TooManyAnswers, gate.UseDenied, NoEditionInForce.
    """
    if gpc and any(answers.get(name) is Answer.YES for name in GPC_CLOSES):
        raise SignalSaysNo
    permit = ask_to_keep(subject, now)
    is_flood = bool(network) and is_flooding(network, now)

    with transaction.atomic():
        account = lock_account(subject, shown, permit, now)
        shows = device if device and ledger_queries.find_subject(device.proof) == subject else None
        kept = {
            name: answer
            for name, answer in answers.items()
            if answer is not Answer.YES
            or not (is_flood or is_no_unseen(account.said.get(name), shows))
        }
        said = with_device(account.choices, subject, device).with_answers(kept)
        choices = said.under_gpc() if gpc else said
        is_said = not is_flood and (kept or not answers)
        if differing(choices, account.choices) or is_said:
            changed = differing(choices, account.choices) | kept.keys()
            signal = choices.no - said.no
            new = choices.yes & ENDING - kept.keys()
            brought = dict.fromkeys(new, device.yes_since) if device else {}
            return keep(
                account, choices, changed, shown=shown, how=method, by_signal=signal, since=brought
            )
    current = account.on_device
    if current is None or (is_flood and answers and not kept):
        raise TooManyAnswers
    return current


def follow_account(
    *,
    subject: SubjectId,
    device: ChosenOnDevice | None,
    shown: ShownText,
    gpc: bool,
    now: datetime,
) -> ChosenOnDevice | None:
    """Join a browser's choices with those of its customer's account and return what both now hold.

    What the browser was given by this account is older than the account, so the account rules;
    what it holds of its own is joined: no wins over yes, any answer over none. Of what another
    person chose in it only a no counts: a yes was theirs alone. The signal becomes the account's
    no, once. None where nobody has answered anything.
    Source: 11 CCR 7025(c)(1), (5); clause choices.account.
    Raises gate.UseDenied, NoEditionInForce.
    """
    permit = ask_to_keep(subject, now)

    with transaction.atomic():
        account = lock_account(subject, shown, permit, now)
        said = with_device(account.choices, subject, device)
        choices = said.under_gpc() if gpc else said
        changed = differing(choices, account.choices)
        if not changed:
            return account.on_device
        by_signal = choices.no - said.no
        how = ChoiceMethod.GPC if changed <= by_signal else ChoiceMethod.SIGN_IN
        brought = dict.fromkeys(choices.yes & ENDING, device.yes_since) if device else {}
        return keep(
            account, choices, changed, shown=shown, how=how, by_signal=by_signal, since=brought
        )


def keep_signal(*, subject: SubjectId, shown: ShownText, now: datetime) -> None:
    """Keep Global Privacy Control for an account whose app sent it; what is kept is left alone.

    Source: 11 CCR 7025(c)(1); clause choices.account. Raises gate.UseDenied, NoEditionInForce.
    """
    by = Actor(ActorKind.SUBJECT, subject)
    kept = choices_in_account(show_account(by=by, subject=subject, now=now))
    if not kept.no >= GPC_CLOSES:
        follow_account(subject=subject, device=None, shown=shown, gpc=True, now=now)


def begin_account(
    *,
    subject: SubjectId,
    answers: Mapping[str, Answer],
    shown: ShownText,
    permit: Permit,
    now: datetime,
) -> None:
    """Let a new account begin with answers, in the caller's transaction.

    The permit is that of `ask_to_begin`. Source: Cal. Civ. Code 1798.120(c); clause account.age.
    """
    row = AccountChoices(subject=subject, proof="", edition=shown.edition, changed_at=now)
    account = OfAccount(row, {}, permit, now)
    choices = NOTHING_CHOSEN.with_answers(answers)
    how = ChoiceMethod.START
    keep(account, choices, frozenset(answers), shown=shown, how=how, by_signal=frozenset())


def add_to_account(
    *,
    subject: SubjectId,
    answers: Mapping[str, Answer],
    shown: ShownText,
    permit: Permit,
    now: datetime,
) -> None:
    """Join the answers that an account is to begin with to what it holds, a no before any yes.

    In the caller's transaction; the permit is that of `ask_to_keep`.
    """
    account = lock_account(subject, shown, permit, now)
    choices = joined(account.choices, NOTHING_CHOSEN.with_answers(answers))
    changed = differing(choices, account.choices)
    if changed:
        how = ChoiceMethod.START
        keep(account, choices, changed, shown=shown, how=how, by_signal=frozenset())


def decline_unsaid(
    *, subject: SubjectId, names: Iterable[str], shown: ShownText, permit: Permit, now: datetime
) -> None:
    """Let an account say no to what nobody said yes to themselves, in the caller's transaction.

    The permit is that of `ask_to_keep`. Source: clause account.age.
    """
    account = lock_account(subject, shown, permit, now)
    changed = unsaid(account.said, names)
    if changed:
        choices = account.choices.with_answers(dict.fromkeys(changed, Answer.NO))
        how = ChoiceMethod.START
        keep(account, choices, changed, shown=shown, how=how, by_signal=frozenset())


@dataclass(frozen=True, slots=True, repr=False)
class Brought:
    """What an earlier system knew of one person's choices, beside those that their age begins with.

    `gpc` says that it had seen their Global Privacy Control; `yes_at` since when each yes counts.
    """

    subject: SubjectId
    answers: Mapping[str, Answer]
    by_age: Mapping[str, Answer]
    gpc: bool
    yes_at: datetime

    @property
    def choices(self) -> Choices:
        """All of it as one: a no wins, and the signal is a no."""
        said = joined(NOTHING_CHOSEN.with_answers(self.answers), Choices(no=frozenset(self.by_age)))
        return said.under_gpc() if self.gpc else said

    def how(self, name: str) -> ChoiceMethod:
        if self.gpc and name in GPC_CLOSES:
            return ChoiceMethod.GPC
        return ChoiceMethod.START if name in self.by_age else ChoiceMethod.IMPORT


def bring_many(people: Sequence[Brought], *, edition: date, permit: Permit, now: datetime) -> None:
    """Let new accounts begin with what an earlier system knew, in the caller's transaction.

    One entry for each; a yes counts from when it was said, a no from now on. What proves an answer
    stays where the caller keeps it. The permit is that of `ask_to_begin`.
    Source: GDPR 7(1); 11 CCR 7025(c)(1); clause choices.account.
    """
    entries = [
        ChoiceRecorded(
            yes=tuple(sorted(each.choices.yes)),
            no=tuple(sorted(each.choices.no)),
            method=ChoiceMethod.IMPORT,
            surface=ChoiceSurface.IMPORT,
            edition=edition.isoformat(),
            text="",
            by_signal=tuple(sorted(GPC_CLOSES)) if each.gpc else (),
            before="",
        )
        for each in people
    ]
    subjects = [each.subject for each in people]
    noted = ledger.append_many(list(zip(entries, subjects, strict=True)), permit=permit, now=now)
    rows = [
        AccountChoices(
            subject=each.subject,
            told=write_said(
                {
                    **{
                        name: Said(Answer.YES, each.yes_at, each.how(name), entry.id)
                        for name in each.choices.yes
                    },
                    **{
                        name: Said(Answer.NO, now, each.how(name), entry.id)
                        for name in each.choices.no
                    },
                }
            ),
            proof=entry.id,
            edition=edition,
            changed_at=now,
        )
        for each, entry in zip(people, noted, strict=True)
    ]
    vault_actions.seal_many(rows)
    AccountChoices.objects.bulk_create(rows, batch_size=INSERTED_AT_ONCE)


def ask_to_begin(now: datetime) -> Permit:
    """Return the permit for `begin_account`. Raises gate.UseDenied, NoEditionInForce."""
    return gate.ask(use=KEEP_FOR_ACCOUNT, choices=NOTHING_CHOSEN, now=now)


def show_account(*, by: Actor, subject: SubjectId, now: datetime) -> Mapping[str, Said]:
    """Open for a customer what their account holds of their choices.

    It leaves no entry: each answer has one of its own. Raises gate.UseDenied, NoEditionInForce.
    """
    use = Use(
        by=by,
        subject=subject,
        categories=frozenset({Category.PRIVACY_PREFERENCES, Category.ACCOUNT}),
        purpose=Purpose.FUNCTIONAL_STORAGE_PRIVACY_PREFERENCES,
        about=SubjectKind.CUSTOMER,
        recipient=Recipient(RecipientClass.SUBJECT),
    )
    return open_account(subject, gate.ask(use=use, choices=NOTHING_CHOSEN, now=now), now)


def open_account(subject: SubjectId, permit: Permit, now: datetime) -> Mapping[str, Said]:
    """Return what an account holds of its choices, to who has a permit for them."""
    row = AccountChoices.objects.filter(subject=subject).first()
    if row is None:
        return {}
    return standing(read_said(vault.open_sealed(row.told, permit=permit, now=now)), now)


def erase_account(subject: SubjectId) -> None:
    """Erase what a closed account chose, in the caller's transaction; its proofs end in time."""
    AccountChoices.objects.filter(subject=subject).delete()


def ask_to_keep(subject: SubjectId, now: datetime) -> Permit:
    use = Use(
        by=Actor(ActorKind.SUBJECT, subject),
        subject=subject,
        categories=frozenset({Category.PRIVACY_PREFERENCES, Category.ACCOUNT}),
        purpose=Purpose.FUNCTIONAL_STORAGE_PRIVACY_PREFERENCES,
        about=SubjectKind.CUSTOMER,
    )
    return gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)


def lock_account(subject: SubjectId, shown: ShownText, permit: Permit, now: datetime) -> OfAccount:
    """Return an account's choices, locked: of two browsers at once the second sees the first."""
    blank = AccountChoices(
        subject=subject, told=NOTHING_SAID, proof="", edition=shown.edition, changed_at=now
    )
    AccountChoices.objects.bulk_create([blank], ignore_conflicts=True)
    row = AccountChoices.objects.select_for_update().get(subject=subject)
    said = standing(read_said(vault.open_sealed(row.told, permit=permit, now=now)), now)
    return OfAccount(row, said, permit, now)


def with_device(choices: Choices, subject: SubjectId, device: ChosenOnDevice | None) -> Choices:
    """Return an account's choices joined with what a browser holds of its own."""
    if device is None:
        return choices
    owner = ledger_queries.find_subject(device.proof)
    if owner == subject and device.unproved_at is None:
        return choices
    if owner is not None:
        return joined(choices, Choices(no=device.choices.no))
    return joined(choices, device.choices)


def keep(  # noqa: PLR0913  # a proof of choice is all of these
    account: OfAccount,
    choices: Choices,
    changed: frozenset[str],
    *,
    shown: ShownText,
    how: ChoiceMethod,
    by_signal: frozenset[str],
    since: Mapping[str, datetime] = NOTHING_BEFORE,
) -> ChosenOnDevice:
    """Write the choices of an account and their proof, in the caller's transaction.

    `since` says when those among them were said that were not said now.
    """
    row, now = account.row, account.now
    entry = ledger.append(
        ChoiceRecorded(
            yes=tuple(sorted(choices.yes)),
            no=tuple(sorted(choices.no)),
            method=how,
            surface=shown.surface,
            edition=shown.edition.isoformat(),
            text=shown.text,
            by_signal=tuple(sorted(by_signal)),
            before=row.proof,
        ),
        subject=SubjectId(row.subject),
        permit=account.permit,
        now=now,
    )
    new = {
        name: Said(
            choices.answer(name),
            since.get(name, now),
            ChoiceMethod.GPC if name in by_signal else how,
            entry.id,
        )
        for name in changed
    }
    told = {**account.said, **new}
    row.told = write_said(told)
    row.proof, row.edition, row.changed_at = entry.id, shown.edition, now
    row.save()
    return on_device(row, told)


def on_device(row: AccountChoices, said: Mapping[str, Said]) -> ChosenOnDevice:
    """Return an account's choices as a browser is to keep them."""
    since = yes_since(said)
    return ChosenOnDevice(
        choices_in_account(said),
        row.changed_at,
        row.edition,
        row.proof,
        agreed_at=since if since and since < row.changed_at else None,
    )
