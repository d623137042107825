"""Answers of providers: octets -> what they tell, or why they tell nothing.

Names count, and neither prefixes nor namespaces: providers have all sorts. No DTD is read and no
entity resolved. Octets that no XML may hold are left out before a document is given up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from lxml import etree

from catalogue.marc.dublin_core import brief_record_of
from catalogue.marc.marcxml import records_within
from circulation.harvesting.taking import Told
from protocols.records.foreign_xml import XmlUnreadable, parsed

#: Octets of the largest answer.
MOST_OCTETS: Final = 16 << 20
#: Characters of the longest token, and of the longest identifier.
LONGEST_TOKEN: Final = 64 * 1024
LONGEST_IDENTIFIER: Final = 1_000
_CONTROLS: Final = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D})
_CONTROL_REFERENCE: Final = re.compile(
    rb"&#(?:0*(?:[0-8]|1[124-9]|2[0-9]|3[01])"
    rb"|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]|[dD][89a-fA-F][0-9a-fA-F]{2}|[fF]{3}[eEfF]));"
)
#: In UTF-8: halves of pairs, and U+FFFE and U+FFFF, which no text has.
_NO_CHARACTER: Final = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]|\xef\xbf[\xbe\xbf]")
_OTHER_ENCODING: Final = re.compile(rb"<\?xml[^>]*\sencoding\s*=\s*[\"'](?!utf-?8[\"'])", re.I)


class Unreadable(Exception):
    """It is no answer of OAI-PMH; the text says why, without quoting it."""


class Refusal(Exception):
    """An error of the standard, by its code."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}" if text else code)
        self.code = code


class Identified(NamedTuple):
    """What is asked about a repository before it is harvested."""

    has_seconds: bool  # else its dates are days


class Page(NamedTuple):
    """A part of a list: each identifier once, as it came last. `token` is empty at the end."""

    date: datetime | None
    told: tuple[Told, ...]
    token: str


def read_identify(data: bytes) -> Identified:
    """The answer to Identify. Raises Unreadable and Refusal."""
    answer = _answer(data, "Identify")
    return Identified("T" in _text_of(answer, "granularity"))


def read_page(data: bytes) -> Page:
    """The answer to ListRecords. Raises Unreadable and Refusal."""
    root = _root(data)
    answer = _within(root, "ListRecords")
    told: dict[str, Told] = {}
    for element in _children(answer, "record"):
        each = _told(element)
        if each is not None:
            told.pop(each.identifier, None)
            told[each.identifier] = each
    token = _text_of(answer, "resumptionToken")
    if len(token) > LONGEST_TOKEN:
        raise Unreadable(f"a resumption token of more than {LONGEST_TOKEN} characters")
    return Page(_moment(_text_of(root, "responseDate")), tuple(told.values()), token)


def _told(record: etree._Element) -> Told | None:
    header = next(_children(record, "header"), None)
    identifier = _text_of(header, "identifier") if header is not None else ""
    if header is None or not 0 < len(identifier) <= LONGEST_IDENTIFIER:
        return None
    if (header.get("status") or "").strip().lower() == "deleted":
        return Told(identifier, True)
    metadata = next(_children(record, "metadata"), None)
    if metadata is None:
        return Told(identifier, False)
    records = tuple(records_within(metadata))
    if not records:
        brief = brief_record_of(metadata)
        records = () if brief is None else (brief,)
    return Told(identifier, False, records)


def _answer(data: bytes, verb: str) -> etree._Element:
    return _within(_root(data), verb)


def _within(root: etree._Element, verb: str) -> etree._Element:
    answer = next(_children(root, verb), None)
    if answer is not None:
        return answer
    for error in _children(root, "error"):
        raise Refusal((error.get("code") or "").strip()[:100], _plain(error.text or ""))
    raise Unreadable(f"an answer without {verb}")


def _root(data: bytes) -> etree._Element:
    data = data.lstrip(b" \t\r\n")
    try:
        root = parsed(data)
    except XmlUnreadable:
        try:
            root = parsed(_cleaned(data))
        except XmlUnreadable as error:
            raise Unreadable(str(error)) from None
    if _name(root) != "OAI-PMH":
        raise Unreadable("a document that is none of OAI-PMH")
    return root


def _cleaned(data: bytes) -> bytes:
    """The same without what no XML may hold; octets that are not UTF-8 become U+FFFD, as in records
    that are loaded. One record with such must not keep all that come after it."""
    data = _CONTROL_REFERENCE.sub(b"", data.translate(None, _CONTROLS))
    if _OTHER_ENCODING.match(data):
        return data
    return _NO_CHARACTER.sub(b"", data).decode("utf-8", "replace").encode()


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (each for each in element if _name(each) == name)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _text_of(element: etree._Element, name: str) -> str:
    found = next(_children(element, name), None)
    return "" if found is None else (found.text or "").strip()


def _plain(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:300]


def _moment(text: str) -> datetime | None:
    """The moment, in UTC where no zone is given; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
