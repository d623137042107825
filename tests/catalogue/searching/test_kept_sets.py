"""Result sets kept for their owners."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pyroaring import BitMap

from catalogue.database import Database
from catalogue.searching.kept_sets import (
    MOST_SETS,
    KeptSet,
    TooManySets,
    forget_set,
    keep_set,
    kept_sets,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def keep(database: Database, owner: str, *sets: KeptSet) -> None:
    for number, kept in enumerate(sets):
        now = NOW + timedelta(minutes=number)
        database.write(lambda t, kept=kept, now=now: keep_set(t, owner, kept, now=now)).result()  # type: ignore[misc]


def of(database: Database, owner: str) -> list[KeptSet]:
    return database.read(lambda t: kept_sets(t, owner=owner)).result()


def test_a_set_comes_back_as_it_was_kept(database: Database) -> None:
    whole = KeptSet("all", ("catalogue", "DK-900100"), BitMap(range(100_000)))
    order = [7, 4_000_000_000, 2]
    sorted_one = KeptSet("sorted", ("catalogue",), BitMap(order), order)
    keep(database, "keeper", whole, sorted_one, KeptSet("empty", ("catalogue",), BitMap()))
    first, second, third = of(database, "keeper")
    assert first == whole
    assert (second.name, list(second.order or ())) == ("sorted", order)
    assert second.records == sorted_one.records
    assert not third.records
    assert of(database, "another") == []


def test_one_of_the_same_name_takes_its_place(database: Database) -> None:
    keep(database, "keeper", KeptSet("a", ("x",), BitMap([1])), KeptSet("a", ("y",), BitMap([2])))
    [kept] = of(database, "keeper")
    assert kept == KeptSet("a", ("y",), BitMap([2]))


def test_each_owner_forgets_his_own(database: Database) -> None:
    for owner in ("keeper", "collector"):
        keep(database, owner, KeptSet("a", ("x",), BitMap([1])))
    assert database.write(lambda t: forget_set(t, "keeper", "a")).result()
    assert not database.write(lambda t: forget_set(t, "keeper", "a")).result()
    assert of(database, "keeper") == []
    assert len(of(database, "collector")) == 1


def test_an_owner_keeps_so_many(database: Database) -> None:
    keep(database, "keeper", *(KeptSet(str(n), ("x",), BitMap([n])) for n in range(MOST_SETS)))
    with pytest.raises(TooManySets):
        keep(database, "keeper", KeptSet("one more", ("x",), BitMap([1])))
    keep(database, "keeper", KeptSet("3", ("x",), BitMap([1, 2])))
    keep(database, "collector", KeptSet("one more", ("x",), BitMap([1])))
    assert len(of(database, "keeper")) == MOST_SETS
