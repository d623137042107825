"""What a patron has, and owes, in both systems, while neither is told all that the other does.

The system that the terminal's message goes to answers first. If it knows the patron, the other one
is asked the same, and both answers become one (`merging`). What does not come in time is left out,
and the patron is told so.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, NamedTuple

from protocols.proxy.journal.records import bytes_of
from protocols.proxy.kinds import text_field
from protocols.proxy.line import Said
from protocols.proxy.merging import (
    NOTHING,
    Answer,
    Page,
    in_both,
    is_one_currency,
    merged,
    money_of,
    without_page,
)
from protocols.proxy.settings import System
from protocols.sip2.codec import open_frame

Done = Callable[[Said], object]
#: Sends a message to a system.
Ask = Callable[[bytes, Done], object]

#: Seconds that the other system has for all that it is asked, while the terminal waits.
PATIENCE: Final = 2.0
LISTING: Final = b"63"
_SUMMARY: Final = slice(23, 33)
_BLANK: Final = b" " * 10
#: The place of the summary where some systems tell fees one by one.
_FEES: Final = 6


def summary_of(place: int | None) -> bytes:
    """The ten places of a 63 that ask for one list, or for none."""
    return _BLANK if place is None else b" " * place + b"Y" + b" " * (9 - place)


class Asking:
    """Asks both systems about the patron of `request`: a 23 or 63, or a 37 that tells who pays.

    `own` asks the one that the message goes to, and `other` the other one, both on lines of the
    proxy's; `later` calls a function after so many seconds.
    """

    def __init__(
        self,
        request: bytes,
        own: Ask,
        other: Ask,
        later: Callable[[float, Callable[[], object]], object],
    ) -> None:
        self.request = request
        self._own = own
        self._other = other
        self._is_over = False
        self._done: Callable[[], object] = lambda: None
        #: What each has said; why the other one has not.
        self.mine: Answer | None = None
        self.theirs: Answer | None = None
        self.why = "did not answer in time"
        self.lists: dict[int, tuple[list[bytes], list[bytes]]] = {}
        self._later = later

    def beside(self, mine: Answer, done: Callable[[], object]) -> None:
        """Asks the other system, where its own has said `mine`, and what of their lists is the
        same; `done` is called once.
        """
        self.mine = mine
        self._begin(done)
        self._other(without_page(self.request), self._told)

    def owed(self, done: Callable[[], object]) -> None:
        """Asks both what the patron owes; `done` is called once."""
        self.listed(_FEES if text_field(self.request, "CG") else None, done)

    def listed(self, place: int | None, done: Callable[[], object]) -> None:
        """Asks both about the patron, with that list of theirs; `done` is called once."""
        self._begin(done)
        body = self._question(place)

        heard = set[bool]()

        def told(is_mine: bool, said: Said) -> None:
            heard.add(is_mine)
            if is_mine:
                self.mine = answer_in(said)
            else:
                self.theirs, self.why = answer_in(said), said.why
            if len(heard) == 2:
                self._end()

        self._own(body, lambda said: told(True, said))
        self._other(body, lambda said: told(False, said))

    def alone(self, why: str, done: Callable[[], object]) -> None:
        """Asks its own system alone what the patron owes, since the other one is down."""
        self._begin(done)
        self.why = why

        def told(said: Said) -> None:
            self.mine = answer_in(said)
            self._end()

        self._own(self._question(_FEES if text_field(self.request, "CG") else None), told)

    def _begin(self, done: Callable[[], object]) -> None:
        self._done = done
        self._later(PATIENCE, self._end)

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._done()

    def _question(self, place: int | None) -> bytes:
        """A 63 about the same patron, with all lines of one list."""
        if self.request[:2] == LISTING:
            asked = without_page(self.request)
            return asked[: _SUMMARY.start] + summary_of(place) + asked[_SUMMARY.stop :]
        found = [f"{code}{text_field(self.request, code)}|" for code in ("AO", "AA", "AC", "AD")]
        date = self.request[2:20]
        return LISTING + b"000" + date + summary_of(place) + bytes_of("".join(found))

    def _told(self, said: Said) -> None:
        found, mine = answer_in(said), self.mine
        if self._is_over:
            return
        if found is None or mine is None or found.has_lists != mine.has_lists:
            self.why = said.why or "told something else"
            self._end()
            return
        if found.is_refused and not found.says_something:
            found = None  # who is not known there has nothing there
            self.why = ""
        self.theirs = found
        self._compare([] if found is None or not mine.has_lists else in_both(mine, found))

    def _compare(self, places: list[int]) -> None:
        """Asks for the whole lists of these places, so that nothing is counted twice."""
        if not places:
            self._end()
            return
        place, *rest = places
        found: dict[bool, list[bytes]] = {}

        def told(is_mine: bool, said: Said) -> None:
            answer = answer_in(said)
            found[is_mine] = [] if answer is None else answer.lines(place)
            if len(found) == 2 and not self._is_over:
                self.lists[place] = found[True], found[False]
                self._compare(rest)

        body = self._question(place)
        self._own(body, lambda said: told(True, said))
        self._other(body, lambda said: told(False, said))

    @property
    def knows_both(self) -> bool:
        """Have both told what they know, or that they know nobody of that card?"""
        return self.mine is not None and (self.theirs is not None or not self.why)

    def answer(self, *, adds: bool) -> bytes:
        """What both have said as one; empty where the other one adds nothing to its own."""
        mine, theirs = self.mine, self.theirs
        assert mine is not None
        is_paged = mine.has_lists and without_page(self.request) != self.request
        if theirs is None or not theirs.says_something:
            if not is_paged:
                return b""
            theirs = Answer(mine.fixed[:2] + b" " * (len(mine.fixed) - 2))
        page = Page.asked(self.request) if mine.has_lists else Page()
        return merged(mine, theirs, self.lists, page, adds=adds)


def answer_in(said: Said) -> Answer | None:
    """What a system has told of a patron; None where it has told nothing."""
    body = b"" if said.raw is None else open_frame(said.raw).body
    return Answer.read(body) if body[:2] in (b"64", b"24") else None


class Share(NamedTuple):
    """What of a payment a system gets, as it is written in BV."""

    system: System
    amount: str


class CannotBePaid(Exception):
    """The amount fits neither debt. `amounts` are those that would do."""

    def __init__(self, amounts: list[str]) -> None:
        super().__init__(", ".join(amounts))
        self.amounts = amounts


def shares(
    request: bytes, own: System, asking: Asking, *, adds: bool, hides_debts: bool = False
) -> list[Share]:
    """Where the debt is that a 37 pays: the first is sent the message, the others are told of their
    share of it. Raises CannotBePaid.

    A fee that only one of them names (CG) is paid there. Else the amount is paid where so much is
    owed, in its own system if both fit; the sum of both debts is shared. Where debts may be the
    same (not `adds`), the other one is told as much as it is owed. If the old system `hides_debts`
    (it leaves BV out), its debt is not zero but unknown: it is told the whole payment.
    """
    other: System = "new" if own == "old" else "old"
    text, currency = text_field(request, "BV"), request[24:27].decode("latin-1")
    if hides_debts:
        return [Share(own, text), *([] if adds else [Share(other, text)])]
    paid = money_of(text, currency)
    mine = NOTHING if asking.mine is None else asking.mine.owed
    theirs = NOTHING if asking.theirs is None else asking.theirs.owed
    if paid is None or asking.mine is None:
        return [Share(own, text)]  # its own system says what is wrong with it
    if asking.mine.is_refused:
        return [Share(own, text)]
    fee = text_field(request, "CG")
    debts = {
        own: mine.amount if is_one_currency(paid, mine) else Decimal(0),
        other: theirs.amount if is_one_currency(paid, theirs) else Decimal(0),
    }
    if not asking.knows_both and paid.amount > debts[own] > 0:
        raise CannotBePaid([mine.written(debts[own])])
    if not debts[other]:
        return [Share(own, text)]
    is_mine = fee in asking.mine.fee_ids
    is_theirs = asking.theirs is not None and fee in asking.theirs.fee_ids
    if adds and fee and is_mine != is_theirs:
        return [Share(other if is_theirs else own, text)]
    if adds:
        return _of_two_debts(text, paid.amount, debts, own, other, paid.written)
    is_better_there = debts[own] < paid.amount <= debts[other]
    if fee and is_mine != is_theirs:
        is_better_there = is_theirs
    first, second = (other, own) if is_better_there else (own, other)
    told = min(paid.amount, debts[second])
    return [Share(first, text), *([Share(second, paid.written(told))] if told else [])]


def _of_two_debts(
    text: str,
    paid: Decimal,
    debts: dict[System, Decimal],
    own: System,
    other: System,
    written: Callable[[Decimal], str],
) -> list[Share]:
    exact = [each for each in (own, other) if debts[each] == paid]
    enough = [each for each in (own, other) if debts[each] >= paid]
    if exact or enough:
        return [Share((exact or enough)[0], text)]
    if not debts[own]:
        return [Share(other, text)]
    if debts[own] + debts[other] == paid:
        return [Share(own, written(debts[own])), Share(other, written(debts[other]))]
    raise CannotBePaid(
        [written(each) for each in (debts[own], debts[other], debts[own] + debts[other])]
    )
