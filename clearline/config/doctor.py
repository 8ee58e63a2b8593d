"""`clearline doctor`: look at an instance as a careful operator would, and say what to do."""

import argparse
import contextlib
import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from shutil import disk_usage
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from clearline.config.env import Env, KeyMissing
from clearline.config.init_command import DEMO_MARK, KEYS, PRIVATE, placeholders_in, publish_command
from clearline.config.instance import open_instance, require_instance
from clearline.edge.site.brand import LOGO_BYTES_MAX, read_logo
from clearline.edge.site.content import instance_shelf
from clearline.kit.strict_toml import TomlBroken
from clearline.policy.shelf import (
    PUBLISHED,
    NoEditionInForce,
    PolicyBroken,
    Shelf,
)
from clearline.service.catalogue.parse import parse_catalogue
from clearline.service.catalogue.queries import SERVICES_FILE
from clearline.service.mail.send import FOLDER
from clearline.trust import key_files
from clearline.trust.envelope import KeyBroken
from clearline.trust.ledger.verify import RESTORE

NONE_IN_FORCE: Final = "No edition of the privacy policy is in force, so nothing may be recorded."
WELL: Final = "All is well: ready to serve. Next: clearline serve --dir {instance}\n"
MAKES_TABLES: Final = "`clearline serve` brings the tables up to date when it starts."
NUMBERED: Final = ("vault", "ledger")  # a later one has a number behind its name: vault-2
# What is lost for good where a key is.
WITHOUT: Final = {
    "django": "nothing lasting is lost",
    "choices": "no browser's earlier choices are believed: everybody is asked again",
    "index": "nobody is found by user ID, address or number, so no customer or staff can sign in",
    "vault": "all that is sealed about people stays shut for ever",
    "sessions": "everybody is signed out",
    "ledger": "auditors cannot go on from the checkpoints that they hold",
    "ledger_seal": "the words of all entries so far stay shut, and the ledger does not verify",
}
FREE_BYTES_MIN: Final = 1_000_000_000
NEEDED: Final = (
    *("content/home.toml", "content/contact.toml", "content/rights.toml"),
    SERVICES_FILE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found wanting, where it stands, and what to do about it."""

    where: str
    problem: str
    remedy: str


def run(args: argparse.Namespace) -> int:
    instance: Path = args.instance
    require_instance(instance)
    env = Env(instance=instance)  # type: ignore[call-arg]  # the file fills the other fields
    findings = examine(env, now=args.now)
    if args.json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2) + "\n")
    else:
        for finding in findings:
            sys.stdout.write(f"{finding.where}: {finding.problem}\n    {finding.remedy}\n")
        sys.stdout.write(
            f"{len(findings)} found wanting.\n" if findings else WELL.format(instance=instance)
        )
    return 1 if findings else 0


def examine(env: Env, *, now: datetime) -> list[Finding]:
    """Return all that is wanting; what needs an open instance is left out while keys are."""
    keyless = list(look_at_keys(env, now))
    findings = [finding for look in LOOKS for finding in look(env, now)]
    if any(trouble_with(env, name) for name in key_names(env)):
        return [*keyless, *findings]
    open_instance(env.instance)
    opened = [finding for look in LOOKS_INSIDE for finding in look(env, now)]
    return [*keyless, *findings, *opened]


def key_names(env: Env) -> list[str]:
    """Return the name of each key file that `init` makes, and of those that came after them."""
    keys = env.instance / "keys"
    found = ((first, number) for first in NUMBERED for number in key_files.numbers(keys, first))
    later = [key_files.path_of(keys, first, number) for first, number in found if number > 1]
    return [*KEYS, *(path.name for path in later)]


def trouble_with(env: Env, name: str) -> str:
    """Say what is wrong with a key, as the program itself reads it; "" when it is good."""
    try:
        env.key(name)
    except KeyMissing:
        return "the key is missing or cannot be read"
    except KeyBroken:
        return "it holds no key, which is 64 hexadecimal digits"
    return ""


def look_at_names(env: Env, now: datetime) -> Iterator[Finding]:
    del now
    files = [env.instance / "clearline.toml", env.instance / "services.toml"]
    for path in filter(Path.exists, files):
        # A file that is not UTF-8 has a finding of its own (look_at_pages).
        for line, placeholder in placeholders_in(path.read_text(encoding="utf-8", errors="ignore")):
            yield Finding(
                f"{path.name}:{line}", f"{placeholder} is still a placeholder", "Write your own."
            )


def look_at_logo(env: Env, now: datetime) -> Iterator[Finding]:
    del now
    if (env.instance / "brand" / "logo.svg").exists() and read_logo(env.instance) is None:
        remedy = f"Save it as SVG of at most {LOGO_BYTES_MAX // 1_000} kB."
        yield Finding("brand/logo.svg", "it cannot be shown", remedy)


def look_at_keys(env: Env, now: datetime) -> Iterator[Finding]:
    del now
    for name in key_names(env):
        path = env.instance / "keys" / name
        if problem := trouble_with(env, name):
            lost = WITHOUT[name.partition("-")[0]]
            remedy = f"Restore it from your backup. Under a new key {lost}."
            yield Finding(f"keys/{name}", problem, remedy)
        elif stat.S_IMODE(path.stat().st_mode) & 0o077:
            problem, remedy = "others on this machine can read it", f"chmod 600 {path}"
            yield Finding(f"keys/{name}", problem, remedy)


def look_at_folders(env: Env, now: datetime) -> Iterator[Finding]:
    del now
    for name in PRIVATE:
        path = env.instance / name
        if path.is_dir() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            problem = "others on this machine can look inside"
            yield Finding(f"{name}/", problem, f"chmod 700 {path}")


def look_at_policy(env: Env, now: datetime) -> Iterator[Finding]:
    try:
        shelf = Shelf.open_whole(env.policy_dir, ZoneInfo(env.provider.time_zone))
        shelf.in_force(now)
    except NoEditionInForce:
        coming = shelf.coming(now)
        remedy = publish_command(env.instance)
        if coming is not None:
            remedy = f"The one that is published takes effect on {coming.edition.date}."
        yield Finding("policy/", NONE_IN_FORCE, remedy)
    except PolicyBroken as broken:
        # What is broken says itself what to restore, where it knows.
        problem, knows, rest = str(broken).partition(". Restore ")
        remedy = f"Restore {rest}" if knows else "Restore the edition as it was published."
        yield Finding("policy/", problem, remedy)


def look_at_pages(env: Env, now: datetime) -> Iterator[Finding]:
    """Read pages and services as the site does, which goes on with their last good form."""
    del now
    for name in NEEDED:
        if not (env.instance / name).is_file():
            yield Finding(name, "the file is missing", f"clearline init {env.instance} writes one.")
    shelf = instance_shelf()
    parsers: dict[Path, Callable[..., object]] = dict.fromkeys(shelf.found(), shelf.parse)
    if (env.instance / SERVICES_FILE).is_file():
        parsers[env.instance / SERVICES_FILE] = parse_catalogue
    for path, parse in parsers.items():
        source = str(path.relative_to(env.instance))
        try:
            parse(path.read_text(encoding="utf-8"), source=source)
        except (TomlBroken, UnicodeDecodeError, OSError) as broken:
            yield Finding(source, str(broken), "Mend the file: its page is not up to date.")


def look_at_database(env: Env, now: datetime) -> Iterator[Finding]:
    from clearline.trust.ledger.loss import has_tables  # noqa: PLC0415  # needs an open instance

    del now
    try:
        if not has_tables():
            if not lists_published(env):  # else it was there, as look_at_ledger tells
                yield Finding("database", "it has no tables yet", MAKES_TABLES)
            return
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        remedy = "Start the database, or mend database_url in clearline.toml."
        yield Finding("database", f"it does not answer ({type(error).__name__})", remedy)
        return
    if waiting:
        yield Finding("database", f"{len(waiting)} changes of tables wait", MAKES_TABLES)


def look_at_ledger(env: Env, now: datetime) -> Iterator[Finding]:
    """Look whether entries were lost. Nothing is written: no table, no file, no signature."""
    from clearline.trust.ledger.loss import find_own_loss  # noqa: PLC0415  # needs an open instance

    del env, now
    # A database or list that cannot be read has a finding of its own.
    with contextlib.suppress(DatabaseError, PolicyBroken):
        if loss := find_own_loss():
            yield Finding("ledger", loss.what, loss.remedy)


def look_at_signing(env: Env, now: datetime) -> Iterator[Finding]:
    """Look whether key and published checkpoint are the log's own: whole ones may be another's.

    And whether what was signed last stands there with the tiles below it.
    """
    from clearline.trust.ledger import other_key, published  # noqa: PLC0415  # needs an open instance
    from clearline.trust.ledger.beginning import is_unfinished  # noqa: PLC0415  # likewise
    from clearline.trust.ledger.keys import file_of, signer  # noqa: PLC0415  # likewise

    del env, now
    with contextlib.suppress(DatabaseError):  # it has a finding of its own
        if is_unfinished():  # its key signs once it has begun; look_at_ledger tells of that
            return
        own = signer()
        if other_key.is_signed_by_other(own):
            yield Finding(file_of(own), other_key.OTHER_KEY, other_key.RESTORE_KEY)
        elif refused := published.find_rewriting(own):
            problem = f"the published checkpoint {refused.what}"
            yield Finding("data/ledger/checkpoint", problem, refused.remedy)
        elif missing := published.find_missing():
            yield Finding(missing.where, missing.what, missing.remedy)


def lists_published(env: Env) -> bool:
    """Say whether anything was published here, so that there is something to lose."""
    return (env.policy_dir / PUBLISHED).exists()


def look_at_disk(env: Env, now: datetime) -> Iterator[Finding]:
    del now
    free = disk_usage(env.instance).free
    if free < FREE_BYTES_MIN:
        yield Finding("disk", f"only {free // 1_000_000} MB are free", "Make room: 1 GB at least.")
    if not env.data_dir.is_dir():
        makes = f"clearline init {env.instance} makes it."
        remedy = RESTORE if lists_published(env) else makes
        yield Finding("data/", "the folder is missing", remedy)
    elif not os.access(env.data_dir, os.W_OK):
        yield Finding("data/", "this user may not write there", f"chown it to {os.geteuid()}")


def look_at_address(env: Env, now: datetime) -> Iterator[Finding]:
    del now
    if not env.is_https and not env.is_local:
        remedy = "Put a proxy with a certificate in front and write https:// in clearline.toml."
        yield Finding("clearline.toml", f"{env.url} is not encrypted", remedy)
    if env.is_https and not env.proxies:  # the site itself speaks no TLS
        problem = f"{env.url} is answered by a proxy, and proxies = 0 does not trust it"
        remedy = (
            "All visitors seem to come from one network, so limits on one network hold back "
            "everyone. Write proxies = 1, or as many as stand in front, and let each add the "
            "address it saw to X-Forwarded-For."
        )
        yield Finding("clearline.toml", problem, remedy)


def look_at_mail(env: Env, now: datetime) -> Iterator[Finding]:
    del now
    if env.mail_url is None:
        problem = "no mail server is named, so letters (codes, notices) wait and are not sent"
        remedy = 'Write mail_url = "smtp://user:password@host:587", as your mail provider says.'
        yield Finding("clearline.toml", problem, remedy)
    elif env.mail_url.get_secret_value() == FOLDER and not (env.instance / DEMO_MARK).exists():
        problem = "letters go into data/mail/ where nobody gets them, and can be read there"
        yield Finding("clearline.toml", problem, "Write the address of a mail server in mail_url.")


Look: TypeAlias = Callable[[Env, datetime], Iterator[Finding]]
LOOKS: Final[tuple[Look, ...]] = (
    look_at_names,
    look_at_logo,
    look_at_folders,
    look_at_policy,
    look_at_disk,
    look_at_address,
    look_at_mail,
)
LOOKS_INSIDE: Final[tuple[Look, ...]] = (
    look_at_pages,
    look_at_database,
    look_at_ledger,
    look_at_signing,
)
