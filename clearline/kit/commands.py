"""The shape of one command of the program, shared by the modules that add commands to it."""

import argparse  # noqa: TC003  # readers of the alias need the name
from typing import TypeAlias

# argparse has no public name for what add_subparsers returns.
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
