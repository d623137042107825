"""All probes in order, and a whole check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from statistics import median
from typing import Final, NamedTuple

from protocols.sip2.asking.line import LineError
from protocols.sip2.checking import lending, lines, messages
from protocols.sip2.checking.findings import Finding, Weight, error, not_tried, of_message, warning
from protocols.sip2.checking.visit import LoginRefused, Target, Visit

#: The longest time, in seconds, that an answer should take.
SLOW_SECONDS: Final = 1.0


def fields(visit: Visit) -> Iterator[Finding]:
    """All answers to earlier probes, compared with the standard."""
    yield from visit.off


def response_time(visit: Visit) -> Iterator[Finding]:
    """How long the answers took."""
    if not visit.seconds:
        return
    usual, worst = median(visit.seconds), max(visit.seconds)
    if visit.timeout_period is not None and worst > visit.timeout_period:
        yield error(
            f"an answer took {worst:.1f} s, more than the timeout period of 98", of_message("98")
        )
    if usual > SLOW_SECONDS:
        yield warning(f"answers take {usual:.1f} s (median)")


#: The probes of `tiro sip2 check`, by the names that it prints.
PROBES: Final[dict[str, Callable[[Visit], Iterator[Finding]]]] = {
    "greeting": lines.greeting,
    "login": lines.login,
    "status": messages.status,
    "messages": messages.messages,
    "checksums": lines.checksums,
    "resend": lines.resend,
    "retransmission": lines.retransmission,
    "line ends": lines.line_ends,
    "segments": lines.segments,
    "unknown message": lines.unknown_message,
    "sloppiness": messages.sloppiness,
    "values": messages.values,
    "asked again": messages.asked_again,
    "two terminals": lines.neighbours,
    "patron": messages.patron,
    "pages": messages.pages,
    "lent once": lending.lent_once,
    "fields": fields,
    "response time": response_time,
}


class Result(NamedTuple):
    """A probe, and what it has found, if anything."""

    probe: str
    findings: tuple[Finding, ...]

    @property
    def weight(self) -> Weight:
        return max((each.weight for each in self.findings), default=Weight.OK)


def check_server(target: Target, now: datetime) -> Iterator[Result]:
    """Runs one probe after the other; yields the result of each as soon as it is done. `now` is the
    present in the zone of the server. Raises LineError if the server cannot be reached, and
    LoginRefused.
    """
    visit = Visit(target, now)
    visit.line().close()
    for name, probe in PROBES.items():
        found: dict[Finding, None] = {}
        try:
            for finding in probe(visit):
                found[finding] = None
        except LineError as broken:
            found[error(f"{visit.doing}: {broken}", "the line is the terminal's to close")] = None
        except LoginRefused as refused:
            if name == "login":
                raise
            found[not_tried(str(refused))] = None
        yield Result(name, tuple(found))


def worst(results: list[Result]) -> Weight:
    """The weight of the worst finding."""
    return max((result.weight for result in results), default=Weight.OK)
