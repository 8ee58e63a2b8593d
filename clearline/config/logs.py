"""Structured logs for operators: a constant event name, fields as keywords, nothing personal.

Every line goes through one formatter: our own events, and what the standard library, Django and
the server have to say. People type names and addresses into paths and forms, and libraries put
those into their messages and exceptions; so of a library's line only the template is shown, and
of an exception only its type and the places it passed.
"""

import contextlib
import logging
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

# What a log line may carry. A field outside this list is masked, so that a careless line cannot
# put a name, number, address or token into a log file.
FIELDS: Final = frozenset(
    {
        *("event", "level", "timestamp", "logger", "name", "code", "again_in_s", "pid", "port"),
        *("count", "rows", "batch", "duration_ms", "reason", "edition", "clause", "kind", "size"),
        *("segment", "file", "offset", "status", "route", "method", "error", "process", "version"),
        *("exception", "template", "position", "checked"),
    }
)
MASK: Final = "…"
FRAMES_MAX: Final = 30
CAUSES_MAX: Final = 5
SOURCES: Final = str(Path(__file__).parents[2]) + "/"
# What the server of the public port needs to hand its lines on instead of printing them itself.
TO_THE_ROOT: Final[dict[str, Any]] = {
    "formatters": {},
    "handlers": {},
    "loggers": {
        "_granian": {"handlers": [], "propagate": True},
        "granian.access": {"handlers": [], "propagate": True},
    },
}


class Lines(logging.Handler):
    """Writes to standard error as it is now, and never tells of a line that it cannot write."""

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(self.format(record) + "\n")


def mask_unknown_fields(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    return {key: value if key in FIELDS else MASK for key, value in event.items()}


def tell_exception(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Replace an exception by its types and places: its own words can carry what people typed."""
    told = event.pop("exc_info", None)
    error = told[1] if isinstance(told, tuple) else told
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["exception"] = [*causes_of(error), *places_of(error.__traceback__)]
    return event


def causes_of(error: BaseException | None) -> list[str]:
    causes: list[str] = []
    while error is not None and len(causes) < CAUSES_MAX:
        causes.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return causes


def places_of(traceback: TracebackType | None) -> list[str]:
    """Return the frames, outermost first; of a deep one the innermost."""
    places: list[str] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        file = code.co_filename.removeprefix(SOURCES)
        places.append(f"{file}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return places[-FRAMES_MAX:]


def tell_library_line(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Return a library's line with its template in the place of its words.

    A message that fills no template may have been put together from anything, so it is masked.
    """
    record: logging.LogRecord = event["_record"]
    has_values = bool(event.pop("positional_args", ()))
    template = record.msg if has_values and isinstance(record.msg, str) else MASK
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    known = {
        "status": getattr(record, "status_code", None),
        "route": getattr(match, "route", None),
    }
    return {
        **event,
        "event": "library.said",
        "logger": record.name,
        "template": template,
        "file": f"{record.pathname.removeprefix(SOURCES)}:{record.lineno}",
        "exc_info": record.exc_info,
        **{name: value for name, value in known.items() if value is not None},
    }


STAMPS: Final[tuple[Processor, ...]] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
FORMATTER: Final = structlog.stdlib.ProcessorFormatter(
    foreign_pre_chain=[*STAMPS, tell_library_line],
    pass_foreign_args=True,
    use_get_message=False,  # a line whose words do not fit its template is a line all the same
    processors=[
        tell_exception,
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        mask_unknown_fields,
        structlog.processors.JSONRenderer(),
    ],
)
LINES: Final = Lines()
LINES.setFormatter(FORMATTER)


def set_up_logs() -> None:
    """One JSON line per event on standard error; a library's own lines from warning up.

    The only set-up there is: Django and Granian are told to make none of their own.
    """
    structlog.configure(
        processors=[*STAMPS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    logging.getLogger().addHandler(LINES)
    logging.getLogger("clearline").setLevel(logging.INFO)
    # A request that was refused is no event; each carries a path, which people type.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    # The store and the loader say in their own lines when the store does not answer.
    # The pool's logger by its own name: clickhouse-connect sets that of urllib3 anew when loaded.
    for name in ("urllib3.connectionpool", "clickhouse_connect"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def tell_falls() -> None:
    """Let an exception that ends this process, or one of its threads, be a line like others."""
    log = structlog.get_logger("clearline.process")
    logging.captureWarnings(capture=True)

    def told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.critical("process.broke", error=kind.__name__, exc_info=(kind, error, trace))

    def told_of_thread(args: threading.ExceptHookArgs) -> None:
        log.critical("thread.broke", error=args.exc_type.__name__, exc_info=args.exc_value)

    sys.excepthook = told
    threading.excepthook = told_of_thread
