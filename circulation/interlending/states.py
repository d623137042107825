"""What can be done with an interlibrary loan in which state: two tables, all states and actions.

One is for what we lend to other libraries, one for what we borrow from them. `LENDING` and
`BORROWING` say for each state and action the state that follows, or the obstacle for which nothing
is done. An action that leads to the state that held before changes nothing but what it tells
(a due date): so a message that is repeated does no harm.

What is done on loan is circulation's to allow or refuse first: a check-out, a renewal, a recall, a
check-in come here when they have happened.

`python -m circulation.interlending.states` prints the tables, `make loan-table` writes them into
README.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Final

from circulation.loans.states import write_between


class Role(Enum):
    """What we are in it. The value is what `interlibrary_loans.role` holds."""

    LENDER = "lender"
    BORROWER = "borrower"


class LendingState(Enum):
    """What a loan of ours to another library is doing."""

    REQUESTED = "requested"  # a hold waits, or an item is set aside for it
    LENT = "lent"
    RECALLED = "recalled"  # lent, and we want it back
    RETURNING = "returning"  # the borrower has sent it back
    LOST = "lost"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    OFFERED = "offered"  # on terms, or for later: the borrower may ask again
    UNFILLED = "unfilled"  # we do not lend it
    SUPPLIED = "supplied"  # a copy, which does not come back


class BorrowingState(Enum):
    """What a loan of another library's to us is doing."""

    ASKED = "asked"  # by us, and nobody has said yet that it will lend
    EXPECTED = "expected"  # the owner has said that it will lend
    SHIPPED = "shipped"
    ARRIVED = "arrived"  # the temporary item is here, and waits for the patron
    ON_LOAN = "on loan"
    RENEWAL_ASKED = "renewal asked"  # renewed by us, and the owner has not answered yet
    RECALLED = "recalled"  # the owner wants it back
    LOST = "lost"
    RETURNED = "returned"  # here again, and to go home
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    OFFERED = "offered"  # on terms, or for later: somebody has to decide
    UNFILLED = "unfilled"  # the owner does not lend it
    SUPPLIED = "supplied"  # a copy has come, which is kept


State = LendingState | BorrowingState
#: The states in which nothing is open any more.
OVER: Final = frozenset(
    {
        LendingState.COMPLETED,
        LendingState.CANCELLED,
        LendingState.UNFILLED,
        LendingState.SUPPLIED,
        BorrowingState.COMPLETED,
        BorrowingState.CANCELLED,
        BorrowingState.UNFILLED,
        BorrowingState.SUPPLIED,
    }
)


class LendingAction(Enum):
    """What happens to what we lend. The value is the row's name in the picture."""

    LEND = "lend"  # our item is checked out for it
    ARRIVE = "arrive there"
    RENEW = "renew"
    RECALL = "recall"
    SEND_BACK = "send back"  # the borrower says so
    LOSE = "lose"
    FIND = "find"
    COME_BACK = "come back"  # our item is checked in
    CANCEL = "cancel"
    OFFER = "offer"
    REFUSE = "refuse"
    SUPPLY = "supply"


class BorrowingAction(Enum):
    """What happens to what we borrow. The value is the row's name in the picture."""

    EXPECT = "expect"  # the owner will lend it
    SHIP = "ship"  # the owner says so
    ACCEPT = "accept"  # it is here: the temporary item is made
    LEND = "lend"  # to the patron
    ASK_RENEWAL = "ask renewal"  # the patron has renewed
    GRANT_RENEWAL = "grant renewal"
    REFUSE_RENEWAL = "refuse renewal"
    RECALL = "recall"  # the owner does
    LOSE = "lose"
    FIND = "find"
    COME_BACK = "come back"  # from the patron
    SEND_HOME = "send home"  # record and item go
    CANCEL = "cancel"
    OFFER = "offer"  # the owner would lend it on terms, or later
    REFUSE = "refuse"  # the owner does not lend it
    SUPPLY = "supply"  # the owner has sent a copy


class Obstacle(Enum):
    """Why nothing is done. The value is a plain English sentence for logs and staff."""

    UNKNOWN = "there is no such interlibrary loan with this partner"
    NOT_LENT = "it was not lent yet"
    ALREADY_LENT = "it was lent already"
    NOT_HERE = "it is not here yet"
    HERE_ALREADY = "it was sent, or is here already"
    ON_LOAN = "the patron has it still"
    NOT_ON_LOAN = "the patron does not have it"
    ASKED_ALREADY = "the owner was asked for a renewal, and has not answered"
    NOT_ASKED = "no renewal was asked for"
    RECALLED = "the owner wants it back"
    LOST = "it is lost"
    NOT_LOST = "it is not lost"
    IS_OVER = "the loan is over"
    NO_PARTNER = "no partner takes requests for loans"
    NOBODY_LEFT = "no other library can be asked"
    NOT_OFFERED = "there are no terms to decide on"
    BARCODE_IN_USE = "another item has this barcode"
    BARCODE_WRONG = "this cannot be a barcode"


Cell = State | Obstacle

