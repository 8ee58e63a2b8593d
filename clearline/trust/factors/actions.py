"""Adding and taking away second factors, and proving by them who one is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction

from clearline.kit.errors import Conflict, Denied, Invalid, NotFound
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Category, Purpose, SubjectId, SubjectKind
from clearline.trust.blind_index import blind_index
from clearline.trust.factors.codes import (
    find_step,
    is_of_an_app,
    new_recovery_codes,
    read_recovery_code,
    without_gaps,
)
from clearline.trust.factors.models import Passkey, RecoveryCode, Totp
from clearline.trust.factors.passkeys import (
    NewKey,
    Site,
    number_in,
    options_to_add,
    options_to_prove,
    read_new,
    read_proof,
)
from clearline.trust.factors.proof import Code, FactorKind, PasskeyAnswer, Password, Proof
from clearline.trust.factors.queries import Factors, factors_of
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.entry import LedgerEntry
from clearline.trust.ledger.entries.logins import (
    CustomerFactorAdded,
    CustomerFactorRefused,
    CustomerFactorRemoved,
    CustomerProved,
    StaffFactorAdded,
    StaffFactorRefused,
    StaffFactorRemoved,
    StaffProved,
)
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import second_factor
from clearline.trust.safeguards.actions import PasswordGiven, SignedIn
from clearline.trust.safeguards.attempts import forget
from clearline.trust.safeguards.models import Login, SignInAttempt
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.vault import queries as vault

PASSKEYS_MAX: Final = 10
NAME_MAX: Final = 60
# Where something proved nothing, in the ledger.
SECOND: Final = {LoginKind.STAFF: "staff_second", LoginKind.CUSTOMER: "account_second"}
PROVE: Final = {LoginKind.STAFF: "staff_prove", LoginKind.CUSTOMER: "account_prove"}
RECOVERY_CODES: Final = "recovery_codes"  # what the ledger calls ten made at once


class FactorRefused(Denied):
    """The same words for a wrong code, a used one and a passkey that is not known."""

    code = "factor_refused"


class CodeWrong(Invalid):
    code = "code_wrong"


class PasskeyWrong(Invalid):
    code = "passkey_wrong"


class NameWrong(Invalid):
    code = "name_wrong"


class AppThere(Conflict):
    code = "app_there"


class PasskeyThere(Conflict):
    code = "passkey_there"


class TooManyPasskeys(Conflict):
    code = "too_many_passkeys"


class LastFactor(Conflict):
    code = "last_factor"


class NoSuchFactor(NotFound):
    code = "no_such_factor"


class NoFactorYet(Conflict):
    code = "no_factor_yet"


@dataclass(frozen=True, slots=True)
class ShownKey:
    """One passkey, shown to its owner."""

    number: int
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShownFactors:
    """All second factors of somebody, shown to them."""

    app_added_at: datetime | None
    passkeys: tuple[ShownKey, ...]
    codes_left: int


def use_of(kind: LoginKind, public_id: str) -> Use:
    """Return the use of somebody's second factors, by themselves."""
    by, subject = Actor(ActorKind.SUBJECT, public_id), SubjectId(public_id)
    if kind is LoginKind.CUSTOMER:
        return Use(
            by=by,
            subject=subject,
            categories=frozenset({Category.AUTHORIZATION_CREDENTIALS, Category.DEVICE_DEVICE_ID}),
            purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
            about=SubjectKind.CUSTOMER,
        )
    return Use(
        by=by,
        subject=subject,
        categories=frozenset({Category.AUTHORIZATION_CREDENTIALS, Category.DEVICE_DEVICE_ID}),
        purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
        about=SubjectKind.STAFF,
    )


def ask(kind: LoginKind, public_id: str, now: datetime) -> Permit:
    return gate.ask(use=use_of(kind, public_id), choices=NOTHING_CHOSEN, now=now)


def add_app(*, kind: LoginKind, public_id: str, secret: str, code: str, now: datetime) -> None:
    """Keep the secret of an app that shows codes; `code` proves that the app has it.

    Raises CodeWrong, AppThere, NoSuchLogin, gate.UseDenied. Source: RFC 6238, 5.2; clauses
    account.factor, staff.factor.
    """
    ask(kind, public_id, now)
    acts = safeguards.ask_to_note(kind, now)
    step = find_step(secret, without_gaps(code), now=now)
    if step is None:
        message = "That is not the code that the app shows now. Wait for the next one and type it."
        raise CodeWrong(message)

    with transaction.atomic():
        login = second_factor.lock_login(public_id)
        if Totp.objects.filter(login=login).exists():
            message = "There is an app already. Take it away first, then add the new one."
            raise AppThere(message)
        Totp(login=login, secret=secret, last_step=step, added_at=now).save(force_insert=True)
        note_added(login, FactorKind.APP, acts, now)


