"""The catalogue of an instance as its services.toml stands, read again when the file changes."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import structlog

from clearline.kit.errors import Unavailable
from clearline.kit.strict_toml import TomlBroken
from clearline.service.catalogue.catalogue import Catalogue
from clearline.service.catalogue.parse import parse_catalogue

SERVICES_FILE: Final = "services.toml"
log = structlog.get_logger()


class NoCatalogue(Unavailable):
    code = "no_catalogue"

    def __init__(self) -> None:
        super().__init__("Our list of services cannot be read right now. Please call us.")


@dataclass(slots=True)
class CatalogueFile:
    """One services.toml; when it breaks, its last good form goes on."""

    path: Path
    stamp: tuple[int, int] | None = None  # mtime in ns, size
    catalogue: Catalogue | None = None

    def read(self) -> Catalogue:
        """Return what the file says, parsed once for each form of it. Raises NoCatalogue."""
        try:
            stat = self.path.stat()
        except OSError:
            raise NoCatalogue from None
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp != self.stamp:
            self.stamp = stamp
            self.parse()
        if self.catalogue is None:
            raise NoCatalogue
        return self.catalogue

    def parse(self) -> None:
        try:
            text = self.path.read_text(encoding="utf-8")
            self.catalogue = parse_catalogue(text, source=self.path.name)
        except (OSError, TomlBroken, UnicodeDecodeError) as broken:
            log.warning("catalogue.broken", file=self.path.name, reason=str(broken))


@cache
def file_of(instance: Path) -> CatalogueFile:
    return CatalogueFile(instance / SERVICES_FILE)


def catalogue_of(instance: Path) -> Catalogue:
    """Return what an instance sells. Raises NoCatalogue."""
    return file_of(instance).read()


def service_names(instance: Path) -> dict[str, str]:
    """Return what the provider calls each service, by slug; nothing while that cannot be read."""
    try:
        return {service.slug: service.name for service in catalogue_of(instance).service}
    except NoCatalogue:
        return {}
