"""Lists come in pages: at most `limit` of them, and the next ones by `cursor`."""

from typing import Annotated, Final

from ninja import Query

LIMIT_MAX: Final = 100
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Cursor = Annotated[str, Query(pattern=r"^([0-9a-f]{32})?$")]
