"""Publish the demo's editions, give its people ways in, serve, and fill in its past meanwhile."""

import contextlib
import secrets
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db import connections

from clearline.config.demo.provider import ACCEPT_AGE, NOTICE_AGE, STAFF, TOLD_BEFORE
from clearline.config.env import Env
from clearline.config.processes import names_for, prepare
from clearline.config.supervisor import Supervisor
from clearline.edge.staff.demo_links import end_links, make_link
from clearline.policy.use import Actor, ActorKind
from clearline.rights.agreement import actions as agreement
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.roles import Role

OPERATOR: Final = Actor(ActorKind.JOB, "demo")


def begin(instance: Path, *, now: datetime) -> None:
    """Make the tables of a new demo and publish its editions."""
    del instance  # Env reads it
    env = Env()  # type: ignore[call-arg]  # environment and clearline.toml fill the fields
    prepare(env)
    publish_editions(env, now=now)


def serve(instance: Path, *, port: int, now: datetime) -> None:
    """Say where everything is, then serve until stopped."""
    env = Env()  # type: ignore[call-arg]  # environment and clearline.toml fill the fields
    prepare(env)
    tell_where(env, now=now)
    connections.close_all()
    Supervisor(instance=instance, names=names_for(env), port=port).run(meanwhile=fill_past)


def publish_editions(env: Env, *, now: datetime) -> None:
    """Publish each edition at its own moment, by the action that every provider uses."""
    for age in (NOTICE_AGE, ACCEPT_AGE):
        effective = (now - age).date()
        agreement.publish_edition(
            policy_dir=env.policy_dir,
            source=env.policy_dir / f"{effective.isoformat()}.toml",
            now=now - age - TOLD_BEFORE,
        )


def tell_where(env: Env, *, now: datetime) -> None:
    """Print the addresses, with a one-time sign-in link for every role; loopback only."""
    end_links(env.data_dir)
    lines = [f"\n  {env.provider.brand_name} is at  {env.url}\n"]
    for user_id, role, label in STAFF:
        give_way_in(user_id, role, now=now)
        lines.append(f"  {label:<28} {env.url}{make_link(env.data_dir, user_id)}")
    lines.append("\n  Each link signs in once. Ctrl-C stops; the same command goes on.\n")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def give_way_in(user_id: str, role: str, *, now: datetime) -> None:
    """Make a login with a password that nobody knows: the links alone sign in."""
    with contextlib.suppress(safeguards.UserIdTaken):
        safeguards.create_staff(
            by=OPERATOR,
            user_id=user_id,
            password=secrets.token_urlsafe(32),
            roles=(Role(role),),
            now=now,
        )


def fill_past(stop: threading.Event) -> None:
    """Fill in the past beside the running site, in a process of its own; end with the site."""
    filling = subprocess.Popen([sys.executable, "-m", "clearline.config.demo.filling"])
    while filling.poll() is None:
        if stop.wait(0.2):
            filling.terminate()
            filling.wait(10)
