"""`clearline bench`: measure what docs/performance.md tells, on this machine, in one run."""

import argparse
import importlib.util
import json
import platform
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Final

from tqdm import tqdm

from clearline.kit.errors import NotFound

FOLDER: Final = Path(__file__).parents[2] / "bench"


class NoBench(NotFound):
    pass


def run(args: argparse.Namespace) -> int:
    found = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    if not found:
        message = f"no bench at {FOLDER}; the benches come with the source, not with the package"
        raise NoBench(message)
    unknown = set(args.names) - set(found)
    if unknown:
        message = f"no bench named {', '.join(sorted(unknown))}; there are {', '.join(found)}"
        raise NoBench(message)
    results = {"machine": f"{platform.machine()}, Python {platform.python_version()}"}
    for name in (bar := tqdm(args.names or found, unit="bench", disable=None)):
        bar.set_postfix_str(name)
        results[name] = load(FOLDER / f"{name}.py").run()
    sys.stdout.write(json.dumps(results, indent=2, default=str) + "\n")
    return 0


def load(path: Path) -> ModuleType:
    loader = SourceFileLoader(f"bench_{path.stem}", str(path))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    if spec is None:
        message = f"{path} cannot be loaded"
        raise NoBench(message)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    loader.exec_module(module)
    return module
