"""`clearline init`: make an instance, the folder that holds all that is one provider's own."""

import argparse
import json
import os
import re
import secrets
import sys
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from clearline.kit.errors import Conflict, Invalid

FOLDERS: Final = ("policy", "content", "keys", "data", "data/journal", "data/status", "brand")
PRIVATE: Final = ("data", "keys")  # whoever is not the owner may not even look inside
KEYS: Final = (
    "django",  # signs Django's own short-lived tokens
    "choices",  # signs the two cookies
    "index",  # blind indexes of user IDs and addresses
    "vault",  # wraps the keys that seal protected data
    "sessions",  # seals session contents
    "ledger",  # Ed25519 seed that signs checkpoints
    "ledger_seal",  # seals the readable bodies of ledger entries
)
DEMO_MARK: Final = "demo.json"  # says that an instance may be thrown away
PLACEHOLDER: Final = re.compile(r"\{[a-z_]+\}")

TOML: Final = """\
# Clearline: what is your own. {Curly brackets} wait for you; `clearline doctor` lists them.
# Every value can also come from the environment: CLEARLINE_URL, CLEARLINE_PROVIDER__HUE ...

url = "http://localhost:8000" # how people reach the site; https:// in production
port = 8000                   # where this machine listens
# host = "0.0.0.0"            # without it: to this machine alone; so to others too, in a container
proxies = 0                   # how many trusted proxies stand in front (Caddy, nginx: 1)
# hsts_subdomains = true      # browsers then ask every name below url by HTTPS alone, for a year

# database_url = "postgresql://clearline@db/clearline" # without it: SQLite in data/
# store_url = "http://clearline@store:8123/clearline"  # without it: the built-in column store
# mail_url = "smtp://user:password@mail.example:587"   # without it: letters wait and are not sent
# mail_from = "service@voice.example"                  # without it: the address `email` below

[provider]
legal_name = "{legal_name}"   # as registered: Harbor Voice, Inc.
brand_name = "{brand_name}"   # as people say it: Harbor Voice
tagline = "{tagline}"         # one line under the name
email = "{email}"             # where people write to you
phone = "{phone}"             # with the country: +1 207 555 0100
hue = 222                     # your colour, 0 to 360 around the colour wheel
# Your mark: brand/logo.svg, up to 100 kB; it stands beside the name on light and on dark.
time_zone = "America/New_York" # whose days editions and reports go by; a change moves none before
locale = "en-us"
currency = "USD"

# Cal. Civ. Code 1798.83 asks for an address where people may write about disclosures.
[provider.legal_department]
name = "Legal Department"
street = "{street}"
city = "{city}"
state = "{state}"
zip = "{zip}"
"""


class NotEmpty(Conflict):
    def __init__(self, instance: Path) -> None:
        super().__init__(
            f"{instance} holds other files already. Choose an empty folder or a new name."
        )


class TwoFolders(Invalid):
    def __init__(self, one: Path, other: Path) -> None:
        super().__init__(f"{one} and --dir {other} are two folders. Name one of them.")


@dataclass(frozen=True, slots=True)
class Made:
    """What a run of `init` did: files made, and drafts of the policy given the provider's names."""

    new: tuple[Path, ...]
    filled: tuple[Path, ...]


def run(args: argparse.Namespace) -> int:
    directory = directory_of(args)
    made = make_instance(
        directory, form=args.edition, effective=args.effective or today_at(directory, args.now)
    )
    new, filled_in = ([str(path.relative_to(directory)) for path in paths]
                      for paths in (made.new, made.filled))  # fmt: skip
    if args.json:
        told = {"instance": str(directory), "made": new, "filled": filled_in}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return 0
    lines = [*(f"made {name}" for name in new), *(f"filled in {name}" for name in filled_in)]
    lines += ["", *next_steps(directory)] if lines else next_steps(directory)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def today_at(directory: Path, now: datetime) -> date:
    """Return the provider's day, of an instance still to be made by the zone that it will have."""
    from clearline.config.env import Env, Provider  # noqa: PLC0415  # reads the folder named

    zone: str = Provider.model_fields["time_zone"].default
    if (directory / "clearline.toml").exists():
        env = Env(instance=directory)  # type: ignore[call-arg]  # the rest comes from the file
        zone = env.provider.time_zone
    return now.astimezone(ZoneInfo(zone)).date()


def directory_of(args: argparse.Namespace) -> Path:
    """Return the folder to make: DIR, else the instance as every command finds it.

    Raises TwoFolders.
    """
    other: Path | None = getattr(args, "dir", None)
    if args.directory is None:
        return Path(args.instance)
    directory: Path = args.directory.absolute()
    if other is not None and other.absolute() != directory:
        raise TwoFolders(args.directory, other)
    return directory


