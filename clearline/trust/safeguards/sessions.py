"""Sessions that a stolen database opens for nobody: contents sealed, keys stored as hashes.

Named in settings as SESSION_ENGINE; Django looks for a class `SessionStore` here.
"""

import hashlib
import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.utils import timezone

from clearline.trust.envelope import SealBroken, Sealer, key_from_hex
from clearline.trust.safeguards.models import Session

KEYS_TRIED_MAX: Final = 10


class SessionStore(SessionBase):
    """Django's session interface over the sealed table."""

    def load(self) -> dict[str, Any]:  # as Django's base class has it
        """Return the contents, or an empty session under no key when there is none."""
        row = Session.objects.filter(
            key_hash=hash_of(self.session_key or ""), expires_at__gt=timezone.now()
        ).first()
        if row is not None:
            try:
                plain = sealer().open(bytes(row.contents_sealed), context=context_of(row.key_hash))
                return dict(json.loads(plain))
            except SealBroken:
                pass  # sealed under a key that is gone: the person signs in again
        self._session_key = None
        return {}

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
            "expires_at": self.get_expiry_date(),
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

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(key_hash=hash_of(key)).delete()


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
