"""Answers to searchRetrieve, of version 1.1, 1.2 or 2.0, read by a client.

Element names matter, namespaces do not: servers mix those of different versions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from protocols.records.foreign_xml import XmlUnreadable, parsed
from protocols.sru.diagnostics import SET


class ServerError(Exception):
    """The server did not answer like an SRU server; the message is meant for people."""


class Diagnostic(NamedTuple):
    """A diagnostic of the server; ``info:srw/diagnostic/1/N`` is one of the standard."""

    uri: str
    details: str = ""
    message: str = ""

    @property
    def number(self) -> int | None:
        """The number within the standard's set; None for others."""
        number = self.uri.removeprefix(SET)
        return int(number) if number != self.uri and number.isdecimal() else None

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.message or self.uri, self.details)))


class ServerRefused(ServerError):
    """The server answered with diagnostics instead of records."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("; ".join(map(str, diagnostics)))
        self.diagnostics = diagnostics


class FoundRecord(NamedTuple):
    """A record as it came: XML with its namespaces declared, or `diagnostic` in its place."""

    schema: str
    data: bytes
    position: int | None
    diagnostic: Diagnostic | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a search: how many records there are, and those that came with it."""

    count: int
    records: tuple[FoundRecord, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()


def read_answer(data: bytes) -> Found:
    """A searchRetrieveResponse of any version; namespaces are ignored. Raises ServerError."""
    root = _parse(data)
    if _name(root) != "searchRetrieveResponse":
        raise ServerError(f"the answer is a {_name(root)}, not a searchRetrieveResponse")
    diagnostics = tuple(
        _diagnostic(each)
        for group in _children(root, "diagnostics")
        for each in _children(group, "diagnostic")
    )
    count = _number(root, "numberOfRecords")
    records = tuple(
        _record(each) for group in _children(root, "records") for each in _children(group, "record")
    )
    if diagnostics and not records and not count:
        raise ServerRefused(diagnostics)
    if count is None:
        raise ServerError("the answer does not say how many records there are")
    return Found(count, records, diagnostics)


def _parse(data: bytes) -> etree._Element:
    try:
        return parsed(data)
    except XmlUnreadable as error:
        raise ServerError(f"no answer of SRU: {error}") from error


def _record(record: etree._Element) -> FoundRecord:
    schema = _text(record, "recordSchema")
    position = _number(record, "recordPosition")
    holder = next(_children(record, "recordData"), None)
    inner = next(_children(holder), None) if holder is not None else None
    if holder is None:
        raise ServerError("a record without recordData")
    if inner is None:
        data = (holder.text or "").strip().encode()  # packed as a string
    else:
        inner.tail = None
        data = etree.tostring(inner, encoding="utf-8")
    diagnostic = None
    if "diagnostic" in schema:
        diagnostic = _diagnostic(inner if inner is not None else _parse(data))
    return FoundRecord(schema, data, position, diagnostic)


def _diagnostic(element: etree._Element) -> Diagnostic:
    if _name(element) != "diagnostic":
        element = next(_children(element, "diagnostic"), element)
    return Diagnostic(*(_text(element, name) for name in ("uri", "details", "message")))


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def _children(element: etree._Element, name: str = "") -> Iterator[etree._Element]:
    for child in element:
        if isinstance(child.tag, str) and name in ("", _name(child)):
            yield child


def _text(element: etree._Element, name: str) -> str:
    child = next(_children(element, name), None)
    return "" if child is None else "".join(map(str, child.itertext())).strip()


def _number(element: etree._Element, name: str) -> int | None:
    text = _text(element, name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
