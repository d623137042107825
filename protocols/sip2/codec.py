"""Bytes <-> messages, by functions generated from the messages' layouts when they are first needed.

`decode` is total: it gives a message or raises `MalformedMessage`. It is lenient with what real
terminals send (missing last delimiter, missing fields, fields sent twice, unknown fields, empty
fields); `encode` is strict, and no value can break the frame it makes.

For `Checkout` the generated pair is, in essence::

    def decode_11(text, delimiter, notes):
        if len(text) < 40 or text[4] > "9" or text[22] > "9":
            text = with_dates(text, "11", notes)
        if len(text) < 40: raise MalformedMessage(...)
        parts = text[40:].split(delimiter)
        fields = {part[:2]: part[2:] for part in reversed(parts)}
        if notes is not None: observe(notes, "11", fields, parts, (text[4:22], text[22:40]))
        get = fields.get
        m = new(Checkout)
        m.sc_renewal_policy = text[2] in "Yy1"
        m.transaction_date = text[4:22]
        m.institution_id = get("AO", "")
        m.fee_acknowledged = v[0] in "Yy1" if (v := get("BO")) else None
        ...
        return m

    def encode_12(m, end, clean, choose, screen, lines):
        own = choose((m.institution_id, m.fee_type or "", ...))
        text = f"12{'1' if m.ok else '0'}...AO{own(m.institution_id)}{end}..."
        if m.fee_type is not None: text += f"BT{own(m.fee_type)[:2]}{end}"
        ...
        return text

Attributes are set one by one because a constructor takes longer.

Error detection (SIP2 2.12, p. 16) is here too: `open_frame` and `seal`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple, cast

from catalogue.generated import OnDemand, Source
from protocols.sip2.fields import (
    FEE_FIELDS,
    FIELDS,
    LAYOUT_OF,
    SECRET_FIELDS,
    Fields,
    Fixed,
    Kind,
    Layout,
    Variable,
)
from protocols.sip2.messages import LAYOUTS, Message
from protocols.sip2.wire.deviations import DATE_MISSING, NOT_ITS_CHARSET, observe
from protocols.sip2.wire.text import SPELLING, Dialect, cleaners


class MalformedMessage(Exception):
    """The bytes are not a message. The text says why, and holds nothing of the bytes."""


class UnknownMessage(MalformedMessage):
    """The code is not of SIP2, or not offered here; such messages are ignored."""


# Frames


class Frame(NamedTuple):
    """A frame without its trailer; `sequence` and `checksum` are None if missing."""

    body: bytes
    sequence: bytes | None
    checksum: bytes | None
    is_sound: bool


#: Some terminals count beyond 9, and wait for the number that they sent.
_TRAILER = re.compile(rb"(?:AY([0-9]{1,4}))?AZ([0-9A-Fa-f]{4})\s*\Z")
_CONTROLS = bytes(range(32)) + b"\x7f"


def checksum(data: bytes) -> bytes:
    """Four hexadecimal digits that bring the sum of all bytes to zero, modulo 65,536."""
    return b"%04X" % (-sum(data) & 0xFFFF)


def open_frame(frame: bytes) -> Frame:
    """Takes the trailer ``AYnAZhhhh`` off a frame and checks it; control characters are dropped.

    The checksum counts the bytes as they were sent, so this comes before any decoding. 96 and 97
    carry no sequence number. A sequence number of several digits is taken as it is.
    """
    trailer = _TRAILER.search(frame, max(len(frame) - 24, 0)) if b"AZ" in frame[-24:] else None
    if trailer is None or (trailer[1] is None and frame[:2] not in (b"96", b"97")):
        return Frame(frame.translate(None, _CONTROLS), None, None, True)
    digits = trailer.start(2)
    is_sound = (sum(frame[:digits]) + int(trailer[2], 16)) & 0xFFFF == 0
    body = frame[: trailer.start()].translate(None, _CONTROLS)
    return Frame(body, trailer[1], trailer[2], is_sound)


def has_control_bytes(frame: bytes) -> bool:
    """Does it hold bytes that no message may hold?"""
    return len(frame.translate(None, _CONTROLS)) != len(frame)


def seal(body: bytes, sequence: bytes | None, has_checksum: bool, dialect: Dialect) -> bytes:
    """A whole frame: `body`, the trailer if error detection is on, and the terminator."""
    if not has_checksum:
        return body + dialect.terminator
    summed = body + (b"AZ" if sequence is None else b"AY" + sequence + b"AZ")
    return summed + checksum(summed) + dialect.terminator


# Messages


def decode(body: bytes, dialect: Dialect, notes: list[str] | None = None) -> Message:
    """The message in `body`, a frame without trailer and terminator.

    Every deviation from the standard is added to `notes` (see `protocols.sip2.wire.deviations`).
    Raises UnknownMessage for a code without a layout, else MalformedMessage where the fixed
    fields are not all there.
    """
    text = body.decode(dialect.charset, "replace")
    if notes is not None and "\ufffd" in text:
        notes.append(NOT_ITS_CHARSET)
    return _decoders[text[:2]](text, dialect.delimiter, notes)


def encode(message: Message, dialect: Dialect, width: int | None = None, version: int = 2) -> bytes:
    """The body of a frame. Print lines are cut to `width` characters; a screen has its own.

    A terminal of `version` 1 gets the fields that it knows.
    """
    text = (_encoders if version > 1 else _encoders_1)[type(message)](
        message,
        dialect.delimiter,
        *cleaners(dialect, width),
    )
    return text.encode(dialect.charset, SPELLING)


#: A patron's identifier (AA) that may be a Danish national number.
_NATIONAL = re.compile(rb"(AA[0-3][0-9][01][0-9]{3})[- ]?[0-9]{4}(?![0-9])")


def without_national_numbers(body: bytes) -> bytes:
    """A message as it may be logged: of a national number the date alone is left."""
    return _NATIONAL.sub(rb"\1-xxxx", body)


def masked(body: bytes, delimiter: bytes = b"|") -> bytes:
    """A frame fit for a trace: every password is shown as ``***``, whatever its length.

    Before the first delimiter, where fixed fields of a wrong length may hide a field, everything
    counts as one that looks like it.
    """
    codes = b"|".join(code.encode() for code in SECRET_FIELDS)
    end = re.escape(delimiter)
    start = rb"(?:\A[^" + end + rb"]*?|" + end + rb")"
    return re.sub(rb"(" + start + rb"(?:" + codes + rb"))[^" + end + rb"\r\n]+", rb"\1***", body)


def _count(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() else None


@lru_cache(maxsize=1024)  # one answer has half a dozen counts, and most of them are small
def _digits(value: int | None, length: int) -> str:
    """`value` padded with zeros, the largest that fits if it is too big; blanks for None."""
    if value is None:
        return " " * length
    return f"{min(max(value, 0), 10**length - 1):0{length}}"


def _with_dates(text: str, code: str, notes: list[str] | None) -> str:
    """A message with blanks for each date of its fixed part that was left out.

    No date begins like the id of a field: from such an id on, the rest is fields.
    """
    position = 2
    for each in LAYOUTS[code].fixed:
        if each.kind is Kind.DATE and text[position : position + 2] in FIELDS:
            text = text[:position] + " " * each.length + text[position:]
            if notes is not None:
                notes.append(DATE_MISSING)
        position += each.length
    return text


def _groups(parts: list[str]) -> tuple[Fields, ...]:
    """The fields of fees; a group ends where one of its fields would occur twice."""
    groups: list[dict[str, str]] = []
    for part in parts:
        code = part[:2]
        if code in FEE_FIELDS:
            if not groups or code in groups[-1]:
                groups.append({})
            groups[-1][code] = part[2:]
    return tuple(tuple(group.items()) for group in groups)


def _extra(parts: list[str], own: frozenset[str]) -> Fields:
    """The fields that the message does not declare."""
    return tuple([(p[:2], p[2:]) for p in parts if p[:2] not in own and len(p) > 1])


# The generator


def _decode_fixed(each: Fixed, start: int) -> str:
    piece = f"text[{start}]" if each.length == 1 else f"text[{start}:{start + each.length}]"
    return {
        Kind.FLAG: f"{piece} in 'Yy1'",
        Kind.BIT: f"{piece} in 'Yy1'",
        Kind.COUNT: f"count({piece})",
    }.get(each.kind, piece)


def _decode_variable(each: Variable, layout: Layout) -> str:
    if each.kind is Kind.EXTRA:
        return f"extra(parts, own_{layout.code})"
    if each.kind is Kind.LINES:
        return f"tuple([p[2:] for p in parts if p[:2] == {each.code!r}])"
    if each.kind is Kind.GROUPS:
        return "groups(parts)"
    if each.kind is Kind.FLAG:
        return f"v[0] in 'Yy1' if (v := get({each.code!r})) else None"
    if each.kind is Kind.COUNT:
        return f"count(get({each.code!r}))"
    return f"get({each.code!r}{', ' + repr('') if each.is_required else ''})"


def _decoder_source(layout: Layout) -> str:
    values, dates, no_dates = [], [], []
    position = 2
    for each in layout.fixed:
        if each.kind is Kind.DATE:
            no_dates.append(f" or text[{position}] > '9'")
            dates.append(f"text[{position}:{position + each.length}],")
        values.append((each.name, _decode_fixed(each, position)))
        position += each.length
    values += [(variable.name, _decode_variable(variable, layout)) for variable in layout.variable]
    lines = [f"def decode_{layout.code}(text, delimiter, notes):"]
    if no_dates:
        lines += [
            f"    if len(text) < {position}{''.join(no_dates)}:",
            f"        text = with_dates(text, {layout.code!r}, notes)",
        ]
    lines += [
        f"    if len(text) < {position}:",
        f"        raise MalformedMessage('the fixed fields of {layout.code} are cut short')",
    ]
    if layout.variable:
        lines += [
            f"    parts = text[{position}:].split(delimiter)",
            # Of a field sent twice the first counts: walking backwards, it comes last.
            "    fields = {p[:2]: p[2:] for p in parts[::-1]}",
            "    if notes is not None:",
            f"        observe(notes, {layout.code!r}, fields, parts, ({' '.join(dates)}))",
            "    get = fields.get",
        ]
    lines.append(f"    m = new({layout.message.__name__})")
    lines += [f"    m.{name} = {value}" for name, value in values]
    return "\n".join([*lines, "    return m"])


def _encode_fixed(each: Fixed) -> str:
    value = f"m.{each.name}"
    if each.kind is Kind.FLAG:
        return f"{{'Y' if {value} else 'N'}}"
    if each.kind is Kind.BIT:
        return f"{{'1' if {value} else '0'}}"
    if each.kind is Kind.COUNT:
        return f"{{digits({value}, {each.length})}}"
    return _exactly(each, value)


def _exactly(each: Fixed | Variable, value: str) -> str:
    return f"{{own({value}):{each.length}.{each.length}}}"


def _encode_value(each: Variable, value: str) -> str:
    if each.kind is Kind.FLAG:
        return f"{{'Y' if {value} else 'N'}}"
    if each.kind is Kind.COUNT:
        return f"{{digits({value}, {each.length})}}"
    if each.kind is Kind.DATE:
        return _exactly(each, value)
    return f"{{own({value})}}" if each.length == 255 else f"{{own({value})[:{each.length}]}}"


def _values(fixed: Iterable[Fixed], variable: Iterable[Variable]) -> str:
    """Source of the tuple of the texts that stand in a message once."""
    kinds = (Kind.TEXT, Kind.DATE)
    names = [f"m.{each.name}," for each in fixed if each.kind in kinds]
    names += [
        f"m.{each.name}," if each.is_required else f"m.{each.name} or '',"
        for each in variable
        if each.kind in kinds
    ]
    return f"({' '.join(names)})"


def _encoder_source(layout: Layout, name: str, version: int) -> str:
    start = layout.code + "".join(_encode_fixed(each) for each in layout.fixed)
    variable = layout.variable if version > 1 else layout.version_1
    later = []
    for each in variable:
        value = f"m.{each.name}"
        if each.kind is Kind.LINES:
            cleaning = {"AF": "screen", "AG": "lines"}.get(each.code)
            lines = f"{cleaning}({value})" if cleaning else f"map(clean, {value})"
            joined = f"''.join([f\"{each.code}{{line}}{{end}}\" for line in {lines}])"
            later += [f"    if {value}:", f"        text += {joined}"]
        elif each.kind is Kind.GROUPS:
            pieces = (
                'f"{code}{clean(part)}{end}" for group in ' + value + " for code, part in group"
            )
            later += [f"    if {value}:", f"        text += ''.join([{pieces}])"]
        elif each.kind is Kind.EXTRA:
            pieces = 'f"{code}{clean(part)}{end}" for code, part in ' + value
            later += [f"    if {value}:", f"        text += ''.join([{pieces}])"]
        elif each.is_required:
            start += f"{each.code}{_encode_value(each, value)}{{end}}"
        else:
            later.append(f"    if {value} is not None:")
            later.append(f'        text += f"{each.code}{_encode_value(each, value)}{{end}}"')
    return "\n".join(
        [
            f"def {name}(m, end, clean, choose, screen, lines):",
            f"    own = choose({_values(layout.fixed, variable)})",
            f'    text = f"{start}"',
            *later,
            "    return text",
        ]
    )


Decoder = Callable[[str, str, list[str] | None], Message]
#: Takes the delimiter and the `Cleaners` besides.
Encoder = Callable[..., str]


_SOURCE = Source(
    "protocols.sip2",
    {
        "MalformedMessage": MalformedMessage,
        "new": object.__new__,
        "observe": observe,
        "count": _count,
        "digits": _digits,
        "groups": _groups,
        "with_dates": _with_dates,
        "extra": _extra,
    },
)


def _decoder(code: str) -> Decoder:
    layout = LAYOUTS.get(code)
    if layout is None:
        raise UnknownMessage("no message has this code")
    own = {each.code for each in layout.variable if each.kind is not Kind.EXTRA}
    _SOURCE.names[f"own_{code}"] = frozenset(own | (set(FEE_FIELDS) if "FA" in own else set()))
    _SOURCE.names[layout.message.__name__] = layout.message
    _SOURCE.add(f"decode_{code}", _decoder_source(layout))
    return cast("Decoder", _SOURCE.function(f"decode_{code}"))


def _encoder(kind: type, version: int) -> Encoder:
    layout = LAYOUT_OF[kind]
    name = f"encode_{layout.code}_{version}"
    _SOURCE.add(name, _encoder_source(layout, name, version))
    return cast("Encoder", _SOURCE.function(name))


_decoders = OnDemand(_decoder)
_encoders: OnDemand[type, Encoder] = OnDemand(lambda kind: _encoder(kind, 2))
_encoders_1: OnDemand[type, Encoder] = OnDemand(lambda kind: _encoder(kind, 1))
