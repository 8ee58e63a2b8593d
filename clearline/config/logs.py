"""Structured logs for operators: a constant event name, fields as keywords, nothing personal."""

import logging
import sys
from typing import Final

import structlog
from structlog.types import EventDict, WrappedLogger

# What a log line may carry. A field outside this list is masked, so that a careless line cannot
# put a name, number, address or token into a log file.
FIELDS: Final = frozenset(
    {
        *("event", "level", "timestamp", "logger", "name", "code", "again_in_s", "pid", "port"),
        *("count", "rows", "batch", "duration_ms", "reason", "edition", "clause", "kind", "size"),
        *("segment", "file", "offset", "status", "route", "method", "error", "process", "version"),
        *("exc_info", "exception", "template", "position", "checked"),
    }
)
MASK: Final = "…"


def mask_unknown_fields(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    return {key: value if key in FIELDS else MASK for key, value in event.items()}


def set_up_logs() -> None:
    """One JSON line per event on standard error; a library's own lines from warning up."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            mask_unknown_fields,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    # Django logs the path of each refused request; paths can carry what people type.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logging.getLogger("django.security").setLevel(logging.ERROR)
    # The store and the loader say in their own lines when the store does not answer.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
