"""What can be done with an item in which state: one table, all states and all actions.

A state is never stored as such. It is read from the rows: the open loan and its mark, the binding
to a hold, the transit, the note that the item is missing. `TABLE` says for each state and action
either the states that may follow, or the reason for which nothing is done. An action that leads to
the state that held before, where the table names it, changes nothing and writes no event, so a
repeated command does no harm. (A renewal and a recall are the exceptions: they move the due date.)

`python -m circulation.loans.states` prints the table, `make loan-table` writes it into README.md.
"""

from __future__ import annotations

import sys
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

from circulation.items.facts import ItemFacts
from circulation.items.features import is_held
from circulation.kernel.reasons import Reason
from circulation.kernel.results import LoanMark, Refusal
from circulation.loans.facts import OPEN_LOAN


class LoanState(Enum):
    """What an item and its loan are doing."""

    __hash__ = object.__hash__  # every verb looks the table up; that of enumerations is slow

    ON_SHELF = "on shelf"
    IN_TRANSIT = "in transit"
    HELD = "held"  # bound to a hold: on the way to it, or on the hold shelf
    MISSING = "missing"  # not on loan, and not to be found
    ON_LOAN = "on loan"
    SUSPENDED = "suspended"  # on loan, and the clock stands still
    CLAIMED_RETURNED = "claimed"  # on loan, and the patron says it was returned
    LOST = "lost"  # on loan, and lost


class LoanAction(Enum):
    """What a desk, a machine or a patron does. The value is the row's name in the picture."""

    __hash__ = object.__hash__

    CHECK_OUT = "check out"  # to a patron who has it neither on loan nor on hold
    CHECK_OUT_TO_HOLDER = "check out to holder"  # to the patron of the loan or of the hold
    CHECK_OUT_NO_BLOCK = "check out, no block"  # to another; it has happened already, off line
    CHECK_IN = "check in"
    CANCEL_CHECK_OUT = "cancel check-out"
    CANCEL_CHECK_IN = "cancel check-in"
    RENEW = "renew"
    CLAIM_RETURNED = "claim returned"
    WITHDRAW_CLAIM = "withdraw claim"
    DECLARE_LOST = "declare lost"
    FIND = "find"
    SUSPEND = "suspend"
    RESUME = "resume"
    LEND_ONWARD = "lend onward"
    END_ONWARD_LOAN = "end onward loan"
    RECALL = "recall"


#: The states that may follow, the commonest first; or why nothing is done.
Cell = tuple[LoanState, ...] | Reason

_S, _T, _H, _M, _L, _U, _C, _X = LoanState
_NOT_ON_LOAN, _TO_CANCEL = Reason.ITEM_NOT_ON_LOAN, Reason.NOTHING_TO_CANCEL
_OTHER, _OWN = Reason.ON_LOAN_TO_ANOTHER, Reason.ALREADY_ON_LOAN_TO_PATRON
_HELD_FOR = Reason.ON_HOLD_FOR_ANOTHER
_PAUSED, _CLAIMED, _LOST = Reason.LOAN_SUSPENDED, Reason.ITEM_CLAIMED_RETURNED, Reason.ITEM_LOST
_BACK = (_S, _T, _H)

