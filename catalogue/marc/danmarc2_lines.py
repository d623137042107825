"""danMARC2 in lines, as people write it and as it is printed: one field per line.

``245 00 *a The ¤green man *e G.K. Chesterton``: tag, indicators, and subfields that begin with an
asterisk; blanks around a value are not part of it. A line that begins with four blanks continues
the previous one. Records are separated by a line with only ``$``, or by an empty one. The encoding
is UTF-8, or Latin-1 if it is not valid UTF-8, with the escapes of `catalogue.marc.danmarc2`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from catalogue.marc.checking import Refused, accept_fields
from catalogue.marc.danmarc2 import unescaped
from catalogue.marc.records_found import FoundRecord
from catalogue.marc.splitting import LONGEST_STRETCH, Readable

_BLOCK: Final = 1024 * 1024
_CONTINUED: Final = b"    "
_FIELD: Final = re.compile(r"([0-9A-Za-z]{3}) ?([0-9A-Za-z ]{2}) ?(?=\*)")
#: The beginning of a file of such records.
FIRST_FIELD: Final = re.compile(rb"(?:\$\s*)?[0-9A-Za-z]{3} [0-9A-Za-z ]{2} ?\*")
_SUBFIELD: Final = re.compile(r"(?:[^@*]|@[0-9A-Fa-f]{4}|@[^\n]?)*")
_FILLER: Final = b"00000n    2200000   4500"


def read_records(stream: Readable) -> Iterator[FoundRecord]:
    """The records of a stream, in bounded memory: each as it is stored, or why it is not."""
    for offset, data in _split(stream):
        try:
            yield FoundRecord(offset, _to_iso2709(data), "danmarc2", None)
        except Refused as error:
            yield FoundRecord(offset, data, None, str(error))


def _split(stream: Readable) -> Iterator[tuple[int, bytes]]:
    """The lines of each record, with the offset of the first one."""
    held: list[bytes] = []
    start = size = offset = 0
    for line in _lines(stream):
        bare = line.strip()
        if bare in (b"", b"$") and not line.startswith(_CONTINUED + b" "):
            if held:
                yield start, b"".join(held)
            held, size = [], 0
        else:
            if not held:
                start = offset
            held.append(line)
            size += len(line)
            if size > LONGEST_STRETCH:
                yield start, b"".join(held)
                held, size = [], 0
        offset += len(line)
    if held:
        yield start, b"".join(held)


def _lines(stream: Readable) -> Iterator[bytes]:
    """The lines with their line ends; the longest are cut."""
    held = b""
    while block := stream.read1(_BLOCK):
        *lines, held = (held + block).splitlines(keepends=True)
        yield from lines
        if held.endswith(b"\n") or len(held) > LONGEST_STRETCH:
            yield held
            held = b""
    if held:
        yield held


def _to_iso2709(data: bytes) -> bytes:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("iso-8859-1")
    fields: list[str] = []
    for number, line in enumerate(text.lstrip("\ufeff").split("\n"), 1):
        line = line.rstrip("\r")
        if line.startswith("    "):
            if not fields:
                raise Refused(f"line {number} goes on from nothing: {line[:40].strip()!r}")
            fields[-1] += line[4:]
        elif line.strip():
            if _FIELD.match(line) is None:
                raise Refused(f"line {number} is no field: {line[:40]!r}")
            fields.append(line)
    return accept_fields(_FILLER, [_field(line) for line in fields])


def _field(line: str) -> tuple[bytes, bytes]:
    found = _FIELD.match(line)
    if found is None:
        raise Refused(f"no field: {line[:40]!r}")
    content = found[2]
    at = found.end()
    while at < len(line):
        code = line[at + 1 : at + 2]
        value = _SUBFIELD.match(line, at + 2)
        if not code.strip() or value is None:
            raise Refused(f"field {found[1]} has a star without a subfield code")
        content += f"\x1f{code}{unescaped(value[0].strip(' '))}"
        at = value.end()
    return found[1].encode(), content.encode("utf-8")
