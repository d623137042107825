"""The log of slow requests: one line for each, with what it was that took so long.

| cause | what it means |
|---|---|
| `waited` | its lane was full: other work went before it, or another process held the lock |
| `ran` | the work itself: a wide search, a slow disk, a lock on a row, a race lost |
| `committed` | the disk, or the work that shared the commit |
| `hashed` | a PIN that was not seen before was being checked, or waited to be |
| `reactor` | the rest: the process was busy with something else, or had no processor |
"""

from __future__ import annotations

import logging
from time import monotonic
from typing import Final

from protocols.hosting.traces import Trace

log = logging.getLogger(__name__)

#: Lines in a second; when everything is slow the log must not make it slower.
LINES_PER_SECOND: Final = 10


class SlowRequests:
    """Tells of requests that took `seconds` or longer."""

    def __init__(self) -> None:
        self.seconds = float("inf")
        self._second = 0
        self._lines = 0
        self._untold = 0

    def tell(self, standard: str, trace: Trace, took: float, outcome: str) -> None:
        """Writes the line, unless there were too many in this second."""
        second = int(monotonic())
        if second != self._second:
            if self._untold:
                log.warning("%d more requests were slow", self._untold)
            self._second, self._lines, self._untold = second, 0, 0
        if self._lines == LINES_PER_SECOND:
            self._untold += 1
            return
        self._lines += 1
        passages = trace.passages
        lane = passages[0].lane.name if passages else ""
        tries = sum(passage.tries for passage in passages)
        parts = {
            "waited": sum(passage.waited for passage in passages),
            "ran": sum(passage.ran for passage in passages),
            "committed": sum(passage.committed for passage in passages),
            "hashed": trace.hashed,
        }
        parts["reactor"] = max(took - sum(parts.values()), 0.0)
        cause = max(parts, key=lambda part: parts[part])
        milliseconds = {f"{part}_ms": round(value * 1000, 1) for part, value in parts.items()}
        fields = {
            "request_id": trace.id,
            "standard": standard,
            "kind": trace.kind.name,
            "outcome": outcome,
            "lane": lane,
            "cause": cause,
            "took_ms": round(took * 1000, 1),
            **milliseconds,
            "tries": tries,
        }
        log.warning(
            "slow: %s %s took %.0f ms (%s), mostly %s; lane %s, %s, tries %d",
            *(standard, trace.kind.name, took * 1000, outcome, cause, lane or "none"),
            ", ".join(f"{part} {value * 1000:.0f} ms" for part, value in parts.items()),
            tries,
            extra={"fields": fields},
        )
