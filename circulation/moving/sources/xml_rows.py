"""Elements of an XML file as rows: the export of UNI-Login, and whatever else is nested.

Each element with the name that the plan gives as tag is a row, in whatever namespace. Its columns
are paths of XPath 1.0 from there, names without prefixes: ``UNILogin/UserId``, ``@relation``,
``../InstitutionNumber``; `$row` is the element itself, so that a path may look up what it names
elsewhere: ``../Group[GroupId = $row/Student/MainGroupId]/GroupName``. Several values are parted by
strokes. A file that is not whole is no XML, so nothing of it is taken. No DTD is read, no entity is
resolved, and nothing else is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from lxml import etree

from circulation.moving.plans import KindPlan
from circulation.moving.sources.rows import Line, UnreadableFile

#: Octets of a file: it is read as a whole.
LARGEST: Final = 256 * 1024 * 1024
_BETWEEN: Final = "|"


class XmlRows:
    """A file as `plan` describes it."""

    def __init__(self, path: Path, plan: KindPlan) -> None:
        self._path, self._tag = path, plan.tag
        self.columns = sorted(plan.columns_named())
        self._paths = [etree.XPath(each) for each in self.columns]

    def lines(self) -> Iterator[Line]:
        root = self._root()
        for element in root.iter(self._tag):
            number: Any = element.sourceline
            try:
                cells = [_text(path(element, row=[element])) for path in self._paths]
            except etree.XPathError:
                yield Line(number, (), "a path that leads nowhere")
            else:
                yield Line(number, cells)

    def _root(self) -> etree._Element:
        if self._path.stat().st_size > LARGEST:
            raise UnreadableFile(f"it has more than {LARGEST:,} octets")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            root = etree.fromstring(self._path.read_bytes(), parser)
        except etree.XMLSyntaxError as error:
            raise UnreadableFile(f"it is no XML from line {error.lineno} on") from None
        for each in root.iter(etree.Element):
            each.tag = etree.QName(each).localname
        return root


def _text(found: Any) -> str:
    """What a path has led to: elements, attributes, a text, a number."""
    if not isinstance(found, list):
        return str(found)
    texts = (each if isinstance(each, str) else "".join(each.itertext()) for each in found)
    return _BETWEEN.join(filter(None, map(str.strip, texts)))