def note_added(login: Login, factor: FactorKind, permit: Permit, now: datetime) -> None:
    second_factor.set_second_factor(login, has=True)
    record(added_entry(login, factor), login, permit, now)


def record(entry: LedgerEntry, login: Login, permit: Permit, now: datetime) -> None:
    ledger.append(entry, subject=safeguards.subject_of(login), permit=permit, now=now)


def added_entry(login: Login, factor: str) -> LedgerEntry:
    if login.kind == LoginKind.CUSTOMER:
        return CustomerFactorAdded(factor=factor)
    return StaffFactorAdded(login=login.public_id, factor=factor)


def ask_for_new_passkey(*, kind: LoginKind, public_id: str, challenge: bytes, now: datetime) -> str:
    """Return what the browser is asked when somebody adds a passkey, as JSON."""
    permit = ask(kind, public_id, now)
    known = open_numbers(public_id, permit, now)
    return options_to_add(site_here(), person=public_id, challenge=challenge, known=known)


def ask_for_passkey(*, kind: LoginKind, public_id: str, challenge: bytes, now: datetime) -> str:
    """Return what the browser is asked when somebody proves by a passkey, "" if they have none."""
    permit = ask(kind, public_id, now)
    known = open_numbers(public_id, permit, now)
    return options_to_prove(site_here(), challenge=challenge, known=known) if known else ""


def open_numbers(public_id: str, permit: Permit, now: datetime) -> tuple[str, ...]:
    rows = Passkey.objects.filter(login_id=public_id).order_by("pk")[:PASSKEYS_MAX]
    return vault.open_all([row.number for row in rows], permit=permit, now=now)


def site_here() -> Site:
    url = settings.ENV.url
    name = settings.ENV.provider.brand_name
    return Site(name=name, host=urlsplit(url).hostname or "", origin=url)


def add_passkey(
    *, kind: LoginKind, public_id: str, answer: PasskeyAnswer, name: str, now: datetime
) -> None:
    """Keep a passkey that the browser made, under the name that the person gives it.

    Raises NameWrong, PasskeyWrong, PasskeyThere, TooManyPasskeys, NoSuchLogin, gate.UseDenied.
    Source: NIST SP 800-63B-4, 2.2.2; clauses account.factor, staff.factor.
    """
    ask(kind, public_id, now)
    acts = safeguards.ask_to_note(kind, now)
    called = read_key_name(name)
    challenge = answer.challenge
    made = read_new(site_here(), answer.text, challenge=challenge) if challenge else None
    if made is None:
        message = "The browser's answer came too late or does not fit. Nothing was kept; try again."
        raise PasskeyWrong(message)

    with transaction.atomic():
        login = second_factor.lock_login(public_id)
        if Passkey.objects.filter(login=login).count() >= PASSKEYS_MAX:
            message = f"At most {PASSKEYS_MAX} passkeys. Take one away that you no longer use."
            raise TooManyPasskeys(message)
        insert(login, made, called, now)
        note_added(login, FactorKind.PASSKEY, acts, now)


def read_key_name(text: str) -> str:
    """Return the name of a passkey. Raises NameWrong."""
    name = " ".join(text.split())
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        message = f"Give the passkey a name of up to {NAME_MAX} characters, such as “my phone”."
        raise NameWrong(message)
    return name


def insert(login: Login, made: NewKey, name: str, now: datetime) -> None:
    row = Passkey(
        login=login,
        number=made.number,
        number_index=number_index(made.number),
        public_key=made.public_key,
        name=name,
        sign_count=made.sign_count,
        added_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        message = "This passkey is in use here already."
        raise PasskeyThere(message) from None


def number_index(number: str) -> bytes:
    return blind_index(b"passkey", number)


def recovery_hash(public_id: str, code: str) -> bytes:
    return blind_index(b"recovery", f"{public_id} {read_recovery_code(code)}")


def make_recovery_codes(*, kind: LoginKind, public_id: str, now: datetime) -> tuple[str, ...]:
    """Return ten new codes, to be shown once; those made before prove nothing any more.

    Raises NoFactorYet, NoSuchLogin, gate.UseDenied. Source: clauses account.factor, staff.factor.
    """
    ask(kind, public_id, now)
    acts = safeguards.ask_to_note(kind, now)
    codes = new_recovery_codes()

    with transaction.atomic():
        login = second_factor.lock_login(public_id)
        if not login.has_second_factor:
            message = "Recovery codes stand in for a passkey or an app. Add one of these first."
            raise NoFactorYet(message)
        RecoveryCode.objects.filter(login=login).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(login=login, code_hash=recovery_hash(public_id, code), made_at=now)
            for code in codes
        )
        record(added_entry(login, RECOVERY_CODES), login, acts, now)
    return codes


