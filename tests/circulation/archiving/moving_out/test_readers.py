"""Whoever reads events is right without those that were moved out, and why; the next one who does
has to be thought about."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from tests.sources import modules, name_of, text_of, tree_of

_RECENT: Final = "asks for what happened within the last 430 days"
_NAMED: Final = "asks for events that name a person, which stay"
_GOES_ON: Final = "asks for the events of a loan or a hold that is there, which stay"
_LAST: Final = "asks for the last event of an item or of all, which stay"
_UNTOLD: Final = "asks for events that somebody is still to be told of, which stay"
#: Module -> why it may miss the events that were moved out.
READERS: Final = {
    "circulation.archiving.moving_out.moving": "deletes them",
    "circulation.archiving.moving_out.old_rows": "chooses them",
    "circulation.archiving.moving_out.readiness": "looks whether they may go",
    "circulation.callers.replies": _LAST,
    "circulation.closures.redirected": _GOES_ON,
    "circulation.explaining.loans": _NAMED,
    "circulation.fees.late_fees": _GOES_ON,
    "circulation.fees.receipts": _RECENT,
    "circulation.holdings.following": _UNTOLD,
    "circulation.holds.purge": _NAMED,
    "circulation.holds.recalls": _GOES_ON,
    "circulation.items.facts": _LAST,
    "circulation.items.use": "what it counts by them is counted as former use when they go",
    "circulation.loans.late": "asks since an act that is at most `backdate_days` old, or followed",
    "circulation.loans.privacy": _NAMED,
    "circulation.loans.rows": "asks for the last return, which is compared while two systems run",
    "circulation.loans.statistics": "counts no day anew whose events have gone",
    "circulation.loans.today": _RECENT,
    "circulation.loans.undo": _RECENT,
    "circulation.notices.explaining": "a message that is kept as proof says what it is about",
    "circulation.notices.gathering": _UNTOLD,
    "circulation.notices.silence": _UNTOLD,
    "circulation.patrons.personal_erasure": _NAMED,
    "circulation.staff.app_access": _NAMED,
    "circulation.stock.yearly": "counts what left the stock, which stays",
    "protocols.api.operations.events": _LAST,
    "protocols.api.operations.items": "says where the rest is",
    "protocols.api.streams": _RECENT,
    "protocols.ncip.subjects.request_ids": _GOES_ON,
}
_READING: Final = {
    *("events", "select_events", "events_after", "events_of_hold", "events_of_item"),
    "last_event_id",
}
_FROM: Final = {"circulation.kernel.events", "circulation.kernel.schema"}


def readers() -> Iterator[str]:
    for path in modules("circulation", "protocols"):
        if not any(f"from {each} import" in text_of(path) for each in _FROM):
            continue
        imported = {
            name.name
            for node in tree_of(path).body
            if isinstance(node, ast.ImportFrom) and node.module in _FROM
            for name in node.names
        }
        if imported & _READING:
            yield name_of(path)


def test_all_readers_of_events_are_right_without_old_ones() -> None:
    assert set(readers()) - {"circulation.kernel.events"} == set(READERS)
