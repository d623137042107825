"""Every cell of the table of loan states and actions, on a real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from circulation.holds.recalls import recall
from circulation.items.facts import ItemFacts, item_facts
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refused
from circulation.loans import lost, states
from circulation.loans.onward import end_onward_loan, lend_onward
from circulation.loans.states import (
    TABLE,
    Cell,
    LoanAction,
    LoanState,
    main,
    picture,
    state_of,
)
from circulation.loans.undo import cancel_check_in, cancel_check_out
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_hold, cancel, holds_of

UNTIL = date(2026, 12, 10)
OWN, OTHER, PUPIL = "P-own", "P-other", "P-pupil"


def facts_of(library: Library, barcode: str) -> ItemFacts:
    """All but the moment of the last act: what was undone has happened all the same."""
    found = library.read(lambda transaction: item_facts(transaction, barcode=barcode))
    assert found is not None
    return found._replace(last_act=None)


def state(library: Library, barcode: str) -> LoanState:
    return state_of(facts_of(library, barcode), library.now)


def verb(library: Library, work: Callable[..., object], barcode: str, **options: object) -> object:
    return library.write(
        lambda transaction: work(library.act(transaction), item=barcode, **options)
    )


# How an item comes to be in each state

State = Callable[[Library, str], None]


def on_shelf(library: Library, barcode: str) -> None:
    pass


def in_transit(library: Library, barcode: str) -> None:
    library.check_in(barcode, at=library.other)


def held(library: Library, barcode: str) -> None:
    a_hold(library, OWN, barcode)
    library.check_in(barcode)


def missing(library: Library, barcode: str) -> None:
    verb(library, lost.declare_lost, barcode)


def on_loan(library: Library, barcode: str) -> None:
    library.check_out(OWN, barcode)


def suspended(library: Library, barcode: str) -> None:
    on_loan(library, barcode)
    verb(library, lost.suspend, barcode, until=UNTIL)


def claimed(library: Library, barcode: str) -> None:
    on_loan(library, barcode)
    verb(library, lost.claim_returned, barcode)


def lost_on_loan(library: Library, barcode: str) -> None:
    on_loan(library, barcode)
    verb(library, lost.declare_lost, barcode)


STATES: dict[LoanState, State] = {
    LoanState.ON_SHELF: on_shelf,
    LoanState.IN_TRANSIT: in_transit,
    LoanState.HELD: held,
    LoanState.MISSING: missing,
    LoanState.ON_LOAN: on_loan,
    LoanState.SUSPENDED: suspended,
    LoanState.CLAIMED_RETURNED: claimed,
    LoanState.LOST: lost_on_loan,
}

ACTIONS: dict[LoanAction, Callable[[Library, str], object]] = {
    LoanAction.CHECK_OUT: lambda library, item: library.check_out(OTHER, item),
    LoanAction.CHECK_OUT_TO_HOLDER: lambda library, item: library.check_out(OWN, item),
    LoanAction.CHECK_OUT_NO_BLOCK: lambda library, item: library.check_out(
        OTHER, item, no_block=True
    ),
    LoanAction.CHECK_IN: lambda library, item: library.check_in(item),
    LoanAction.CANCEL_CHECK_OUT: lambda library, item: verb(library, cancel_check_out, item),
    LoanAction.CANCEL_CHECK_IN: lambda library, item: verb(library, cancel_check_in, item),
    LoanAction.RENEW: lambda library, item: library.renew(OWN, item),
    LoanAction.CLAIM_RETURNED: lambda library, item: verb(library, lost.claim_returned, item),
    LoanAction.WITHDRAW_CLAIM: lambda library, item: verb(library, lost.withdraw_claim, item),
    LoanAction.DECLARE_LOST: lambda library, item: verb(library, lost.declare_lost, item),
    LoanAction.FIND: lambda library, item: verb(library, lost.find, item),
    LoanAction.SUSPEND: lambda library, item: verb(library, lost.suspend, item, until=UNTIL),
    LoanAction.RESUME: lambda library, item: verb(library, lost.resume, item),
    LoanAction.LEND_ONWARD: lambda library, item: verb(library, lend_onward, item, to=PUPIL),
    LoanAction.END_ONWARD_LOAN: lambda library, item: verb(library, end_onward_loan, item),
    LoanAction.RECALL: lambda library, item: verb(library, recall, item),
}

#: Moving a loan's due date, or giving it a second borrower, is no new state but something new.
NEW_ALL_THE_SAME = {LoanAction.RENEW, LoanAction.LEND_ONWARD, LoanAction.RECALL}


@pytest.fixture
def patrons(sqlite_library: Library) -> Library:
    for card in (OWN, OTHER, PUPIL):
        a_patron(sqlite_library, card)
    return sqlite_library


@pytest.mark.parametrize("action", LoanAction)
@pytest.mark.parametrize("before", LoanState)
def test_every_cell(patrons: Library, before: LoanState, action: LoanAction) -> None:
    """Statements 3 and 17: what the table says happens, and each change has its one event."""
    library, barcode = patrons, an_item(patrons)
    library.policy(loan_days=28, renewals=2, recall_days=14)
    STATES[before](library, barcode)
    assert state(library, barcode) is before
    library.pass_time(days=1)  # so that nothing is "right after"
    facts, events = facts_of(library, barcode), library.events_of(barcode)

    answer = ACTIONS[action](library, barcode)
    cell: Cell = TABLE[before][action]
    after = state(library, barcode)
    is_cancel = action in (LoanAction.CANCEL_CHECK_OUT, LoanAction.CANCEL_CHECK_IN)
    if isinstance(cell, Reason) or is_cancel:
        expected = cell if isinstance(cell, Reason) else Reason.NOTHING_TO_CANCEL
        assert isinstance(answer, Refused), answer
        assert expected in answer.reasons
        assert (facts_of(library, barcode), library.events_of(barcode)) == (facts, events)
        return
    assert not isinstance(answer, Refused), answer
    assert after in cell
    new = library.events_of(barcode)[len(events) :]
    if after is before and action not in NEW_ALL_THE_SAME and action not in CHECKS:
        assert (facts_of(library, barcode), new) == (facts, [])
    else:
        about = [event for event in new if event.hold_id is None or action in CHECKS]
        assert about, "a change without its event"
    if action not in CHECKS and new:
        assert len(new) == 1


#: Who has it neither on loan nor on hold checks it out as anybody does.
AS_ANYBODY = {
    (state, LoanAction.CHECK_OUT_TO_HOLDER)
    for state in (LoanState.ON_SHELF, LoanState.IN_TRANSIT, LoanState.MISSING)
}
DONE = [
    (before, action)
    for before in LoanState
    for action in LoanAction
    if not isinstance(TABLE[before][action], Reason) and (before, action) not in AS_ANYBODY
]


@pytest.mark.parametrize(("before", "action"), DONE)
def test_every_verb_asks_the_table(
    patrons: Library, before: LoanState, action: LoanAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the table said otherwise, the verb would do otherwise."""
    library, barcode = patrons, an_item(patrons)
    library.policy(loan_days=28, renewals=2, recall_days=14)
    STATES[before](library, barcode)
    if action is LoanAction.CANCEL_CHECK_IN:
        a_loan_that_has_ended(library, barcode, before)
    facts, events = facts_of(library, barcode), library.events_of(barcode)
    monkeypatch.setitem(TABLE[before], action, Reason.NOT_WANTED)
    answer = ACTIONS[action](library, barcode)
    assert isinstance(answer, Refused), answer
    assert Reason.NOT_WANTED in answer.reasons
    assert (facts_of(library, barcode), library.events_of(barcode)) == (facts, events)


