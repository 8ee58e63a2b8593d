"""`clearline demo`: make a provider with life in it, serve it, and fill in its past meanwhile."""

import argparse
import json
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from clearline.config.claim import claimed, held
from clearline.config.demo.provider import ACCEPT_AGE, NAMES, NOTICE_AGE
from clearline.config.env import Env
from clearline.config.init_command import DEMO_MARK, make_edition, make_instance
from clearline.config.instance import open_instance
from clearline.kit.errors import Conflict
from clearline.service.mail.send import FOLDER

REAL_STORES: Final = ("CLEARLINE_DATABASE_URL", "CLEARLINE_STORE_URL")
HALF, WHOLE = "half", "whole"


class NotADemo(Conflict):
    code = "not_a_demo"


@dataclass(frozen=True, slots=True)
class Mark:
    """What `demo.json` says: this instance may be thrown away, since when, and how far it is."""

    made_at: datetime
    made: str  # half | whole

    def write(self, instance: Path) -> None:
        told = {"made_at": self.made_at.isoformat(), "made": self.made}
        (instance / DEMO_MARK).write_text(json.dumps(told) + "\n", encoding="utf-8")


def run(args: argparse.Namespace) -> int:
    instance: Path = args.instance
    if args.reset:
        remove_demo(instance)
    mark = read_mark(instance) or begin_demo(instance, args.now)
    os.environ["CLEARLINE_URL"] = f"http://localhost:{args.port}"
    os.environ["CLEARLINE_MAIL_URL"] = FOLDER  # no letter of a demo reaches anybody
    for name in REAL_STORES:
        os.environ.pop(name, None)  # a demo has stores of its own, whatever the environment names
    if mark.made == HALF:
        with held(instance):
            make_demo(instance, now=mark.made_at)
    env = Env(instance=instance)  # type: ignore[call-arg]  # the file has the rest
    with claimed(instance, host=env.host, port=args.port):
        serve_demo(args, mark)
    return 0


def serve_demo(args: argparse.Namespace, mark: Mark) -> None:
    """Publish what is missing of the demo, then serve it until stopped."""
    instance: Path = args.instance
    open_instance(instance)
    from clearline.config.demo.serving import begin, serve  # noqa: PLC0415  # tables need Django

    if mark.made == HALF:
        begin(now=mark.made_at)
        Mark(mark.made_at, WHOLE).write(instance)
    serve(instance, port=args.port, now=args.now, as_json=args.json)


def read_mark(instance: Path) -> Mark | None:
    """Return what stands in the mark, None where there is none. Raises NotADemo."""
    try:
        told = json.loads((instance / DEMO_MARK).read_text(encoding="utf-8"))
        return Mark(datetime.fromisoformat(told["made_at"]), str(told.get("made", WHOLE)))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        message = f"{instance / DEMO_MARK} cannot be read. Begin the demo anew with --reset."
        raise NotADemo(message) from None


def begin_demo(instance: Path, now: datetime) -> Mark:
    """Mark an empty folder as a demo, before anything is made in it. Raises NotADemo."""
    if instance.exists() and (not instance.is_dir() or any(instance.iterdir())):
        message = f"{instance} is no demo, so it is left alone. Name a new folder with --dir."
        raise NotADemo(message)
    instance.mkdir(parents=True, exist_ok=True)
    mark = Mark(now, HALF)
    mark.write(instance)
    return mark


def remove_demo(instance: Path) -> None:
    """Remove a demo, and nothing that is not one. Raises NotADemo, AlreadyServed."""
    if not instance.exists():
        return
    if not (instance / DEMO_MARK).is_file():
        message = f"{instance} is no demo, so it is left alone. Name another with --dir."
        raise NotADemo(message)
    with held(instance):
        shutil.rmtree(instance)


def make_demo(instance: Path, *, now: datetime) -> None:
    """Make what is missing of the instance, with both forms of the default edition as drafts."""
    notice_date = (now - NOTICE_AGE).date()
    make_instance(instance, form="notice", effective=notice_date, names=NAMES)
    accept_date = (now - ACCEPT_AGE).date()
    make_edition(instance, form="accept", effective=accept_date, is_first=False)
    make_instance(instance, form="accept", effective=accept_date)  # carries the names in
