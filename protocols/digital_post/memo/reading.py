"""Reads a message from XML as strictly as the platform does: order, number and types of elements.
Nothing is looked up anywhere, and documents with a DTD are refused.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from protocols.digital_post.memo.checking import MemoInvalid, structural_problems
from protocols.digital_post.memo.layout import LAYOUT, MESSAGE_TAG, Part, is_many
from protocols.digital_post.memo.messages import MemoVersion, Message
from protocols.digital_post.memo.values import Simple
from protocols.records.foreign_xml import XmlUnreadable, parsed


def read_memo(document: bytes) -> tuple[Message, MemoVersion]:
    """The message and its version. Raises MemoInvalid."""
    try:
        root = parsed(document)
    except XmlUnreadable as error:
        raise MemoInvalid([str(error)]) from error
    return memo_from(root)


def memo_from(root: etree._Element) -> tuple[Message, MemoVersion]:
    """Like `read_memo`, for an element of another document."""
    if root.tag != MESSAGE_TAG:
        raise MemoInvalid(["the document is no memo:Message"])
    if root.prefix != "memo":
        raise MemoInvalid(["the namespace of MeMo has another prefix than memo:"])
    try:
        version = MemoVersion(root.get("memoVersion"))
    except ValueError as error:
        raise MemoInvalid(["memoVersion is neither 1.1 nor 1.2"]) from error
    if (root.get("memoSchVersion") is not None) != (version is MemoVersion.V1_1):
        raise MemoInvalid(["memoSchVersion belongs to MeMo 1.1, and must stand there"])
    message = _value(root, Message, version, "Message")
    problems = structural_problems(message, version)
    if problems:
        raise MemoInvalid(problems)
    return message, version


def _value(element: etree._Element, kind: type[Any], version: MemoVersion, path: str) -> Any:
    children = [child for child in element if isinstance(child.tag, str)]
    position = 0
    fields: dict[str, Any] = {}
    for part in LAYOUT[kind]:
        if version not in part.versions:
            continue
        here = f"{path}/{part.element}"
        found: list[Any] = []
        while position < len(children) and children[position].tag == part.tag:
            if len(found) == part.most:
                raise MemoInvalid([f"{here} stands more than {part.most} times"])
            found.append(_part(children[position], part, version, here))
            position += 1
        if not found and version in part.required:
            raise MemoInvalid([f"{here} is missing, or stands in the wrong place"])
        if is_many(part):
            fields[part.field] = tuple(found)
        else:
            fields[part.field] = found[0] if found else None
    if position < len(children):
        name = etree.QName(children[position]).localname
        raise MemoInvalid([f"{path}: {name} is not allowed there"])
    return kind(**fields)  # what the version does not have keeps its default, None


def _part(element: etree._Element, part: Part, version: MemoVersion, path: str) -> Any:
    if not isinstance(part.kind, Simple):
        return _value(element, part.kind, version, path)
    if len(element):
        raise MemoInvalid([f"{path} has children"])
    try:
        return part.kind.read(element.text or "")
    except (ValueError, KeyError) as error:
        # The chain would show the value.
        del error
        raise MemoInvalid([f"{path} cannot be read"]) from None
