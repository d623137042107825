"""Compares an answer with the standard, character by character (SIP2 2.12, chapters 2 to 4)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from typing import Final

from protocols.sip2.checking.findings import FRAMES, Finding, error, of_message, warning
from protocols.sip2.fields import FEE_FIELDS, FIELDS, Fixed, Kind, Layout
from protocols.sip2.messages import LAYOUTS
from protocols.sip2.wire.dates import NO_CLOCK, parse_date
from protocols.sip2.wire.text import MAX_VALUE, Dialect

_ID: Final = re.compile(r"[A-Z][A-Z0-9]\Z")
#: The characters that a fixed field may have.
_CODES: Final = {
    "patron_status": re.compile(r"[Y ]{14}"),
    "circulation_status": re.compile(r"0[1-9]|1[0-3]"),
    "security_marker": re.compile(r"0[0-3]"),
    "fee_type": re.compile(r"0[1-9]"),
    "language": re.compile(r"[0-9]{3}"),
    "magnetic_media": re.compile(r"[YNU]"),
    "desensitize": re.compile(r"[YNU]"),
    "protocol_version": re.compile(r"[0-9]\.[0-9]{2}"),
}
_KINDS: Final = {
    Kind.FLAG: re.compile(r"[YN]"),
    Kind.BIT: re.compile(r"[01]"),
    Kind.COUNT: re.compile(r"[0-9]+| +"),
}
#: Fields with an id whose length is not the usual one.
_LENGTHS: Final = {code: each.length for code, each in FIELDS.items() if each.length != MAX_VALUE}
_REPEATABLE: Final = frozenset(
    {code for code, each in FIELDS.items() if each.kind is Kind.LINES} | set(FEE_FIELDS)
)


def examine(body: bytes, dialect: Dialect) -> Iterator[Finding]:
    """What is wrong with an answer, given without its end, sequence number and checksum."""
    code = body[:2].decode("ascii", "replace")
    layout = LAYOUTS.get(code)
    if layout is None:
        yield error(f"an answer has the code {code!r}, which is none", FRAMES)
        return
    try:
        text = body.decode(dialect.charset)
    except UnicodeDecodeError:
        yield warning(f"{code} is not in the charset {dialect.charset}: see --charset")
        text = body.decode(dialect.charset, "replace")
    if len(text) < layout.fixed_length:
        yield error(f"{code}: the fixed fields are cut short", of_message(code))
        return
    yield from _fixed(text, layout)
    yield from _variable(text[layout.fixed_length :], layout, dialect.delimiter)


def _fixed(text: str, layout: Layout) -> Iterator[Finding]:
    place = 2
    for field in layout.fixed:
        value = text[place : place + field.length]
        place += field.length
        if not _is_right(field, value):
            yield error(
                f"{layout.code}: {_words(field.name)} is {value!r}", of_message(layout.code)
            )


def _is_right(field: Fixed, value: str) -> bool:
    if field.kind is Kind.DATE:
        return value == NO_CLOCK or parse_date(value, UTC) is not None
    pattern = _CODES.get(field.name) or _KINDS.get(field.kind)
    return pattern is None or pattern.fullmatch(value) is not None


def _variable(text: str, layout: Layout, delimiter: str) -> Iterator[Finding]:
    code, clause = layout.code, of_message(layout.code)
    if not layout.variable:
        if text:
            yield error(f"{code} goes on after its fixed fields", clause)
        return
    *pieces, rest = text.split(delimiter)
    if rest:
        yield error(f"{code}: the last field is not ended by the delimiter", FRAMES)
        pieces.append(rest)
    sent = Counter(piece[:2] for piece in pieces)
    for field in layout.variable:
        if field.is_required and not sent[field.code]:
            yield error(f"{code}: {field.code} ({_words(field.name)}) is missing", clause)
    for piece in pieces:
        yield from _field(piece, code)
    for each, times in sent.items():
        if times > 1 and each in FIELDS and each not in _REPEATABLE:
            yield error(f"{code}: {each} stands {times} times in it", clause)


def _field(piece: str, code: str) -> Iterator[Finding]:
    which, value = piece[:2], piece[2:]
    if not _ID.match(which):
        yield error(f"{code}: there is a field without an id: a delimiter in a value?", FRAMES)
        return
    kind = FIELDS[which].kind if which in FIELDS else Kind.TEXT
    length = _LENGTHS.get(which)
    if len(value) > MAX_VALUE:
        yield error(f"{code}: {which} is longer than {MAX_VALUE} characters", FRAMES)
    elif which == "BX":
        if not re.fullmatch(r"[YN]{16}", value):
            yield error(f"{code}: BX is not of 16 Y and N, but {value!r}", of_message("98"))
    elif kind is Kind.FLAG and value not in ("Y", "N"):
        yield error(f"{code}: {which} is {value!r} and not Y or N", of_message(code))
    elif kind is Kind.COUNT and not re.fullmatch(r"[0-9]{4}", value):
        yield error(f"{code}: {which} is {value!r} and not four digits", of_message(code))
    elif length is not None and value and len(value) != length:
        yield error(f"{code}: {which} has {len(value)} characters, not {length}", of_message(code))


def _words(name: str) -> str:
    return name.replace("_", " ")