_Q, _L, _R, _B, _X, _DONE, _OFF, _F, _NO, _COPY = LendingState
_IS_OVER, _NOT_LENT = Obstacle.IS_OVER, Obstacle.NOT_LENT
_LENT, _IS_LOST, _NOT_LOST = Obstacle.ALREADY_LENT, Obstacle.LOST, Obstacle.NOT_LOST

# fmt: off
_LENDING: dict[LendingAction, tuple[Cell, ...]] = {
    # requested, lent, recalled, returning, lost, completed, cancelled;
    # offered, unfilled, supplied
    LendingAction.LEND: (
        _L, _L, _R, _L, _L, _IS_OVER, _IS_OVER, _L, _IS_OVER, _IS_OVER),
    LendingAction.ARRIVE: (
        _NOT_LENT, _L, _R, _B, _X, _IS_OVER, _IS_OVER, _NOT_LENT, _IS_OVER, _COPY),
    LendingAction.RENEW: (
        _NOT_LENT, _L, _L, _L, _IS_LOST, _IS_OVER, _IS_OVER, _NOT_LENT, _IS_OVER, _IS_OVER),
    LendingAction.RECALL: (
        _NOT_LENT, _R, _R, _B, _IS_LOST, _IS_OVER, _IS_OVER, _NOT_LENT, _IS_OVER, _IS_OVER),
    LendingAction.SEND_BACK: (
        _NOT_LENT, _B, _B, _B, _B, _DONE, _IS_OVER, _NOT_LENT, _IS_OVER, _IS_OVER),
    LendingAction.LOSE: (
        _NOT_LENT, _X, _X, _X, _X, _IS_OVER, _IS_OVER, _NOT_LENT, _IS_OVER, _IS_OVER),
    LendingAction.FIND: (
        _NOT_LOST, _L, _R, _B, _L, _IS_OVER, _IS_OVER, _NOT_LOST, _IS_OVER, _IS_OVER),
    LendingAction.COME_BACK: (
        _Q, _DONE, _DONE, _DONE, _DONE, _DONE, _IS_OVER, _F, _IS_OVER, _IS_OVER),
    LendingAction.CANCEL: (
        _OFF, _LENT, _LENT, _LENT, _LENT, _IS_OVER, _OFF, _OFF, _IS_OVER, _IS_OVER),
    LendingAction.OFFER: (
        _F, _LENT, _LENT, _LENT, _LENT, _IS_OVER, _IS_OVER, _F, _IS_OVER, _IS_OVER),
    LendingAction.REFUSE: (
        _NO, _LENT, _LENT, _LENT, _LENT, _IS_OVER, _IS_OVER, _NO, _NO, _IS_OVER),
    LendingAction.SUPPLY: (
        _COPY, _LENT, _LENT, _LENT, _LENT, _IS_OVER, _IS_OVER, _COPY, _IS_OVER, _COPY),
}

_ASK, _E, _S, _A, _O, _W, _C, _G, _H, _HOME, _NONE, _T, _REF, _HAS = BorrowingState
_NOT_HERE, _NOT_OUT, _OUT = Obstacle.NOT_HERE, Obstacle.NOT_ON_LOAN, Obstacle.ON_LOAN
_ASKED, _NOT_ASKED, _WANTED = Obstacle.ASKED_ALREADY, Obstacle.NOT_ASKED, Obstacle.RECALLED
_HERE = Obstacle.HERE_ALREADY

