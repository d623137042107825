"""Elements -> objects, by the rows of their classes; lenient.

Elements are found by name in any order, under any prefix or namespace and by the names of either
version; unknown ones are ignored, and empty ones count as absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from lxml import etree

from catalogue.generated import OnDemand
from protocols.ncip.messages import Code
from protocols.ncip.models.elements import LAYOUTS, Row
from protocols.ncip.models.marks import CODE, COUNT, FLAG, MANY, MOMENT, NUMBER, SOME, TEXT, V1
from protocols.ncip.wire.dialects import NAMESPACE
from protocols.wire.moments import LocalTime, read_moment

Reader = Callable[[etree._Element, LocalTime], Any]
#: The field, whether it is a tuple, and how its element is read; None for an element of version 1
#: around other fields.
_Field = tuple[str, bool, Reader] | None

#: Version 1's names for visible identifiers, which are identifiers of their own there.
_VISIBLE = {
    "user_id": "VisibleUserId",
    "user_identifier_type": "VisibleUserIdentifierType",
    "user_identifier_value": "VisibleUserIdentifier",
    "item_id": "VisibleItemId",
    "item_identifier_type": "VisibleItemIdentifierType",
    "item_identifier_value": "VisibleItemIdentifier",
}
_LONGEST_COUNT = 10
#: Digits of an amount of money: one above the limit is read, so that the refusal names the limit.
_LONGEST_NUMBER = 40
_MOST_ATTRIBUTES = 20


def local_name(element: etree._Element) -> str:
    """The name of an element without its namespace; empty for anything else."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute_of(element: etree._Element, name: str) -> str | None:
    """The value of an attribute, qualified or not; None if it is missing."""
    attributes = element.attrib
    count = len(attributes)
    # Reading each of very many would take quadratic time.
    if not count or count > _MOST_ATTRIBUTES:
        return None
    value: Any = attributes.get(f"{{{NAMESPACE}}}{name}") or attributes.get(name)
    if value is None:
        value = next((v for k, v in attributes.items() if str(k).endswith(f"}}{name}")), None)
    return None if value is None else str(value).strip()


def read_text(element: etree._Element) -> str | None:
    """The text of an element without blanks around it; None where there is none."""
    if len(element):
        return "".join(str(part) for part in element.itertext()).strip() or None
    return (element.text or "").strip() or None


_MORE = r"(?:[^%#\[\]\t\r\n\\^`{|}<>\"]|%[0-9A-Fa-f]{2})*"
#: What a scheme may be (xs:anyURI): whatever else is not told back, as no answer with it is valid.
_URI = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*:(?://(?:[\w.-]*@)?[\w.-]*(?::[0-9]{1,5})?(?=[/?#]|$)|(?!//))|(?=[^:]*$)(?!//))"
    f"{_MORE}(?:#{_MORE})?",
    re.ASCII,
)


def read_code(element: etree._Element) -> Code | None:
    """A value with its Scheme attribute, or the Scheme and Value elements of version 1."""
    if not len(element) and not len(element.attrib):
        plain = (element.text or "").strip()
        return Code(plain) if plain else None
    scheme = attribute_of(element, "Scheme")
    value = element
    for child in element:
        name = local_name(child)
        if name == "Value":
            value = child
        elif name == "Scheme":
            scheme = read_text(child)
    text = read_text(value)
    if scheme and _URI.fullmatch(scheme) is None:
        scheme = None
    return None if text is None else Code(text, scheme or None)


def _read_count(element: etree._Element, local: LocalTime) -> int | None:
    text = read_text(element) or ""
    return int(text) if text.isdecimal() and len(text) < _LONGEST_COUNT else None


def _read_number(element: etree._Element, local: LocalTime) -> int | None:
    text = (read_text(element) or "").removeprefix("+")
    digits = text.removeprefix("-")
    return int(text) if digits.isdecimal() and len(digits) < _LONGEST_NUMBER else None


_READERS: dict[Any, Reader] = {
    TEXT: lambda element, local: read_text(element),
    CODE: lambda element, local: read_code(element),
    COUNT: _read_count,
    NUMBER: _read_number,
    FLAG: lambda element, local: True,
}


def _reader(row: Row) -> Reader:
    kind, name = row.kind, row.name
    if kind is MOMENT:
        return lambda element, local: read_moment(read_text(element) or "", name, local)
    ready = _READERS.get(kind)
    return ready or (lambda element, local: read(kind, element, local))


def _names(row: Row) -> Iterable[str]:
    """All names of the element of a row."""
    names = {row.element, row.element_in(V1)}
    if row.name in _VISIBLE:
        names.add(_VISIBLE[row.name])
    return names


def _fields_of(kind: type[Any]) -> tuple[dict[Any, _Field], tuple[str, ...]]:
    """The fields of a class by the tags of their elements, and which of them are tuples."""
    fields: dict[Any, _Field] = {}
    for row in LAYOUTS[kind]:
        field = (row.name, row.occurs in (MANY, SOME), _reader(row))
        for name in _names(row):
            fields.setdefault(name, field)
        if row.within_1:
            fields[row.within_1] = None
    fields |= {f"{{{NAMESPACE}}}{name}": field for name, field in fields.items()}
    return fields, tuple(row.name for row in LAYOUTS[kind] if row.occurs in (MANY, SOME))


_FIELDS: OnDemand[type[Any], tuple[dict[Any, _Field], tuple[str, ...]]] = OnDemand(_fields_of)
_UNKNOWN: Any = object()


def read(kind: type[Any], element: etree._Element, local: LocalTime) -> Any:
    """An object of `kind` from its element. If an element may occur only once, the first that is
    not empty counts."""
    values: dict[str, Any] = {}
    fields, tuples = _FIELDS[kind]
    _collect(element, fields, values, local)
    for name in tuples:
        if name in values:
            values[name] = tuple(values[name])
    return kind(**values)


def _collect(
    element: etree._Element, fields: dict[Any, _Field], values: dict[str, Any], local: LocalTime
) -> None:
    for child in element:
        try:
            found = fields[child.tag]
        except KeyError:
            found = fields.get(local_name(child), _UNKNOWN)
            if found is _UNKNOWN:
                continue
        if found is None:
            _collect(child, fields, values, local)
            continue
        name, is_repeatable, reader = found
        if is_repeatable:
            value = reader(child, local)
            if value is not None:
                values.setdefault(name, []).append(value)
        elif name not in values:
            value = reader(child, local)
            if value is not None:
                values[name] = value
