"""What features remember in the engine, and keep of the set-up."""

from __future__ import annotations

import pytest

from catalogue.database import Transaction
from circulation.kernel.engine import Circulation, Memory
from circulation.kernel.parts import Registry, Sealed
from circulation.kernel.set_up import SET_UP_PARTS, SetUpPart, read_set_up, set_up_changed
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from tests.builders.circulation import Library

COUNTS: Memory[list[int]] = Memory(list)


def test_a_memory_is_made_once_for_each_engine() -> None:
    here, there = Circulation(), Circulation()
    COUNTS.of(here).append(1)
    assert COUNTS.of(here) == [1]
    assert COUNTS.of(there) == []


def test_what_is_remembered_from_the_beginning() -> None:
    key = IdentifierKey(b"sixteen bytes or")
    circulation = Circulation({IDENTIFIERS: key})
    assert IDENTIFIERS.of(circulation) is key
    another = IdentifierKey()
    IDENTIFIERS.put(circulation, another)
    assert IDENTIFIERS.of(circulation) is another
    assert "sixteen" not in repr(circulation)


def test_parts_that_come_late_are_refused(library: Library) -> None:
    late = SetUpPart("late", lambda transaction: 1)
    set_up = library.read(read_set_up)
    with pytest.raises(Sealed, match="SET_UP_PARTS"):
        SET_UP_PARTS.add(late)
    with pytest.raises(KeyError):
        late.of(set_up)


def test_nothing_is_read_before_the_features_have_joined(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("circulation.kernel.parts._JOINED", {})
    nothing: Registry[SetUpPart[int]] = Registry(SET_UP_PARTS.address)
    monkeypatch.setattr("circulation.kernel.set_up.SET_UP_PARTS", nothing)
    with pytest.raises(RuntimeError, match=r"import circulation\.assembly"):
        library.read(read_set_up)


def test_parts_on_demand_are_read_once_in_the_transaction_that_asks(library: Library) -> None:
    circulation = Circulation(on_demand=True)
    read: list[Transaction] = []
    part = SetUpPart("part", lambda transaction: read.append(transaction) or len(read))

    def work(transaction: Transaction) -> Transaction:
        set_up = circulation.current_set_up(transaction)
        assert part.of(set_up) == len(read) == 1
        assert circulation.set_up_at_hand(transaction) is set_up
        return transaction

    begun = library.read(circulation.current_set_up)
    assert read == []
    second = library.read(work)
    library.read(work)
    assert read == [second]

    library.write(set_up_changed)
    assert library.read(circulation.current_set_up) is not begun
