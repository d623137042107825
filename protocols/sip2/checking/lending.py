"""Probes that change something: an item is lent to a patron and returned."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.sip2.checking.findings import (
    ERROR_DETECTION,
    Finding,
    error,
    not_tried,
    of_message,
    warning,
)
from protocols.sip2.checking.visit import Visit
from protocols.sip2.codec import open_frame

_AVAILABLE, _CHARGED = b"1803", b"1804"


def lent_once(visit: Visit) -> Iterator[Finding]:
    """A checkout and a check-in, each sent twice, as after a lost answer; nothing may be done
    twice."""
    target = visit.target
    if target.item is None or target.patron is None:
        yield not_tried("no --patron and --item are given, so that nothing is changed")
        return
    pin = "" if target.pin is None else visit.fields(AD=target.pin)
    shown = f"17{visit.date}" + visit.where(AB=target.item, AC="")
    out = f"11YN{visit.date}{visit.date}" + visit.where(AA=target.patron, AB=target.item, AC="")
    back = f"09N{visit.date}{visit.date}" + visit.fields(AP=target.location)
    back += visit.where(AB=target.item, AC="")
    with visit.logged_in() as line:
        before = visit.ask(line, shown)
        if before is None or not before.startswith(_AVAILABLE):
            yield not_tried(f"the item {target.item} is not available")
            return
        first = visit.exchange(line, visit.framed(out + pin, 1), "11")
        if first is None or first[:3] != b"121":
            why = " ".join(visit.all_fields(first and open_frame(first).body, "AF"))
            yield not_tried(f"the item is not lent to the patron: {why or 'no reason is given'}")
            return
        try:
            again = visit.exchange(line, visit.framed(out + pin, 1), "11")
            yield from _repeated("a checkout", first, again)
            if not (visit.ask(line, shown) or b"").startswith(_CHARGED):
                yield error("an item that was lent is not shown as charged", of_message("18"))
            with visit.logged_in() as other:
                elsewhere = visit.exchange(other, visit.framed(out + pin, 4), "11")
            if elsewhere is None or open_frame(elsewhere).body != open_frame(first).body:
                yield warning("a checkout that comes again on a new line is done anew")
        finally:
            returned = visit.exchange(line, visit.framed(back, 2), "09")
        if returned is None or returned[:3] != b"101":
            yield error("the item is not taken back", of_message("10"))
            return
        yield from _repeated(
            "a check-in", returned, visit.exchange(line, visit.framed(back, 2), "09")
        )
        if not (visit.ask(line, shown) or b"").startswith(_AVAILABLE):
            yield warning("the item is not available again, as after a hold")


def _repeated(what: str, first: bytes, again: bytes | None) -> Iterator[Finding]:
    if again is None:
        yield error(f"{what} that comes again is not answered", ERROR_DETECTION)
    elif again != first:
        became = ": it became a renewal" if again[:4] == b"121Y" and first[3:4] != b"Y" else ""
        yield error(f"{what} that comes again gets another answer{became}", ERROR_DETECTION)
