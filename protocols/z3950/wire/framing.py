"""Cuts a stream of octets into whole APDUs; Z39.50 over TCP has no framing but BER itself.

However the stream is cut up, every octet is looked at once: the walk over an APDU of indefinite
length resumes where it stopped, and a definite length is skipped as a whole. An APDU longer than
the limit is refused as soon as its header says so, and the stream is then of no further use.
"""

from __future__ import annotations

from protocols.z3950.wire.ber import CONSTRUCTED, MOST_NESTED, MalformedMessage, skim

#: Bits of a first octet that are the same in all APDUs: a constructed value with a context tag.
_APDU_BITS = 0xE0
_APDU = 0x80 | CONSTRUCTED
#: The first octet of an APDU whose tag takes more octets.
_LONG_TAG = _APDU | 0x1F
#: The longest APDU with a tag and a length of one octet each.
_SHORT = 2 + 127


class ApduStream:
    """Takes octets in, gives whole APDUs out; `limit` octets at most in one of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._short = min(limit, _SHORT)
        self._buffer = bytearray()
        self._at = 0  # everything before this has been walked
        self._open = 0  # values of indefinite length open at that point

    def __len__(self) -> int:
        """Octets received and not yet given out."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next_apdu(self) -> bytes | None:
        """The next whole APDU, or None until more octets come. Raises MalformedMessage."""
        buffer = self._buffer
        size = len(buffer)
        if (  # most come alone, and are so short that one octet says how long
            1 < size <= self._short
            and buffer[1] == size - 2
            and _APDU <= buffer[0] < _LONG_TAG
            and not self._at
        ):
            apdu = bytes(buffer)
            buffer.clear()
            return apdu
        return self._walked(buffer, size) if size else None

    def _walked(self, buffer: bytearray, size: int) -> bytes | None:
        """The same for one of any kind, from where the walk over it stopped."""
        while self._open or not self._at:
            if self._at >= size:
                return None
            if self._at == 0 and buffer[0] & _APDU_BITS != _APDU:
                raise MalformedMessage("not an APDU of Z39.50")
            if self._open and buffer[self._at] == 0:
                if self._at + 1 == size:
                    return None
                if buffer[self._at + 1] != 0:
                    raise MalformedMessage("end-of-contents octets with contents")
                self._at += 2
                self._open -= 1
            else:
                try:
                    start, length = skim(buffer, self._at, size)
                except IndexError:
                    return None  # a header is short: reading its few octets again costs nothing
                if length < 0:
                    self._open += 1
                    if self._open > MOST_NESTED:
                        raise MalformedMessage("values are nested too deep")
                self._at = start + max(length, 0)
            if self._at > self._limit:
                raise MalformedMessage(f"an APDU of more than {self._limit} octets")
        if size < self._at:
            return None
        apdu = bytes(buffer[: self._at])
        del buffer[: self._at]
        self._at = 0
        return apdu