_BORROWING: dict[BorrowingAction, tuple[Cell, ...]] = {
    # asked, expected, shipped, arrived, on loan, renewal asked, recalled, lost, returned;
    # completed, cancelled, offered, unfilled, supplied
    BorrowingAction.EXPECT: (
        _E, _E, _S, _A, _O, _W, _C, _G, _H, _IS_OVER, _IS_OVER, _E, _IS_OVER, _IS_OVER),
    BorrowingAction.SHIP: (
        _S, _S, _S, _A, _O, _W, _C, _G, _H, _IS_OVER, _IS_OVER, _S, _IS_OVER, _IS_OVER),
    BorrowingAction.ACCEPT: (
        _A, _A, _A, _A, _O, _W, _C, _G, _H, _IS_OVER, _IS_OVER, _A, _IS_OVER, _IS_OVER),
    BorrowingAction.LEND: (
        _NOT_HERE, _NOT_HERE, _NOT_HERE, _O, _O, _W, _C, _O, _O,
        _IS_OVER, _IS_OVER, _NOT_HERE, _IS_OVER, _IS_OVER),
    BorrowingAction.ASK_RENEWAL: (
        _NOT_HERE, _NOT_HERE, _NOT_HERE, _NOT_OUT, _W, _ASKED, _WANTED, _IS_LOST, _NOT_OUT,
        _IS_OVER, _IS_OVER, _NOT_HERE, _IS_OVER, _IS_OVER),
    BorrowingAction.GRANT_RENEWAL: (
        _NOT_HERE, _NOT_HERE, _NOT_HERE, _A, _O, _O, _O, _G, _H,
        _IS_OVER, _IS_OVER, _NOT_HERE, _IS_OVER, _IS_OVER),
    BorrowingAction.REFUSE_RENEWAL: (
        _NOT_HERE, _NOT_HERE, _NOT_HERE, _NOT_ASKED, _NOT_ASKED, _O, _NOT_ASKED, _NOT_ASKED,
        _NOT_ASKED, _IS_OVER, _IS_OVER, _NOT_HERE, _IS_OVER, _IS_OVER),
    BorrowingAction.RECALL: (
        _NOT_HERE, _NOT_HERE, _NOT_HERE, _A, _C, _C, _C, _G, _H,
        _IS_OVER, _IS_OVER, _NOT_HERE, _IS_OVER, _IS_OVER),
    BorrowingAction.LOSE: (
        _NOT_HERE, _NOT_HERE, _NOT_HERE, _G, _G, _G, _G, _G, _G,
        _IS_OVER, _IS_OVER, _NOT_HERE, _IS_OVER, _IS_OVER),
    BorrowingAction.FIND: (
        _NOT_HERE, _NOT_HERE, _NOT_HERE, _A, _O, _W, _C, _O, _H,
        _IS_OVER, _IS_OVER, _NOT_HERE, _IS_OVER, _IS_OVER),
    BorrowingAction.COME_BACK: (
        _NOT_HERE, _NOT_HERE, _NOT_HERE, _A, _H, _H, _H, _H, _H,
        _IS_OVER, _IS_OVER, _NOT_HERE, _IS_OVER, _IS_OVER),
    BorrowingAction.SEND_HOME: (
        _NOT_HERE, _NOT_HERE, _NOT_HERE, _HOME, _OUT, _OUT, _OUT, _HOME, _HOME,
        _HOME, _IS_OVER, _NOT_HERE, _IS_OVER, _IS_OVER),
    BorrowingAction.CANCEL: (
        _NONE, _NONE, _NONE, _H, _OUT, _OUT, _OUT, _IS_LOST, _H,
        _IS_OVER, _NONE, _NONE, _IS_OVER, _IS_OVER),
    BorrowingAction.OFFER: (
        _T, _T, _HERE, _HERE, _HERE, _HERE, _HERE, _HERE, _HERE,
        _IS_OVER, _IS_OVER, _T, _IS_OVER, _IS_OVER),
    BorrowingAction.REFUSE: (
        _REF, _REF, _REF, _HERE, _HERE, _HERE, _HERE, _HERE, _HERE,
        _IS_OVER, _IS_OVER, _REF, _REF, _IS_OVER),
    BorrowingAction.SUPPLY: (
        _HAS, _HAS, _HAS, _HERE, _HERE, _HERE, _HERE, _HERE, _HERE,
        _IS_OVER, _IS_OVER, _HAS, _IS_OVER, _HAS),
}
# fmt: on

LENDING: Final[Mapping[LendingState, Mapping[LendingAction, Cell]]] = {
    state: {action: _LENDING[action][column] for action in LendingAction}
    for column, state in enumerate(LendingState)
}
BORROWING: Final[Mapping[BorrowingState, Mapping[BorrowingAction, Cell]]] = {
    state: {action: _BORROWING[action][column] for action in BorrowingAction}
    for column, state in enumerate(BorrowingState)
}


def after(state: State, action: LendingAction | BorrowingAction) -> Cell:
    """The state that follows the action, or the obstacle. The two are of one table."""
    if isinstance(state, LendingState) and isinstance(action, LendingAction):
        return LENDING[state][action]
    if isinstance(state, BorrowingState) and isinstance(action, BorrowingAction):
        return BORROWING[state][action]
    raise ValueError(f"{action} is not of the table of {state}")


def state_named(role: str, name: str) -> State:
    """The state that a row holds."""
    return LendingState(name) if role == Role.LENDER.value else BorrowingState(name)


def picture(role: Role) -> str:
    """A table as a Markdown table: a row for each action, a column for each state."""
    states: list[State]
    actions: list[LendingAction | BorrowingAction]
    if role is Role.LENDER:
        states, actions = list(LendingState), list(LendingAction)
    else:
        states, actions = list(BorrowingState), list(BorrowingAction)
    lines = [
        "| action | " + " | ".join(state.value for state in states) + " |",
        "|---|" + "---|" * len(states),
    ]
    for action in actions:
        cells = (_words(state, after(state, action)) for state in states)
        lines.append(f"| {action.value} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _words(state: State, cell: Cell) -> str:
    if isinstance(cell, Obstacle):
        return f"`{cell.name}`"
    return "=" if cell is state else cell.value


def write_pictures(text: str) -> str:
    """A README's text with both pictures between their marks, as the tables are now.

    Raises ValueError where the marks are not there.
    """
    for role in Role:
        text = write_between(text, f"{role.value}-table", picture(role))
    return text


def main(*paths: str) -> None:
    """Prints the pictures, or writes them into the files named."""
    if not paths:
        print("\n\n".join(picture(role) for role in Role))  # noqa: T201
    for path in map(Path, paths):
        path.write_text(write_pictures(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