# fmt: off
_ROWS: dict[LoanAction, tuple[Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell]] = {
    # on shelf, in transit, held, missing;
    # on loan, suspended, claimed, lost
    LoanAction.CHECK_OUT: (
        (_L,), (_L,), _HELD_FOR, (_L,),
        _OTHER, _OTHER, _OTHER, _OTHER),
    LoanAction.CHECK_OUT_TO_HOLDER: (
        (_L,), (_L,), (_L,), (_L,),
        _OWN, _OWN, _OWN, _OWN),
    LoanAction.CHECK_OUT_NO_BLOCK: (
        (_L,), (_L,), (_L,), (_L,),
        (_L,), (_L,), (_L,), (_L,)),
    LoanAction.CHECK_IN: (
        _BACK, _BACK, (_H, _S, _T), _BACK,
        _BACK, _BACK, _BACK, _BACK),
    LoanAction.CANCEL_CHECK_OUT: (
        _TO_CANCEL, _TO_CANCEL, _TO_CANCEL, _TO_CANCEL,
        (_S, _T, _H, _M, _L), _TO_CANCEL, _TO_CANCEL, _TO_CANCEL),
    LoanAction.CANCEL_CHECK_IN: (
        (_L, _U, _C, _X), (_L, _U, _C, _X), (_L, _U, _C, _X), _TO_CANCEL,
        _TO_CANCEL, _TO_CANCEL, _TO_CANCEL, _TO_CANCEL),
    LoanAction.RENEW: (
        _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN,
        (_L,), _PAUSED, _CLAIMED, _LOST),
    LoanAction.CLAIM_RETURNED: (
        _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN,
        (_C,), (_C,), (_C,), (_C,)),
    LoanAction.WITHDRAW_CLAIM: (
        _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN,
        (_L,), (_U,), (_L,), _LOST),
    LoanAction.DECLARE_LOST: (
        (_M,), (_M,), _HELD_FOR, (_M,),
        (_X,), (_X,), (_X,), (_X,)),
    LoanAction.FIND: (
        (_S,), (_T,), (_H,), (_S,),
        (_L,), (_U,), _CLAIMED, (_L,)),
    LoanAction.SUSPEND: (
        _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN,
        (_U,), (_U,), _CLAIMED, _LOST),
    LoanAction.RESUME: (
        _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN,
        (_L,), (_L,), _CLAIMED, _LOST),
    LoanAction.LEND_ONWARD: (
        _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN,
        (_L,), _PAUSED, _CLAIMED, _LOST),
    LoanAction.END_ONWARD_LOAN: (
        _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN,
        (_L,), (_U,), (_C,), (_X,)),
    LoanAction.RECALL: (
        _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN, _NOT_ON_LOAN,
        (_L,), _PAUSED, _CLAIMED, _LOST),
}
# fmt: on

TABLE: Final[dict[LoanState, dict[LoanAction, Cell]]] = {
    state: {action: _ROWS[action][column] for action in LoanAction}
    for column, state in enumerate(LoanState)
}


def state_of(item: ItemFacts, now: datetime) -> LoanState:
    """The state of an item at `now`, from its facts."""
    loan = OPEN_LOAN.of(item)
    if loan is not None:
        if loan.mark is not None:
            return _OF_MARK[loan.mark]
        suspended = loan.suspended_until
        return LoanState.ON_LOAN if suspended is None or suspended <= now else LoanState.SUSPENDED
    if item.missing_since is not None:
        return LoanState.MISSING
    if is_held(item):
        return LoanState.HELD
    return LoanState.ON_SHELF if item.transit_to_id is None else LoanState.IN_TRANSIT


_OF_MARK = {
    LoanMark.CLAIMED_RETURNED.value: LoanState.CLAIMED_RETURNED,
    LoanMark.LOST.value: LoanState.LOST,
}


def refusals_in(state: LoanState, action: LoanAction) -> list[Refusal]:
    """Why the action does nothing in this state; empty where it does something."""
    cell = TABLE[state][action]
    return [Refusal(cell)] if isinstance(cell, Reason) else []


def state_before(item: ItemFacts) -> dict[str, Any]:
    """What the event of a check-out must keep of the item's state, for it to be undone."""
    before: dict[str, Any] = {}
    if item.transit_to_id is not None:
        before["in_transit_to"] = item.transit_to_id
        before["in_transit_from"] = item.transit_from_id
        before["in_transit_for"] = item.transit_reason
        before["in_transit_since"] = item.transit_since.isoformat() if item.transit_since else None
    if item.missing_since is not None:
        before["missing_since"] = item.missing_since.isoformat()
    return before


def picture() -> str:
    """The table as a Markdown table: a row for each action, a column for each state."""
    states = list(LoanState)
    lines = [
        "| action | " + " | ".join(state.value for state in states) + " |",
        "|---|" + "---|" * len(states),
    ]
    for action in LoanAction:
        cells = (_words(state, TABLE[state][action]) for state in states)
        lines.append(f"| {action.value} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _words(state: LoanState, cell: Cell) -> str:
    if isinstance(cell, Reason):
        return f"`{cell.name}`"
    return " / ".join("=" if following is state else following.value for following in cell)


def write_picture(text: str) -> str:
    """A README's text with the picture of the table as it is now between its two marks.

    Raises ValueError where the marks are not there.
    """
    return write_between(text, "loan-table", picture())


def write_between(text: str, mark: str, drawn: str) -> str:
    """A README's text with what is `drawn` between the comments ``mark`` and ``end of mark``.

    Raises ValueError where they are not there.
    """
    first, last = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    head, begin, rest = text.partition(first)
    _, end, tail = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"there are no marks {first} and {last}")
    return f"{head}{first}\n\n{drawn}\n\n{last}{tail}"


def main(*paths: str) -> None:
    """Prints the picture, or writes it into the files named."""
    if not paths:
        print(picture())  # noqa: T201
    for path in map(Path, paths):
        path.write_text(write_picture(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
