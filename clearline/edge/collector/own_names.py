"""The names that the site itself has: what its pages tell is never folded away by a flood.

The site's addresses are Django's, which is not loaded here: a test holds PAGES against them.
"""

from pathlib import Path
from typing import Final

from clearline.kit.errors import Refusal
from clearline.reach.visitors.names import Known
from clearline.service.catalogue.queries import SERVICES_FILE, CatalogueFile

PAGES: Final = frozenset(
    {"/", "/services/", "/rates/", "/help/", "/contact/", "/your-privacy-rights/", "/design/"}
    | {"/privacy/", "/privacy/editions/", "/privacy/choices/", "/privacy/choice/"}
    | {"/privacy/cookies/", "/privacy/receipts/"}
)
ERROR_PAGES: Final = frozenset(
    f"/error-{status}/" for status in (400, 403, 404, 409, 422, 429, 503)
)
ARTICLES_MAX: Final = 1_000


class OwnNames:
    """Reads what an instance offers; its services are parsed again only when the file changes."""

    def __init__(self, instance: Path) -> None:
        self.help = instance / "content" / "help"
        self.services = CatalogueFile(instance / SERVICES_FILE)

    def read(self) -> Known:
        """Return the site's own names by column. Raises OSError."""
        try:
            services = frozenset(each.slug for each in self.services.read().service)
        except Refusal:
            services = frozenset()
        articles = sorted(path.stem for path in self.help.glob("*.toml"))[:ARTICLES_MAX]
        return {
            "page": PAGES
            | ERROR_PAGES
            | {f"/services/{slug}/" for slug in services}
            | {f"/help/{slug}/" for slug in articles},
            "service": services,
        }
