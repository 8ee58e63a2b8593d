"""`clearline demo`: make a provider with life in it, serve it, and fill in its past meanwhile."""

import argparse
import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

from clearline.config.demo.provider import ACCEPT_AGE, NAMES, NOTICE_AGE
from clearline.config.init_command import make_edition, make_instance
from clearline.config.instance import open_instance
from clearline.kit.errors import Conflict
from clearline.policy.use import Actor, ActorKind

MARK: Final = "demo.json"  # says that this instance may be thrown away
OPERATOR: Final = Actor(ActorKind.JOB, "demo")


class NotADemo(Conflict):
    pass


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
    from clearline.config.demo.serving import begin, serve  # noqa: PLC0415  # tables need Django

    if is_new:
        begin(instance, now=args.now)
        mark = {"made_at": args.now.isoformat()}
        (instance / MARK).write_text(json.dumps(mark) + "\n", encoding="utf-8")
    serve(instance, port=args.port, now=args.now)
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
