"""What a principal may do, and where."""

from __future__ import annotations

from circulation.kernel.rights import Kind, Principal, Reach, Right


def principal(**reaches: Reach) -> Principal:
    grants = {Right[name]: reach for name, reach in reaches.items()}
    return Principal(Kind.STAFF, 1, "anna", 10, 100, "desk 1", grants)


def test_a_right_holds_where_its_reach_says() -> None:
    anna = principal(
        LEND=Reach(branches=frozenset({100})),
        VIEW_PATRONS=Reach(agencies=frozenset({10})),
        USE_LISTS=Reach(everywhere=True),
    )
    assert anna.may(Right.LEND)
    assert anna.may(Right.LEND, 10, 100)
    assert not anna.may(Right.LEND, 10, 101)
    assert not anna.may(Right.LEND, 10)
    assert anna.may(Right.VIEW_PATRONS, 10, 101)
    assert not anna.may(Right.VIEW_PATRONS, 11)
    assert anna.may(Right.USE_LISTS, 11, 110)
    assert not anna.may(Right.RUN_JOBS)


def test_who_has_no_right_to_waive_waives_nothing() -> None:
    assert principal().limit(Right.WAIVE_FEES) == 0
    assert principal(WAIVE_FEES=Reach(everywhere=True)).limit(Right.WAIVE_FEES) is None
    assert principal(WAIVE_FEES=Reach(everywhere=True, limit=5000)).limit(Right.WAIVE_FEES) == 5000
