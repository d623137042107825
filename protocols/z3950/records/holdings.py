"""What a record's items are doing, as lines of text below the record in SUTRS."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import TextWrapper
from zoneinfo import ZoneInfo

from circulation.kernel.results import CirculationStatus, ItemState

_wrap = TextWrapper(width=72, subsequent_indent="    ", break_long_words=False).wrap


def holdings_text(statuses: Iterable[CirculationStatus]) -> bytes:
    """A line for each item: barcode, state, branch and shelf; in UTF-8, each with its line feed."""
    lines = [line for status in statuses for line in _wrap(f"Item: {_described(status)}")]
    return "".join(f"{line}\n" for line in lines).encode()


def _described(status: CirculationStatus) -> str:
    item, branch = status.item, status.item.home_branch
    shelf = (*item.placement, item.call_number)
    place = f"{branch.name} ({branch.isil})"
    return ", ".join(part for part in (item.barcode, _state(status), place, *shelf) if part)


def _state(status: CirculationStatus) -> str:
    if status.state is ItemState.ON_LOAN and status.loan is not None:
        due = status.loan.due.astimezone(ZoneInfo(status.item.home_branch.timezone))
        return f"on loan until {due:%Y-%m-%d}"
    if status.state is ItemState.IN_TRANSIT and status.to_branch is not None:
        return f"in transit to {status.to_branch.name}"
    return status.state.value
