"""Putting a difference right: what the system that is wrong is told, as acts of its own."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from protocols.proxy.dates import BLANK, wire_date
from protocols.proxy.journal.records import Purpose
from protocols.proxy.reconciling.causes import Remedy, Verdict
from protocols.proxy.reconciling.rows import Named
from protocols.proxy.reconciling.sides import Says, Side
from protocols.proxy.settings import System

_PURPOSES: Final[dict[System, Purpose]] = {"new": "follow", "old": "write-back"}


class Where(NamedTuple):
    """A terminal of the branch, its institution id, the card of the borrower, and the date of now
    in 18 characters."""

    terminal: str
    place: str
    borrower: str
    date: str


def remedy_record(
    named: Named, sides: tuple[Side, Side], verdict: Verdict, authority: System, where: Where
) -> dict[str, Any] | None:
    """Return the record of what the other system is told; None where there is nothing to tell.

    Args:
        named: The item.
        sides: What the old system says of it, and the new one.
        verdict: What is done about it.
        authority: The system that is right.
        where: How the act is told.
    """
    terminal, place, borrower, date = where
    old, new = sides
    right, wrong = (old, new) if authority == "old" else (new, old)
    to: System = "new" if authority == "old" else "old"
    who, what = f"AO{place}|AA{borrower}|", f"AB{named[1]}|"
    if verdict.remedy is Remedy.END:
        sent = f"09N{BLANK}{BLANK}AP|AO{place}|{what}AC|"
        answer = f"101YNN{date}AO{place}|{what}AQ|"
    elif verdict.remedy is Remedy.CARRY:
        due = wire_date(right.value)
        code, granted = ("29", "301YNN") if wrong.says is Says.ON_LOAN else ("11", "121NNY")
        flags = "NN" if code == "29" else "YN"
        sent = f"{code}{flags}{BLANK}{BLANK}{who}{what}AC|"
        answer = f"{granted}{date}{who}{what}AJ|AH{due}|"
    else:
        return None
    return {
        "kind": "remedy",
        "subject": named[0],
        "name": named[1],
        "terminal": terminal,
        "to": to,
        "purpose": _PURPOSES[to],
        "sent": sent,
        "answer": answer,
    }
