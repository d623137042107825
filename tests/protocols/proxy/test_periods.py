"""For how long things are lent, as it was seen."""

from __future__ import annotations

from protocols.proxy.periods import USUAL_DAYS, Periods


def test_the_nearest_kinds_count_and_the_systems_are_apart() -> None:
    periods = Periods()
    assert periods.usual("old", "006", "child") == USUAL_DAYS
    for _ in range(3):
        periods.learn("old", "001", "adult", 30)
    periods.learn("old", "006", "adult", 7)
    periods.learn("old", "006", "child", 14)
    periods.learn("new", "006", "child", 21)
    assert periods.usual("old", "006", "child") == 14
    assert periods.usual("old", "006", "adult") == 7
    assert periods.usual("old", "009", "child") == 30
    assert periods.usual("new", "001", "adult") == 21
    assert Periods.loaded(periods.dumped()).dumped() == periods.dumped()


def test_other_rules_are_soon_known() -> None:
    periods = Periods()
    for _ in range(5000):
        periods.learn("old", "001", "", 28)
    for _ in range(60):
        periods.learn("old", "001", "", 56)
    assert periods.usual("old", "001", "") == 56
