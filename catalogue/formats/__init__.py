"""Record formats: the forms in which a stored record can be given out.

A format is an object with the members of `RecordFormat`, found through the entry point group
``tiro.record_formats``. A new one is a module and one line of setup.cfg, and must pass
tests/contracts/test_record_formats.py. Each names the URIs and object identifiers it is requested
by; the protocols know no format by name. A form in another character set is a format of its own
with the same identifiers: `charset_of` tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from catalogue.records import Record

GROUP = "tiro.record_formats"

#: The element sets every format must answer to (Z39.50-2003, 3.6.2): full and brief.
FULL = "F"
BRIEF = "B"

UTF_8 = "utf-8"


@runtime_checkable
class RecordFormat(Protocol):
    """One form in which records can be requested."""

    @property
    def name(self) -> str:
        """The short name, such as ``marcxml``: lower case, unique among the formats."""
        ...

    @property
    def media_type(self) -> str:
        """The media type of what `render` gives, such as ``application/marcxml+xml``, with its
        charset where that is not UTF-8."""
        ...

    @property
    def identifiers(self) -> tuple[str, ...]:
        """What it is requested by: URIs of its XML schema (SRU recordSchema; the first is the one
        reported back), object identifiers of record syntaxes and schemas (Z39.50)."""
        ...

    @property
    def element_sets(self) -> frozenset[str]:
        """The names of its element sets, in capitals; ``F`` and ``B`` are among them."""
        ...

    def render(self, record: Record, element_set: str = FULL) -> bytes:
        """The record in this form; XML is a single element in UTF-8 without an XML declaration.

        `element_set` may be in either case. Raises UnknownElementSet, and CannotRender for a
        record that has no such form.
        """
        ...


class CannotRender(Exception):
    """This record has no such form; `reason` is a phrase to show to people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownElementSet(ValueError):
    """The format has no element set of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown element set {name!r}")
        self.name = name


def is_brief(element_set: str) -> bool:
    """Is the brief element set requested, not the full one? Raises UnknownElementSet for others."""
    if element_set == FULL:
        return False
    name = element_set.upper()
    if name not in (FULL, BRIEF):
        raise UnknownElementSet(element_set)
    return name == BRIEF


def is_xml(record_format: RecordFormat) -> bool:
    """Is what it renders XML?"""
    return record_format.media_type.partition(";")[0].endswith("xml")


def charset_of(record_format: RecordFormat) -> str:
    """The name, in lower case, of the character set it renders: usually ``utf-8``."""
    return record_format.media_type.partition("charset=")[2].lower() or UTF_8


@cache
def formats_known_as(identifier: str) -> tuple[RecordFormat, ...]:
    """The formats with this name or identifier, in either case; those in UTF-8 first."""
    wanted = identifier.lower()
    found = [
        each
        for each in record_formats().values()
        if wanted in (each.name, *(known.lower() for known in each.identifiers))
    ]
    return tuple(sorted(found, key=lambda each: (charset_of(each) != UTF_8, each.name)))


@cache
def record_formats() -> Mapping[str, RecordFormat]:
    """Every installed format by its name.

    Raises RuntimeError, naming the entry point, if one is not a format.
    """
    found: dict[str, RecordFormat] = {}
    for entry in entry_points(group=GROUP):
        member = entry.load()
        if not isinstance(member, RecordFormat) or member.name != entry.name:
            raise RuntimeError(f"{entry.value} is not a record format named {entry.name!r}")
        found[entry.name] = member
    return MappingProxyType(found)
