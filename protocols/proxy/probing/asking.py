"""Ask an old system over SIP2: what it answers, how its clock goes, and how quick it is.

Nothing is changed there, unless a test item may be lent to a test card (`Trial.lends`). The item is
handed in again at the end.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from statistics import median
from typing import Final, Literal, cast

from protocols.proxy.dates import day_of, wire_date
from protocols.proxy.kinds import ANSWER_OF, all_fields, is_granted, text_field
from protocols.proxy.probing.findings import Charset, Clock, Findings, Speed
from protocols.sip2.asking.line import Line, LineError
from protocols.sip2.checking.visit import NO_ITEM, NO_PATRON, LoginRefused, Target, Visit
from protocols.sip2.codec import open_frame
from protocols.sip2.wire.dates import local_date, parse_date

#: The positions of BX (98).
_BX: Final = tuple(re.findall("..", "23110901999793633537171925152965"))
#: Requests that are sent for a patron and an item that do not exist: they change nothing. Money
#: (37) and blocks (01) are left alone.
_HARMLESS: Final = ("23", "63", "17", "11", "29", "09", "15", "65", "35", "25", "19")
#: Optional fields that Tiro sends and compares.
_OPTIONAL: Final = {
    "24": ("BL", "CQ", "BV"),
    "64": ("BL", "CQ", "BV", "BZ", "CB"),
    "18": ("CK", "BG", "AQ", "AP"),
}
#: Seconds between two questions for the time.
_PAUSE: Final = 2.0
#: Messages in a row whose times are measured, lines at once, and messages on each of them.
_IN_A_ROW: Final = 30
_LINES: Final = (1, 2, 4, 8)
_ON_EACH: Final = 10
#: Places of the counts of holds that are ready and of those that wait, in 64.
_READY: Final = slice(37, 41)
_WAITING: Final = slice(57, 61)


@dataclass(frozen=True)
class Trial:
    """What a probe may be tried with, beside the patron and the item of its `Target`. `blocked` is
    a card that the system refuses. With `lends` the item is lent to the patron and handed in."""

    blocked: str = ""
    lends: bool = False
    measures_speed: bool = True


def probe(
    target: Target, trial: Trial, zone: tzinfo, now: Callable[[], datetime], pause: float = _PAUSE
) -> Findings:
    """Return what was found out about the system. `zone` is the zone where the terminals are,
    `now` gives the time. Raises LineError where it cannot be reached, and LoginRefused.
    """
    return _Probe(target, trial, zone, now, pause).run()


class _Probe:
    def __init__(
        self,
        target: Target,
        trial: Trial,
        zone: tzinfo,
        now: Callable[[], datetime],
        pause: float,
    ) -> None:
        self._target, self._trial, self._zone, self._now = target, trial, zone, now
        self._pause = pause
        self._visit = Visit(target, now().astimezone(zone))
        self._number = 0
        self._raw: list[bytes] = []
        self.found = Findings(target.host, target.port)

    def run(self) -> Findings:
        with self._visit.logged_in() as line:
            self._ask_status(line)
        for work in (self._ask_time, self._ask_patron, self._ask_item, self._try_no_block):
            try:
                with self._visit.logged_in() as line:
                    work(line)
            except (LineError, LoginRefused) as error:
                self.found.remarks.append(f"{self._visit.doing}: {error}")
        for code in _HARMLESS:
            self._try_message(code)
        if self._trial.measures_speed:
            self._measure_speed()
        self.found.charset = _charset_of(self._raw)
        return self.found

    def _ask(self, line: Line, message: str) -> bytes:
        """Return the body of the answer; empty for none."""
        self._number = (self._number + 1) % 10
        answer = self._visit.exchange(line, self._visit.framed(message, self._number), message[:2])
        if answer is None:
            return b""
        frame = open_frame(answer)
        if not frame.is_sound:
            self.found.remarks.append(f"the checksum of the answer to {message[:2]} is wrong")
        self.found.has_checksums |= frame.checksum is not None
        self._raw.append(frame.body)
        return frame.body

    def _date(self, before: timedelta = timedelta()) -> str:
        return local_date(self._now() - before, self._zone)

    def _body(self, code: str, card: str, item: str) -> str:
        """Return a request of this code about a patron and an item."""
        pin = self._target.pin if card == self._target.patron else None
        who = self._visit.fields(AA=card, AC="", AD=pin or "")
        where = self._visit.where()
        date = self._date()
        match code:
            case "23":
                return f"23000{date}{where}{who}"
            case "63":
                return f"63000{date}Y         {where}{who}"
            case "17":
                return f"17{date}{where}{self._visit.fields(AB=item)}"
            case "11":
                return f"11NN{date}{date}{where}{self._visit.fields(AA=card, AB=item, AC='')}"
            case "29":
                return f"29NN{date}{date}{where}{self._visit.fields(AA=card, AB=item)}"
            case "09":
                place = self._visit.fields(AP=self._target.location)
                return f"09N{date}{date}{place}{where}{self._visit.fields(AB=item, AC='')}"
            case "15":
                return f"15+{date}{where}{self._visit.fields(AA=card, AB=item)}"
            case "19":
                return f"19{date}{where}{self._visit.fields(AB=item, CH='')}"
            case _:
                return f"{code}{date}{where}{who}"

    # What it says of itself

    def _ask_status(self, line: Line) -> None:
        found = self.found
        answer = self._ask(line, "9900302.00")
        if answer[:2] != b"98":
            found.remarks.append("99 is not answered by 98: it says nothing of itself")
            return
        found.line_end = next(iter(+line.ends), "")
        found.institution = text_field(answer, "AO")
        promised = text_field(answer, "BX")
        found.promised = {
            code: promised[place : place + 1] == "Y" for place, code in enumerate(_BX) if promised
        }
        if answer[8:11].isdigit():
            found.timeout_period = int(answer[8:11]) / 10

    def _ask_time(self, line: Line) -> None:
        """Measure its clock by 98, and where that has no time, by 18."""
        moments = []
        for again in range(2):
            if again:
                time.sleep(self._pause)
            before = self._now()
            answer = self._ask(line, "9900302.00")
            after = self._now()
            text = answer[14:32].decode("latin-1")
            if parse_date(text, self._zone) is None:
                answer = self._ask(line, self._body("17", NO_PATRON, self._target.item or NO_ITEM))
                after, text = self._now(), answer[8:26].decode("latin-1")
            moment = parse_date(text, self._zone)
            if moment is None:
                self.found.remarks.append("neither 98 nor 18 says what time it is there")
                return
            moments.append((moment, before + (after - before) / 2, text[8:12].strip() == "Z"))
        (first, _, _), (moment, ours, is_utc) = moments
        # A date has whole seconds, half of one is lost on average.
        offset = (moment - ours).total_seconds() + 0.5
        self.found.clock = Clock(round(offset, 1), is_utc, first == moment and self._pause >= 1)

    # Patrons and items

    def _ask_patron(self, line: Line) -> None:
        found, card = self.found, self._target.patron
        if card is None:
            found.remarks.append(
                "Without a test card (--patron) nothing is known of patrons' answers."
            )
            return
        status = self._ask(line, self._body("23", card, ""))
        information = self._ask(line, self._body("63", card, ""))
        if text_field(status, "BL") == "N" or text_field(information, "BL") == "N":
            found.remarks.append(f"The system does not know the test card {card}.")
            return
        found.currency = text_field(information, "BH") or text_field(status, "BH")
        missing = []
        for code, answer in (("24", status), ("64", information)):
            if answer[:2] == code.encode():
                missing += [f"{code}.{each}" for each in _missing(code, answer)]
            else:
                found.remarks.append(f"There is no {code} for the test card.")
        found.leaves_out += tuple(missing)
        self._count_holds(information)

    def _count_holds(self, answer: bytes) -> None:
        ready, waiting = answer[_READY], answer[_WAITING]
        if answer[:2] != b"64":
            return
        if not ready.isdigit() or not waiting.isdigit():
            self.found.hold_counts = "one"
        elif int(waiting):
            self.found.hold_counts = "two"
        elif int(ready) > len(all_fields(answer, b"AS")) > 0:
            self.found.hold_counts = "one"
        else:
            self.found.remarks.append(
                "Whether holds that wait are counted apart is not known: the test card should have"
                " one hold that is ready and one that waits."
            )

    def _ask_item(self, line: Line) -> None:
        found, item = self.found, self._target.item
        if item is None:
            found.remarks.append("Without a test item (--item) nothing is known of items' answers.")
            return
        answer = self._ask(line, self._body("17", NO_PATRON, item))
        if answer[:2] != b"18":
            found.remarks.append("There is no 18 for the test item.")
            return
        found.leaves_out += tuple(f"18.{each}" for each in _missing("18", answer))

    # No block

    def _try_no_block(self, line: Line) -> None:
        found, card, item = self.found, self._target.patron, self._target.item
        if not self._trial.lends or card is None or item is None:
            found.remarks.append(
                "Whether no block is honoured was not tried: that needs --patron, --item and"
                " --lend, which lends the test item to the test card and hands it in."
            )
            return
        if self._ask(line, self._body("17", card, item))[2:4] == b"04":
            found.remarks.append(f"No block was not tried: {item} is on loan.")
            return
        due = self._now().astimezone(self._zone) + timedelta(days=19)
        wanted = f"{due:%Y%m%d}    235900"
        is_done = self._lend(line, card, item, wanted)
        there = self._ask(line, self._body("17", card, item))
        try:
            if there[2:4] != b"04":
                found.no_block = "ignored"
                found.remarks.append(
                    "A check-out with no block = Y "
                    + ("was granted, yet the item is not on loan." if is_done else "was refused.")
                )
                return
            found.no_block = "honoured"
            told = text_field(there, "AH")
            found.due_form = re.sub(r"\d", "9", told)
            if wire_date(told).isspace():
                found.remarks.append("18 does not say when the loan is due.")
            else:
                found.takes_due_date = day_of(told) == due.date()
        finally:
            self._hand_in(line, item)
        if self._trial.blocked:
            found.ignores_blocks = self._lend(line, self._trial.blocked, item, wanted)
            self._hand_in(line, item)
            if not found.ignores_blocks:
                found.no_block = "ignored"

    def _lend(self, line: Line, card: str, item: str, due: str) -> bool:
        """Check out with no block = Y, as of two hours ago; was it granted?"""
        date = self._date(timedelta(hours=2))
        fields = self._visit.where(AA=card, AB=item, AC="")
        return is_granted("11", self._ask(line, f"11NY{date}{due}{fields}"))

    def _hand_in(self, line: Line, item: str) -> None:
        date = self._date(timedelta(hours=1))
        place = self._visit.fields(AP=self._target.location)
        with suppress(LineError):
            self._ask(line, f"09Y{date}{date}{place}{self._visit.where(AB=item, AC='')}")
            if self._ask(line, self._body("17", NO_PATRON, item))[2:4] != b"04":
                return
        self.found.remarks.append(f"{item} is still on loan there: hand it in at their desk.")

    # Messages and speed

    def _try_message(self, code: str) -> None:
        """Send a message about nobody and nothing, each on a line of its own."""
        try:
            with self._visit.logged_in() as line:
                answer = self._ask(line, self._body(code, NO_PATRON, NO_ITEM))
        except (LineError, LoginRefused):
            answer = b""
        if answer[:2] == ANSWER_OF[code].encode():
            self.found.messages[code] = "answered"
        elif answer:
            self.found.messages[code] = "refused"
        else:
            self.found.messages[code] = "no answer"

    def _measure_speed(self) -> None:
        """Ask for an item in a row on one line, then on several lines at once."""
        try:
            times = list(self._in_a_row(_IN_A_ROW))
        except (LineError, LoginRefused) as error:
            self.found.remarks.append(f"Its speed could not be measured: {error}")
            return
        if not times:
            self.found.remarks.append("Its speed could not be measured: 17 has no answer.")
            return
        speed = self.found.speed = Speed(round(median(times), 4), round(max(times), 4))
        for count in _LINES:
            began = time.perf_counter()
            with ThreadPoolExecutor(count) as pool:
                counts = list(pool.map(self._answers_on_a_line, range(count)))
            seconds = time.perf_counter() - began
            if min(counts) < _ON_EACH:
                speed.refused_at = count
                break
            speed.by_lines[count] = round(sum(counts) / seconds, 1)

    def _in_a_row(self, count: int) -> Iterator[float]:
        visit = Visit(self._target, self._now().astimezone(self._zone))
        message = self._body("17", NO_PATRON, self._target.item or NO_ITEM)
        with visit.logged_in() as line:
            for number in range(count):
                began = time.perf_counter()
                if visit.ask(line, message, number % 10) is None:
                    return
                yield time.perf_counter() - began

    def _answers_on_a_line(self, _: int) -> int:
        try:
            return sum(1 for _ in self._in_a_row(_ON_EACH))
        except (LineError, LoginRefused):
            return 0


def _missing(code: str, answer: bytes) -> list[str]:
    return [each for each in _OPTIONAL[code] if not all_fields(answer, each.encode())]


def _charset_of(bodies: list[bytes]) -> Charset | None:
    """Return in which characters the answers are written; "ascii" where nothing else was seen, and
    None where they are of no charset that a proxy speaks.
    """
    text = b"".join(bodies)
    if text.isascii():
        return "ascii"
    with suppress(UnicodeDecodeError):
        text.decode("utf-8")
        return "utf-8"
    # The letters of Danish, Norwegian, Swedish and German lie apart in the two.
    counts = {
        name: sum(text.count(each.encode(name)) for each in "æøåÆØÅäöüÄÖÜßéÉ")
        for name in ("cp850", "windows-1252")
    }
    best: Literal["cp850", "windows-1252"] = cast(
        "Literal['cp850', 'windows-1252']", max(counts, key=lambda name: counts[name])
    )
    return best if counts[best] else None


def utc_now() -> datetime:
    """Return the time of this computer."""
    return datetime.now(UTC)
