"""The one way out for letters: the provider's mail server, or a folder where a site is tried out.

Nothing here knows a table: it is given whole letters, and says what became of each.
"""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from clearline.kit.errors import Denied, Invalid, Refusal, Unavailable
from clearline.kit.files import replace_file

ANSWER_S: Final = 10.0  # for each answer of the server
WHOLE_S: Final = 60.0  # for one letter in all, however slowly the server drips its answers
SMTP_PORT, SMTPS_PORT = 587, 465
FOLDER: Final = "folder:"
LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
PERMANENT: Final = 500  # RFC 5321 4.2.1: "should not repeat the exact request"


class MailUrlBroken(Invalid):
    """The address of the mail server is none."""

    code = "mail_url_broken"


class ServerAway(Unavailable):
    """The mail server cannot be reached, is too slow, or does not take us; no letter was at fault.

    Its text has no word of the server's: a server may quote addresses.
    """

    code = "mail_server_away"


class LetterDelayed(Unavailable):
    """The server will not take this letter now."""

    code = "letter_delayed"


class LetterRefused(Denied):
    """The server will never take this letter."""

    code = "letter_refused"


class Post(Protocol):
    """Where letters go."""

    def send(self, letter: EmailMessage) -> None:
        """Return once the letter was taken. Raises ServerAway, LetterDelayed, LetterRefused."""


@dataclass(frozen=True, slots=True, repr=False)
class Server:
    """A mail server as `mail_url` names it: smtp:// with STARTTLS, smtps:// with TLS at once.

    Without TLS letters go to this machine's own server alone.
    """

    host: str
    port: int
    user: str
    password: str
    is_tls: bool

    @classmethod
    def from_url(cls, url: str) -> "Server":
        """Read an address. Raises MailUrlBroken."""
        try:
            parts = urlsplit(url)
            port = parts.port or (SMTPS_PORT if parts.scheme == "smtps" else SMTP_PORT)
        except ValueError:
            raise url_broken() from None
        rest = parts.path.strip("/") or parts.query or parts.fragment
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or rest:
            raise url_broken()
        return cls(
            host=parts.hostname,
            port=port,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            is_tls=parts.scheme == "smtps",
        )

    @property
    def is_own(self) -> bool:
        return self.host in LOCAL_HOSTS


def url_broken() -> MailUrlBroken:
    return MailUrlBroken("write smtp://user:password@host:587 or smtps://user:password@host:465")


@contextmanager
def opened(url: str, *, folder: Path, own_name: str) -> Iterator[Post]:
    """Yield where letters go, connected once one is sent, to a server as `own_name`.

    Raises MailUrlBroken.
    """
    if url == FOLDER:
        yield Folder(folder)
        return
    line = Line(Server.from_url(url), own_name)
    try:
        yield line
    finally:
        line.hang_up()


class Line:
    """One connection to the mail server, made at the first letter and used for the next ones."""

    def __init__(self, server: Server, own_name: str) -> None:
        self.server, self.own_name = server, own_name
        self.smtp: smtplib.SMTP | None = None
        self.is_late = False

    def send(self, letter: EmailMessage) -> None:
        with self.guarded():
            line = self.connected()
            try:
                line.send_message(letter)
            except smtplib.SMTPRecipientsRefused as refused:
                ((code, _words),) = refused.recipients.values()
                raise refusal_of(code) from None
            except smtplib.SMTPDataError as refused:
                raise refusal_of(int(refused.smtp_code)) from None
            except smtplib.SMTPNotSupportedError:  # the address needs what this server lacks
                raise refusal_of(PERMANENT) from None

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Tell every failure of the connection as one, and end a letter that takes too long."""
        self.is_late = False
        watch = threading.Timer(WHOLE_S, self.cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        except (smtplib.SMTPException, OSError, UnicodeError, ValueError) as error:
            self.hang_up()
            message = f"The mail server does not take letters ({type(error).__name__})."
            raise ServerAway(message) from None
        finally:
            watch.cancel()

    def connected(self) -> smtplib.SMTP:
        """Return a connection that is encrypted and signed in. Raises SMTPException, OSError."""
        if self.smtp is None or self.smtp.sock is None:
            self.connect()
        if self.is_late or self.smtp is None:
            message = "connecting took all the time that there was for a letter"
            raise TimeoutError(message)
        return self.smtp

    def connect(self) -> None:
        server, context = self.server, ssl.create_default_context()
        smtp = smtplib.SMTP(local_hostname=self.own_name, timeout=ANSWER_S)
        if server.is_tls:
            smtp = smtplib.SMTP_SSL(local_hostname=self.own_name, timeout=ANSWER_S, context=context)
        self.smtp = smtp  # before it connects, so that it can be cut meanwhile
        smtp._host = server.host  # type: ignore[attr-defined]  # noqa: SLF001  # starttls and SMTP_SSL check the certificate against it
        smtp.connect(server.host, server.port)
        smtp.ehlo_or_helo_if_needed()
        if not server.is_tls and (smtp.has_extn("starttls") or not server.is_own):
            smtp.starttls(context=context)  # raises where the server does not offer it
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)

    def cut(self) -> None:
        """Shut the connection from another thread: whoever waits for an answer gets none."""
        self.is_late = True
        line = self.smtp.sock if self.smtp else None
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def hang_up(self) -> None:
        """End the connection without a wait: a letter that was taken stays taken."""
        smtp, self.smtp = self.smtp, None
        if smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                smtp.putcmd("quit")
            smtp.close()


def refusal_of(code: int) -> Refusal:
    if code >= PERMANENT:
        return LetterRefused(f"The mail server refused the letter ({code}).")
    return LetterDelayed(f"The mail server puts the letter off ({code}).")


@dataclass(frozen=True, slots=True)
class Folder:
    """Letters as files, for whoever tries the site out and has no mail server."""

    path: Path

    def send(self, letter: EmailMessage) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            number = str(letter["Message-ID"]).strip("<>").partition("@")[0]
            replace_file(self.path / f"{number}.eml", letter.as_bytes())
        except OSError as error:
            message = f"The letter cannot be written ({error.strerror})."
            raise ServerAway(message) from None

    def erase(self, numbers: Iterable[str]) -> None:
        """Take away the files of these letters."""
        for number in numbers:
            (self.path / f"{number}.eml").unlink(missing_ok=True)

    def erase_before(self, moment: datetime) -> None:
        """Take away the files that are older."""
        for file in self.path.glob("*.eml"):
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < moment.timestamp():
                    file.unlink()
