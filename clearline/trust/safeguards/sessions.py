"""Sessions that a stolen database opens for nobody: contents sealed, keys stored as hashes.

Named in settings as SESSION_ENGINE; Django looks for a class `SessionStore` here.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.utils import timezone

from clearline.trust.envelope import SealBroken, Sealer, key_from_hex
from clearline.trust.safeguards.actions import PasswordGiven
from clearline.trust.safeguards.models import Session
from clearline.trust.safeguards.queries import session_index
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.safeguards.signed_in import (
    BEGAN_AT,
    DEVICE,
    HALF_AT,
    HALF_SPAN,
    LOGIN,
    NUMBER,
    SEEN_AT,
    begin_half,
    find_half,
    new_challenge,
    note_half_try,
    take_challenge,
)

KEYS_TRIED_MAX: Final = 10


class SessionStore(SessionBase):
    """Django's session interface over the sealed table."""

    def load(self) -> dict[str, Any]:  # as Django's base class has it
        """Return the contents, or an empty session under no key when there is none."""
        row = Session.objects.filter(
            key_hash=hash_of(self.session_key or ""), expires_at__gt=timezone.now()
        ).first()
        contents = None if row is None else contents_of(row)
        if contents is None:  # or sealed under a key that is gone: the person signs in again
            self._session_key = None
            return {}
        return contents

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(key_hash=hash_of(session_key)).exists()

    def create(self) -> None:
        for _ in range(KEYS_TRIED_MAX):
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]  # not in the stubs
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return
        message = "no free session key was found"
        raise CreateError(message)

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  # as Django calls it
        if self.session_key is None:
            self.create()
            return
        contents = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # as above
        key_hash = hash_of(self.session_key)
        told = {
            "contents_sealed": sealer().seal(
                json.dumps(contents).encode(), context=context_of(key_hash)
            ),
            "expires_at": self.expires_at(contents),
            "login_index": index_of(contents.get(LOGIN)),
            "number": contents.get(NUMBER, ""),
            "began_at": moment_of(contents.get(BEGAN_AT)),
            "seen_at": moment_of(contents.get(SEEN_AT)),
        }
        if not must_create:
            if not Session.objects.filter(key_hash=key_hash).update(**told):
                raise UpdateError
            return
        try:
            with transaction.atomic():
                Session.objects.create(key_hash=key_hash, **told)
        except IntegrityError:
            raise CreateError from None

    def expires_at(self, contents: dict[str, Any]) -> datetime:
        """Return when the session ends; one that waits for a second factor ends within minutes."""
        half_at = moment_of(contents.get(HALF_AT))
        return self.get_expiry_date() if half_at is None else half_at + HALF_SPAN

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(key_hash=hash_of(key)).delete()


def contents_of(row: Session) -> dict[str, Any] | None:
    """Return what a session holds, None where its key is gone."""
    try:
        plain = sealer().open(bytes(row.contents_sealed), context=context_of(row.key_hash))
    except SealBroken:
        return None
    return dict(json.loads(plain))


def device_of(row: Session) -> str | None:
    """Return on what kind of device a session is, in words, None where its key is gone."""
    contents = contents_of(row)
    return None if contents is None else str(contents.get(DEVICE, ""))


def index_of(login: str | None) -> bytes | None:
    return None if login is None else session_index(login)


def moment_of(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)


@dataclass(frozen=True, slots=True)
class Awaited:
    """Whose second factor an app is asked for, and what a passkey has to sign, if it still may."""

    given: PasswordGiven
    challenge: bytes | None


def begin_awaiting(kind: LoginKind, given: PasswordGiven, *, now: datetime) -> tuple[str, bytes]:
    """Open a session that waits for a second factor, as `begin_half` does, for an app.

    Return its key, which stands with us only as a hash, and the challenge for a passkey.
    """
    store = SessionStore()
    begin_half(store, kind, given, now=now)
    challenge = new_challenge(store, now=now)
    store.create()
    return str(store.session_key), challenge


def take_try(key: str, kind: LoginKind, *, now: datetime) -> Awaited | None:
    """Return whose second factor is awaited under a key, None when nobody's is.

    One of the five tries is used up by it, and the challenge with the first.
    """
    with transaction.atomic():
        # Of many who come at once each takes a try of its own, and one the challenge.
        store = locked(key)
        given = find_half(store, kind, now=now)
        if given is None:
            return None
        challenge = take_challenge(store, now=now)
        note_half_try(store)
        if store.session_key is not None:
            store.save()
    return Awaited(given, challenge)


def is_awaiting(key: str) -> bool:
    """Say whether a second factor may still be given under a key."""
    return SessionStore().exists(key)


def key_of(session: SessionBase) -> str:
    """Return the key of a session, "" where there is none yet."""
    return session.session_key or ""


def locked(key: str) -> SessionStore:
    """Return a session that nobody else changes before the caller's transaction ends."""
    Session.objects.select_for_update().filter(key_hash=hash_of(key)).first()
    return SessionStore(key)


def renew_challenge(key: str, *, now: datetime) -> bytes:
    """Return what a passkey must sign next, kept in the session of a key if that goes on."""
    with transaction.atomic():
        store = locked(key)
        challenge = new_challenge(store, now=now)
        if store.session_key is not None:
            store.save()
    return challenge


def take_challenge_once(session: SessionBase, *, now: datetime) -> bytes | None:
    """Return the challenge given last, to one of many who take it at once; see `take_challenge`."""
    taken = None
    if session.session_key is not None:
        with transaction.atomic():
            store = locked(session.session_key)
            taken = take_challenge(store, now=now)
            if store.session_key is not None:
                store.save()
    take_challenge(session, now=now)  # what is saved when the page was answered has it no more
    return taken


def end_awaiting(key: str) -> None:
    SessionStore().delete(key)


def erase_expired_sessions(*, now: datetime) -> int:
    return Session.objects.filter(expires_at__lte=now).delete()[0]


def hash_of(key: str) -> str:
    return hashlib.sha256(b"clearline.session\n" + key.encode()).hexdigest()


def context_of(key_hash: str) -> bytes:
    return b"clearline.session\n" + key_hash.encode()


def sealer() -> Sealer:
    return sealer_of(settings.ENV.instance)


@cache
def sealer_of(_instance: Path) -> Sealer:
    return Sealer(key_from_hex(settings.ENV.secret("sessions"), name="sessions"))
