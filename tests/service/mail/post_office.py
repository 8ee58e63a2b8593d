"""A mail server of the test's own: it takes, refuses, drags, hangs up, and shows what it took."""

import asyncio
import email
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.journeys.provider import free_port

USER, PASSWORD = "clearline", "p@ss/word"


@dataclass  # no slots: aiosmtpd looks at every attribute, and Python 3.11.2 fails at that with them
class Office:
    """What arrived, and what is answered: the next of `answers`, or 250 where there is none."""

    port: int
    taken: list[bytes] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    recipient_answer: str = "250 OK"
    hangs_up: bool = False
    drag_s: float = 0.0
    signed_in: int = 0

    async def handle_RCPT(  # noqa: N802  # as aiosmtpd calls it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(  # noqa: N802  # as aiosmtpd calls it
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.hangs_up:
            assert server.transport is not None
            server.transport.close()
            return "421 gone"
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append(envelope.content)
            self.to += envelope.rcpt_tos
        await asyncio.sleep(self.drag_s)
        return answer

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _name: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        is_right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        self.signed_in += is_right
        return AuthResult(success=is_right)

    @property
    def letters(self) -> list[EmailMessage]:
        made = [email.message_from_bytes(each, policy=default) for each in self.taken]
        return [each for each in made if isinstance(each, EmailMessage)]

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def open_office(*, starttls: ssl.SSLContext | None = None) -> Iterator[Office]:
    """Serve on a free port; with a context only to who encrypts and signs in."""
    office = Office(free_port())
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=office.port,
        tls_context=starttls,
        require_starttls=starttls is not None,
        auth_required=starttls is not None,
        authenticator=office.authenticate,
        enable_SMTPUTF8=False,
    )
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


def certificate(folder: Path) -> Path:
    """Write a key and a certificate for 127.0.0.1 that nobody else signed; return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of a test")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path
