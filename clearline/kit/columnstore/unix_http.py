"""HTTP over a Unix socket, by which a machine's own store is reached and by nothing else."""

import contextlib
import os
import socket
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from urllib3 import HTTPConnectionPool, PoolManager
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError

SOCKET_NAME: Final = "events.socket"  # in the folder that has the store's files
CONNECTIONS_KEPT: Final = 8


@contextlib.contextmanager
def short_name(path: Path) -> Iterator[str]:
    """Name a socket for the kernel, whose names end at 107 bytes; a folder may lie deeper.

    Raises OSError.
    """
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


@lru_cache(maxsize=8)
def pool_to(path: Path) -> PoolManager:
    """Return the process's connections to one socket, whatever host they are asked for."""

    class ToSocket(HTTPConnection):
        def connect(self) -> None:
            opened = socket.socket(socket.AF_UNIX)
            opened.settimeout(self.timeout)
            try:
                with short_name(path) as name:
                    opened.connect(name)
            except OSError as error:
                opened.close()
                raise NewConnectionError(self, str(error)) from error
            self.sock = opened

    class Pool(HTTPConnectionPool):
        ConnectionCls = ToSocket

    pool = PoolManager(maxsize=CONNECTIONS_KEPT)
    pool.pool_classes_by_scheme = {"http": Pool}
    return pool
