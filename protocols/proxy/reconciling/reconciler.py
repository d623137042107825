"""Comparing the two systems while the proxy runs: after acts, at night, and on command.

A comparison asks each system once, on lines that no terminal uses, at the pace of proxy.toml. What
differs is asked again before it is listed, so that an act in progress is no difference.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, Protocol, cast

from protocols.proxy.dates import shown_day
from protocols.proxy.journal.records import Record, moment_of
from protocols.proxy.kinds import CHANGING, LOAN, text_field
from protocols.proxy.reconciling.causes import Known, Remedy, Verdict, judge
from protocols.proxy.reconciling.comparing import PAGE, Asking, Comparison, ask_for_cards
from protocols.proxy.reconciling.remedies import Where, remedy_record
from protocols.proxy.reconciling.rows import Named
from protocols.proxy.reconciling.sides import Says, Side, Unequal
from protocols.proxy.seen import Item
from protocols.proxy.settings import DialectSettings, ReconcileSettings, System
from protocols.proxy.state import State

log = logging.getLogger(__name__)

#: Seconds after an act in which others about the same item usually come.
_AFTER_ACT_SECONDS: Final = 2.0
#: Seconds until a difference that was not seen before is looked at again.
_CONFIRM_SECONDS: Final = 3.0
#: Seconds until a system that is down, or does not answer, is asked again.
_DOWN_SECONDS: Final = 5.0
_NIGHT_SECONDS: Final = 60.0
_MAX_FAILURES: Final = 3
#: After so many comparisons it is written down how far they have come.
_NOTED_EVERY: Final = 100
#: In the place of an item or a patron, while Tiro is asked for cards.
_NOBODY: Final[Named] = "patron", ""
_FACTS: Final = ("old", "new", "cause", "remedy", "errand")
#: So many of the last acts are compared after a start.
_LAST_ACTS: Final = 200


class Around(Asking, Protocol):
    """What comparing needs of the proxy."""

    @property
    def state(self) -> State: ...
    def write_down(self, record: dict[str, Any]) -> None: ...
    def later(self, seconds: float, work: Callable[[], object]) -> object: ...
    def monotonic(self) -> float: ...
    def is_any_down(self) -> bool: ...
    def is_busy(self, named: Named) -> bool: ...
    def is_compared(self, named: Named) -> bool: ...
    def hidden(self, card: str) -> str: ...
    def what_is_known(self, named: Named, branch: str, lent_at: str) -> Known: ...
    def branch_of(self, named: Named) -> str: ...
    def terminal_at(self, named: Named, branch: str) -> str: ...
    def place_of(self, system: System, terminal: str) -> str: ...
    def night_began(self) -> datetime | None: ...


class Reconciler:
    """Compares for one proxy."""

    def __init__(
        self, around: Around, settings: ReconcileSettings, dialect: DialectSettings
    ) -> None:
        self._around = around
        self._settings = settings
        self._dialect = dialect
        self._pause = 2 / settings.requests_per_second
        #: When each is compared, by the clock of the reactor; in this order.
        self._queue: dict[Named, float] = {}
        self._failures: dict[Named, int] = {}
        #: Items that a system has as lent to a patron, and the other one does not.
        self._lent: dict[str, tuple[System, str]] = {}
        #: Systems that list what a patron has on loan.
        self._listing: set[System] = set()
        #: Differed once, and are compared again before they are listed.
        self._unconfirmed: set[Named] = set()
        self._asked: Named | None = None
        self._is_outdated = False
        self._is_waiting = self._is_closed = False
        self._sweep: Iterator[tuple[str, str]] | None = None
        #: The cards that Tiro has named last; None where it did not answer.
        self._page: list[str] | None = None
        self._is_among_strangers = False
        self.compared = 0

    def begin(self) -> None:
        """Continue what a process before this one has begun, and wait for the night."""
        state = self._around.state
        for _, _, sent, _ in state.recent[-_LAST_ACTS:]:
            self._add_all(sent)
        if state.sweep.is_running:
            self._resume_sweep()
        self._look_at_clock()

    def close(self) -> None:
        self._is_closed = True

    @property
    def waiting(self) -> int:
        """The number of items and patrons that are to be compared after acts."""
        return len(self._queue)

    # What is to be compared

    def was_told(self, sent: str) -> None:
        """A system was told of an act, or cannot be."""
        if self._settings.after_acts:
            self._add_all(sent)

    def _add_all(self, sent: str) -> None:
        body = sent.encode("utf-8", "surrogateescape")
        item, card = text_field(body, "AB"), text_field(body, "AA")
        if item and sent[:2] != "15":
            self._add(("item", item), _AFTER_ACT_SECONDS)
        elif card:
            self._add(("patron", card), _AFTER_ACT_SECONDS)

    def _add(self, named: Named, seconds: float) -> None:
        self._queue.pop(named, None)
        self._queue[named] = self._around.monotonic() + seconds
        self._wake()

    def note(self, record: Record) -> None:
        """A message is on its way: what is being compared may change by it."""
        if self._asked is None or record["sent"][:2] not in CHANGING:
            return
        subject, name = self._asked
        body = record["sent"].encode("utf-8", "surrogateescape")
        if text_field(body, "AB" if subject == "item" else "AA") == name:
            self._is_outdated = True

    def compare_all(self, branch: str, who: str) -> int:
        """Compare everything that the proxy has seen, or that of a branch.

        Returns:
            About how many items and patrons are going to be compared.
        """
        self._around.write_down(
            {"kind": "sweep", "branch": branch, "who": who, "subject": "", "name": ""}
        )
        self._resume_sweep()
        state = self._around.state
        if not branch:
            return len(state.items) + len(state.patrons)
        return sum(self._around.branch_of(("item", each)) == branch for each in state.items)

    def _resume_sweep(self) -> None:
        sweep = self._around.state.sweep
        self._is_among_strangers = False
        if sweep.after is not None and sweep.after[0] == PAGE:
            self._sweep = self._strangers(sweep.after[1])
            self._wake()
            return
        self._sweep = self._wanted(sweep.branch)
        if sweep.after is not None and all([*each] != sweep.after for each in self._sweep):
            self._sweep = self._wanted(sweep.branch)
        self._wake()

    def _wanted(self, branch: str) -> Iterator[tuple[str, str]]:
        """All that is listed, patrons, items on loan, the other items, then the patrons whom the
        proxy has not seen; or those of a branch, and who has them."""
        state = self._around.state
        for row in state.differences.rows:
            if branch in ("", row.branch):
                yield row.subject, row.name
        if not branch:
            yield from [("patron", card) for card in list(state.patrons)]
        on_loan = [name for items in list(state.loans.values()) for name in list(items)]
        rest = [name for name in list(state.items) if not state.items[name].patron]
        for name in (*on_loan, *rest):
            if branch and self._around.branch_of(("item", name)) != branch:
                continue
            yield "item", name
            if branch and (card := state.items[name].patron):
                yield "patron", card
        if not branch:
            yield from self._strangers("")

    def _strangers(self, after: str) -> Iterator[tuple[str, str]]:
        """The patrons of Tiro whom the proxy has not seen: what they have on loan may have been
        lent at a desk of either system. A page stands for its cards, which are asked for before the
        next step.
        """
        for _ in range(_MAX_FAILURES):
            yield PAGE, self._around.hidden(after)
            while (page := self._page) is not None:
                if not page:
                    return
                for card in page:
                    if (hidden := self._around.hidden(card)) not in self._around.state.patrons:
                        yield "patron", hidden
                after = page[-1]
                yield PAGE, self._around.hidden(after)

    def _look_at_clock(self) -> None:
        """Begin once each night."""
        if self._is_closed:
            return
        began, sweep = self._around.night_began(), self._around.state.sweep
        if began is not None and self._sweep is None:
            if sweep.is_running:
                self._resume_sweep()
            elif not sweep.begun or moment_of(sweep.begun) < began:
                self.compare_all("", "")
        self._around.later(_NIGHT_SECONDS, self._look_at_clock)

    # One after the other

    def _wake(self) -> None:
        if not self._is_waiting and self._asked is None and not self._is_closed:
            self._is_waiting = True
            self._around.later(self._pause, self._step)

    def _step(self) -> None:
        self._is_waiting = False
        if self._is_closed or self._asked is not None:
            return
        if self._around.is_any_down():
            self._wait(_DOWN_SECONDS)
            return
        named = self._next()
        if named is None:
            if self._queue:
                first = min(self._queue.values())
                self._wait(max(self._pause, first - self._around.monotonic()))
            return
        if named[0] == PAGE:
            self._asked = _NOBODY
            ask_for_cards(named[1], self._around, self._take_page)
        else:
            self._compare(cast("Named", named))

    def _compare(self, named: Named) -> None:
        if not self._around.is_compared(named):
            self._wake()
        elif self._around.is_busy(named):
            self._add(named, _AFTER_ACT_SECONDS)
        else:
            self._asked, self._is_outdated = named, False
            Comparison(named, self._around, self._dialect, self._compared)

    def _take_page(self, cards: list[str] | None) -> None:
        self._asked = None
        self._page = cards
        self._wake()

    def _wait(self, seconds: float) -> None:
        self._is_waiting = True
        self._around.later(seconds, self._step)

    def _next(self) -> tuple[str, str] | None:
        now = self._around.monotonic()
        for named, at in self._queue.items():
            if at <= now:
                del self._queue[named]
                return named
        if self._sweep is None or not self._may_sweep():
            return None
        swept = next(self._sweep, None)
        if swept is None:
            self._sweep = None
            self._note_sweep(None)
        elif swept[0] == PAGE:
            self._is_among_strangers = True
            if swept[1]:
                self._note_sweep(swept)
        elif not self._is_among_strangers and self.compared % _NOTED_EVERY == _NOTED_EVERY - 1:
            self._note_sweep(swept)
        return swept

    def _may_sweep(self) -> bool:
        """A sweep of the night pauses by day; one that a person began does not."""
        return bool(self._around.state.sweep.who) or self._around.night_began() is not None

    def _note_sweep(self, after: tuple[str, str] | None) -> None:
        sweep = self._around.state.sweep
        record: dict[str, Any] = {"kind": "sweep", "branch": sweep.branch, "who": sweep.who}
        if after is None:
            record["is_over"] = True
            log.info("compared; %d differences are listed", len(self._around.state.differences))
        else:
            record["subject"], record["name"] = after
        self._around.write_down(record)

    # What was found

    def _compared(self, found: Comparison) -> None:
        self._asked = None
        if self._is_closed:
            return
        self.compared += 1
        named = found.named
        if self._is_outdated:
            self._add(named, _AFTER_ACT_SECONDS)
        elif found.unequal is None:
            self._failed(named)
        else:
            self._failures.pop(named, None)
            self._take(found, found.unequal)
        self._wake()

    def _failed(self, named: Named) -> None:
        tries = self._failures.get(named, 0) + 1
        if tries < _MAX_FAILURES:
            self._failures[named] = tries
            self._add(named, _DOWN_SECONDS)
        else:
            self._failures.pop(named, None)

    def _take(self, found: Comparison, unequal: Unequal) -> None:
        named, state = found.named, self._around.state
        known = state.differences.of(named)
        self._listing |= found.listing
        if self._sweep is not None:
            for item in found.shared - state.items.keys():
                self._add(("item", item), 0.0)  # due on the same day?
        if not unequal:
            self._unconfirmed.discard(named)
            if known or state.is_listed(named):
                self._write(found, {})
                self._look_at_borrowers(named)
            return
        if unequal.keys() - known.keys() and named not in self._unconfirmed:
            self._unconfirmed.add(named)
            for item, system in found.items.items():
                self._lent[item] = system, named[1]
                self._add(("item", item), 0.0)
            # After those, which may be all that differs.
            self._add(named, _CONFIRM_SECONDS * (3 if found.items else 1))
            return
        self._unconfirmed.discard(named)
        facts = self._around.what_is_known(named, found.branch, found.lent_at)
        if "loan" in unequal and Says.IN in (each.says for each in unequal["loan"]):
            lent = self._lent.pop(named[1], None)
            facts = self._with_holder(found, unequal["loan"], lent, facts, is_new=not known)
        listed = {
            aspect: (sides, judge(aspect, *sides, facts)) for aspect, sides in unequal.items()
        }
        if found.items and all(state.differences.of(("item", each)) for each in found.items):
            listed.pop("loans", None)  # each of them is listed
        self._write(found, listed)
        self._look_at_borrowers(named)
        self._remedy(found, listed, facts)

    def _with_holder(
        self,
        found: Comparison,
        sides: tuple[Side, Side],
        lent: tuple[System, str] | None,
        facts: Known,
        *,
        is_new: bool,
    ) -> Known:
        """Return what is known of an item that only one system has as lent: to whom, and whether
        that loan ended in the other one.

        Otherwise it was made in that system alone, at a terminal or desk that the proxy does not
        see, and the item is with somebody. Who has it, the list of the patron says: those whom the
        proxy has seen with it are asked first. Where a system lists no loans, or the proxy has not
        seen the item, the due date must be that of the loan that ended.

        Args:
            found: The comparison of the item.
            sides: What the two systems say of the loan.
            lent: The system that has it as lent, and to whom, as a list said.
            facts: What the proxy knows.
            is_new: It was not listed before.
        """
        system, holder = lent or (None, "")
        wrong: System = "old" if sides[0].says is Says.ON_LOAN else "new"
        item = self._around.state.items.get(found.named[1], Item())
        seen_with = [each for each in dict.fromkeys((facts.borrower, item.returned_by)) if each]
        if system != facts.authority and not holder and is_new:
            for card in seen_with:
                self._add(("patron", card), 0.0)
        ended = [found.ended_due] if wrong == "old" else []
        if not seen_with:
            is_ended = sides[0].value in ended
        elif holder or wrong in self._listing:
            is_ended = holder in seen_with
        else:
            due = sides[wrong == "new"].value
            is_ended = due in (*ended, shown_day(item.ended_due), shown_day(item.due))
        return facts._replace(
            borrower=holder if system == facts.authority else "", is_ended=is_ended
        )

    def _write(self, found: Comparison, listed: dict[str, tuple[Any, Verdict]]) -> None:
        """Write down what differs, unless it is listed so already."""
        state = self._around.state
        facts = {
            aspect: {
                "old": sides[0].listed,
                "new": sides[1].listed,
                "cause": verdict.cause.name,
                "remedy": verdict.remedy.name,
                "errand": verdict.errand.name,
            }
            for aspect, (sides, verdict) in listed.items()
        }
        before = {
            aspect: {name: getattr(row, name) for name in _FACTS}
            for aspect, row in state.differences.of(found.named).items()
        }
        if facts == before and facts:
            return
        subject, name = found.named
        branch = found.branch or self._around.branch_of(found.named)
        self._around.write_down(
            {
                "kind": "compared",
                "subject": subject,
                "name": name,
                "branch": branch,
                "unequal": facts,
            }
        )

    def _look_at_borrowers(self, named: Named) -> None:
        """An item that is equal now may have been all that differed of a patron."""
        for row in self._around.state.differences.rows:
            if row.aspect == "loans" and named[1] in f"{row.old[1]}, {row.new[1]}".split(", "):
                self._add((row.subject, row.name), _AFTER_ACT_SECONDS)

    def _remedy(
        self, found: Comparison, listed: dict[str, tuple[Any, Verdict]], facts: Known
    ) -> None:
        loan = listed.get("loan")
        if loan is None or facts.authority is None or not self._settings.corrects:
            return
        around = self._around
        branch = found.branch
        if loan[1].remedy is Remedy.CARRY:  # who has lent it, tells the patron
            branch = found.lent_at or around.branch_of(found.named) or branch
        terminal = around.terminal_at(found.named, branch)
        to: System = "new" if facts.authority == "old" else "old"
        record = remedy_record(
            found.named,
            *loan,
            facts.authority,
            Where(terminal, around.place_of(to, terminal), facts.borrower, around.local_date()),
        )
        item = around.state.items.get(found.named[1], Item())
        if record is not None and record["sent"][:2] == LOAN and item.patron == facts.borrower:
            record["happened"] = item.acted  # it decides which system tells the patron of it
        if record is not None and terminal:
            log.warning("%s %s: the %s system is told again", *found.named, to)
            around.write_down(record)
