"""What the collector and the loader are told by whoever starts them."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class CollectorOptions:
    instance: Path  # whose services and help pages the site shows
    policy_dir: Path
    journal_dir: Path  # each collector takes a directory of its own in it
    status_dir: Path
    own_url: str  # scheme and host as visitors see them, without a path
    zone: ZoneInfo
    choices_key: bytes
    proxies: int = 0  # trusted ones in front; each adds one address to X-Forwarded-For
    has_own_process: bool = False  # nothing else runs on its loop

    @property
    def is_https(self) -> bool:
        return self.own_url.startswith("https://")
