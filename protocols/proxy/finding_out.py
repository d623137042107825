"""Did a system do what it was sent, when nobody heard its answer?

A loan is there if the patron has the item on loan (63), and is until the date that 17 says; a
return was done if the item is not on loan; a renewal if its due date is another than before, where
that is known; a hold if it is among the patron's holds (63). Of money, and of everything else, it
cannot be told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from protocols.proxy.dates import wire_date
from protocols.proxy.journal.records import bytes_of, text_of
from protocols.proxy.kinds import all_fields, text_field
from protocols.proxy.line import Said
from protocols.sip2.codec import open_frame

#: What can be found out.
KNOWABLE: Final = frozenset({"09", "11", "15", "29"})
#: The summaries (63) that ask for holds that wait and that are ready, and the field of each.
_HOLDS: Final = (("     Y    ", b"CD"), ("Y         ", b"AS"))


class Found(NamedTuple):
    """`answer` is what the system would have answered, empty where it did nothing; `is_known` is
    False where it could not be asked.
    """

    is_known: bool
    answer: bytes = b""


Ask = Callable[[bytes, Callable[[Said], object]], object]


class Inquiry:
    """About one message. `ask` sends a question, `due` is the item's due date as it was before, and
    `date` is now, in 18 characters.
    """

    def __init__(self, ask: Ask, body: bytes, due: str, date: str) -> None:
        self._ask = ask
        self._code = body[:2].decode("latin-1")
        self._mode = body[2:3].decode("latin-1")
        self._due = due
        self._date = date
        self._place = text_field(body, "AO")
        self._card = text_field(body, "AA")
        self._item = text_field(body, "AB")
        self._pin = text_field(body, "AD")
        self._done: Callable[[Found], object] = lambda found: None

    def begin(self, done: Callable[[Found], object]) -> None:
        """Finds out; `done` is called once."""
        self._done = done
        if self._code == "11":
            self._ask(self._question("  Y       "), self._patron)
        elif self._code == "15":
            self._ask_holds(0)
        else:
            self._ask_item()

    def _question(self, summary: str) -> bytes:
        """What has the patron?"""
        # A digest of the journal is no PIN.
        pin = "" if self._pin.startswith("{") else self._pin
        who = f"AO{self._place}|AA{self._card}|AC|AD{pin}|"
        return bytes_of(f"63000{self._date}{summary}{who}")

    def _ask_holds(self, place: int) -> None:
        """Is it among the holds? A cancelled one is not; what is changed may be changed again."""
        if self._mode not in "+-" or not self._item:
            self._done(Found(True))
            return
        summary, code = _HOLDS[place]

        def told(said: Said) -> None:
            if said.raw is None:
                self._done(Found(False))
                return
            listed = all_fields(open_frame(said.raw).body, code)
            is_there = self._item in {text_of(each).partition("%")[0].strip() for each in listed}
            if not is_there and place + 1 < len(_HOLDS):
                self._ask_holds(place + 1)
                return
            is_done = is_there == (self._mode == "+")
            about = f"AO{self._place}|AA{self._card}|AB{self._item}|"
            self._done(Found(True, bytes_of(f"161N{self._date}{about}") if is_done else b""))

        self._ask(self._question(summary), told)

    def _ask_item(self) -> None:
        text = f"17{self._date}AO{self._place}|AB{self._item}|"
        self._ask(bytes_of(text), self._told_of_item)

    def _patron(self, said: Said) -> None:
        if said.raw is None:
            self._done(Found(False))
            return
        listed = all_fields(open_frame(said.raw).body, b"AU")
        if self._item in {text_of(each).strip() for each in listed}:
            self._ask_item()
        else:
            self._done(Found(True))

    def _told_of_item(self, said: Said) -> None:
        answer = b"" if said.raw is None else open_frame(said.raw).body
        if answer[:2] != b"18":
            self._done(Found(False))
            return
        is_lent, due = answer[2:4] == b"04", text_field(answer, "AH")
        is_done = is_lent != (self._code == "09")
        if self._code == "29":
            if is_lent and not self._due:
                self._done(Found(False))
                return
            is_done = is_lent and wire_date(due) != wire_date(self._due)
        title = text_field(answer, "AJ")
        about = f"AO{self._place}|AA{self._card}|AB{self._item}|AJ{title}|AH{due}|"
        answers = {
            "11": f"121NNY{self._date}{about}",
            "29": f"301YNN{self._date}{about}",
            "09": f"101YNN{self._date}AO{self._place}|AB{self._item}|AQ|AJ{title}|",
        }
        self._done(Found(True, bytes_of(answers[self._code]) if is_done else b""))
