"""The layout tables read by an interpreter, to hold the generated codec against."""

from __future__ import annotations

from typing import Any

from protocols.sip2.fields import FEE_FIELDS, FIELDS, LAYOUT_OF, Kind, Layout
from protocols.sip2.messages import LAYOUTS, Message


def interpret(text: str, delimiter: str = "|") -> Message:
    """The message in the text of a frame; ValueError where its fixed fields are cut short."""
    layout = LAYOUTS[text[:2]]
    position, values = 2, {}
    for fixed in layout.fixed:
        if fixed.kind is Kind.DATE and text[position : position + 2] in FIELDS:
            values[fixed.name] = " " * fixed.length  # it was left out, and the fields begin
            continue
        piece = text[position : position + fixed.length]
        if len(piece) < fixed.length:
            raise ValueError("cut short")
        values[fixed.name] = _value(fixed.kind, piece)
        position += fixed.length
    sent: dict[str, list[str]] = {}
    for piece in text[position:].split(delimiter):
        sent.setdefault(piece[:2], []).append(piece[2:])
    for field in layout.variable:
        found = sent.get(field.code, [])
        if field.kind is Kind.LINES:
            values[field.name] = tuple(found)
        elif field.kind is Kind.GROUPS:
            values[field.name] = _groups(text[position:].split(delimiter))
        elif field.kind is Kind.EXTRA:
            own = _own(layout)
            pieces = text[position:].split(delimiter)
            values[field.name] = tuple(
                (each[:2], each[2:]) for each in pieces if len(each) > 1 and each[:2] not in own
            )
        elif found:
            values[field.name] = _optional(field.kind, found[0])
        else:
            values[field.name] = "" if field.is_required else None
    made: Message = layout.message(**values)
    return made


def _own(layout: Layout) -> set[str]:
    own = {each.code for each in layout.variable}
    return own | set(FEE_FIELDS) if "FA" in own else own


def _groups(pieces: list[str]) -> tuple[tuple[tuple[str, str], ...], ...]:
    groups: list[list[tuple[str, str]]] = []
    for piece in pieces:
        code = piece[:2]
        if code not in FEE_FIELDS:
            continue
        if not groups or code in [known for known, _ in groups[-1]]:
            groups.append([])
        groups[-1].append((code, piece[2:]))
    return tuple(map(tuple, groups))


def _value(kind: Kind, piece: str) -> Any:
    if kind in (Kind.FLAG, Kind.BIT):
        return piece.upper() in ("Y", "1")
    if kind is Kind.COUNT:
        return int(piece) if piece.isdecimal() else None
    return piece


def _optional(kind: Kind, piece: str) -> Any:
    if kind is Kind.FLAG:
        return piece[0].upper() in ("Y", "1") if piece else None
    return _value(kind, piece)


def spell(message: Message, delimiter: str = "|") -> str:
    """The text of a frame, for values that need no cleaning and no wrapping."""
    layout = LAYOUT_OF[type(message)]
    text = layout.code
    for fixed in layout.fixed:
        text += _spelt(fixed.kind, fixed.length, getattr(message, fixed.name))
    for field in layout.variable:
        value = getattr(message, field.name)
        if field.kind is Kind.GROUPS:
            text += "".join(f"{code}{part}{delimiter}" for group in value for code, part in group)
            continue
        if field.kind is Kind.EXTRA:
            text += "".join(f"{code}{part}{delimiter}" for code, part in value)
            continue
        many = value if field.kind is Kind.LINES else (() if value is None else (value,))
        for each in many:
            text += field.code + _spelt(field.kind, field.length, each) + delimiter
    return text


def _spelt(kind: Kind, length: int, value: Any) -> str:
    if kind is Kind.FLAG:
        return "Y" if value else "N"
    if kind is Kind.BIT:
        return "1" if value else "0"
    if kind is Kind.COUNT:
        return " " * length if value is None else str(value).zfill(length)
    return str(value)
