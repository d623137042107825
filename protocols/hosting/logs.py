"""Log lines on standard error: text for people, or JSON, an object for each line, for machines.

    2026-11-26 16:42:02,117 WARNING protocols.sip2.session [5f0c9e21-1a]: ...
    {"time": "2026-11-26T16:42:02.117Z", "level": "warning", "logger": "protocols.sip2.session",
     "message": "...", "process": 4711, "thread": "tiro-writer", "request_id": "5f0c9e21-1a"}

A line written for a request carries its id, which is also the `request_id` of the events that the
request caused. What an `extra={"fields": {...}}` gives a line becomes members of its object.
"""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO, cast

from catalogue.tracing import request_id

Form = Literal["text", "json"]

_TEXT: Final = "%(asctime)s %(levelname)-7s %(name)s%(request)s: %(message)s"
#: Lines written since the process began, by level.
lines_written: Counter[str] = Counter()


class _Named(logging.Filter):
    """Gives each line the id of the request that it is about, if there is one."""

    def filter(self, record: logging.LogRecord) -> bool:
        told = getattr(record, "fields", {}).get("request_id")
        record.request_id = found = told or request_id()
        record.request = f" [{found}]" if found else ""
        return True


class _Counting(logging.StreamHandler[TextIO]):
    def emit(self, record: logging.LogRecord) -> None:  # under the handler's lock
        lines_written[record.levelname.lower()] += 1
        super().emit(record)


class JsonFormatter(logging.Formatter):
    """A line is one JSON object; line ends and control characters in it are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            "thread": record.threadName,
        }
        if (found := getattr(record, "request_id", None)) is not None:
            line["request_id"] = found
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps(getattr(record, "fields", {}) | line, ensure_ascii=False, default=str)


def handler_for(form: Form, stream: TextIO) -> logging.Handler:
    """What writes lines of that form to `stream`."""
    handler = _Counting(stream)
    handler.setFormatter(JsonFormatter() if form == "json" else logging.Formatter(_TEXT))
    handler.addFilter(_Named())
    return handler


def configure_logging(level: str, form: Form = "text") -> None:
    """Python's logging to standard error, including Twisted's and Python's own warnings."""
    from twisted.logger import STDLibLogObserver, globalLogBeginner  # for servers alone

    logging.basicConfig(level=level.upper(), handlers=[handler_for(form, sys.stderr)], force=True)
    logging.captureWarnings(True)
    globalLogBeginner.beginLoggingTo(
        [cast(Any, STDLibLogObserver("twisted"))], redirectStandardIO=False, discardBuffer=True
    )
    for chatty in ("twisted", "alembic"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.root.level))
