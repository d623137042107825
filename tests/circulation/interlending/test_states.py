"""Every cell of both tables, on rows of a real database."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from catalogue.database import Transaction
from circulation.interlending import states
from circulation.interlending.rows import InterlibraryLoan, advance, insert_loan, loan_by_id
from circulation.interlending.states import (
    BORROWING,
    LENDING,
    OVER,
    BorrowingAction,
    BorrowingState,
    LendingAction,
    LendingState,
    Obstacle,
    Role,
    State,
    after,
    picture,
    write_pictures,
)
from circulation.kernel.results import UNATTENDED
from tests.builders.circulation import Library

Action = LendingAction | BorrowingAction
CELLS: list[tuple[State, Action]] = [
    *product(LendingState, LendingAction),
    *product(BorrowingState, BorrowingAction),
]


def a_row(library: Library, state: State, number: int) -> InterlibraryLoan:
    is_lender = isinstance(state, LendingState)
    return InterlibraryLoan(
        id=number,
        partner="broker",
        actor="Broker",
        request_id=f"REQ-{number}",
        role=(Role.LENDER if is_lender else Role.BORROWER).value,
        state_name=state.value,
        item_id=None,
        barcode="",
        record_id=None,
        title="Njals saga",
        author="",
        branch_id=library.main.id,
        patron_id=None,
        user="" if state in OVER else "P1",
        hold_id=None,
        loan_id=None,
        due=None,
        due_before=None,
        renewable=True,
        made_here=False,
        goes_at_check_in=False,
        created=library.now,
        changed=library.now,
        closed=library.now if state in OVER else None,
    )


def test_every_cell(library: Library) -> None:
    rows = {cell: a_row(library, cell[0], number) for number, cell in enumerate(CELLS, start=1)}

    def begin(transaction: Transaction) -> None:
        for row in rows.values():
            insert_loan(transaction, row)

    library.write(begin)
    library.pass_time(minutes=1)

    def act(transaction: Transaction) -> None:
        for (state, action), row in rows.items():
            outcome = advance(library.act(transaction, UNATTENDED), row, action)
            stored = loan_by_id(transaction, row.id)
            cell = after(state, action)
            if isinstance(cell, Obstacle):
                assert outcome is cell
                assert stored == row
                continue
            assert stored == outcome
            assert stored is not None
            assert stored.state is cell, (state, action)
            assert (stored.closed is not None) == (cell in OVER)
            assert bool(stored.user) != (cell in OVER)
            assert (stored.changed == row.changed) == (cell is state)

    library.write(act)


def test_actions_are_of_one_table() -> None:
    with pytest.raises(ValueError, match="not of the table"):
        after(LendingState.LENT, BorrowingAction.SHIP)
    with pytest.raises(ValueError, match="not of the table"):
        after(BorrowingState.ON_LOAN, LendingAction.LEND)


def test_what_is_over_stays_over() -> None:
    for table in (LENDING, BORROWING):
        for state, cells in table.items():
            if state in OVER:
                assert all(isinstance(cell, Obstacle) or cell is state for cell in cells.values())


def test_nothing_leaves_a_borrowed_item_behind() -> None:
    """From every state in which the item is here some actions lead to its going home."""
    for state in BorrowingState:
        reached, fresh = set[State](), {state}
        while fresh:
            reached |= fresh
            fresh = {
                cell
                for one in fresh
                for cell in BORROWING[one].values()
                if isinstance(cell, BorrowingState) and cell not in reached
            }
        assert reached & OVER, state


def test_the_readme_has_the_pictures() -> None:
    path = Path(states.__file__).with_name("README.md")
    text = path.read_text(encoding="utf-8")
    assert write_pictures(text) == text, "run `make loan-table`"
    assert picture(Role.LENDER) in text


def test_a_readme_without_marks() -> None:
    with pytest.raises(ValueError, match="lender-table"):
        write_pictures("nothing")


def test_the_readme_has_a_line_for_every_module() -> None:
    folder = Path(states.__file__).parent
    table = (folder / "README.md").read_text(encoding="utf-8").partition("##")[0]
    named = [name for row in re.findall(r"^\| (`.*?) \|", table, re.M) for name in row.split(", ")]
    modules = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert sorted(named) == sorted(f"`{name}`" for name in modules)