def show_factors(*, kind: LoginKind, public_id: str, now: datetime) -> ShownFactors:
    """Open for somebody which second factors they have, each passkey by its name.

    Raises gate.UseDenied. Source: clauses account.factor, staff.factor.
    """
    permit = ask(kind, public_id, now)
    app = Totp.objects.filter(login_id=public_id).first()
    rows = tuple(Passkey.objects.filter(login_id=public_id).order_by("pk")[:PASSKEYS_MAX])
    names = vault.open_all([row.name for row in rows], permit=permit, now=now)

    return ShownFactors(
        app_added_at=app.added_at if app else None,
        passkeys=tuple(
            ShownKey(row.pk, name, row.added_at, row.used_at)
            for row, name in zip(rows, names, strict=True)
        ),
        codes_left=factors_of(public_id).codes_left,
    )


def remove_app(*, kind: LoginKind, public_id: str, now: datetime) -> None:
    """Forget the app that shows codes.

    Raises NoSuchFactor, LastFactor, PasswordShortAlone, NoSuchLogin, gate.UseDenied.
    """
    acts = safeguards.ask_to_note(kind, now)

    with transaction.atomic():
        login = second_factor.lock_login(public_id)
        if not Totp.objects.filter(login=login).delete()[0]:
            raise no_such_factor()
        note_removed(login, FactorKind.APP, acts, now)


def remove_passkey(*, kind: LoginKind, public_id: str, number: int, now: datetime) -> None:
    """Forget one passkey, by the number that `show_factors` gives.

    Raises NoSuchFactor, LastFactor, PasswordShortAlone, NoSuchLogin, gate.UseDenied.
    """
    acts = safeguards.ask_to_note(kind, now)

    with transaction.atomic():
        login = second_factor.lock_login(public_id)
        if not Passkey.objects.filter(login=login, pk=number).delete()[0]:
            raise no_such_factor()
        note_removed(login, FactorKind.PASSKEY, acts, now)


def note_removed(login: Login, factor: FactorKind, permit: Permit, now: datetime) -> None:
    left: Factors = factors_of(login.public_id)
    if not left.is_any:
        if login.kind == LoginKind.STAFF:
            message = "This is your last one, and staff keep one. Add another first."
            raise LastFactor(message)
        RecoveryCode.objects.filter(login=login).delete()
    second_factor.set_second_factor(login, has=left.is_any)
    is_customer = login.kind == LoginKind.CUSTOMER
    entry: LedgerEntry = (
        CustomerFactorRemoved(factor=factor, by=str(Actor(ActorKind.SUBJECT, login.public_id)))
        if is_customer
        else StaffFactorRemoved(login=login.public_id, factor=factor)
    )
    record(entry, login, permit, now)


def no_such_factor() -> NoSuchFactor:
    return NoSuchFactor("That is not there any more.")


def finish_sign_in(
    *, kind: LoginKind, given: PasswordGiven, proof: Proof, network: str, now: datetime
) -> SignedIn:
    """Return who signed in, whose password was right before, by a second factor.

    An attempt counts before the factor is looked at, as one at a password does. Raises
    FactorRefused, TooManyTries, NoSuchLogin, gate.UseDenied. Source: clauses security.attempts,
    account.factor, staff.factor, account.acts, staff.acts.
    """
    safeguards.ask_to_stop_guessers(now)
    permit = ask(kind, given.public_id, now)
    acts = safeguards.ask_to_let_in(kind, now)
    login = safeguards.get_login(given.public_id)
    attempt = second_factor.count_second(public_id=given.public_id, network=network, now=now)
    refuse_guessed(proof, attempt, now)

    with transaction.atomic():
        is_unchanged = login.get_session_auth_hash() == given.password_mark
        proved = prove(login, proof, permit, now) if is_unchanged else None
        if proved is None:
            record(refused_entry(login, SECOND[kind]), login, acts, now)
        else:
            record(proved_entry(login, proved), login, acts, now)
            signed_in = second_factor.let_in(login, attempt, acts, now)
    if proved is None:
        raise refused()
    return signed_in


