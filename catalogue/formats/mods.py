"""MODS, the Metadata Object Description Schema of the Library of Congress, version 3.3.

Namespace ``http://www.loc.gov/mods/v3``. The elements used here are the same in versions 3.3 to
3.8, so the record is given out under each of their names. Source:
https://www.loc.gov/standards/mods/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from catalogue.formats import FULL, is_brief
from catalogue.formats.bibliographic import Bibliographic, Name, Related, Subject, Title
from catalogue.formats.describing import describe
from catalogue.formats.xml_text import around, element
from catalogue.records import Record

NAMESPACE: Final = "http://www.loc.gov/mods/v3"
VERSION: Final = "3.3"

_SCHEMA: Final = "info:srw/schema/1/mods-v3."
_AUDIENCE_CODES: Final = frozenset(
    ("preschool", "primary", "pre-adolescent", "adolescent", "adult", "specialized", "general",
     "juvenile")
)  # fmt: skip
_FORM_CODES: Final = frozenset(
    ("print", "electronic", "microfilm", "microfiche", "braille", "large print")
)


class Mods:
    """The format ``mods``, which every record has."""

    name = "mods"
    media_type = "application/mods+xml"
    identifiers = (*(f"{_SCHEMA}{minor}" for minor in (3, 4, 5, 6, 7, 8, 2, 1, 0)), NAMESPACE)
    element_sets = frozenset({"F", "B"})

    def render(self, record: Record, element_set: str = FULL) -> bytes:
        """One ``mods`` element. Brief: titles, main names, origin, identifiers."""
        brief = is_brief(element_set)
        said = describe(record)
        made = "".join(_brief(said) if brief else _full(said))
        return f'<mods xmlns="{NAMESPACE}" version="{VERSION}">{made}</mods>'.encode()


def _brief(said: Bibliographic) -> Iterator[str]:
    yield from map(_title, said.titles[:1])
    yield from (_name(name) for name in said.names if name.is_main)
    yield _resource_type(said)
    yield _origin(said)
    yield from _identifiers(said)
    yield _record_info(said)


def _full(said: Bibliographic) -> Iterator[str]:
    yield from map(_title, said.titles)
    yield from map(_name, said.names)
    yield _resource_type(said)
    yield from (element("genre", each.value, authority=each.kind) for each in said.genres)
    yield _origin(said)
    yield from map(_language, dict.fromkeys(said.languages))
    yield _physical(said)
    yield from (element("abstract", text) for text in said.abstracts)
    yield from (element("tableOfContents", text) for text in said.contents)
    for text in dict.fromkeys(said.audiences):
        known = text in _AUDIENCE_CODES
        yield element("targetAudience", text, authority="marctarget" if known else "")
    yield element("note", said.responsibility, type="statement of responsibility")
    yield from (element("note", each.value, type=each.kind) for each in said.notes)
    yield from map(_subject, said.subjects)
    for each in said.classifications:
        yield element("classification", each.value, authority=each.kind, edition=each.edition)
    yield from map(_related, said.related)
    yield from _identifiers(said)
    for address in said.addresses:
        yield around("location", element("url", address))
    yield from (element("accessCondition", each.value, type=each.kind) for each in said.access)
    yield _record_info(said)


def _title(title: Title) -> str:
    parts = (
        element("nonSort", title.not_filed),
        element("title", title.text),
        element("subTitle", title.subtitle),
        element("partNumber", title.part_number),
        element("partName", title.part_name),
    )
    return around("titleInfo", "".join(parts), type=title.kind)


def _name(name: Name) -> str:
    inside = "".join(element("namePart", text, type=kind) for kind, text in name.parts)
    if not inside:
        return ""
    terms = [element("roleTerm", text, type="text") for text in name.roles]
    terms += [
        element("roleTerm", code, type="code", authority="marcrelator") for code in name.role_codes
    ]
    if name.is_main and not terms:
        terms = [element("roleTerm", "creator", type="text", authority="marcrelator")]
    roles = "".join(around("role", term) for term in terms)
    return around("name", inside + roles, type=name.kind)


def _resource_type(said: Bibliographic) -> str:
    return element(
        "typeOfResource",
        said.resource_type,
        collection="yes" if said.is_collection else "",
        manuscript="yes" if said.is_manuscript else "",
    )


def _origin(said: Bibliographic) -> str:
    country = element("placeTerm", said.country, type="code", authority=said.country_authority)
    parts = [around("place", country)]
    for publication in said.publications:
        for place in publication.places:
            parts.append(around("place", element("placeTerm", place, type="text")))
        parts += [element("publisher", publisher) for publisher in publication.publishers]
        parts += [element("dateIssued", date) for date in publication.dates]
    if said.date:
        point = "start" if said.date_end else ""
        parts.append(element("dateIssued", said.date, encoding="marc", point=point))
        parts.append(element("dateIssued", said.date_end, encoding="marc", point="end"))
    parts.append(element("copyrightDate", said.copyright_date))
    parts += [element("edition", text) for text in said.editions]
    parts.append(element("issuance", said.issuance))
    parts += [element("frequency", text) for text in said.frequencies]
    return around("originInfo", "".join(parts))


def _language(code: str) -> str:
    term = element("languageTerm", code, type="code", authority="iso639-2b")
    return around("language", term)


def _physical(said: Bibliographic) -> str:
    forms = [
        element("form", text, authority="marcform" if text in _FORM_CODES else "")
        for text in dict.fromkeys(said.forms)
    ]
    extents = [element("extent", text) for text in said.extents]
    return around("physicalDescription", "".join((*forms, *extents)))


def _subject(subject: Subject) -> str:
    name = _name(subject.name) if subject.name else ""
    parts = "".join(
        around(kind, element("title", text)) if kind == "titleInfo" else element(kind, text)
        for kind, text in subject.parts
    )
    return around("subject", name + parts, authority=subject.authority)


def _related(related: Related) -> str:
    parts = [
        _title(related.title) if related.title else "",
        _name(related.name) if related.name else "",
        around("originInfo", element("dateIssued", related.published)),
        element("note", related.note),
        *(element("identifier", each.value, type=each.kind) for each in related.identifiers),
        around("part", element("text", related.part)),
    ]
    return around("relatedItem", "".join(parts), type=related.kind)


def _identifiers(said: Bibliographic) -> Iterable[str]:
    for each in said.identifiers:
        invalid = "yes" if each.is_invalid else ""
        yield element("identifier", each.value, type=each.kind, invalid=invalid)


def _record_info(said: Bibliographic) -> str:
    parts = (
        element("recordContentSource", said.cataloguing_source, authority="marcorg"),
        element("recordCreationDate", said.created, encoding="marc"),
        element("recordChangeDate", said.changed, encoding="iso8601"),
        element("recordIdentifier", said.control_number, source=said.control_source),
    )
    return around("recordInfo", "".join(parts))


MODS = Mods()
