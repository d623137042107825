"""Documents changed at random that are well-formed all the same: what gets past the XML parser."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import lru_cache
from random import Random
from typing import Final

from lxml import etree

from tests.fuzz.mutations import mutated

#: What stands in an element in the place of what belongs there.
_TEXTS: Final = (
    *("", " ", "0", "-1", "1" * 400, "1e999", "NaN", "true", "2026-02-30T25:61:61Z", "\u00a0"),
    *("2026-11-25T12:00:00+99:00", "\u2028", "\ud7ff", "\ufffd", "a\u0308" * 50, "\U0001f4d6"),
    *("'; DROP TABLE items; --", "../../etc/passwd", "{0}", "%s", "x" * 5_000),
)
_NAMESPACES: Final = (
    "",
    "http://www.niso.org/2008/ncip",
    "http://illtransactions.org/2013/iso18626",
    "http://www.loc.gov/MARC21/slim",
    "urn:x",
)


@lru_cache(2_000)
def _read(seed: bytes) -> etree._Element | None:
    """The document's root, which nobody changes; None where it cannot be read."""
    try:
        return etree.fromstring(seed, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return None


def _elements(root: etree._Element) -> list[etree._Element]:
    return [each for each in root.iter() if isinstance(each.tag, str)]


def mutated_xml(seed: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """The seed with one to four elements changed, dropped, doubled or put elsewhere; now and then,
    and where it cannot be read, as any other bytes are mutated."""
    found = None if chance.random() < 0.15 else _read(seed)
    if found is None:
        return mutated(seed, chance, others)
    root = deepcopy(found)
    lent = _read(chance.choice(others))
    for _ in range(chance.randint(1, 4)):
        _change(chance.choice(_elements(root)), chance, root if lent is None else lent)
    return etree.tostring(root, encoding="utf-8", xml_declaration=chance.random() < 0.5)


def _change(element: etree._Element, chance: Random, lent: etree._Element) -> None:
    """One of the ways; the root itself is never dropped."""
    parent, other = element.getparent(), chance.choice(_elements(lent))
    way = chance.randrange(10)
    if way == 0:
        element.text = chance.choice(_TEXTS)
    elif way == 1:
        element.text = other.text
    elif way == 2:
        element.tag = other.tag
    elif way == 3:
        name = etree.QName(element).localname
        space = chance.choice(_NAMESPACES)
        element.tag = f"{{{space}}}{name}" if space else name
    elif way == 4:
        element.set(chance.choice(("Scheme", "version", "lang", "x")), chance.choice(_TEXTS))
    elif way == 5 and parent is not None:
        parent.remove(element)
    elif way == 6 and parent is not None:
        few = (1, 1, 3, 300) if len(element) < 5 else (1, 2, 3)
        for _ in range(chance.choice(few)):
            parent.append(deepcopy(element))
    elif way == 7 and parent is not None:
        parent.insert(chance.randint(0, len(parent)), element)  # among its siblings
    elif way == 8:  # one within another, deeper and deeper
        inner = element
        for _ in range(chance.choice((1, 5, 100))):
            inner = etree.SubElement(inner, element.tag)
        inner.text = element.text
    else:
        element.insert(chance.randint(0, len(element)), deepcopy(other))