def next_steps(directory: Path) -> list[str]:
    toml = directory / "clearline.toml"
    waiting = placeholders_in(toml.read_text(encoding="utf-8"))
    if waiting:
        number = "1 placeholder waits" if len(waiting) == 1 else f"{len(waiting)} placeholders wait"
        return [
            f"Next: open {toml} and write your names for {{brackets}}: {number}",
            f"then  clearline init {directory}            (fills them into the policy draft)",
            f"then  clearline doctor --dir {directory}    (says what is missing)",
        ]
    return [
        f"Next: clearline doctor --dir {directory}    (says what is missing)",
        *([f"then  {publish_command(directory)}"] if drafts_in(directory) else []),
    ]


def drafts_in(directory: Path) -> list[Path]:
    """Return the editions that nobody published yet, by date."""
    published = directory / "policy" / "published.json"
    told = published.read_text(encoding="utf-8") if published.exists() else ""
    return [path for path in sorted((directory / "policy").glob("*.toml")) if path.stem not in told]


def publish_command(directory: Path) -> str:
    """Return the command that publishes the last draft; without one, that which writes one."""
    drafts = drafts_in(directory)
    if not drafts:
        return f"clearline init {directory}"
    return f"clearline policy publish {drafts[-1]} --dir {directory}"


def make_instance(
    directory: Path, *, form: str, effective: date, names: dict[str, str] | None = None
) -> Made:
    """Make what is missing of an instance and return what was done; nothing is overwritten.

    Run again after clearline.toml is filled in, it carries the names into policy drafts that
    still have placeholders. Raises NotEmpty when the folder holds something else.
    """
    is_new = not (directory / "clearline.toml").exists()
    is_demo = (directory / DEMO_MARK).exists()
    if is_new and not is_demo and directory.exists() and any(directory.iterdir()):
        raise NotEmpty(directory)
    for folder in FOLDERS:
        (directory / folder).mkdir(parents=True, exist_ok=True)
    for folder in PRIVATE:
        (directory / folder).chmod(0o700)
    made = [path for name in KEYS if (path := make_key(directory / "keys" / name))]
    if is_new:
        made.append(write_new(directory / "clearline.toml", filled(TOML, names or {})))
    made += copy_starter(directory)
    made += make_edition(directory, form=form, effective=effective)
    filled_in = fill_drafts(directory, names_of(directory))
    return Made(tuple(made), tuple(path for path in filled_in if path not in made))


def make_key(path: Path) -> Path | None:
    """Write 32 random bytes as hex, readable by the owner alone; leave a key that is there."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return None
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
    return path


def write_new(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def copy_starter(directory: Path) -> list[Path]:
    """Copy the starter pages and services; files that are there stay as they are."""
    made = []
    with resources.as_file(resources.files("clearline.edge.site") / "starter") as starter:
        for source in sorted(path for path in starter.rglob("*") if path.is_file()):
            target = directory / source.relative_to(starter)
            if not target.exists():
                made.append(write_new(target, source.read_text(encoding="utf-8")))
    return made


def make_edition(
    directory: Path, *, form: str, effective: date, is_first: bool = True
) -> list[Path]:
    """Write a draft from the default edition; the first only where there is no edition yet.

    An edition of that day that is there already stays as it is.
    """
    policy = directory / "policy"
    path = policy / f"{effective.isoformat()}.toml"
    if path.exists() or (is_first and any(policy.glob("*.toml"))):
        return []
    default = resources.files("clearline.policy") / "default" / f"{form}.toml"
    text = default.read_text(encoding="utf-8").replace("{effective}", effective.isoformat())
    if not is_first:  # its sentences follow its clauses, which the program judges by itself
        text = text.replace("form = ", "material = false\nform = ", 1)
    return [write_new(path, text)]


def names_of(directory: Path) -> dict[str, str]:
    """Return the names given in clearline.toml, as placeholders are called; empty ones left out."""
    from clearline.config.env import Env  # noqa: PLC0415  # reads the file just written

    env = Env(instance=directory)  # type: ignore[call-arg]  # the rest comes from the file
    provider = env.provider
    names = {
        **provider.model_dump(include={"legal_name", "brand_name", "tagline", "email", "phone"}),
        **provider.legal_department.model_dump(exclude={"name"}),
        "url": env.url,
    }
    return {name: value for name, value in names.items() if not PLACEHOLDER.search(value)}


def fill_drafts(directory: Path, names: dict[str, str]) -> list[Path]:
    """Carry names into drafts and return those changed; a published one is never touched."""
    changed = []
    for path in drafts_in(directory):
        text = path.read_text(encoding="utf-8")
        if filled(text, names) != text:
            changed.append(write_new(path, filled(text, names)))
    return changed


def filled(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace("{" + name + "}", value.replace("\\", "\\\\").replace('"', '\\"'))
    return text


def placeholders_in(text: str) -> list[tuple[int, str]]:
    """Return (line, placeholder) for each one left outside comments."""
    return [
        (number, match.group())
        for number, line in enumerate(text.splitlines(), start=1)
        for match in PLACEHOLDER.finditer(line.split("#")[0])
    ]
