"""What serving an instance claims before anything is started: the instance itself and its port."""

import contextlib
import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from clearline.kit.errors import Conflict, Unavailable

LOCK: Final = "serve.lock"
TOLD_BYTES_MAX: Final = 1_000
LEFT_BEHIND_S: Final = 8.0  # by then the processes of a killed start have ended themselves
LOOK_S: Final = 0.1


class AlreadyServed(Conflict):
    code = "already_served"


class PortTaken(Unavailable):
    code = "port_taken"


@contextlib.contextmanager
def claimed(instance: Path, *, host: str, port: int) -> Iterator[None]:
    """Hold the instance and see that its port is free, for as long as it is served.

    Whoever holds it is told in the lock; its end, by whatever signal, frees it.
    Raises AlreadyServed, PortTaken.
    """
    with held(instance) as lock:
        was_killed = os.fstat(lock).st_size > 0
        require_free(host, port, wait_s=LEFT_BEHIND_S if was_killed else 0.0)
        os.ftruncate(lock, 0)
        os.pwrite(lock, json.dumps({"pid": os.getpid(), "port": port}).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(lock, 0)


@contextlib.contextmanager
def held(instance: Path) -> Iterator[int]:
    """Hold the lock that one `serve` of an instance has. Raises AlreadyServed."""
    (instance / "data").mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(instance / "data" / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        message = (
            f"{instance} is being served already{told_by(lock)}. Use that one, or stop it first."
        )
        raise AlreadyServed(message) from None
    else:
        yield lock
    finally:
        os.close(lock)


def told_by(lock: int) -> str:
    """Return who holds the lock, as far as it tells."""
    try:
        told = json.loads(os.pread(lock, TOLD_BYTES_MAX, 0))
        return f" by process {int(told['pid'])}, on port {int(told['port'])}"
    except (ValueError, KeyError, TypeError):
        return ""


def require_free(host: str, port: int, *, wait_s: float = 0.0) -> None:
    """Return once the port can be listened at. Raises PortTaken after so many seconds."""
    deadline = time.monotonic() + wait_s
    while (why := why_not(host, port)) and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    if why:
        raise PortTaken(why)


def why_not(host: str, port: int) -> str:
    """Say why the port cannot be listened at; nothing when it can."""
    try:
        families = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in families:
            with socket.socket(family, kind, protocol) as probe:
                # As a server binds it: connections that ended lately do not count.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                probe.listen(1)
    except socket.gaierror:
        return f"This machine has no address {host}. Mend host in clearline.toml."
    except PermissionError:
        return f"Port {port} is not for this user. Choose one from 1024 up with --port."
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return f"{host} cannot be listened at ({error.strerror}). Mend host in clearline.toml."
        return f"Port {port} is taken by another program; choose another with --port."
    return ""
