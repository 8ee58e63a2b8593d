"""Headers by which browsers keep a site to itself, for answers that do not come from Django.

Django sets the same for pages, and more (`clearline/config/settings.py`, `edge/site/headers.py`).
"""

from typing import Final

# Nothing that is answered here is a page: it is shown as it is, and in nobody's page.
SAFE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
# Of an answer without words, or with an image: there is no page to keep in.
SAFE_BARE: Final = SAFE[:2]
