"""Elements of an XML file as rows: the export of UNI-Login, and whatever else is nested.

Each element with the name that the plan gives as tag is a row, in whatever namespace. Its columns
are paths of XPath 1.0 from there, names without prefixes: ``UNILogin/UserId``, ``@relation``,
``../InstitutionNumber``; `$row` is the element itself, so that a path may look up what it names
elsewhere: ``../Group[GroupId = $row/Student/MainGroupId]/GroupName``. Several values are parted by
strokes. Rows are numbered by these elements: a whole file may be one line. A file that is not whole
is no XML, so nothing of it is taken. No DTD is read, no entity is resolved, and nothing else is
fetched.
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
#: Elements from which the name of the rows is told.
_FIRST: Final = 20_000


class XmlRows:
    """A file as `plan` describes it."""

    def __init__(self, path: Path, plan: KindPlan) -> None:
        self._path, self._tag = path, plan.tag
        self.columns = sorted(plan.columns_named())
        self._paths = [etree.XPath(each) for each in self.columns]

    def lines(self) -> Iterator[Line]:
        root = self._root()
        for number, element in enumerate(root.iter(self._tag), 1):
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


class SurveyedXml:
    """All elements and attributes within the rows of a file, whatever a plan says. The file is read
    as a stream."""

    def __init__(self, path: Path, tag: str) -> None:
        self._path, self._tag = path, tag
        self.columns = sorted({name for _, row in self._rows() for name in row})

    def lines(self) -> Iterator[Line]:
        for number, row in self._rows():
            yield Line(number, [row.get(name, "") for name in self.columns])

    def _rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        number = 0
        for element in _ended(self._path):
            if etree.QName(element).localname == self._tag:
                number += 1
                yield number, dict(_leaves(element, ""))
                _clear(element)


def tell_row_tag(path: Path) -> str:
    """Return the name of the element that is a row: of those with others in them the most frequent,
    and of equally frequent ones the outermost. Empty where there is none."""
    counts: dict[str, int] = {}
    for number, element in enumerate(_ended(path)):
        if len(element) and element.getparent() is not None:
            name = str(etree.QName(element).localname)
            counts[name] = counts.pop(name, 0) + 1  # the outermost ends last
        if number > _FIRST:
            break
    return max(reversed(counts), key=counts.__getitem__, default="")


def _ended(path: Path) -> Iterator[etree._Element]:
    """Give the elements of a file, each when it has ended."""
    try:
        reading = etree.iterparse(path, ("end",), resolve_entities=False, no_network=True)
        for _, element in reading:
            if isinstance(element.tag, str):
                yield element
    except etree.XMLSyntaxError as error:
        raise UnreadableFile(f"it is no XML from line {error.lineno} on") from None


def _clear(element: etree._Element) -> None:
    """Forget a row that was read, and those before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _leaves(element: etree._Element, path: str) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        yield f"{path}@{etree.QName(name).localname}", str(value)
    for child in element.iterchildren(etree.Element):
        name = f"{path}{etree.QName(child).localname}"
        if len(child):
            yield from _leaves(child, f"{name}/")
        else:
            for attribute, value in child.attrib.items():
                yield f"{name}/@{etree.QName(attribute).localname}", str(value)
            yield name, (child.text or "").strip()
