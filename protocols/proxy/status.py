"""How a proxy is doing, for `tiro proxy status`, the desk and Prometheus."""

from __future__ import annotations

from collections import Counter
from typing import Any

from protocols.proxy.journal.records import moment_of
from protocols.proxy.kinds import text_field
from protocols.proxy.proxy import Proxy
from protocols.proxy.reconciling.causes import Remedy
from protocols.proxy.reconciling.rows import Row
from protocols.proxy.settings import System
from protocols.proxy.tasks import Task

#: Of what is for a person, the newest are shown.
MOST_SHOWN = 200


def status_of(proxy: Proxy) -> dict[str, Any]:
    """Who is in which mode, what is still to be told, what is for a person, what is down."""
    state = proxy.state
    backlog = {each: _backlog(proxy, each) for each in proxy.carriers}
    told_old = backlog["old"]["to_be_told"]
    return {
        "journal": proxy.journal.name,
        "last_id": state.last_id,
        "terminals": [
            {"login": each.login, "branch": each.branch, "mode": proxy.modes.of(each.login)}
            for each in proxy.settings.terminals
        ],
        "systems": backlog,
        "for_a_person": [_shown(each) for each in list(state.for_a_person.values())[-MOST_SHOWN:]],
        "number_for_a_person": len(state.for_a_person),
        "unequal": unequal_of(proxy),
        # Only then does the old system know everything, and a switch back loses nothing.
        "can_go_back": not told_old
        and not any(key[2] == "old" for key in state.for_a_person)
        and not any(_is_lacking_in_old(each) for each in state.differences.rows),
        "messages": dict(sorted(state.counts.items())),
        "asked_again": proxy.counts["asked again"],
        "trouble": "" if proxy.journal.trouble is None else str(proxy.journal.trouble),
    }


def _backlog(proxy: Proxy, system: System) -> dict[str, Any]:
    waiting = [each for each in proxy.state.tasks.values() if each.to == system]
    oldest = min((moment_of(each.at) for each in waiting), default=None)
    carrier, health = proxy.carriers[system], proxy.health[system]
    counted = proxy.connections.counts[system]
    return {
        "is_down": health.is_down,
        "why": health.why,
        "clock_seconds": _clock_seconds(proxy, system),
        "to_be_told": len(waiting),
        "oldest_seconds": 0 if oldest is None else round((proxy.now() - oldest).total_seconds(), 1),
        "to_be_judged": carrier.to_judge,
        **{name.replace(" ", "_"): count for name, count in counted.items()},
    }


def _is_lacking_in_old(row: Row) -> bool:
    """Does the old system lack something? What waits for its delivery, Tiro lacks."""
    return row.remedy != Remedy.DELIVERY.name


def unequal_of(proxy: Proxy) -> dict[str, Any]:
    """Return how many differences there are, and how far the comparison has come."""
    state, reconciler = proxy.state, proxy.reconciler
    rows = state.differences.rows
    return {
        "number": len(rows),
        "branches": dict(sorted(Counter(row.branch for row in rows).items())),
        "not_compared": _not_compared(proxy),
        "is_possible": reconciler is not None,
        "is_comparing": state.sweep.is_running,
        "waiting": 0 if reconciler is None else reconciler.waiting,
        "compared": 0 if reconciler is None else reconciler.compared,
        "begun": state.sweep.begun,
        "ended": state.sweep.ended,
    }


def _not_compared(proxy: Proxy) -> list[dict[str, str]]:
    """Return what no comparison can tell, and a delivery must: codes of `proxy_words.NOT_COMPARED`,
    and what each is about."""
    left = ", ".join(proxy.modes.left_branches())
    dialect = proxy.settings.old.dialect
    found = []
    if "64.BV" in dialect.leaves_out:
        found.append({"what": "DEBTS", "value": ""})
    if left:
        found.append({"what": "BRANCHES", "value": left})
    return found


def _clock_seconds(proxy: Proxy, system: System) -> float | None:
    """Seconds that the system's clock is ahead; None while that is not known."""
    measured = proxy.clocks[system].offset
    return proxy.state.clocks.get(system) if measured is None else round(measured, 1)


def _shown(task: Task) -> dict[str, Any]:
    sent = task.sent.encode("utf-8", "surrogateescape")
    return {
        "request": task.request,
        "at": task.at,
        "terminal": task.terminal,
        "system": task.to,
        "message": task.sent[:2],
        "item": text_field(sent, "AB"),
        "patron": text_field(sent, "AA"),
        "why": task.why,
    }