def a_loan_that_has_ended(library: Library, barcode: str, state_then: LoanState) -> None:
    """A check-in just now, after which the item is in that state."""
    if state_then is LoanState.HELD:  # the hold's own patron had it on loan
        library.check_out(OWN, barcode)
        a_hold(library, OTHER, barcode)
    else:
        library.check_out(OTHER, barcode)
    library.check_in(barcode, at=library.other if state_then is LoanState.IN_TRANSIT else None)
    assert state(library, barcode) is state_then


CHECKS = {
    LoanAction.CHECK_OUT,
    LoanAction.CHECK_OUT_TO_HOLDER,
    LoanAction.CHECK_OUT_NO_BLOCK,
    LoanAction.CHECK_IN,
}


@pytest.mark.parametrize("before", LoanState)
@pytest.mark.parametrize("outcome", [LoanState.ON_SHELF, LoanState.IN_TRANSIT, LoanState.HELD])
def test_every_way_back(patrons: Library, before: LoanState, outcome: LoanState) -> None:
    """Statement 6: a check-in ends in exactly one place, from whatever state, and says which."""
    library, barcode = patrons, an_item(patrons)
    at: Branch = library.other if outcome is LoanState.IN_TRANSIT else library.main
    if outcome is LoanState.HELD and before is not LoanState.HELD:
        a_hold(library, OTHER, barcode)
    STATES[before](library, barcode)
    if before is LoanState.HELD and outcome is not LoanState.HELD:
        [hold] = holds_of(library, OWN)
        cancel(library, OWN, hold.hold)
    answer = library.check_in(barcode, at=at)
    assert not isinstance(answer, Refused)
    assert state(library, barcode) is outcome
    assert outcome in TABLE[before][LoanAction.CHECK_IN]  # type: ignore[operator]


