"""`clearline serve`: all processes of one machine, or one of them alone for production."""

import argparse
import contextlib
import json
import os
import resource
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from django.db import connections
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from clearline.config.claim import LEFT_BEHIND_S, claimed, require_free
from clearline.config.doctor import look_at_ledger, look_at_names, look_at_policy
from clearline.config.env import Env
from clearline.config.init_command import KEYS
from clearline.config.instance import prepare_tables
from clearline.config.limits import CONNECTIONS_MAX
from clearline.config.logs import TO_THE_ROOT, tell_falls
from clearline.config.supervisor import Supervisor
from clearline.edge.collector.loader import LoaderOptions, run_loader
from clearline.edge.jobs.worker import run_worker
from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.columnstore.server import run_store
from clearline.kit.errors import Conflict
from clearline.kit.lifeline import is_watched, watch_lifeline
from clearline.kit.status import write_status

# The order is the flow of events; the supervisor stops them so.
ONE_MACHINE: Final = ("front", "loader", "worker", "store")
# Alone on a machine of its own, each of these brings the tables up to date itself.
NEEDS_TABLES: Final = frozenset({"front", "site", "worker"})
LISTENS: Final = frozenset({"front", "site", "collector"})
HEADER_TIMEOUT_MS: Final = 10_000  # also of a connection that is silent, before or between requests
TOLD_EVERY_S: Final = 2.0


class Unfinished(Conflict):
    """Names of the provider are still placeholders, which visitors would read."""

    code = "unfinished"


def run(args: argparse.Namespace) -> int:
    env = Env()  # type: ignore[call-arg]  # environment and clearline.toml fill the fields
    port: int = args.port or env.port
    if not is_watched():  # a child of the supervisor starts again whatever was written meanwhile
        refuse_unfinished(env, args.now)
    for name in KEYS:
        env.key(name)  # better now and in words than in a process that falls again and again
    if args.process is None:
        serve_all(env_at(env, port), port=port, now=args.now, as_json=args.json)
        return 0
    if args.process in LISTENS:
        require_free(env.host, port, wait_s=LEFT_BEHIND_S)
    tell_falls()
    watch_lifeline()
    make_folders(env)
    if args.process in NEEDS_TABLES:
        prepare_tables(env.instance)
    PROCESSES[args.process](env, port)
    return 0


def refuse_unfinished(env: Env, now: datetime) -> None:
    """Return if no name is a placeholder any more. Raises Unfinished, with what doctor says."""
    findings = [*look_at_names(env, now)]
    if findings:
        lines = [f"  {each.where}: {each.problem}. {each.remedy}" for each in findings]
        raise Unfinished("\n".join(["The site is not finished, so it is not served:", *lines]))


def env_at(env: Env, port: int) -> Env:
    """Return what the processes go by: the address follows the port where it named the usual one.

    An address that a proxy or a tunnel answers stays as it is.
    """
    if port != env.port and not env.proxies and env.is_direct(env.port):
        os.environ["CLEARLINE_URL"] = f"{env.url.rpartition(':')[0]}:{port}"
    return Env()  # type: ignore[call-arg]  # as in run


def serve_all(env: Env, *, port: int, now: datetime, as_json: bool) -> None:
    with claimed(env.instance, host=env.host, port=port):
        prepare(env)
        told = {"serving": env.provider.brand_name, "url": env.url, "port": port}
        sys.stdout.write(f"{json.dumps(told)}\n" if as_json else where_it_is(env, port))
        sys.stdout.flush()
        for finding in (*look_at_policy(env, now), *look_at_ledger(env, now)):
            sys.stderr.write(f"{finding.where}: {finding.problem}\n    {finding.remedy}\n")
        connections.close_all()  # each process has its own
        Supervisor(instance=env.instance, names=names_for(env), port=port).run()


def where_it_is(env: Env, port: int) -> str:
    line = f"Serving {env.provider.brand_name} at {env.url}"
    if env.is_direct(port):
        return f"{line}\n"
    line += f", listening at {env.host}:{port}\n"
    if env.proxies:
        return line
    return (
        f"{line}Signing in and counting visits work only in browsers that come by {env.url}. If "
        f"nothing there passes them on to port {port}, change url in clearline.toml.\n"
    )


def names_for(env: Env) -> tuple[str, ...]:
    """Return the processes to run: the store only where no other one is named."""
    return tuple(name for name in ONE_MACHINE if name != "store" or env.store_url is None)


def prepare(env: Env) -> None:
    """Bring the tables to what this release needs, before any process opens them."""
    make_folders(env)
    prepare_tables(env.instance)


def make_folders(env: Env) -> None:
    for folder in (env.journal_dir, env.status_dir, env.tiles_dir):
        folder.mkdir(parents=True, exist_ok=True)


def serve_front(env: Env, port: int) -> None:
    serve_http("front_application", host=env.host, port=port)


def serve_site(env: Env, port: int) -> None:
    serve_http("site_application", host=env.host, port=port)


def serve_collector(env: Env, port: int) -> None:
    serve_http("collector_application", host=env.host, port=port)


def serve_http(factory: str, *, host: str, port: int) -> None:
    connections_max = allow_connections()
    Granian(
        f"clearline.config.front:{factory}",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=1,
        websockets=False,
        log_access=False,
        log_dictconfig=TO_THE_ROOT,
        log_level="warning",  # type: ignore[arg-type]  # it takes the word as well
        http=HTTPModes.http1,  # while it guesses between 1 and 2 no time limit runs
        backlog=connections_max,
        backpressure=connections_max,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT_MS),
        workers_kill_timeout=5,
    ).serve()


def allow_connections() -> int:
    """Return how many connections may stand at once: half the files that may be open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = (
        2 * CONNECTIONS_MAX if hard == resource.RLIM_INFINITY else min(2 * CONNECTIONS_MAX, hard)
    )
    if soft != resource.RLIM_INFINITY:
        files = max(soft, files)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return min(CONNECTIONS_MAX, files // 2)


def serve_loader(env: Env, port: int) -> None:
    del port
    run_loader(
        LoaderOptions(
            journal_dir=env.journal_dir,
            data_dir=env.data_dir,
            status_dir=env.status_dir,
            store=ColumnStore.of_instance(env),
        )
    )


def serve_store(env: Env, port: int) -> None:
    del port  # the store listens on a socket in its folder
    run_store(env.data_dir, when_ready=lambda: tell_of_life(env))


def tell_of_life(env: Env) -> None:
    """Say again and again that the store runs, for the health page."""
    threading.Thread(target=keep_telling, args=(env,), name="status", daemon=True).start()


def keep_telling(env: Env) -> None:
    pause = threading.Event()
    while True:
        # A full disk stops no query: the health page then says that the store is silent.
        with contextlib.suppress(OSError):
            write_status(env.status_dir, "store", {}, datetime.now(UTC))
        pause.wait(TOLD_EVERY_S)


def serve_worker(env: Env, port: int) -> None:
    del env, port  # Django has both
    run_worker()


PROCESSES: Final[dict[str, Callable[[Env, int], None]]] = {
    "front": serve_front,
    "site": serve_site,
    "collector": serve_collector,
    "loader": serve_loader,
    "store": serve_store,
    "worker": serve_worker,
}