def refuse_guessed(proof: Proof, attempt: SignInAttempt, now: datetime) -> None:
    """Return unless it is a code of an app, and too many were tried today. Raises TooManyTries."""
    if isinstance(proof, Code) and is_of_an_app(without_gaps(proof.text)):
        second_factor.refuse_guessed_codes(attempt, now)


def prove_again(*, kind: LoginKind, public_id: str, proof: Proof, now: datetime) -> FactorKind:
    """Return by what somebody who is signed in proved anew who they are.

    A password proves it only where there is no second factor. Raises FactorRefused, TooManyTries,
    NoSuchLogin, gate.UseDenied. Source: NIST SP 800-63B-4, 2.2.3; clauses as of `finish_sign_in`.
    """
    safeguards.ask_to_stop_guessers(now)
    permit = ask(kind, public_id, now)
    acts = safeguards.ask_to_note(kind, now)
    login = safeguards.get_login(public_id)
    attempt = safeguards.count_own(public_id=public_id, now=now)
    refuse_guessed(proof, attempt, now)

    with transaction.atomic():
        proved = prove(login, proof, permit, now)
        if proved is None:
            record(refused_entry(login, PROVE[kind]), login, acts, now)
        else:
            forget(attempt)
            record(proved_entry(login, proved), login, acts, now)
    if proved is None:
        raise refused()
    return proved


def refused() -> FactorRefused:
    return FactorRefused("That was not right, or was used before. Try again.")


def refused_entry(login: Login, page: str) -> LedgerEntry:
    if login.kind == LoginKind.CUSTOMER:
        return CustomerFactorRefused(page=page)
    return StaffFactorRefused(login=login.public_id, page=page)


def proved_entry(login: Login, factor: FactorKind) -> LedgerEntry:
    if login.kind == LoginKind.CUSTOMER:
        return CustomerProved(factor=factor)
    return StaffProved(login=login.public_id, factor=factor)


def prove(login: Login, proof: Proof, permit: Permit, now: datetime) -> FactorKind | None:
    """Return what a proof is, None where it proves nothing; what proves once is used up by it."""
    match proof:
        case Code(text):
            code = without_gaps(text)
            is_right = (
                is_code_of_app(login, code, permit, now)
                if is_of_an_app(code)
                else is_recovery_code(login, code, now)
            )
            kind = FactorKind.APP if is_of_an_app(code) else FactorKind.RECOVERY_CODE
        case PasskeyAnswer():
            is_right, kind = is_passkey(login, proof, permit, now), FactorKind.PASSKEY
        case Password(text):
            is_right = not login.has_second_factor and safeguards.is_own_password(login, text)
            kind = FactorKind.PASSWORD
        case _:
            assert_never(proof)
    return kind if is_right else None


def is_code_of_app(login: Login, code: str, permit: Permit, now: datetime) -> bool:
    """Say whether an app shows this code now; each code is taken once, and none older than it."""
    app = Totp.objects.filter(login=login).first()
    if app is None:
        return False
    step = find_step(vault.open_sealed(app.secret, permit=permit, now=now), code, now=now)
    if step is None:
        return False
    newer = Totp.objects.filter(pk=app.pk, last_step__lt=step)
    return bool(newer.update(last_step=step))


def is_recovery_code(login: Login, code: str, now: datetime) -> bool:
    unused = RecoveryCode.objects.filter(
        login=login, code_hash=recovery_hash(login.public_id, code), used_at__isnull=True
    )
    return bool(unused.update(used_at=now))


def is_passkey(login: Login, answer: PasskeyAnswer, permit: Permit, now: datetime) -> bool:
    number = number_in(answer.text)
    if number is None or answer.challenge is None:
        return False
    row = Passkey.objects.filter(login=login, number_index=number_index(number)).first()
    if row is None:
        return False
    public_key = vault.open_sealed(row.public_key, permit=permit, now=now)
    key = NewKey(number, public_key, row.sign_count)
    count = read_proof(site_here(), answer.text, challenge=answer.challenge, key=key)
    if count is None:
        return False
    # Who used the same count in this moment was first.
    unused = Passkey.objects.filter(pk=row.pk, sign_count=row.sign_count)
    return bool(unused.update(sign_count=count, used_at=now))
