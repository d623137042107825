"""Is a document valid in a version? By the table of its elements, without the schema, which is not
ours to hand on: what is missing, unknown, too often there or not in its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from protocols.iso18626.codes import NAMESPACE, Version
from protocols.iso18626.layouts import layout_of
from protocols.iso18626.reading import local_name
from protocols.wire.xml_documents import MalformedDocument, parse_document


def faults(document: bytes, version: Version) -> list[str]:
    """What is wrong with a document, in its order; nothing if it is valid as far as its elements
    go. Texts are not looked at."""
    try:
        root = parse_document(document)
    except MalformedDocument as error:
        return [str(error)]
    if root.tag != f"{{{NAMESPACE}}}ISO18626Message":
        return ["it is no ISO18626Message of the namespace"]
    found = [] if f"{{{NAMESPACE}}}version" in root.attrib else ["version has no namespace"]
    if len(root) != 1:
        return [*found, "it does not hold one message"]
    return [*found, *_faults(root[0], "", version)]


def _faults(element: etree._Element, around: str, version: Version) -> Iterator[str]:
    name = local_name(element)
    if not str(element.tag).startswith(f"{{{NAMESPACE}}}"):
        yield f"{name} is not in the namespace"
    layout = layout_of(version, around, name)
    if layout is None:
        if len(element):
            yield f"{name} holds elements"
        return
    places = {child.name: place for place, child in enumerate(layout)}
    names = [local_name(part) for part in element]
    counts = Counter(names)
    for child in layout:
        if child.is_needed and not counts[child.name]:
            yield f"{name} has no {child.name}"
        if counts[child.name] > 1 and not child.is_many:
            yield f"{name} has {child.name} more than once"
    for each in counts:
        if each not in places:
            yield f"{name} has {each}, which {version.value} does not know"
    known = [each for each in names if each in places]
    if known != sorted(known, key=places.__getitem__):
        yield f"{name} has its elements in another order"
    for part in element:
        if local_name(part) in places:
            yield from _faults(part, name, version)
