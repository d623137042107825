"""ISO 2709: a record as a string of bytes, the form in which every record is stored.

A record is a leader of 24 bytes, a directory of 12-byte entries (tag, length, starting position),
and the fields, each with its terminator (ISO 2709:2008, clause 4). The length of a record has five
digits and that of a field four. A record too long for that is stored in the **long form**: leader
length ``00000``, and a directory that is correct only in its tags and their order. `fields` reads
both forms, since the fields of every stored record are in the order of the directory. Only records
for which `is_exchangeable` holds may be sent to others as ISO 2709.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

FIELD_END = b"\x1e"
RECORD_END = b"\x1d"
SUBFIELD = b"\x1f"

LEADER_LENGTH = 24
#: The longest record and field that have an ISO 2709 form, including terminators.
LONGEST_RECORD = 99_999
LONGEST_FIELD = 9_999

_LONG = b"00000"


def leader(data: bytes) -> bytes:
    """The 24 bytes of the leader."""
    return data[:LEADER_LENGTH]


def is_exchangeable(data: bytes) -> bool:
    """Is this stored record in the form of the standard rather than in the long form?"""
    return data[:5] != _LONG


def fields(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The fields of a stored record in order: (tag, content).

    The content of a data field begins with its two indicators; the terminator is left out.
    Only for stored records: `catalogue.marc.checking` has made sure that their fields are in the
    order of the directory, that none is missing and that none contains a terminator.
    """
    end = data.index(FIELD_END, LEADER_LENGTH)
    tags = [data[entry : entry + 3] for entry in range(LEADER_LENGTH, end, 12)]
    return zip(tags, data[end + 1 : -1].split(FIELD_END), strict=False)


def subfields(content: bytes) -> list[tuple[bytes, bytes]]:
    """The subfields of the content of a data field: (code, value).

    A code is one character in UTF-8: danMARC2 has codes outside ASCII.
    """
    return [
        (part[:1], part[1:]) if part[:1] < b"\x80" else _split_code(part)
        for part in content.split(SUBFIELD)[1:]
    ]


def _split_code(part: bytes) -> tuple[bytes, bytes]:
    width = 2 if part[:1] < b"\xe0" else 3 if part[:1] < b"\xf0" else 4
    return part[:width], part[width:]


def build(head: bytes, parts: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A record from a leader and its fields (tag, content without terminator).

    Length, base address and what is the same in every MARC 21 record (indicator count, code
    length, entry map: leader 10-11, 20-23) are set here; the rest of `head` is kept. Gives the long
    form if the record does not fit into that of the standard.
    """
    directory = []
    bodies = []
    start = 0
    fits = True
    for tag, content in parts:
        length = len(content) + 1
        fits = fits and length <= LONGEST_FIELD and start <= LONGEST_RECORD
        directory.append(b"%b%04d%05d" % (tag, min(length, 9_999), min(start, 99_999)))
        bodies.append(content + FIELD_END)
        start += length
    base = LEADER_LENGTH + 12 * len(directory) + 1
    length = base + start + 1
    fits = fits and length <= LONGEST_RECORD
    head = head[:LEADER_LENGTH].ljust(LEADER_LENGTH)
    made = (
        (b"%05d" % length if fits else _LONG)
        + head[5:10]
        + b"22"
        + b"%05d" % min(base, 99_999)
        + head[17:20]
        + b"4500"
    )
    return b"".join((made, *directory, FIELD_END, *bodies, RECORD_END))
