"""`clearline demo`: make a provider with life in it, serve it, and fill in its past meanwhile."""

import argparse
import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db import connections

from clearline.config.demo.provider import ACCEPT_AGE, NAMES, NOTICE_AGE, STAFF, TOLD_BEFORE
from clearline.config.env import Env
from clearline.config.init_command import make_edition, make_instance
from clearline.config.instance import open_instance
from clearline.config.logs import set_up_logs
from clearline.config.processes import names_for, prepare
from clearline.config.supervisor import Supervisor
from clearline.edge.staff.demo_links import make_link
from clearline.kit.commands import Subparsers
from clearline.kit.errors import Conflict
from clearline.policy.use import Actor, ActorKind
from clearline.rights.agreement import actions as agreement
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.roles import Role

MARK: Final = "demo.json"  # says that this instance may be thrown away
OPERATOR: Final = Actor(ActorKind.JOB, "demo")


class NotADemo(Conflict):
    pass


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser("demo", help="make and serve a provider with life in it")
    parser.add_argument("--port", type=int, default=8000, help="where to listen (default: 8000)")
    parser.add_argument("--reset", action="store_true", help="begin anew: removes the demo first")
    parser.set_defaults(run=run, needs_instance=False, default_dir="clearline-demo")


def run(args: argparse.Namespace) -> int:
    instance: Path = args.instance
    if args.reset:
        remove_demo(instance)
    is_new = not (instance / MARK).exists()
    url = f"http://localhost:{args.port}"
    os.environ["CLEARLINE_URL"] = url
    if is_new:
        make_demo(instance, now=args.now)
    open_instance(instance)
    env = Env()  # type: ignore[call-arg]  # environment and clearline.toml fill the fields
    set_up_logs()
    prepare(env)
    if is_new:
        publish_editions(env, now=args.now)
        mark = {"made_at": args.now.isoformat()}
        (instance / MARK).write_text(json.dumps(mark) + "\n", encoding="utf-8")
    tell_where(env, now=args.now)
    connections.close_all()
    Supervisor(instance=instance, names=names_for(env), port=args.port).run(meanwhile=fill_past)
    return 0


def remove_demo(instance: Path) -> None:
    """Remove a demo, and nothing that is not one."""
    if not instance.exists():
        return
    if not (instance / MARK).exists():
        message = f"{instance} is not a demo, so it is left alone. Name another with --dir."
        raise NotADemo(message)
    shutil.rmtree(instance)


def make_demo(instance: Path, *, now: datetime) -> None:
    """Make the instance with both forms of the default edition as drafts."""
    notice_date = (now - NOTICE_AGE).date()
    make_instance(instance, form="notice", effective=notice_date, names=NAMES)
    accept_date = (now - ACCEPT_AGE).date()
    make_edition(instance, form="accept", effective=accept_date, is_first=False)
    make_instance(instance, form="accept", effective=accept_date)  # carries the names in


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
    filling = subprocess.Popen([sys.executable, "-m", "clearline.config.demo.fill"])
    while filling.poll() is None:
        if stop.wait(0.2):
            filling.terminate()
            filling.wait(10)
