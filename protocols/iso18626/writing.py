"""Content -> elements, by the table of the version: strict, so that what is written is valid.

Content is what an element holds: a text, a code, or its children by name in any order; of one that
may come several times, a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias

from lxml import etree

from protocols.iso18626.codes import NAMESPACE, ONLY_2021, Version
from protocols.iso18626.layouts import layout_of
from protocols.iso18626.messages import Code

Content: TypeAlias = str | bool | int | Decimal | datetime | Enum | Code | Mapping[str, Any]

_IN: Final = f"{{{NAMESPACE}}}"
#: Attributes are qualified, so that they need a prefix of their own.
_PREFIXES: Final[Any] = {None: NAMESPACE, "ill": NAMESPACE}


class Unwritable(ValueError):
    """The version has no place for this; a fault of ours."""


def document(version: Version, name: str, content: Mapping[str, Any]) -> bytes:
    """An ISO18626Message with this one message in it. Raises Unwritable."""
    root = etree.Element(f"{_IN}ISO18626Message", nsmap=_PREFIXES)
    root.set(f"{_IN}version", version.value)
    _append(root, version, "", name, content)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _append(
    parent: etree._Element, version: Version, around: str, name: str, content: Content
) -> None:
    element = etree.SubElement(parent, f"{_IN}{name}")
    layout = layout_of(version, around, name)
    if layout is None:
        if isinstance(content, Mapping):
            raise Unwritable(f"{name} holds text")
        _set_text(element, version, content)
        return
    if not isinstance(content, Mapping):
        raise Unwritable(f"{name} holds elements")
    unknown = set(content) - {child.name for child in layout}
    if unknown:
        raise Unwritable(f"{version.value}: {name} has no {', '.join(sorted(unknown))}")
    for child in layout:
        given = content.get(child.name)
        values: Sequence[Any] = given if isinstance(given, list | tuple) else [given]
        values = [each for each in values if each is not None]
        if (child.is_needed and not values) or (len(values) > 1 and not child.is_many):
            raise Unwritable(f"{version.value}: {name} needs one {child.name}")
        for each in values:
            _append(element, version, name, child.name, each)


def _set_text(element: etree._Element, version: Version, content: Content) -> None:
    if isinstance(content, Enum) and version is Version.V1_2 and content in ONLY_2021:
        raise Unwritable(f"{content.value} is not in {version.value}")
    if isinstance(content, Code):
        if content.scheme:
            element.set(f"{_IN}scheme", content.scheme)
        content = content.value
    element.text = _text(content)


def _text(content: object) -> str:
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, Enum):
        return str(content.value)
    if isinstance(content, datetime):
        if content.tzinfo is None:
            raise Unwritable("a time on the wire needs a zone")
        return content.isoformat(timespec="milliseconds" if content.microsecond else "seconds")
    return "".join(each for each in str(content) if each >= " " or each in "\t\n\r")
