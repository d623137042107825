"""Dublin Core: valid against the schema of SRU, and what each MARC says."""

from __future__ import annotations

import lzma
from itertools import islice
from pathlib import Path

import pytest
from lxml import etree

from catalogue.formats.dc import DC, ELEMENTS, NAMESPACE
from catalogue.marc.checking import accept
from catalogue.marc.splitting import split
from catalogue.records import Record
from tests.catalogue.formats.test_mods import DANISH, RECORD
from tests.contracts.test_record_formats import AWKWARD, ORDINARY, records_of

#: What dc-schema.xsd imports: the elements of simple Dublin Core, each with text and a language.
_NAMES = (
    "title creator subject description publisher contributor date type format identifier source"
    " language relation coverage rights"
)
_SIMPLE = (
    f'<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="{ELEMENTS}"'
    ' elementFormDefault="qualified">'
    + "".join(f'<element name="{name}" type="string"/>' for name in _NAMES.split())
    + "</schema>"
)


class _Simple(etree.Resolver):
    def resolve(self, system_url: str, public_id: str, context: object) -> object:
        if system_url.endswith("simpledc20021212.xsd"):
            return self.resolve_string(_SIMPLE, context)  # type: ignore[arg-type]
        return None


@pytest.fixture(scope="module")
def schema(shared: Path) -> etree.XMLSchema:
    parser = etree.XMLParser()
    parser.resolvers.add(_Simple())
    return etree.XMLSchema(etree.parse(shared / "data/sru-schema/v1/dc-schema.xsd", parser))


def render(data: bytes, record_format: str = "marc21", element_set: str = "F") -> etree._Element:
    record = Record(1, record_format, data, "", "", None, None)
    return etree.fromstring(DC.render(record, element_set))


def told(root: etree._Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in root:
        found.setdefault(etree.QName(element).localname, []).append(element.text or "")
    return found


def test_marc21(schema: etree.XMLSchema) -> None:
    root = render(RECORD)
    schema.assertValid(root)
    assert root.tag == f"{{{NAMESPACE}}}dc"
    assert told(root) == {
        "title": ["The Hobbit : there and back again", "Hobbitten"],
        "creator": ["Tolkien, J. R. R."],
        "contributor": ["Baynes, Pauline (illustrator)"],
        "subject": [
            "Dragons",
            "Smaug--Fiction",
            "Burglars--Shire--Third Age",
            "Middle Earth",
            "823.912",
        ],
        "description": [
            "A hobbit goes away",
            "An unexpected party -- Roast mutton",
            "With maps",
        ],
        "publisher": ["Allen & Unwin"],
        "date": ["1937"],
        "type": ["Text", "Fantasy fiction"],
        "format": ["310 p. : ill. ; 19 cm."],
        "identifier": [
            "urn:ISBN:0306406152",
            "urn:ISSN:0028-7822",
            "https://example.org/a?b=1&c=2",
        ],
        "language": ["eng"],
        "relation": ["Smith, A.: A poem", "Before", "Fantasy classics ; 7"],
        "source": ["Collected works ; vol. 1"],
        "coverage": ["Shire", "Third Age", "Middle Earth"],
        "rights": ["Free for schools"],
    }


def test_danmarc2(schema: etree.XMLSchema) -> None:
    root = render(DANISH, "danmarc2")
    schema.assertValid(root)
    found = told(root)
    assert found["title"] == ["Den store bog : en roman"]
    assert found["creator"] == ["Ellis, Bret"]
    assert found["contributor"] == ["Biblioteket. Afdelingen"]
    assert found["date"] == ["2001-2003"]
    assert found["subject"] == ["Holberg, Ludvig", "drager", "Danmark", "86"]
    assert found["type"] == ["Text", "romaner"]
    assert found["source"] == ["Værtsbog ; S. 3-9"]


def test_unimarc(schema: etree.XMLSchema) -> None:
    root = render(ORDINARY["unimarc"], "unimarc")
    schema.assertValid(root)
    assert told(root)["creator"] == ["Dupont, É."]


def test_brief_has_what_a_list_of_hits_shows() -> None:
    assert set(told(render(RECORD, element_set="b"))) == {
        "title", "creator", "date", "type", "identifier",
    }  # fmt: skip


def test_whatever_is_rendered_is_valid(schema: etree.XMLSchema, shared: Path) -> None:
    for kind in ("marc21", "danmarc2", "unimarc"):
        for data in AWKWARD.values():
            schema.assertValid(render(data, kind))
    with lzma.open(shared / "data/marc/real.mrc.xz") as file:
        for piece in islice(split(file), 0, 1_000, 10):
            schema.assertValid(render(accept(piece.data)))
    for name, kind in (
        ("unimarc.utf8.mrc.xz", "unimarc"),
        ("danmarc2.marcxchange.xml.xz", "danmarc2"),
    ):
        for data in records_of(shared / "data/marc" / name, 100):
            schema.assertValid(render(data, kind))
