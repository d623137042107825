"""What stops a delivery, at the limits; and how one is followed while it goes on.

The texts are tests/transcripts/moving/limits.txt and following.txt;
``python -m tests.circulation.moving.test_limits`` writes them again: read what has changed.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from catalogue.database import migrate, open_database
from circulation.moving import deliveries
from circulation.moving.deliveries import Following, KindReport, take_delivery
from circulation.moving.earlier import OlderDelivery
from tests.builders.circulation import Library, a_library
from tests.builders.moving import FIRST, IDA, LENT, OldSystem
from tests.circulation.moving.test_journal import FOLDER

#: Keys of patrons at MAIN and at PORT, and how far the numbers of their cards are from them.
Patrons = tuple[range, range, int]


def told(report: KindReport) -> str:
    names = ("rows", "new", "changed", "unchanged", "gone", "set_aside", "put_off", "kept")
    counts = ", ".join(f"{name} {getattr(report, name)}" for name in names if getattr(report, name))
    return f"{report.kind}: {report.stopped or counts}"


def a_source(old: OldSystem, number: int, *, least: float) -> None:
    """One that is known by another name, so that nothing of it was taken before."""
    old.plan = re.sub(r'source = "\w+"', f'source = "s{number}"', old.plan)
    its = rf"[patrons]\nleast = {least}\n"
    old.plan = re.sub(r"\[patrons\]\n(least = \S+\n)?", its, old.plan)


def write_patrons(old: OldSystem, number: int, patrons: Patrons) -> None:
    main, port, cards = patrons
    rows = [
        (f"{n}", f"S{number}x{n + cards}", branch, *IDA[3:])
        for branch, numbers in (("MAIN", main), ("PORT", port))
        for n in numbers
    ]
    old.write("patrons", *rows)


#: What was there before and what is there now, and the least share that may be left.
CASES: Final[tuple[tuple[Patrons, Patrons, float], ...]] = (
    # Too few to be whole.
    *(((range(10), range(0), 0), (range(n), range(0), 0), 0.5) for n in (4, 5)),
    *(((range(100), range(0), 0), (range(n), range(0), 0), 0.99) for n in (98, 99)),
    # Too few of a branch.
    *(((range(n), range(50, 90), 0), (range(9), range(50, 90), 0), 0.5) for n in (19, 20)),
    *(((range(20), range(50, 90), 0), (range(n), range(50, 90), 0), 0.5) for n in (10, 11)),
    *(((range(21), range(50, 90), 0), (range(n), range(50, 90), 0), 0.5) for n in (10, 11)),
    # Of another library: too few that are known.
    *(((range(n), range(0), 0), (range(500, 500 + n), range(0), 0), 0.5) for n in (19, 20)),
    *(((range(40), range(0), 0), (range(n, n + 40), range(0), 0), 0.5) for n in (36, 37)),
    # Of another library: too few that have the same cards.
    *(((range(n), range(0), 0), (range(n), range(0), 100), 0.5) for n in (19, 20)),
    *(((range(n), range(0), 0), (range(n), range(0), 1), 0.5) for n in (30,)),
)


def limits(library: Library, folder: Path) -> Iterator[str]:
    old = OldSystem(library, folder)
    old.plan = old.plan[: old.plan.index("[items]")]
    for number, (before, after, least) in enumerate(CASES):
        a_source(old, number, least=least)
        write_patrons(old, number, before)
        first = old.deliver()["patrons"]
        write_patrons(old, number, after)
        its = f"{before[0]} and {before[1]}, then {after[0]} and {after[1]}"
        yield f"> {its}, cards by {after[2]}, at least {least}"
        yield f"  first {told(first)}"
        for may_be_older in (False, True):
            for may_be_shorter in (False, True):
                given = {"may_be_older": may_be_older, "may_be_shorter": may_be_shorter}
                found = old.deliver(dry_run=True, **given)["patrons"]
                allowed = [name for name, is_allowed in given.items() if is_allowed]
                yield f"  {', '.join(allowed) or 'as it is'}: {told(found)}"
    # As many that have another card as have the same one.
    for same in (9, 10, 11):
        a_source(old, 100 + same, least=0.5)
        write_patrons(old, 100 + same, (range(20), range(0), 0))
        old.deliver()
        old.write("patrons", *((f"{n}", f"S{100 + same}x{n if n < same else n + 500}", *IDA[2:])
                               for n in range(20)))  # fmt: skip
        found = old.deliver(dry_run=True, may_be_older=False)["patrons"]
        yield f"> {same} of 20 have the same card: {told(found)}"
    # The age of a delivery, by its newest loan.
    old = OldSystem(library, folder)
    old.plan = old.plan.replace('source = "old"', 'source = "ages"')
    old.deliver(may_be_older=False)
    for ahead, hours in ((0, 11.99), (0, 12), (0, 12.01), (23.9, 13), (24, 13), (24.1, 13)):
        newest = (library.now + timedelta(hours=ahead)).astimezone().replace(microsecond=0)
        old.plan = old.plan.replace('source = "', 'source = "x')
        for at in (newest, newest - timedelta(hours=hours)):
            lent = ("1", "B1", at.isoformat(), "2026-12-24", "0", "", "")
            old.write("loans", lent)
            try:
                (*_, found) = old.deliver(may_be_older=False, dry_run=at is not newest).values()
                yield f"> {ahead} hours ahead, {hours} hours older: {told(found)}"
            except OlderDelivery as error:
                yield f"> {ahead} hours ahead, {hours} hours older: {error}"


def following(library: Library, folder: Path) -> Iterator[str]:
    old = OldSystem(library, folder)
    rows = [(f"{n}", f"B{n}", *FIRST[2:]) for n in range(11, 20)]
    old.write("items", *rows)
    seen: list[str] = []

    def follow(**options: Any) -> Iterator[str]:
        seen.clear()
        its = Following(
            may_be_shorter=True,
            may_be_older=True,
            on_fault=lambda kind, fault: seen.append(f"{kind} {tuple(fault)}"),
            on_progress=lambda *rows: seen.append(str(rows)),
            hold=lambda transaction: seen.append("holds"),
        )
        found = take_delivery(library.database, old.read(), old.moving(), its, **options)
        yield from (f"  {each}" for each in seen)
        yield from (f"  {told(each)}" for each in found)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(deliveries, "BATCH", 4)
        patched.setattr(deliveries, "_TOLD_EVERY", 3)
        patched.setattr(deliveries, "_GROWN", 2)
        yield "> a rehearsal"
        yield from follow(dry_run=True)
        yield "> a delivery"
        yield from follow()
        yield "> the same again"
        yield from follow()
        yield "> what is broken, doubled or gone"
        old.write("items", *rows[:3], rows[1], ("20",), *rows[3:6])
        old.write("loans", (*LENT[:1], "B12", *LENT[2:]), ("77", *LENT[1:]))
        yield from follow()
        old.write("items", *rows[:6])
        old.write("patrons")
        os.utime(old.folder / "patrons.csv", (1, 1))
        yield "> gone"
        yield from follow()
        yield "> changes, and a file that is not there"
        old.plan = old.plan.replace(
            '"items.csv"', '["items.csv", "more.csv"]\ndelivery = "changes"'
        )
        old.write("items", *rows[4:5], ("30", "B30", *FIRST[2:]))
        yield from follow()


PARTS: Final[Mapping[str, Callable[[Library, Path], Iterator[str]]]] = {
    "limits": limits,
    "following": following,
}


@pytest.mark.parametrize("name", PARTS)
def test_what_is_said_is_as_written(sqlite_library: Library, tmp_path: Path, name: str) -> None:
    found = [*PARTS[name](sqlite_library, tmp_path)]
    assert found == (FOLDER / f"{name}.txt").read_text("utf-8").splitlines()


if __name__ == "__main__":
    for part, work in PARTS.items():
        with tempfile.TemporaryDirectory() as place:
            url = f"sqlite:///{place}/library.db"
            migrate(url)
            database = open_database(url)
            (Path(place) / "old").mkdir()
            lines = [*work(a_library(database), Path(place) / "old")]
            database.close()
        (FOLDER / f"{part}.txt").write_text("\n".join(lines) + "\n", "utf-8")
