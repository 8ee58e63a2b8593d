"""`clearline check` and `clearline policy …`: the text and the program, from the command line."""

import argparse
import dataclasses
import json
import sys
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from clearline.kit.errors import NotFound
from clearline.policy.condition import in_words
from clearline.policy.difference import Change, Run, RunKind, difference, statement_changes
from clearline.policy.edition import (
    CHARACTERS_MAX,
    Edition,
    EditionBroken,
    parse_edition,
    placeholders_of,
)
from clearline.policy.headings import HEADING_OF, HEADINGS, PROMISES, Heading
from clearline.policy.plain import as_plain
from clearline.policy.shelf import Shelf
from clearline.rights.agreement import actions as agreement
from clearline.rights.agreement.check import Agreement, check, find_without_edition

MARKS = {RunKind.SAME: "{}", RunKind.ADDED: "{{+{}+}}", RunKind.REMOVED: "[-{}-]"}
DRAFTS_SHOWN = 20
NOTHING = "Nothing of this kind happens on this site."
PROMISE = (
    "A promise is one of the things that a policy like this may say; one without a clause is no "
    "fault: the site does not do that, and the policy does not say it."
)
ENTERED_AGAIN = "{} was published before: entered again, since the ledger did not have it.\n"
COOKIES_HERE = "The page lists every cookie here."


class NoSuchEdition(NotFound):
    code = "no_such_edition"


def run_check(args: argparse.Namespace) -> int:
    try:
        edition = edition_named(args.edition, args)
    except EditionBroken as broken:
        return tell_broken(broken, args)
    found = check(edition)
    waiting = sorted({placeholder for _, placeholder in placeholders_of(edition)})
    if args.json:
        write_json({**dataclasses.asdict(found), "placeholders": waiting})
    else:
        lines = [*map(str, found.findings), *([""] if found.findings else [])]
        lines += [summary_of(edition, found), PROMISE]
        lines += [note_on(waiting)] if waiting else []
        sys.stdout.write("\n".join(lines) + "\n")
    return 1 if found.findings else 0


def note_on(waiting: list[str]) -> str:
    instance = settings.ENV.instance
    return (
        f"Note: brackets wait for your names: {', '.join(waiting)}. Fill in "
        f"{instance / 'clearline.toml'}, then run `clearline init {instance}`."
    )


def tell_broken(broken: EditionBroken, args: argparse.Namespace) -> int:
    """Say what is wrong with an edition, and all the same what is wrong with the program."""
    findings = find_without_edition()
    if args.json:
        problems = [dataclasses.asdict(problem) for problem in broken.problems]
        write_json({"problems": problems, "findings": list(map(dataclasses.asdict, findings))})
        return 1
    for line in (*broken.problems, *findings):
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(
        f"\nThe edition cannot be read, {len(broken.problems)} found wanting in it and "
        f"{len(findings)} in the program.\n"
    )
    return 1


def summary_of(edition: Edition, found: Agreement) -> str:
    return (
        f"Edition of {edition.date}: {found.places_covered} of {found.places_found} places "
        f"covered, {len(edition.clauses)} clauses, promises {len(found.promises)} of "
        f"{len(PROMISES)} have clauses ({', '.join(found.promises)}), "
        f"{len(found.findings)} found wanting."
    )


def run_show(args: argparse.Namespace) -> int:
    edition = edition_named(args.edition, args)
    if args.json:
        write_json(as_plain(edition))
        return 0
    lines = [edition.title, f"Takes effect {edition.date.isoformat()} ({edition.form})", ""]
    lines += [f"- {line}" for line in edition.summary]
    for number, heading in enumerate(HEADINGS, start=1):
        lines += ["", f"{number}. {heading.title}"]
        is_last = number == len(HEADINGS)
        lines += lines_under(heading, edition) or [f"   {COOKIES_HERE if is_last else NOTHING}"]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def lines_under(heading: Heading, edition: Edition) -> list[str]:
    lines = [f"   {line}" for line in edition.statements_under(heading)]
    for clause in edition.clauses:
        if HEADING_OF[clause.promise] is heading:
            lines += [f"   [{clause.id}] {clause.text}"]
            lines += [f"       {in_words(clause.requires)}; kept {clause.kept}"]
    return lines


