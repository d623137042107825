"""Objects -> the text of their elements, by the rows of their classes; strict.

For each class and version a function is generated from its rows, when it is first needed. The text
has no prefixes, and `ATTRIBUTE` takes the place of an attribute's prefix: the codec puts both in.
Nothing else in the text can look like them, as `<` and `ATTRIBUTE` are escaped or left out in all
content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import groupby
from typing import Any, cast

from catalogue.generated import OnDemand, Source
from protocols.ncip.messages import Code, ResponseHeader
from protocols.ncip.models.elements import Row
from protocols.ncip.models.layouts import rows_in
from protocols.ncip.models.marks import (
    AGENCY,
    CODE,
    FLAG,
    MANY,
    MOMENT,
    ONE,
    SOME,
    TEXT,
    V2,
    Kind,
    Version,
)
from protocols.ncip.wire.dialects import Dialect
from protocols.ncip.wire.schemes import SCHEMES
from protocols.wire.moments import write_moment

Add = Callable[[str], object]
Writer = Callable[[Any, Dialect], str]

#: Takes the place of the prefix and colon of a qualified attribute.
ATTRIBUTE = "\x00"

_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NO_AGENCY = Code("")
#: Values of a list that are remembered as elements, and the longest of them.
_MOST_PLAIN, _LONGEST_PLAIN = 512, 64


def text(value: str) -> str:
    """Content of an element: escaped, and without what XML cannot hold."""
    if _SPECIAL.search(value) is None:
        return value
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ILLEGAL.sub("", value).replace("\r", "&#13;")


def attribute(value: str) -> str:
    """Content of an attribute between double quotes."""
    value = text(value).replace('"', "&quot;")
    return value.replace("\n", "&#10;").replace("\t", "&#9;")


def code(element: str, value: Code) -> str:
    """A value of an open list in version 2."""
    scheme = f' {ATTRIBUTE}Scheme="{attribute(value.scheme)}"' if value.scheme else ""
    return f"<{element}{scheme}>{text(value.value)}</{element}>"


class _Plain(dict[str, str]):
    """The elements of a name that hold a value of a list without its scheme, by the value: agencies
    and types come again and again."""

    def __init__(self, element: str) -> None:
        super().__init__()
        self._element = element

    def __missing__(self, value: str) -> str:
        written = f"<{self._element}>{text(value)}</{self._element}>"
        if len(value) <= _LONGEST_PLAIN:
            if len(self) >= _MOST_PLAIN:
                self.clear()
            self[value] = written
        return written


_PLAIN = OnDemand(_Plain)


def code_1(element: str, value: Code, dialect: Dialect) -> str:
    """A value with its scheme in version 1: its own, that of its list, or that of the agency."""
    scheme = value.scheme or SCHEMES.get(element)
    if scheme is None:
        scheme = (dialect.agency.scheme if dialect.agency else None) or ""
    return (
        f"<{element}><Scheme>{text(scheme)}</Scheme><Value>{text(value.value)}</Value></{element}>"
    )


def _lacks(element: str, child: str) -> ValueError:
    return ValueError(f"{element} lacks {child}")


def write(value: Any, element: str, add: Add, dialect: Dialect) -> None:
    """Adds the text of `value`, an object with a layout, as `element`.

    Raises ValueError if it lacks what the content model of the version demands.
    """
    add(
        f"<{element}>{writer_of(type(value), dialect.version, element)(value, dialect)}</{element}>"
    )


def writer_of(kind: type[Any], version: Version, element: str) -> Writer:
    """The function that writes the content of an object of `kind`."""
    return _WRITERS[kind, version, element if version < V2 else ""]


def _generated(key: tuple[type[Any], Version, str]) -> Writer:
    kind, version, element = key
    names: dict[str, Any] = {
        "code": code,
        "code_1": code_1,
        "lacks": _lacks,
        "moment": write_moment,
        "no_agency": _NO_AGENCY,
        "text": text,
    }
    name = f"write_{kind.__name__}"
    lines = [f"def {name}(value, dialect):", "    out = ''"]
    rows = rows_in(kind, version, element)
    around: Callable[[Row], str] = lambda row: row.within_1 if version < V2 else ""  # noqa: E731
    for number, (wrapper, group) in enumerate(groupby(rows, around)):
        members = list(group)
        body = [
            line
            for place, row in enumerate(members)
            for line in _lines(row, version, kind.__name__, names, f"{number}_{place}")
        ]
        if wrapper:
            condition = " or ".join(f"value.{row.name}" for row in members)
            lines += [f"    if {condition}:", f"        out += '<{wrapper}>'"]
            lines += [f"    {line}" for line in body]
            lines.append(f"        out += '</{wrapper}>'")
        else:
            lines += body
    lines.append("    return out")
    major, minor = version
    source = Source(f"protocols.ncip {major}.{minor:02}", names)
    source.add(name, "\n".join(lines))
    return cast("Writer", source.function(name))


_WRITERS = OnDemand(_generated)


def _lines(
    row: Row, version: Version, parent: str, names: dict[str, Any], key: str
) -> Iterator[str]:
    """The statements that write one row."""
    element = row.element_in(version)
    occurs = row.occurs_in(version)
    is_needed = occurs in (ONE, SOME) and not row.choice
    is_tuple = row.occurs in (MANY, SOME)
    yield f"    v = value.{row.name}"
    otherwise = row.otherwise if occurs is ONE else None
    if otherwise is AGENCY:
        yield "    if v is None: v = dialect.agency or no_agency"
    elif otherwise is not None:
        names[f"otherwise_{key}"] = otherwise
        yield f"    if v is None: v = otherwise_{key}"
    elif is_needed:
        absent = "not v" if is_tuple else "v is None"
        yield f"    if {absent}: raise lacks({parent!r}, {element!r})"
    written = _written(row.kind, element, version, names, key)
    if is_tuple:
        yield f"    for v in v{'' if occurs in (MANY, SOME) else '[:1]'}:"
    elif row.kind is FLAG:
        yield "    if v:"
    else:
        yield "    if v is not None:"
    yield f"        out += {written}"


def _written(kind: Any, element: str, version: Version, names: dict[str, Any], key: str) -> str:
    """The expression for the text of ``v`` as an element."""
    if not isinstance(kind, Kind):
        names[f"write_{key}"] = writer_of(kind, version, element)
        return f"f'<{element}>{{write_{key}(v, dialect)}}</{element}>'"
    if kind is CODE:
        if version < V2:
            return f"code_1({element!r}, v, dialect)"
        names[f"plain_{element}"] = _PLAIN[element]
        return f"code({element!r}, v) if v.scheme else plain_{element}[v.value]"
    content = {TEXT: "{text(v)}", MOMENT: "{moment(v)}", FLAG: ""}.get(kind, "{v}")
    return f"f'<{element}>{content}</{element}>'"


def _headed(kind: type[Any]) -> Callable[[Any, ResponseHeader], Any]:
    names = [each.name for each in fields(kind)]
    values = ", ".join("header" if n == "response_header" else f"response.{n}" for n in names)
    source = Source("protocols.ncip", {"kind": kind})
    name = f"headed_{kind.__name__}"
    source.add(name, f"def {name}(response, header):\n    return kind({values})\n")
    function: Callable[[Any, ResponseHeader], Any] = source.function(name)
    return function


_HEADED = OnDemand(_headed)


def headed(response: Any, header: ResponseHeader) -> Any:
    """The response with that header: what `dataclasses.replace` gives, at a tenth of the cost."""
    return _HEADED[type(response)](response, header)
