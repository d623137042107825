"""Answers of operations as pictures: figures of days, a queue, what becomes of a hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from protocols.api import plots
from protocols.api.plots import Bar

#: Lines of one picture.
_MOST: Final = 40
_SHARE_OF_THE_SHORTEST: Final = 0.01


def figures_drawn(answer: Mapping[str, Any], by: Sequence[str]) -> str:
    """A bar for each line of statistics, named by what it was counted by."""
    lines = answer["lines"][:_MOST]
    most = max((each["number"] for each in lines), default=1) or 1
    bars = [
        Bar(
            ", ".join(str(each[name]).replace("_", " ") or "-" for name in by),
            f"{each['number']}",
            each["number"] / most,
        )
        for each in lines
    ]
    return plots.bars(bars, "Loans, renewals and returns")


def queue_drawn(answer: Mapping[str, Any], now: datetime) -> str:
    """A bar for each hold in the order in which they are served: how long it has waited. Nobody is
    named."""
    holds = [line["hold"] for line in answer["holds"]][:_MOST]
    waited = [(now - _moment(each["placed"])) / timedelta(days=1) for each in holds]
    most = max([*waited, 1.0])
    bars = [
        Bar(
            f"{number}. {hold['pickup_branch']['name']}",
            f"{_state(hold)} since {_day(hold['placed'])}, {round(days)} days",
            max(days / most, _SHARE_OF_THE_SHORTEST),
            "done" if hold["state"] == "WAITING" else "todo",
        )
        for number, (hold, days) in enumerate(zip(holds, waited, strict=True), 1)
    ]
    return plots.bars(bars, "Who waits, the next first")


def hold_drawn(hold: Mapping[str, Any], now: datetime) -> str:
    """From the day on which it was placed to the last on which it is of use: what has been, is and
    is to be expected."""
    placed, last = _moment(hold["placed"]), _moment(hold["interest_until"])
    until = None if hold["deadline"] is None else _moment(hold["deadline"])
    expected = None if hold["days"] is None else now + timedelta(days=hold["days"])
    whole = max(filter(None, (last, until, expected, now))) - placed

    def line(name: str, text: str, first: datetime, end: datetime, kind: str = "done") -> Bar:
        share = max((end - first) / whole, _SHARE_OF_THE_SHORTEST)
        return Bar(name, text, share, kind, (first - placed) / whole)

    place = hold["number_in_queue"]
    said = _state(hold) + (f", number {place}" if place else "")
    bars = [line(hold["title"], f"placed {_day(hold['placed'])}; {said}", placed, min(now, last))]
    if hold["paused_from"] and hold["paused_until"]:
        first, end = _moment(hold["paused_from"]), _moment(hold["paused_until"])
        told = f"{_day(hold['paused_from'])} to {_day(hold['paused_until'])}"
        bars.append(line("Paused", told, first, end, "todo"))
    if hold["state"] == "WAITING" and expected is not None:
        bars.append(line("Expected", f"about {expected:%-d %b %Y}", now, expected))
    if until is not None:
        kind = "todo" if until >= now else "stop"
        bars.append(line("On the hold shelf", f"until {until:%-d %b %Y}", now, until, kind))
    if hold["state"] != "CLOSED":
        bars.append(line("Wanted", f"until {_day(hold['interest_until'])}", placed, last))
    return plots.bars(bars, "A hold from day to day")


def _state(hold: Mapping[str, Any]) -> str:
    state = hold["outcome"] if hold["state"] == "CLOSED" and hold["outcome"] else hold["state"]
    return str(state).replace("_", " ").lower()


def _moment(text: str) -> datetime:
    """A moment, or the end of a day."""
    if len(text) > len("2026-11-30"):
        return datetime.fromisoformat(text)
    return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)


def _day(text: str) -> str:
    return f"{_moment(text):%-d %b %Y}"
