"""Which records can be stored as they are and read by their directory.

A **sound** record is ISO 2709 in UTF-8 whose leader, directory and terminators agree, with two
indicators in every field that has subfields and no subfield delimiter that delimits nothing.
`is_sound` looks at one record. `are_sound` says the same of many in a fraction of the time, by
arithmetic on the bytes of several hundred of them at once (numpy).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import numpy
from numpy.typing import NDArray

from catalogue.marc.iso2709 import FIELD_END, LEADER_LENGTH, LONGEST_RECORD, RECORD_END

ESCAPE: Final = b"\x1b"

_ENTRY_LENGTH: Final = 12
_LEADER: Final = re.compile(rb"[0-9]{5}[ -~]{4}a22[0-9]{5}[ -~]{3}4500")
_DIRECTORY: Final = re.compile(rb"(?:[0-9A-Za-z]{3}[0-9]{9})+")
#: A delimiter with neither code nor value.
_STRAY: Final = re.compile(rb"\x1f(?=[\x1f\x1e])")
#: A field with subfields that does not begin with two indicators.
_BAD_INDICATORS: Final = re.compile(rb"\x1e(?![ -~]{2}\x1f)[^\x1e\x1f]*\x1f")


def is_sound(data: bytes) -> bool:
    """Is this a record that can be stored as it is, and read by its directory?"""
    if (
        not _LEADER.match(data)
        or int(data[:5]) != len(data)
        or data[-1:] != RECORD_END
        or _STRAY.search(data)
        or _BAD_INDICATORS.search(data)
        or ESCAPE in data
    ):
        return False
    base = int(data[12:17])
    if data.find(FIELD_END, LEADER_LENGTH) != base - 1:
        return False
    directory = data[LEADER_LENGTH : base - 1]
    if not _DIRECTORY.fullmatch(directory) or len(directory) % _ENTRY_LENGTH:
        return False
    contents = data[base:].split(FIELD_END)
    if len(contents) != len(directory) // _ENTRY_LENGTH + 1 or contents.pop() != RECORD_END:
        return False
    starts = 0
    entry = 3
    for content in contents:
        length = len(content) + 1
        if int(directory[entry : entry + 9]) != length * 100_000 + starts:
            return False
        starts += length
        entry += _ENTRY_LENGTH
    return _is_utf8(data)


# Many records at once. What follows must always say the same as `is_sound`.

_Octets = NDArray[numpy.uint8]
_Numbers = NDArray[numpy.int64]
_Verdicts = NDArray[numpy.bool_]

#: As many bytes at a time as fit, with what is computed from them, into the processor's cache.
_BYTES_AT_ONCE: Final = 384 * 1024
#: Added after the last record, so that a byte follows every byte and every record has a leader.
_PADDING: Final = bytes(LEADER_LENGTH)

_ESCAPE, _RECORD_END, _FIELD_END, _SUBFIELD = 0x1B, 0x1D, 0x1E, 0x1F
#: The lowest and the highest byte that `_LEADER` allows, a row for each position.
_LEADER_FROM, _LEADER_TO = (
    numpy.frombuffer(bound, numpy.uint8)[:, numpy.newaxis]
    for bound in (b"00000    a2200000   4500", b"99999~~~~a2299999~~~4500")
)
_IN_TAGS: Final = numpy.array([chr(octet).isalnum() and octet < 0x80 for octet in range(256)])


def are_sound(records: Iterable[bytes]) -> Iterator[bool]:
    """`is_sound` of each record, in order; takes any bytes."""
    together: list[bytes] = []
    size = 0
    for data in records:
        # A record too long to be sound may as well be empty, which takes less room.
        together.append(data if len(data) <= LONGEST_RECORD else b"")
        size += len(together[-1])
        if size >= _BYTES_AT_ONCE:
            yield from _verdicts(together)
            together, size = [], 0
    if together:
        yield from _verdicts(together)


def _verdicts(records: list[bytes]) -> list[bool]:
    joined = b"".join((*records, _PADDING))
    octets = numpy.frombuffer(joined, numpy.uint8)
    lengths = numpy.fromiter(map(len, records), numpy.int64, len(records))
    stops = lengths.cumsum()
    starts = stops - lengths

    leaders = _columns(joined, starts, LEADER_LENGTH)
    sound = ((leaders >= _LEADER_FROM) & (leaders <= _LEADER_TO)).all(axis=0)
    sound &= lengths == _number(leaders[:5])
    sound &= octets[stops - 1] == _RECORD_END

    # Field terminators and subfield delimiters, which differ in a single bit.
    marks = numpy.flatnonzero((octets & 0xFE) == _FIELD_END)
    is_delimiter = octets[marks] == _SUBFIELD
    escapes = numpy.flatnonzero(octets == _ESCAPE)
    for wrong in (_misplaced(octets, marks, is_delimiter), escapes):
        sound[numpy.searchsorted(stops, wrong, "right")] = False

    # One more end after all others, for a record that has none.
    ends = numpy.append(marks[~is_delimiter], len(octets))
    first = numpy.searchsorted(ends, starts)  # the end of the directory is ``ends[first]``
    last = numpy.searchsorted(ends, stops) - 1
    entries, rest = numpy.divmod(_number(leaders[12:17]) - LEADER_LENGTH - 1, _ENTRY_LENGTH)
    sound &= (rest == 0) & (entries > 0) & (entries == last - first)
    sound &= ends[first] == starts + LEADER_LENGTH + entries * _ENTRY_LENGTH
    sound &= ends[last] == stops - 2

    entries[~sound] = 0
    sound[_with_false_entries(joined, starts, ends, first, entries)] = False
    return _in_utf8(records, joined, sound.tolist())


def _misplaced(octets: _Octets, marks: _Numbers, is_delimiter: _Verdicts) -> _Numbers:
    """The last byte of everything that `_STRAY` and `_BAD_INDICATORS` match.

    The last, because if two marks belong to two records, the second record is unsound anyway.
    """
    after_delimiter = is_delimiter[:-1]
    stray = numpy.flatnonzero(after_delimiter & (numpy.diff(marks) == 1))
    begins = numpy.flatnonzero(is_delimiter[1:] & ~after_delimiter)
    end, delimiter = marks[begins], marks[begins + 1]
    has_indicators = delimiter - end == 3
    for place in (1, 2):
        has_indicators &= octets[end + place] - ord(" ") <= ord("~") - ord(" ")
    return numpy.concatenate((marks[stray + 1], delimiter[~has_indicators]))


def _with_false_entries(
    joined: bytes, starts: _Numbers, ends: _Numbers, first: _Numbers, entries: _Numbers
) -> _Numbers:
    """The numbers of the records whose directory has a wrong entry."""
    record = numpy.repeat(numpy.arange(len(starts)), entries)
    place = numpy.arange(len(record)) - numpy.repeat(entries.cumsum() - entries, entries)
    found = _columns(joined, starts[record] + LEADER_LENGTH + place * _ENTRY_LENGTH, _ENTRY_LENGTH)
    directory_end = first[record]
    before, end = ends[directory_end + place], ends[directory_end + place + 1]
    length, start = end - before, before - ends[directory_end]
    is_true: _Verdicts = _number(found[3:]) == length * 100_000 + start
    is_true &= (found[3:] - ord("0") <= 9).all(axis=0)
    is_true &= _IN_TAGS[found[:3]].all(axis=0)
    return record[~is_true]


def _in_utf8(records: list[bytes], joined: bytes, sound: list[bool]) -> list[bool]:
    try:
        # A sound record is ASCII at both ends, so no record completes a character of another.
        joined.decode("utf-8")
    except UnicodeDecodeError:
        return [is_so and _is_utf8(data) for is_so, data in zip(sound, records, strict=True)]
    return sound


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _columns(joined: bytes, at: _Numbers, width: int) -> _Octets:
    """The `width` bytes at each place: a row of all first bytes, a row of all second bytes..."""
    windows = numpy.ndarray(len(joined) - width + 1, f"V{width}", joined, strides=1)
    return numpy.ascontiguousarray(windows[at].view(numpy.uint8).reshape(-1, width).T)


def _number(digits: _Octets) -> _Numbers:
    """The numbers written in decimal digits, which are given as a row for each digit."""
    number = numpy.zeros(digits.shape[1], numpy.int64)
    for digit in digits - ord("0"):
        number *= 10
        number += digit
    return number
