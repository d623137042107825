"""Splits a stream into ISO 2709 records, whatever the stream holds.

Records end with a record terminator (0x1D), and are split there, not by the length in the leader:
lengths are wrong more often than terminators are. There are two exceptions: a terminator inside a
record whose own length is right is part of that record, and blanks, line ends and other padding
between records belong to none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from catalogue.marc.iso2709 import RECORD_END

#: The longest stretch without a terminator that is still taken as one record.
LONGEST_STRETCH = 16 * 1024 * 1024

_BLOCK = 1024 * 1024
#: Blanks are padding only before the length of a record or at the end; else they are data.
_PADDING = re.compile(rb"(?:[\t\n\r\x00\x1a]|\xef\xbb\xbf| +(?=[\t\n\r\x00\x1a]|[0-9]{5}|\Z))*")
#: The beginning of a leader: five digits, and five further characters that are possible there.
_LEADER_START = re.compile(rb"[0-9]{5}[ -~]{5}")


class Readable(Protocol):
    """A stream that gives what it has: perhaps less than requested, but an error loses nothing."""

    def read1(self, size: int, /) -> bytes: ...


class Piece(NamedTuple):
    """What is at `offset` of the (uncompressed) stream; `is_whole` if it was terminated."""

    offset: int
    data: bytes
    is_whole: bool


def split(stream: Readable) -> Iterator[Piece]:
    """The records of a stream in order; every byte except padding is in one of the pieces.

    A piece that is not whole is the rest of a file that was cut short, or the beginning of a
    stretch longer than `LONGEST_STRETCH`, whose other bytes follow in further such pieces.
    """
    held = b""
    offset = 0  # of the first byte held
    searched = 0  # bytes held that are known to hold no terminator
    at_end = False
    while True:
        at = 0
        while True:
            start = _skip_padding(held, at)
            found = held.find(RECORD_END, max(start, searched))
            if found < 0 or not (end := _end_of_record(held, start, found + 1, at_end)):
                break
            yield Piece(offset + start, held[start:end], True)
            at = end
            searched = 0
        held = held[at:]
        offset += at
        searched = len(held) if found < 0 else 0
        if len(held) > LONGEST_STRETCH:
            yield Piece(offset, held, False)
            offset += len(held)
            held, searched = b"", 0
        block = stream.read1(_BLOCK)
        if block:
            held += block
        elif at_end:
            break
        else:
            at_end = True
    start = _skip_padding(held, 0)
    if start < len(held):
        yield Piece(offset + start, held[start:], False)


def _end_of_record(held: bytes, start: int, end: int, at_end: bool) -> int:
    """Where the record at `start` ends, whose first terminator is before `end`; 0: read on."""
    if not held[start : start + 5].isdigit():
        return end
    said = start + int(held[start : start + 5])
    if said <= end:
        return end
    # The leader says there is more. Believe it only if no record follows the terminator and there
    # is a terminator where the leader says.
    rest = _skip_padding(held, end)
    if not at_end and len(held) < max(said, rest + 10):
        return 0
    if rest == len(held) or _LEADER_START.match(held, rest):
        return end
    return said if said <= len(held) and held[said - 1 : said] == RECORD_END else end


def _skip_padding(held: bytes, at: int) -> int:
    padding = _PADDING.match(held, at)
    return at if padding is None else padding.end()
