"""What happens at the counters: people lend, return, renew, pay, reserve, look, and walk away.

What they do next is drawn from what terminals told them; what comes of it is for the checker, which
knows nothing of this.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from tests.cut_over.terminals import Heard, Terminal
from tests.cut_over.world import is_mixed

PIN: Final = "1234"
_BLANK: Final = " " * 18
#: Nobody borrows more than this, but for now and then.
_MANY: Final = 11
#: How often of a hundred times an act that the rules forbid is tried.
_BOLD: Final = 4
_TRIES: Final = 20

Ask = Callable[[str], Coroutine[Any, Any, Heard]]


class Bag:
    """Things of which any may be drawn."""

    def __init__(self, things: list[str]) -> None:
        self._things = things
        self._places = {thing: place for place, thing in enumerate(things)}

    def __contains__(self, thing: str) -> bool:
        return thing in self._places

    def __len__(self) -> int:
        return len(self._things)

    def add(self, thing: str) -> None:
        if thing not in self._places:
            self._places[thing] = len(self._things)
            self._things.append(thing)

    def remove(self, thing: str) -> None:
        place = self._places.pop(thing, None)
        if place is not None:
            last = self._things.pop()
            if last != thing:
                self._things[place] = last
                self._places[last] = place

    def any(self, random: Random) -> str:
        return random.choice(self._things)


@dataclass
class Told:
    """What patrons were told at terminals. `waiting` and `ready`: who has reserved an item, and for
    whom one lies ready, with the branch."""

    loans: dict[str, str]
    free: Bag
    owed: dict[str, int]
    lent: Bag = field(init=False)
    counts: Counter[str] = field(init=False)
    blocked: set[str] = field(default_factory=set)
    waiting: dict[str, tuple[str, str]] = field(default_factory=dict)
    ready: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lent = Bag(list(self.loans))
        self.counts = Counter(self.loans.values())
        for barcode in self.loans:
            self.free.remove(barcode)

    def is_lent(self, barcode: str, card: str) -> None:
        self.is_back(barcode)
        self.loans[barcode] = card
        self.counts[card] += 1
        self.free.remove(barcode)
        self.lent.add(barcode)
        self.ready.pop(barcode, None)

    def is_back(self, barcode: str) -> None:
        card = self.loans.pop(barcode, None)
        if card is not None:
            self.counts[card] -= 1
        self.lent.remove(barcode)
        self.free.add(barcode)


class Counters:
    """All of them. `free` gives another terminal that nobody stands at; None: there is none."""

    def __init__(
        self, told: Told, cards: list[str], random: Random, free: Callable[[], Terminal | None]
    ) -> None:
        self.told = told
        self.cards = cards
        self._mixed_cards = [each for each in cards if is_mixed(each)]
        self._random = random
        self._free = free
        #: Items and cards that somebody holds in their hands.
        self._busy: set[str] = set()
        self._payments = 0
        #: Whether the next act is at a terminal of which one system hears nothing.
        self._is_mixed = False
        acts: dict[Callable[[Terminal], Coroutine[Any, Any, object]], int] = {
            self._borrow: 34,
            self._hand_in: 32,
            self._renew: 7,
            self._renew_all: 2,
            self._look: 8,
            self._ask_item: 3,
            self._pay: 4,
            self._reserve: 3,
            self._fetch: 3,
            self._lose_card: 1,
            self._same_item: 2,
            self._same_patron: 1,
        }
        self._acts, self._weights = list(acts), list(acts.values())

    async def act(self, terminal: Terminal) -> None:
        """Somebody does something at the terminal."""
        if self._random.random() < 0.004:
            terminal.cut()
        self._is_mixed = terminal.is_mixed
        (drawn,) = self._random.choices(self._acts, self._weights)
        await drawn(terminal)

    def set_aside(self) -> tuple[str, str]:
        """An item that nobody here has to do with from now on, and who borrows it elsewhere."""
        barcode = self._something(self.told.free)
        assert barcode is not None, "everything is lent"
        self.told.free.remove(barcode)
        return barcode, self._random.choice(self.cards)

    # Whom and what

    def _somebody(self, *, may_be_full: bool = False) -> str:
        for _ in range(_TRIES):
            card = self._random.choice(self._mixed_cards if self._is_mixed else self.cards)
            is_bold = self._random.randrange(100) < _BOLD
            is_fit = card not in self.told.blocked and (
                may_be_full or self.told.counts[card] < _MANY
            )
            if card not in self._busy and (is_fit or is_bold):
                break
        return card

    def _something(self, bag: Bag) -> str | None:
        tries = _TRIES * (10 if self._is_mixed else 1)
        for _ in range(tries if len(bag) else 0):
            barcode = bag.any(self._random)
            if self._is_mixed and not self._is_for_mixed(barcode):
                continue
            if barcode not in self._busy and barcode not in self.told.ready:
                return barcode
        return None

    def _is_for_mixed(self, barcode: str) -> bool:
        """May it be taken to a terminal of which one system hears nothing?"""
        return is_mixed(barcode) and is_mixed(self.told.loans.get(barcode, "0"))

    @contextmanager
    def _holding(self, *names: str) -> Iterator[None]:
        """Nobody else has these in their hands meanwhile."""
        self._busy.update(names)
        try:
            yield
        finally:
            self._busy.difference_update(names)

    async def _goes(self, terminal: Terminal, card: str) -> None:
        """Most end their session; others walk away."""
        if self._random.random() < 0.8:
            await terminal.ask(f"35{terminal.date()}AO{terminal.branch}|AA{card}|AC|")

    # Loans

    async def _borrow(self, terminal: Terminal) -> None:
        is_bold = self._random.randrange(100) < _BOLD
        barcode = self._something(self.told.lent if is_bold else self.told.free)
        card = self._somebody()
        if barcode is not None:
            with self._holding(barcode, card):
                if self._random.random() < 0.2:
                    await self._greets(terminal, card)
                await self._lends(terminal, card, barcode)
                await self._goes(terminal, card)

    async def _lends(self, terminal: Terminal, card: str, barcode: str) -> None:
        heard = await terminal.ask(
            f"11NN{terminal.date()}{_BLANK}AO{terminal.branch}|AA{card}|AB{barcode}|AC|AD{PIN}|"
        )
        if heard.is_granted:
            self.told.is_lent(barcode, card)

    async def _hand_in(self, terminal: Terminal) -> None:
        barcode = self._something(self.told.lent)
        if barcode is not None:
            with self._holding(barcode):
                await self._returns(terminal, barcode)

    async def _returns(self, terminal: Terminal, barcode: str) -> None:
        now = terminal.date()
        place = f"AP{terminal.branch}|AO{terminal.branch}"
        heard = await terminal.ask(f"09N{now}{now}{place}|AB{barcode}|AC|")
        if heard.is_granted:
            self.told.is_back(barcode)
            if barcode in self.told.waiting:
                self.told.ready[barcode] = self.told.waiting.pop(barcode)

    async def _renew(self, terminal: Terminal) -> None:
        barcode = self._something(self.told.lent)
        if barcode is None or self.told.loans[barcode] in self._busy:
            return
        card = self.told.loans[barcode]
        with self._holding(barcode, card):
            await self._renews(terminal, card, barcode)
            await self._goes(terminal, card)

    async def _renews(self, terminal: Terminal, card: str, barcode: str) -> None:
        who = f"AA{card}|AD{PIN}"
        await terminal.ask(f"29NN{terminal.date()}{_BLANK}AO{terminal.branch}|{who}|AB{barcode}|")

    async def _renew_all(self, terminal: Terminal) -> None:
        """All that somebody has, with one touch."""
        barcode = self._something(self.told.lent)
        if barcode is None or self.told.loans[barcode] in self._busy:
            return
        card = self.told.loans[barcode]
        theirs = [each for each, whose in self.told.loans.items() if whose == card]
        if self._is_mixed and not all(map(is_mixed, theirs)):
            return
        if self._busy.intersection(theirs):
            return
        with self._holding(card, *theirs):
            await terminal.ask(f"65{terminal.date()}AO{terminal.branch}|AA{card}|AD{PIN}|AC|")
            await self._goes(terminal, card)

    # What changes nothing

    async def _greets(self, terminal: Terminal, card: str) -> None:
        await terminal.ask(f"23001{terminal.date()}AO{terminal.branch}|AA{card}|AC|AD{PIN}|")

    async def _look(self, terminal: Terminal) -> None:
        """Somebody looks at what they have, and stays a while at the machine."""
        card = self._somebody(may_be_full=True)
        with self._holding(card):
            who = f"AO{terminal.branch}|AA{card}|AC|AD{PIN}|"
            await terminal.ask(f"63001{terminal.date()}  Y       {who}")
            self._is_mixed = terminal.is_mixed
            barcode = self._something(self.told.free)
            if barcode is not None and self._random.random() < 0.5:
                with self._holding(barcode):
                    await self._lends(terminal, card, barcode)
            await self._goes(terminal, card)

    async def _ask_item(self, terminal: Terminal) -> None:
        barcode = self._something(self.told.lent if self._random.random() < 0.5 else self.told.free)
        if barcode is not None:
            await terminal.ask(f"17{terminal.date()}AO{terminal.branch}|AB{barcode}|AC|")

    # Money

    async def _pay(self, terminal: Terminal) -> None:
        owing = [
            card
            for card, left in self.told.owed.items()
            if left and card not in self._busy and (is_mixed(card) or not self._is_mixed)
        ]
        if not owing:
            return
        card = self._random.choice(owing)
        left = self.told.owed[card]
        amount = left if self._random.random() < 0.3 else max(50, left // 200 * 50)
        self._payments += 1
        with self._holding(card):
            heard = await terminal.ask(
                f"37{terminal.date()}0100DKKBV{amount / 100:.2f}|AO{terminal.branch}"
                f"|AA{card}|AC|BKB{self._payments:07}|"
            )
            if heard.is_granted:
                self.told.owed[card] = left - amount
            elif heard.answer is None or self._random.random() < 0.5:
                self.told.owed[card] = 0  # whether it was taken is for staff to find out
            await self._goes(terminal, card)

    # Holds

    async def _reserve(self, terminal: Terminal) -> None:
        barcode = self._something(self.told.lent)
        card = self._somebody(may_be_full=True)
        if barcode is None or barcode in self.told.waiting or self.told.loans[barcode] == card:
            return
        with self._holding(barcode, card):
            place = terminal.branch
            heard = await terminal.ask(
                f"15+{terminal.date()}AO{place}|AA{card}|AD{PIN}|AB{barcode}|BS{place}|"
            )
            if heard.is_granted:
                self.told.waiting[barcode] = card, place
            await self._goes(terminal, card)

    async def _fetch(self, terminal: Terminal) -> None:
        """What somebody waits for comes to its shelf, and they fetch it."""
        for barcode, (card, branch) in self.told.ready.items():
            is_for_here = (is_mixed(barcode) and is_mixed(card)) or not terminal.is_mixed
            if not {barcode, card} & self._busy and branch == terminal.branch and is_for_here:
                break
        else:
            return
        with self._holding(barcode, card):
            now = terminal.date()
            place = f"AP{terminal.branch}|AO{terminal.branch}"
            await terminal.ask(f"09N{now}{now}{place}|AB{barcode}|AC|")
            await self._lends(terminal, card, barcode)
            await self._goes(terminal, card)

    # Cards

    async def _lose_card(self, terminal: Terminal) -> None:
        """A machine keeps a card, or staff free one again."""
        blocked = [
            card
            for card in self.told.blocked
            if card not in self._busy and (is_mixed(card) or not terminal.is_mixed)
        ]
        if blocked and terminal.is_desk:
            card = self._random.choice(sorted(blocked))
            with self._holding(card):
                who = f"AO{terminal.branch}|AA{card}|AC|AD{PIN}|"
                heard = await terminal.ask(f"25{terminal.date()}{who}")
                if heard.answer is not None:
                    self.told.blocked.discard(card)
            return
        card = self._somebody(may_be_full=True)
        with self._holding(card):
            heard = await terminal.ask(
                f"01N{terminal.date()}AO{terminal.branch}|ALforgotten in the machine|AA{card}|AC|"
            )
            if heard.answer is not None:
                self.told.blocked.add(card)

    # Two at once

    def _other(self, terminal: Terminal) -> Terminal | None:
        """Another terminal of the same kind."""
        other = self._free()
        if other is not None and other.is_mixed is not terminal.is_mixed:
            other.is_free = True
            return None
        return other

    async def _same_item(self, terminal: Terminal) -> None:
        """Two terminals have to do with the same item."""
        other = self._other(terminal)
        if other is None:
            return
        is_lent = self._random.random() < 0.5
        barcode = self._something(self.told.lent if is_lent else self.told.free)
        one, two = self._somebody(), self._somebody()
        if barcode is None or one == two:
            other.is_free = True
            return
        holder = self.told.loans.get(barcode, one)
        if holder in self._busy or holder == two:
            other.is_free = True
            return
        try:
            with self._holding(barcode, holder, two):
                if is_lent:  # it is renewed while it lies in the sorter
                    first = self._renews(other, holder, barcode)
                    await asyncio.gather(first, self._returns(terminal, barcode))
                else:
                    first = self._lends(other, one, barcode)
                    await asyncio.gather(first, self._lends(terminal, two, barcode))
        finally:
            other.is_free = True

    async def _same_patron(self, terminal: Terminal) -> None:
        """Two borrow with the same card."""
        other = self._other(terminal)
        if other is None:
            return
        try:
            card, one = self._somebody(), self._something(self.told.free)
            two = self._something(self.told.free)
            if one is None or two is None or one == two:
                return
            with self._holding(card, one, two):
                first = self._lends(other, card, one)
                await asyncio.gather(first, self._lends(terminal, card, two))
        finally:
            other.is_free = True
