"""Run pytest on a PostgreSQL server of its own: made, started and removed here."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINARIES = Path("/usr/lib/postgresql/15/bin")


@contextmanager
def running_server() -> Iterator[str]:
    """Yield the address of a fresh server that answers on a Unix socket only."""
    folder = Path(tempfile.mkdtemp(prefix="clearline-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, user="postgres")  # the server refuses to run as root
    data = folder / "data"
    as_owner("initdb", "-D", str(data), "-U", "clearline", "--auth=trust", "-E", "UTF8")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=150"
    log = str(folder / "log")
    as_owner("pg_ctl", "-D", str(data), "-w", "-l", log, "-o", options, "start")
    try:
        host = str(folder).replace("/", "%2F")
        yield f"postgresql://clearline@{host}/postgres"
    finally:
        as_owner("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def as_owner(program: str, *arguments: str) -> None:
    command = [str(BINARIES / program), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    with running_server() as url:
        environment = {**os.environ, "CLEARLINE_DATABASE_URL": url}
        command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
        code = subprocess.run(command, env=environment, check=False).returncode
    sys.exit(code)
