"""The instance's own pages, read from its files and read again when they change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, NewType

import structlog
from django.conf import settings

from clearline.edge.site.blocks.block import Page
from clearline.edge.site.blocks.parse import parse_page
from clearline.kit.errors import NotFound
from clearline.kit.strict_toml import TomlBroken
from clearline.service.catalogue.catalogue import Catalogue
from clearline.service.catalogue.queries import catalogue_of

Stamp = NewType("Stamp", tuple[int, int])  # mtime in ns, size

REFRESH_WINDOW: Final = timedelta(seconds=5)
FILES_MAX: Final = 1_000
log = structlog.get_logger()


class NoSuchPage(NotFound):
    code = "no_such_page"

    def __init__(self, name: str) -> None:
        super().__init__(f"The page {name} has not been written yet.")


@dataclass(frozen=True, slots=True)
class Article:
    """One help page under its permanent slug."""

    slug: str
    page: Page


@dataclass(slots=True)
class ContentShelf:
    """The parsed files of one instance; a file that breaks keeps its last good form."""

    instance: Path
    names: Mapping[str, str]
    files: dict[Path, tuple[Stamp, Page | None]] = field(default_factory=dict)
    checked_at: datetime | None = None

    def refresh(self, now: datetime) -> "ContentShelf":
        """Read what changed, at most every five seconds; return the shelf itself."""
        if self.checked_at is None or abs(now - self.checked_at) >= REFRESH_WINDOW:
            self.checked_at = now
            self.files = {path: self.read(path) for path in self.found()}
        return self

    def found(self) -> list[Path]:
        content = self.instance / "content"
        return sorted([*content.glob("*.toml"), *content.glob("help/*.toml")])[:FILES_MAX]

    def read(self, path: Path) -> tuple[Stamp, Page | None]:
        stat = path.stat()
        stamp = Stamp((stat.st_mtime_ns, stat.st_size))
        seen, parsed = self.files.get(path, (None, None))
        if stamp == seen:
            return stamp, parsed
        source = str(path.relative_to(self.instance))
        try:
            return stamp, self.parse(path.read_text(encoding="utf-8"), source=source)
        except (TomlBroken, UnicodeDecodeError) as broken:
            log.warning("content.broken", file=source, reason=str(broken))
            return stamp, parsed

    def parse(self, text: str, *, source: str) -> Page:
        return parse_page(text, source=source, names=self.names)

    def get_page(self, name: str) -> Page:
        """Return one page by its file's name. Raises NoSuchPage."""
        _, page = self.files.get(self.instance / "content" / f"{name}.toml", (None, None))
        if page is None:
            raise NoSuchPage(name)
        return page

    @property
    def articles(self) -> tuple[Article, ...]:
        """Every help page, in the order that their files ask for."""
        folder = self.instance / "content" / "help"
        found = [
            Article(path.stem, page)
            for path, (_, page) in self.files.items()
            if path.parent == folder and page is not None
        ]
        return tuple(sorted(found, key=lambda article: (article.page.order, article.slug)))

    def find_article(self, slug: str) -> Article | None:
        return next((article for article in self.articles if article.slug == slug), None)

    @property
    def catalogue(self) -> Catalogue:
        """What services.toml says. Raises NoCatalogue."""
        return catalogue_of(self.instance)


def instance_shelf() -> ContentShelf:
    return shelf_at(settings.ENV.instance)


@cache
def shelf_at(instance: Path) -> ContentShelf:
    provider = settings.ENV.provider
    names = {
        **provider.model_dump(include={"legal_name", "brand_name", "tagline", "email", "phone"}),
        **provider.legal_department.model_dump(exclude={"name"}),
        "legal_department": provider.legal_department.name,
        "phone_dialled": provider.phone.replace(" ", ""),
    }
    return ContentShelf(instance, names)


def content(now: datetime) -> ContentShelf:
    """Return the pages and services of this instance as they stand."""
    return instance_shelf().refresh(now)
