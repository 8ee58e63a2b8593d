"""How many bytes a browser gets for being counted: cl.js as it goes over the wire."""

# ruff: noqa: INP001
import json
import sys
import zlib
from pathlib import Path

import brotli

SCRIPT = Path(__file__).parents[1] / "clearline" / "edge" / "collector" / "cl.js"


def run() -> dict[str, int]:
    source = SCRIPT.read_bytes()
    return {
        "source_bytes": len(source),
        "gzip_bytes": len(zlib.compress(source, 9)),
        "brotli_bytes": len(brotli.compress(source, quality=11)),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
