"""What every verb of circulation needs besides its transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from catalogue.database import Transaction
from circulation.kernel.ids import IdSource
from circulation.kernel.set_up import PartsOnDemand, SetUp, read_set_up, version_of

M = TypeVar("M")


class Memory(Generic[M]):
    """What a feature remembers for as long as the process lives: ``PINS.of(circulation)`` has the
    type that `make` gives, and is made when it is first asked for."""

    def __init__(self, make: Callable[[], M]) -> None:
        self._make = make

    def of(self, circulation: Circulation) -> M:
        """The same for all threads."""
        memory: M | None = circulation.memories.get(self)
        if memory is None:
            memory = circulation.memories.setdefault(
                self, circulation.makers.get(self, self._make)()
            )
        return memory

    def later(self, circulation: Circulation, make: Callable[[], M]) -> None:
        """Has `make` give what is remembered, when it is first asked for."""
        circulation.makers[self] = make

    def put(self, circulation: Circulation, memory: M) -> None:
        """Takes the place of what was remembered."""
        circulation.memories[self] = memory


@dataclass(slots=True)
class Circulation:
    """The engine's memory: the id source, the library's set-up as last read, what features keep.

    One for each process, shared by all its threads. ``Circulation()`` is ready for use; what
    features are to remember from the beginning comes in `memories`. `on_demand`: the process does
    one thing after another, and what features keep of the set-up is read when it is asked for.
    """

    memories: dict[Memory[Any], Any] = field(default_factory=dict, repr=False)
    makers: dict[Memory[Any], Callable[[], Any]] = field(default_factory=dict, repr=False)
    ids: IdSource = field(default_factory=IdSource)
    on_demand: bool = False
    _set_up: SetUp | None = field(default=None, repr=False)

    def set_up(self, transaction: Transaction, version: int) -> SetUp:
        """The set-up of `version`, which the transaction has just read with its facts."""
        known = self._set_up
        if known is None or known.version != version:
            known = self._set_up = read_set_up(transaction, on_demand=self.on_demand)
        return self._within(transaction, known)

    def set_up_at_hand(self, transaction: Transaction) -> SetUp:
        """The set-up as it was last read, for who has just called what reads it anyway."""
        known = self._set_up
        if known is None:
            return self.current_set_up(transaction)
        return self._within(transaction, known)

    def current_set_up(self, transaction: Transaction) -> SetUp:
        """The set-up as it is now, for who reads no facts with it: one short statement."""
        return self.set_up(transaction, version_of(transaction))

    def _within(self, transaction: Transaction, set_up: SetUp) -> SetUp:
        if isinstance(set_up.parts, PartsOnDemand):
            set_up.parts.transaction = transaction
        return set_up
