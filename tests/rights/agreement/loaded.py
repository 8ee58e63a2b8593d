"""Loads planted copies of the program, one after the other, and prints what check finds of each.

`python -m tests.rights.agreement.loaded COPY`: the breaches of `loaded.toml` are planted in the
copy, a fork of this process loads it as it would start, and the copy is made whole again.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

import django

from tests.rights.agreement.planted import EDITION, Breach, breaches_of, planted_in

# Loaded once for all forks; none of it reads the settings.
LOADED_ONCE = (
    "csp.middleware",
    "django.contrib.sessions.middleware",
    "django.core.management",
    "django.db.migrations.loader",
    "django.template.loader",
    "django_cotton.apps",
    "whitenoise.middleware",
)
READ = (
    "clearline/config/settings.py",
    "clearline/config/urls.py",
    "clearline/trust/",
    "clearline/edge/site/remembered.py",
    "clearline/edge/site/visit.py",
)


def main(copy: Path) -> None:
    for name in LOADED_ONCE:
        import_module(name)
    sys.dont_write_bytecode = True
    files = {
        str(path.relative_to(copy)): path.read_text(encoding="utf-8")
        for path in copy.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    found: dict[str, list[list[object]]] = {}
    for batch in batches(breaches_of("loaded")):
        together = Breach("", tuple(p for breach in batch for p in breach.plants), "", None)
        answer = found_in_fork(copy, files, together)
        found |= {breach.that: answer for breach in batch}
    sys.stdout.write(json.dumps(found))


def batches(breaches: tuple[Breach, ...]) -> list[list[Breach]]:
    """Put breaches of different files together: they are loaded at once, and named apart."""
    made: list[list[Breach]] = []
    for breach in breaches:
        files = {plant.file for plant in breach.plants}
        for batch in made:
            taken = {plant.file for each in batch for plant in each.plants}
            if breach.finds and all(each.finds for each in batch) and not files & taken:
                batch.append(breach)
                break
        else:
            made.append([breach])
    return made


def found_in_fork(copy: Path, files: dict[str, str], breach: Breach) -> list[list[object]]:
    changed = {
        file: text
        for file, text in planted_in(files, breach).items()
        if files.get(file) != text and file != EDITION
    }
    stamps = {file: (copy / file).stat().st_mtime_ns for file in changed if file in files}
    for file, text in changed.items():
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        (copy / file).write_text(text, encoding="utf-8")
    try:
        return answer_of_fork(copy)
    finally:
        for file in changed:
            if file in files:
                (copy / file).write_text(files[file], encoding="utf-8")
                os.utime(copy / file, ns=(stamps[file], stamps[file]))
            else:
                (copy / file).unlink()


def answer_of_fork(copy: Path) -> list[list[object]]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            json.dump(check_copy(copy), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    found: list[list[object]] = json.loads(text)
    return found


def check_copy(copy: Path) -> list[list[object]]:
    """Load the copy as any command does and return (kind, file, line) of each finding."""
    sys.path.insert(0, str(copy))
    django.setup()
    from clearline.rights.agreement.check import find_without_edition  # noqa: PLC0415  # the copy
    from clearline.rights.agreement.sources import PACKAGE, read_files  # noqa: PLC0415

    # The other tests read the whole program; here it is what it loads that counts.
    files = {file: text for file, text in read_files(PACKAGE).items() if file.startswith(READ)}
    return [[each.kind, each.file, each.line] for each in find_without_edition(files)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
