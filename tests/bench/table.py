"""The table of what was measured: rows that the benches note down, written into docs/speed.md.

A row is an operation at so many callers at once, what it took here and, where there is one, what it
took the peer that ran in turns with it.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

SPEED: Final = Path(__file__).parents[2] / "docs" / "speed.md"
_BEGIN, _END = "<!-- measured -->", "<!-- end of measured -->"
#: A row of the table, but for its head, and what is said of a kind of operation.
_ROW: Final = re.compile(r"\| \w")
_SAID: Final = re.compile(r"^\* ([^:\n]+): (.+)$", re.MULTILINE)
_HEADS: Final = (
    *("", "at once", "us CPU", "a second", "p50 ms", "p99 ms", "MiB"),
    *("peer", "us CPU", "a second", "p99 ms", "CPU, ours to theirs"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a server did: microseconds of its CPU for an operation, operations a second,
    milliseconds within which half and 99 of 100 were answered, and the most memory it held."""

    cpu_us: float
    per_second: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    memory_mib: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; `peer` is the other's name and what it did."""

    name: str
    at_once: int
    ours: Figures
    peer: tuple[str, Figures] | None = None


#: What the benches of this process have noted so far.
ROWS: list[Row] = []


def note(row: Row) -> None:
    ROWS.append(row)


def _shown(number: float | None) -> str:
    if number is None:
        return ""
    return (
        f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"
    )


def lines(rows: Iterable[Row]) -> list[str]:
    """The rows as a table of Markdown."""
    found = [f"| {' | '.join(_HEADS)} |", f"|{'---|' * len(_HEADS)}"]
    for row in rows:
        ours = row.ours
        cells = [row.name, str(row.at_once)]
        cells += map(
            _shown, (ours.cpu_us, ours.per_second, ours.p50_ms, ours.p99_ms, ours.memory_mib)
        )
        if row.peer is None:
            cells += [""] * 5
        else:
            name, theirs = row.peer
            cells += [name, *map(_shown, (theirs.cpu_us, theirs.per_second, theirs.p99_ms))]
            cells.append(f"{ours.cpu_us / theirs.cpu_us:.2f}")
        found.append(f"| {' | '.join(cells)} |")
    return found


def machine() -> str:
    """The processor, how many cores of it, and the versions that matter."""
    names = re.findall(r"^model name\s*: (.*)$", _read("/proc/cpuinfo"), re.MULTILINE)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} cores of {names[0] if names else platform.processor() or platform.machine()},"
        f" {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _kind(name: str) -> str:
    """What a row is of: ``Z39.50`` of ``Z39.50, title word``."""
    return name.partition(",")[0]


def section(rows: Iterable[Row], at: datetime, before: str = "") -> str:
    """What stands between the marks of the document: when and on what each kind of operation was
    measured, and the table. What is there of other kinds (`before`) stays as it is."""
    rows = list(rows)
    by_kind: dict[str, list[str]] = {}
    for line in filter(_ROW.match, before.splitlines()):
        by_kind.setdefault(_kind(line[2:].partition(" | ")[0]), []).append(line)
    said = {kind: text for kind, text in _SAID.findall(before) if kind in by_kind}
    head = lines(())
    for kind in dict.fromkeys(_kind(row.name) for row in rows):
        by_kind[kind] = lines(row for row in rows if _kind(row.name) == kind)[len(head) :]
        said[kind] = f"{at:%d %B %Y}, {machine()}"
    return "\n".join(
        [
            _BEGIN,
            "Measured by `make bench`:",
            "",
            *(f"* {kind}: {said[kind]}" for kind in by_kind if kind in said),
            "",
            *head,
            *(line for found in by_kind.values() for line in found),
            _END,
        ]
    )


def write(rows: Iterable[Row], path: Path = SPEED) -> None:
    """Puts the rows into docs/speed.md in place of those of their kinds. Raises ValueError without
    marks."""
    text = path.read_text()
    begin, end = text.find(_BEGIN), text.find(_END)
    if begin < 0 or end < begin:
        raise ValueError(f"{path} has no place for the table between {_BEGIN} and {_END}")
    made = section(rows, datetime.now(UTC), text[begin:end])
    path.write_text(text[:begin] + made + text[end + len(_END) :])