def run_diff(args: argparse.Namespace) -> int:
    old, new = edition_named(args.old, args), edition_named(args.new, args)
    changes = difference(old, new)
    if args.json:
        write_json([dataclasses.asdict(change) for change in changes])
        return 0
    lines = [told(change) for change in changes] or ["No clause differs."]
    if new.is_material:
        lines.insert(0, "MATERIAL: the edition says so itself (material = true)")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def run_publish(args: argparse.Namespace) -> int:
    if not args.file.exists():
        raise no_draft_at(args.file)
    changes = changed_sentences(args.file)
    if not args.json:
        sys.stdout.writelines(f"{told(change)}\n" for change in changes)
    done = agreement.publish_edition(
        policy_dir=settings.ENV.policy_dir,
        zone=ZoneInfo(settings.ENV.provider.time_zone),
        source=args.file.absolute(),
        now=args.now,
    )
    found = done.agreement
    if args.json:
        sentences = [dataclasses.asdict(change) for change in changes]
        published = {"published": args.file.name, **dataclasses.asdict(found)}
        published["changed_sentences"] = sentences
        published["entered_again"] = done.is_entered_again
        write_json(published)
        return 0
    if done.is_entered_again:
        sys.stdout.write(ENTERED_AGAIN.format(args.file.name))
        return 0
    sys.stdout.write(
        f"Published {args.file.name}: {found.places_covered} of {found.places_found} places "
        "covered. Running processes take it up within ten seconds of its first day.\n"
        f"Next: clearline doctor --dir {settings.ENV.instance}\n"
    )
    return 0


def no_draft_at(path: Path) -> NoSuchEdition:
    """Return the refusal of a file that is not there, which names those that may be meant."""
    folder = settings.ENV.policy_dir
    shelf = Shelf.open_whole(folder, ZoneInfo(settings.ENV.provider.time_zone))
    published = {each.date.isoformat() for each in shelf.editions}
    drafts = [each for each in sorted(folder.glob("*.toml")) if each.stem not in published]
    told = "\n".join(f"  {each}" for each in drafts[:DRAFTS_SHOWN]) or "  none"
    return NoSuchEdition(f"There is no file {path}. The drafts in {folder} are:\n{told}")


def changed_sentences(draft: Path) -> list[Change]:
    """Return each statement in which a draft differs from the published edition before it."""
    zone = ZoneInfo(settings.ENV.provider.time_zone)
    editions = Shelf.open_whole(settings.ENV.policy_dir, zone).editions
    if not editions:
        return []
    edition = read_edition(draft)
    earlier = [each for each in editions if each.date < edition.date]
    return list(statement_changes(earlier[-1].policy.edition, edition)) if earlier else []


def told(change: Change) -> str:
    """Return a change in plain words; the keys of the edition stand in brackets at the end."""
    lines = [f"{change.kind.upper()} {change.title}" + in_brackets(change.key)]
    lines += [f"  MATERIAL: {why.words}" + in_brackets(why.key) for why in change.reasons]
    for part in change.parts:
        keys = in_brackets(marked(part.keys))
        lines.append(f"  {part.name}: {marked(part.runs)}{keys}")
    return "\n".join(lines)


def marked(runs: tuple[Run, ...]) -> str:
    return "".join(MARKS[run.kind].format(run.text) for run in runs)


def in_brackets(key: str) -> str:
    return f"  ({key})" if key else ""


def edition_named(name: str | None, args: argparse.Namespace) -> Edition:
    """Return an edition by date or file; without a name the one in force, else the last."""
    folder = settings.ENV.policy_dir
    if name is None:
        shelf = Shelf.open_whole(folder, ZoneInfo(settings.ENV.provider.time_zone))
        standing = [each for each in shelf.editions if each.date <= shelf.today(args.now)]
        drafts = sorted(folder.glob("*.toml"))
        if standing:
            return standing[-1].policy.edition
        if not drafts:
            message = f"There is no edition in {folder}. `clearline init` writes the first draft."
            raise NoSuchEdition(message)
        return read_edition(drafts[-1])
    path = Path(name) if name.endswith(".toml") else folder / f"{name}.toml"
    return read_edition(path)


def read_edition(path: Path) -> Edition:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(CHARACTERS_MAX + 1)
    except OSError:
        message = f"There is no edition at {path}. Name a date like 2026-12-01, or a file."
        raise NoSuchEdition(message) from None
    return parse_edition(text, source=str(path))


def write_json(value: object) -> None:
    def plain(each: object) -> str:
        return each.isoformat() if isinstance(each, date) else str(each)

    sys.stdout.write(json.dumps(value, indent=2, default=plain) + "\n")
