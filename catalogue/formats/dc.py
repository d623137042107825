"""Simple (unqualified) Dublin Core as SRU carries it: ``srw_dc``.

Schema ``info:srw/schema/1/dc-v1.1`` (https://www.loc.gov/standards/sru/recordSchemas/).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalogue.formats import FULL, is_brief
from catalogue.formats.bibliographic import Bibliographic, Name, Related
from catalogue.formats.describing import describe
from catalogue.formats.tables import DCMI_TYPES
from catalogue.formats.xml_text import element
from catalogue.records import Record

NAMESPACE: Final = "info:srw/schema/1/dc-schema"
ELEMENTS: Final = "http://purl.org/dc/elements/1.1/"

#: The elements of the brief form.
_BRIEF: Final = frozenset(("title", "creator", "date", "type", "identifier"))
#: Koha, pazpar2 and others ask for the namespace of the elements themselves.
_IDENTIFIERS: Final = ("info:srw/schema/1/dc-v1.1", ELEMENTS, NAMESPACE)
_SCHEMES: Final = {"isbn": "urn:ISBN:", "issn": "urn:ISSN:", "doi": "doi:"}


class DublinCore:
    """The format ``dc``, which every record has."""

    name = "dc"
    media_type = "application/xml"
    identifiers = _IDENTIFIERS
    element_sets = frozenset({"F", "B"})

    def render(self, record: Record, element_set: str = FULL) -> bytes:
        """One ``srw_dc:dc`` element."""
        made = dublin_core(record, is_brief(element_set))
        return (
            f'<srw_dc:dc xmlns:srw_dc="{NAMESPACE}" xmlns:dc="{ELEMENTS}">{made}</srw_dc:dc>'
        ).encode()


def dublin_core(record: Record, brief: bool = False) -> str:
    """The elements of a record, in XML, with the prefix ``dc``: whatever stands around them."""
    told = dict.fromkeys(_elements(describe(record)))  # each once
    return "".join(
        element(f"dc:{name}", value) for name, value in told if not brief or name in _BRIEF
    )


def _elements(said: Bibliographic) -> Iterator[tuple[str, str]]:
    proper = [title for title in said.titles if title.kind != "uniform"]
    for title in proper or said.titles:
        yield "title", str(title)
    has_main = any(name.is_main for name in said.names)
    for name in said.names:
        yield ("creator" if name.is_main or not has_main else "contributor"), _told(name)
    for subject in said.subjects:
        yield "subject", str(subject)
    yield from (("subject", each.value) for each in said.classifications if each.kind)
    for text in (*said.abstracts, *said.contents, *(note.value for note in said.notes)):
        yield "description", text
    for publication in said.publications:
        yield from (("publisher", publisher) for publisher in publication.publishers)
    dates = [said.date + (f"-{said.date_end}" if said.date_end else "")] if said.date else []
    for date in dates or [date for each in said.publications for date in each.dates]:
        yield "date", date
    yield "type", DCMI_TYPES.get(said.resource_type, "")
    yield from (("type", genre.value) for genre in said.genres)
    yield from (("format", text) for text in (*said.extents, *said.forms))
    for each in said.identifiers:
        if not each.is_invalid:
            yield "identifier", _SCHEMES.get(each.kind, "") + each.value
    yield from (("identifier", address) for address in said.addresses)
    yield from (("language", code) for code in said.languages)
    for related in said.related:
        yield ("source" if related.kind == "host" else "relation"), _whole(related)
    parts = (part for subject in said.subjects for part in subject.parts)
    yield from (("coverage", text) for kind, text in parts if kind in ("geographic", "temporal"))
    yield from (("rights", each.value) for each in said.access)


def _whole(related: Related) -> str:
    """A related work on one line: name, title and part."""
    named = [text for each in (related.name, related.title) if each and (text := str(each))]
    return " ; ".join(part for part in (": ".join(named), related.part) if part)


def _told(name: Name) -> str:
    roles = ", ".join(name.roles)
    return f"{name} ({roles})" if roles else str(name)


DC = DublinCore()
