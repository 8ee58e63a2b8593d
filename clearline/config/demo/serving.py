"""Publish the demo's editions, give its people ways in, serve, and fill in its past meanwhile."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connections

from clearline.config.demo.customers import open_accounts
from clearline.config.demo.provider import (
    ACCEPT_AGE,
    CUSTOMERS,
    NOTICE_AGE,
    STAFF,
    TOLD_BEFORE,
)
from clearline.config.env import Env
from clearline.config.processes import names_for, prepare
from clearline.config.supervisor import Supervisor, stop_process
from clearline.edge.entry.demo_links import Named, end_links, make_link
from clearline.kit.lifeline import VARIABLE
from clearline.policy.shelf import Shelf
from clearline.policy.use import Actor, ActorKind
from clearline.rights.agreement import actions as agreement
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import staff_logins
from clearline.trust.safeguards.roles import LoginKind, Role

OPERATOR: Final = Actor(ActorKind.JOB, "demo")
LOG: Final = "demo.log"  # of the processes since the last start


def begin(*, now: datetime) -> None:
    """Make the tables of a new demo and publish its editions."""
    env = Env()  # type: ignore[call-arg]  # environment and clearline.toml fill the fields
    prepare(env)
    publish_editions(env, now=now)


def serve(instance: Path, *, port: int, now: datetime, as_json: bool) -> None:
    """Say where everything is, then serve until stopped."""
    env = Env()  # type: ignore[call-arg]  # environment and clearline.toml fill the fields
    prepare(env)
    ways_in = make_ways_in(env, now=now)
    log_path = env.data_dir / LOG
    sys.stdout.write(in_json(env, ways_in) if as_json else in_lines(env, ways_in, log_path))
    sys.stdout.flush()
    connections.close_all()
    with log_path.open("wb") as log_file:
        names = names_for(env)
        supervisor = Supervisor(instance=instance, names=names, port=port, log_file=log_file)
        supervisor.run(meanwhile=fill_past)


def publish_editions(env: Env, *, now: datetime) -> None:
    """Publish each edition at its own moment, by the action that every provider uses.

    One that a start before this one published is left as it is.
    """
    zone = ZoneInfo(env.provider.time_zone)
    shelf = Shelf.open(env.policy_dir, zone)
    for age in (NOTICE_AGE, ACCEPT_AGE):
        effective = (now - age).date()
        if shelf.find(effective):
            continue
        agreement.publish_edition(
            policy_dir=env.policy_dir,
            zone=zone,
            source=env.policy_dir / f"{effective.isoformat()}.toml",
            now=now - age - TOLD_BEFORE,
        )


@dataclass(frozen=True, slots=True)
class WayIn:
    """A person of the demo, and the one-time link that signs them in."""

    user_id: str
    role: str
    label: str
    url: str


def make_ways_in(env: Env, *, now: datetime) -> list[WayIn]:
    """Return a new link for each of the staff and customers; those of earlier starts end."""
    end_links(env.data_dir)
    for user_id, role, _ in STAFF:
        give_way_in(user_id, role, now=now)
    open_accounts(now=now)
    staff = [(LoginKind.STAFF, *each) for each in STAFF]
    customers = [(LoginKind.CUSTOMER, each.user_id, "", each.label) for each in CUSTOMERS]
    return [
        WayIn(user_id, role, label, f"{env.url}{make_link(env.data_dir, Named(kind, user_id))}")
        for kind, user_id, role, label in (*staff, *customers)
    ]


def in_json(env: Env, ways_in: list[WayIn]) -> str:
    told = {
        "url": env.url,
        "staff": [asdict(each) for each in ways_in if each.role],
        "customers": [asdict(each) for each in ways_in if not each.role],
    }
    return json.dumps(told) + "\n"


def in_lines(env: Env, ways_in: list[WayIn], log_path: Path) -> str:
    lines = [f"\n  {env.provider.brand_name} is at  {env.url}\n"]
    lines += [f"  {each.label:<34} {each.url}" for each in ways_in]
    lines.append("\n  Each link signs in once. Ctrl-C stops; the same command goes on.")
    lines.append(f"  Letters are not sent; each lies in {env.mail_dir}")
    lines.append(f"  What the processes say stands in {log_path}\n")
    return "\n".join(lines) + "\n"


def give_way_in(user_id: str, role: str, *, now: datetime) -> None:
    """Make a login with a password that nobody knows: the links alone sign in."""
    with contextlib.suppress(safeguards.UserIdTaken):
        staff_logins.create_staff(
            by=OPERATOR,
            user_id=user_id,
            password=secrets.token_urlsafe(32),
            roles=(Role(role),),
            now=now,
        )


def fill_past(stop: threading.Event) -> None:
    """Fill in the past beside the running site, in a process of its own; it ends with the site."""
    reading, writing = os.pipe()
    filling = subprocess.Popen(
        [sys.executable, "-m", "clearline.config.demo.filling"],
        process_group=0,  # Ctrl-C reaches the supervisor alone
        pass_fds=(reading,),
        env={**os.environ, VARIABLE: str(reading)},
        stdin=subprocess.DEVNULL,
    )
    os.close(reading)
    while filling.poll() is None:
        if stop.wait(0.2):
            stop_process(filling)
            break
    os.close(writing)
