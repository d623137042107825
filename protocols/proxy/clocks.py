"""How far the clock of a system is from that of the proxy, measured from the dates of its answers.

Each answer of a system has the date at which it was made. Some systems write another date there:
that of the request, a constant, or the due date. So each kind of answer is measured separately, and
counts only if its dates move with the proxy's clock and are less than a day away from it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from statistics import median
from typing import Final

from protocols.sip2.wire.dates import local_date, parse_date

#: Where the transaction date is in an answer.
DATE_AT: Final = {
    "10": 6,
    "12": 6,
    "16": 4,
    "18": 8,
    "24": 19,
    "26": 19,
    "30": 6,
    "36": 3,
    "38": 3,
    "64": 19,
    "66": 11,
    "98": 14,
}
_REQUEST_DATE_AT: Final = {
    "09": 3,
    "11": 4,
    "15": 3,
    "17": 2,
    "23": 5,
    "25": 2,
    "29": 4,
    "35": 2,
    "37": 4,
    "63": 5,
    "65": 2,
}
DATE_LENGTH: Final = 18
#: Smaller offsets are neither corrected nor recorded: dates have whole seconds.
NOTICED_SECONDS: Final = 5.0
#: An answer that took longer says too little about the clock.
_MAX_DELAY_SECONDS: Final = 2.0
_SAMPLES: Final = 15
_LEAST_SAMPLES: Final = 5
_MAX_SPREAD_SECONDS: Final = 10.0
_MAX_OFFSET_SECONDS: Final = 24 * 3600.0


class SystemClock:
    """The measured clock of one system.

    Args:
        zone: The time zone of local dates.
        now: The clock of the proxy.
        measured: Called with the offset in seconds when it was measured again.
    """

    def __init__(
        self, zone: tzinfo, now: Callable[[], datetime], measured: Callable[[float], object]
    ) -> None:
        self._zone = zone
        self._now = now
        self._measured = measured
        self._samples: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_SAMPLES))
        self._last: dict[str, bytes] = {}

    def note_answer(self, request: bytes, answer: bytes, delay: float) -> None:
        """Take the date of an answer that came `delay` seconds after its request."""
        code = answer[:2].decode("latin-1")
        place = DATE_AT.get(code)
        if place is None or delay > _MAX_DELAY_SECONDS:
            return
        written = answer[place : place + DATE_LENGTH]
        if written == self._last.get(code):
            return
        self._last[code] = written
        asked_at = _REQUEST_DATE_AT.get(request[:2].decode("latin-1"))
        if asked_at is not None and request[asked_at : asked_at + DATE_LENGTH] == written:
            return  # repeated from the request
        moment = parse_date(written.decode("latin-1"), self._zone)
        if moment is None:
            return
        self._samples[code].append((moment - self._now()).total_seconds() + (delay + 1) / 2)
        offset = self.offset
        if offset is not None:
            self._measured(offset)

    @property
    def offset(self) -> float | None:
        """Seconds that the system is ahead of the proxy; None while that is not known."""
        counted = [each for samples in self._samples.values() for each in _moving(samples)]
        return median(counted) if counted else None


def _moving(samples: deque[float]) -> deque[float]:
    """Return the samples if they are those of a clock, else none."""
    if len(samples) < _LEAST_SAMPLES:
        return deque()
    middle = median(samples)
    spread = median(abs(each - middle) for each in samples)
    is_clock = abs(middle) <= _MAX_OFFSET_SECONDS and spread <= _MAX_SPREAD_SECONDS
    return samples if is_clock else deque()


class SystemDates:
    """Dates as one system reads them: by its own clock.

    Args:
        zone: The time zone of its local dates.
        offset: Seconds that its clock is ahead; smaller ones than `NOTICED_SECONDS` are left out.
        is_in_utc: It reads the zone in a date, so that it needs to know no other.
    """

    def __init__(self, zone: tzinfo, offset: float, *, is_in_utc: bool) -> None:
        self._zone = zone
        seconds = offset if abs(offset) >= NOTICED_SECONDS else 0.0
        self._offset = timedelta(seconds=seconds)
        self._is_in_utc = is_in_utc

    def written(self, moment: datetime) -> str:
        """A moment of the proxy's clock, in 18 characters."""
        return self._form(moment + self._offset)

    def read(self, text: str) -> datetime | None:
        """A moment that a terminal has written."""
        return parse_date(text, self._zone)

    def repeated(self, moment: datetime) -> str:
        """A moment that a person or a terminal has given: it is not corrected."""
        return self._form(moment)

    def _form(self, moment: datetime) -> str:
        if not self._is_in_utc:
            return local_date(moment, self._zone)
        text = local_date(moment, UTC)
        return f"{text[:8]}   Z{text[12:]}"