@pytest.mark.parametrize(
    "before", [LoanState.ON_SHELF, LoanState.IN_TRANSIT, LoanState.HELD, LoanState.MISSING]
)
def test_cancelling_a_check_out_restores_every_state(patrons: Library, before: LoanState) -> None:
    """Statement 7."""
    library, barcode = patrons, an_item(patrons)
    STATES[before](library, barcode)
    facts = facts_of(library, barcode)
    library.pass_time(minutes=1)
    assert not isinstance(library.check_out(OWN, barcode), Refused)
    assert not isinstance(verb(library, cancel_check_out, barcode), Refused)
    assert facts_of(library, barcode) == facts
    assert before in TABLE[LoanState.ON_LOAN][LoanAction.CANCEL_CHECK_OUT]  # type: ignore[operator]


@pytest.mark.parametrize(
    "before",
    [LoanState.ON_LOAN, LoanState.SUSPENDED, LoanState.CLAIMED_RETURNED, LoanState.LOST],
)
@pytest.mark.parametrize("outcome", [LoanState.ON_SHELF, LoanState.IN_TRANSIT, LoanState.HELD])
def test_cancelling_a_check_in_restores_every_state(
    patrons: Library, before: LoanState, outcome: LoanState
) -> None:
    """Statement 7: also where the check-in caught a hold or began a transit."""
    library, barcode = patrons, an_item(patrons)
    if outcome is LoanState.HELD:
        library.policy(loan_days=28, renewals=2, lend_wanted_copies={"desk": "allow"})
        a_hold(library, OTHER, barcode)
    STATES[before](library, barcode)
    facts = facts_of(library, barcode)
    library.pass_time(minutes=1)
    at = library.other if outcome is LoanState.IN_TRANSIT else library.main
    library.check_in(barcode, at=at)
    assert state(library, barcode) is outcome
    answer = library.write(
        lambda transaction: cancel_check_in(library.act(transaction, at), item=barcode)
    )
    assert not isinstance(answer, Refused), answer
    assert facts_of(library, barcode) == facts
    assert before in TABLE[outcome][LoanAction.CANCEL_CHECK_IN]  # type: ignore[operator]


def test_the_table_has_every_state_and_action() -> None:
    assert set(TABLE) == set(LoanState)
    for row in TABLE.values():
        assert set(row) == set(LoanAction)
    assert set(STATES) == set(LoanState)
    assert set(ACTIONS) == set(LoanAction)


def test_the_picture_in_the_readme_is_the_table(tmp_path: Path) -> None:
    readme = Path(states.__file__).with_name("README.md").read_text(encoding="utf-8")
    assert picture() in readme, "run make loan-table"
    old = tmp_path / "README.md"
    old.write_text(readme.replace("lend onward", "ønske"), encoding="utf-8")
    main(str(old))
    assert old.read_text(encoding="utf-8") == readme


def test_a_suspension_ends_by_itself(patrons: Library) -> None:
    library, barcode = patrons, an_item(patrons)
    suspended(library, barcode)
    library.pass_time(days=30)
    assert state(library, barcode) is LoanState.ON_LOAN


def test_the_picture_is_printed_where_no_file_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main()
    assert capsys.readouterr().out == picture() + "\n"
