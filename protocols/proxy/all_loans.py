"""Renewing all loans (65) of a patron of whom both systems have some, while neither is told all
that the other does: each loan is renewed (29) by the system that made it, and the answers become
one (66).

Every renewal is a request of its own in the journal, so that it is told, found out and answered for
like any other. Where all loans are those of the system that is asked, the message goes there as it
is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from protocols.proxy.both import Asking
from protocols.proxy.dates import BLANK
from protocols.proxy.journal.records import bytes_of, text_of
from protocols.proxy.kinds import all_fields, is_granted, text_field
from protocols.proxy.settings import System
from protocols.sip2.codec import encode
from protocols.sip2.messages import RenewAllResponse
from protocols.sip2.wire.text import Dialect

#: Seconds for all renewals together, while the terminal waits: what is not done by then counts as
#: not renewed.
PATIENCE: Final = 8.0
#: The place of the summary (63) that asks for what is on loan.
CHARGED: Final = 2
#: Fields that a renewal of one loan has from that of all.
_KEPT: Final = ("AO", "AA", "AD", "AC", "BO")


class Renewed(NamedTuple):
    """What came of all: barcodes, and what was said of those that were not renewed."""

    renewed: list[str]
    left: list[str]
    words: list[bytes]

    def response(self, request: bytes, date: str, dialect: Dialect) -> bytes:
        """The 66 to the 65 `request`, without its trailer; `date` is now, in 18 characters. The
        systems write as the terminal does.
        """

        def read(words: bytes) -> str:
            return words.decode(dialect.charset, "replace")

        said = RenewAllResponse(
            ok=bool(self.renewed),
            renewed_count=len(self.renewed),
            unrenewed_count=len(self.left),
            transaction_date=date,
            institution_id=read(bytes_of(text_field(request, "AO"))),
            renewed_items=tuple(read(bytes_of(each)) for each in self.renewed),
            unrenewed_items=tuple(read(bytes_of(each)) for each in self.left),
            screen_message=tuple(map(read, self.words)),
        )
        return encode(said, dialect)


def loans_of(
    asking: Asking, own: System, known: Mapping[str, System | None]
) -> dict[str, System] | None:
    """By barcode the system that renews it; None where its own system refuses the patron, and says
    itself what is wrong. `known` is what the proxy has seen the patron have, and in which system:
    of one that does not answer that is all there is.
    """
    other: System = "new" if own == "old" else "old"
    if asking.mine is not None and asking.mine.is_refused:
        return None
    found: dict[str, System] = {}
    for system, answer in ((own, asking.mine), (other, asking.theirs)):
        if answer is None:
            told = [each for each, holder in known.items() if (holder or own) == system]
        else:
            told = [text_of(each).partition("%")[0].strip() for each in answer.lines(CHARGED)]
        for barcode in told:
            found.setdefault(barcode, known.get(barcode) or system)
    return found


def renewal(request: bytes, barcode: str) -> bytes:
    """The 29 of one loan out of a 65, without its trailer."""
    date = text_of(request[2:20])
    fields = [f"{code}{text_field(request, code)}|" for code in _KEPT if code.encode() in request]
    return bytes_of(f"29NN{date}{BLANK}{''.join(fields)}AB{barcode}|")


#: Has a loan renewed by a system, and is called with the 30, empty where there is none.
Renew = Callable[[bytes, System, Callable[[bytes], object]], object]


class OneByOne:
    """Renews loans, one after the other."""

    def __init__(self, request: bytes, loans: Mapping[str, System], renew: Renew) -> None:
        self._request = request
        self._waiting = list(loans.items())
        self._renew = renew
        self._is_over = False
        self._done: Callable[[Renewed], object] = lambda renewed: None
        self._found = Renewed([], [], [])

    def begin(
        self,
        later: Callable[[float, Callable[[], object]], object],
        done: Callable[[Renewed], object],
    ) -> None:
        """`done` is called once, in time."""
        self._done = done
        later(PATIENCE, self._end)
        self._next()

    def _next(self) -> None:
        if self._is_over:
            return
        if not self._waiting:
            self._end()
            return
        barcode, system = self._waiting[0]

        def told(answer: bytes) -> None:
            if self._is_over:
                return
            del self._waiting[0]
            if is_granted("29", answer):
                self._found.renewed.append(barcode)
            else:
                self._found.left.append(barcode)
                self._note(all_fields(answer, b"AF"))
            self._next()

        self._renew(renewal(self._request, barcode), system, told)

    def _note(self, words: Sequence[bytes]) -> None:
        for each in words:
            if each.strip() and each not in self._found.words:
                self._found.words.append(each)

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._found.left.extend(barcode for barcode, _ in self._waiting)
            self._done(self._found)
