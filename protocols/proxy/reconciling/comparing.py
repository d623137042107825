"""One item or patron compared: both systems are asked, and their answers laid side by side."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from protocols.proxy.journal.records import bytes_of, text_of
from protocols.proxy.journal.secrets import is_sealed
from protocols.proxy.kinds import all_fields, text_field
from protocols.proxy.line import Said
from protocols.proxy.reconciling.rows import Named
from protocols.proxy.reconciling.sides import (
    CHARGED_SUMMARY,
    Says,
    Side,
    Unequal,
    branch_in,
    compare_items,
    compare_patrons,
    ended_due_in,
    lent_at_in,
    loans_in,
)
from protocols.proxy.settings import SYSTEMS, DialectSettings, System
from protocols.sip2.codec import open_frame

#: So many items are named where a patron's loans differ.
_MAX_NAMED: Final = 10


class Asking(Protocol):
    """What a comparison needs of the proxy."""

    def local_date(self) -> str: ...
    def ask_to_compare(
        self, system: System, named: Named, body: bytes, done: Callable[[Said], object]
    ) -> None: ...


class Comparison:
    """Asks both systems about an item or a patron. `done` is called once with it.

    `unequal` holds the aspects that differ, None where an answer says nothing of it; `branch` is
    where Tiro has the item, `lent_at` the branch of its loan there, `ended_due` the day on which
    its last loan that ended there was due; `items` are those that only one of them has as lent to
    the patron, and which; `shared` those that both have; `listing` the systems that name any.
    """

    def __init__(
        self,
        named: Named,
        asking: Asking,
        dialect: DialectSettings,
        done: Callable[[Comparison], object],
    ) -> None:
        self.named = named
        self.unequal: Unequal | None = None
        self.branch = ""
        self.lent_at = self.ended_due = ""
        self.items: dict[str, System] = {}
        self.shared: frozenset[str] = frozenset()
        self.listing: set[System] = set()
        self._dialect = dialect
        self._done = done
        self._answers: dict[System, bytes] = {}
        body = self._question(asking.local_date())
        for system in SYSTEMS:
            # Tiro is asked where the loan was made, or until when the last one was, too.
            more = b"QCY|" if system == "new" and named[0] == "item" else b""
            asking.ask_to_compare(system, named, body + more, partial(self._take, system))

    def _question(self, date: str) -> bytes:
        subject, name = self.named
        if subject == "item":
            return bytes_of(f"17{date}AO|AB{name}|")
        return bytes_of(f"63000{date}{CHARGED_SUMMARY}AO|AA{name}|AC|AD|")

    def _take(self, system: System, said: Said) -> None:
        self._answers[system] = b"" if said.raw is None else open_frame(said.raw).body
        if len(self._answers) < len(SYSTEMS):
            return
        old, new = self._answers["old"], self._answers["new"]
        if old and new:
            is_item = self.named[0] == "item"
            self.unequal = self._of_item(old, new) if is_item else self._of_patron(old, new)
        self._done(self)

    def _of_item(self, old: bytes, new: bytes) -> Unequal | None:
        self.branch, self.lent_at = branch_in(new), lent_at_in(new)
        self.ended_due = ended_due_in(new)
        name = self.named[1]
        if any(text_field(each, "AB") not in ("", name) for each in (old, new)):
            return None  # the answer is about another item
        return compare_items(old, new)

    def _of_patron(self, old: bytes, new: bytes) -> Unequal | None:
        found = compare_patrons(old, new, self._dialect)
        if found is None:
            return None
        theirs, ours = loans_in(old), loans_in(new)
        its: dict[System, frozenset[str] | None] = {"old": theirs, "new": ours}
        self.listing = {each for each in SYSTEMS if its[each]}
        self.shared = (theirs or frozenset()) & (ours or frozenset())
        if theirs is not None and ours is not None and theirs != ours and "patron" not in found:
            if not self._is_of_another(old, new):
                self.items = {each: "old" if each in theirs else "new" for each in theirs ^ ours}
            found["loans"] = (_has(theirs - ours), _has(ours - theirs))
        return found

    def _is_of_another(self, old: bytes, new: bytes) -> bool:
        """Return whether the old system may have answered about another patron: what is lent by
        that answer alone is listed, and lent to no one."""
        name, said = self.named[1], text_field(old, "AA")
        return bool(said) and not is_sealed(name) and said not in (name, text_field(new, "AA"))


#: Asks for cards: no patron is named.
PAGE: Final = "page"


def ask_for_cards(after: str, asking: Asking, done: Callable[[list[str] | None], object]) -> None:
    """Ask Tiro for its next cards; `done` gets them, None where it does not answer."""
    body = bytes_of(f"63000{asking.local_date()}{' ' * 10}AO|AA|AC|AD|QN{after}|")

    def take(said: Said) -> None:
        answer = b"" if said.raw is None else open_frame(said.raw).body
        cards = [text_of(each) for each in all_fields(answer, b"QP")]
        done(cards if answer[:2] == b"64" else None)

    asking.ask_to_compare("new", ("patron", ""), body, take)


def _has(items: frozenset[str]) -> Side:
    named = sorted(items)
    more = f" + {len(named) - _MAX_NAMED}" if len(named) > _MAX_NAMED else ""
    return Side(Says.HAS, ", ".join(named[:_MAX_NAMED]) + more)
