"""What a record says, whichever MARC it is written in: the source of Dublin Core and MODS.

The parts, and the words for their kinds, are those of MODS. Each MARC has its reader
(`reading_marc21`, `reading_danmarc2`, `reading_unimarc`). Texts have no ISBD punctuation at their
ends. An unknown text or kind is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from catalogue.marc.iso2709 import SUBFIELD, fields, subfields


class Title(NamedTuple):
    """`not_filed` is what precedes the first word that is filed, including the blank. `kind` is
    empty for the title proper, else abbreviated, alternative, translated or uniform."""

    text: str
    subtitle: str = ""
    part_number: str = ""
    part_name: str = ""
    not_filed: str = ""
    kind: str = ""

    def __str__(self) -> str:
        parts = ". ".join(part for part in (self.part_number, self.part_name) if part)
        whole = self.not_filed + self.text + (f" : {self.subtitle}" if self.subtitle else "")
        return f"{whole}. {parts}" if parts else whole


class Name(NamedTuple):
    """`kind` is personal, corporate or conference. `parts` are texts with their kinds: family,
    given, date, termsOfAddress, or none. `is_main`: it is the main entry of the record."""

    kind: str
    parts: tuple[tuple[str, str], ...]
    roles: tuple[str, ...] = ()
    role_codes: tuple[str, ...] = ()
    is_main: bool = False

    def __str__(self) -> str:
        family = [text for kind, text in self.parts if kind == "family"]
        given = [text for kind, text in self.parts if kind == "given"]
        rest = [text for kind, text in self.parts if kind not in ("family", "given")]
        inverted = ", ".join(part for part in (" ".join(family), " ".join(given)) if part)
        first = [inverted] if inverted else []
        between = ". " if self.kind == "corporate" else ", "
        return between.join([*first, *rest])


class Subject(NamedTuple):
    """`parts` are kinds (topic, geographic, temporal, genre, titleInfo, occupation) with their
    texts; a `name` precedes them. `authority` is the code of the list the heading is taken from."""

    parts: tuple[tuple[str, str], ...]
    name: Name | None = None
    authority: str = ""

    def __str__(self) -> str:
        texts = [text for _, text in self.parts]
        return "--".join([str(self.name), *texts] if self.name else texts)


class Coded(NamedTuple):
    """A value and its kind: the scheme of a classification, the type of an identifier or note."""

    kind: str
    value: str
    edition: str = ""
    is_invalid: bool = False


class Related(NamedTuple):
    """A related item: `kind` is host, series, preceding, succeeding, original, constituent,
    otherVersion, otherFormat, or empty. `part` is the place within it, such as ``vol. 3``."""

    kind: str
    title: Title | None = None
    name: Name | None = None
    identifiers: tuple[Coded, ...] = ()
    part: str = ""
    published: str = ""
    note: str = ""


class Publication(NamedTuple):
    """Places, publishers and dates as the record has them."""

    places: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()


@dataclass(slots=True)
class Bibliographic:
    """The contents of a record, in the order of its fields."""

    resource_type: str = ""
    is_manuscript: bool = False
    is_collection: bool = False
    issuance: str = ""
    titles: list[Title] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)
    genres: list[Coded] = field(default_factory=list)  # kind: the authority
    publications: list[Publication] = field(default_factory=list)
    country: str = ""
    country_authority: str = ""
    #: Coded years or dates: the only one or the beginning, and the end of a period.
    date: str = ""
    date_end: str = ""
    copyright_date: str = ""
    editions: list[str] = field(default_factory=list)
    frequencies: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    extents: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    abstracts: list[str] = field(default_factory=list)
    contents: list[str] = field(default_factory=list)
    audiences: list[str] = field(default_factory=list)
    responsibility: str = ""
    notes: list[Coded] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)
    classifications: list[Coded] = field(default_factory=list)
    identifiers: list[Coded] = field(default_factory=list)
    related: list[Related] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    access: list[Coded] = field(default_factory=list)
    control_number: str = ""
    control_source: str = ""
    cataloguing_source: str = ""
    created: str = ""
    changed: str = ""


class Field(NamedTuple):
    """A parsed field: `value` is that of a control field, `parts` those of a data field."""

    tag: str
    indicators: str
    value: str
    parts: tuple[tuple[str, str], ...]

    def all(self, codes: str) -> list[str]:
        """The values of the subfields with these codes, in the order of the field."""
        return [value for code, value in self.parts if code in codes and value]

    def first(self, codes: str) -> str:
        return next(iter(self.all(codes)), "")

    def joined(self, codes: str, between: str = " ") -> str:
        """The same as one text, without the punctuation that precedes the next element."""
        return trimmed(between.join(self.all(codes)))


def fields_of(data: bytes) -> Iterator[Field]:
    """The fields of a stored record; an 880 counts as the field that its $6 names."""
    for tag_bytes, content in fields(data):
        tag = tag_bytes.decode("ascii", "replace")
        if SUBFIELD not in content:
            yield Field(tag, "  ", shown(content), ())
            continue
        parts = tuple((code.decode("utf-8", "replace"), shown(v)) for code, v in subfields(content))
        if tag == "880" and parts[0][0] == "6":
            tag = parts[0][1][:3]
        yield Field(tag, content[:2].decode("ascii", "replace").ljust(2), "", parts)


def shown(value: bytes) -> str:
    """A value without control characters. Blanks are kept, as some positions are counted."""
    text = value.decode("utf-8", "replace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "" if c in "\x98\x9c" else " " for c in text)


def trimmed(text: str) -> str:
    """The text without ISBD punctuation at its end; what looks like an abbreviation keeps its full
    stop."""
    text = " ".join(text.split()).rstrip(" /:;,=")
    if text.endswith(".") and not text.endswith("..") and len(text.split()[-1]) > 3:
        text = text[:-1]
    return text
