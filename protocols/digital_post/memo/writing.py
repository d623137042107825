"""Writes a message as XML: UTF-8, with the prefix ``memo:``, which receivers take literally."""

from __future__ import annotations

from typing import Any

from lxml import etree

from protocols.digital_post.memo.checking import MemoInvalid, problems_of
from protocols.digital_post.memo.layout import LAYOUT, MESSAGE_TAG, NAMESPACES, is_many
from protocols.digital_post.memo.messages import MemoVersion, Message
from protocols.digital_post.memo.values import Simple

#: The longest document that the platform accepts, in bytes.
LONGEST = 99_500_000


def memo_element(message: Message, version: MemoVersion) -> etree._Element:
    """The element ``memo:Message``. Raises MemoInvalid."""
    problems = problems_of(message, version)
    if problems:
        raise MemoInvalid(problems)
    used = {"memo"}
    _collect(message, used)
    root = etree.Element(MESSAGE_TAG, nsmap={name: NAMESPACES[name] for name in sorted(used)})
    root.set("memoVersion", version.value)
    if version is MemoVersion.V1_1:
        root.set("memoSchVersion", "1.1.0")
    _append(root, message)
    return root


def write_memo(message: Message, version: MemoVersion) -> bytes:
    """The document, in UTF-8 with an XML declaration. Raises MemoInvalid."""
    document = etree.tostring(
        memo_element(message, version), encoding="UTF-8", xml_declaration=True
    )
    if len(document) > LONGEST:
        raise MemoInvalid([f"the message has more than {LONGEST} bytes"])
    return document


def _children(value: Any) -> list[tuple[Any, Any]]:
    pairs = []
    for part in LAYOUT[type(value)]:
        held = getattr(value, part.field)
        values = held if is_many(part) else (() if held is None else (held,))
        pairs += [(part, each) for each in values]
    return pairs


def _collect(value: Any, used: set[str]) -> None:
    for part, each in _children(value):
        used.add(part.element.split(":")[0])
        if not isinstance(part.kind, Simple):
            _collect(each, used)


def _append(parent: etree._Element, value: Any) -> None:
    for part, each in _children(value):
        child = etree.SubElement(parent, part.tag)
        if isinstance(part.kind, Simple):
            child.text = part.kind.write(each)
        else:
            _append(child, each)
