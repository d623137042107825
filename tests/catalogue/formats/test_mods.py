"""MODS: what each MARC says, in its elements; the vocabulary of the schema and no other."""

from __future__ import annotations

import lzma
from itertools import islice
from pathlib import Path

import pytest
from lxml import etree

from catalogue.formats.mods import MODS, NAMESPACE
from catalogue.marc.checking import accept
from catalogue.marc.splitting import split
from catalogue.records import Record
from tests.builders.catalogue import a_record
from tests.builders.danmarc2 import a_danmarc2_record
from tests.contracts.test_record_formats import AWKWARD, ORDINARY, records_of

NAMESPACES = {"m": NAMESPACE}

#: What may stand in each element, by https://www.loc.gov/standards/mods/ (3.3), as far as used.
INSIDE = {
    "mods": "titleInfo name typeOfResource genre originInfo language physicalDescription abstract"
    " tableOfContents targetAudience note subject classification relatedItem identifier location"
    " accessCondition recordInfo",
    "titleInfo": "nonSort title subTitle partNumber partName",
    "name": "namePart role",
    "role": "roleTerm",
    "originInfo": "place publisher dateIssued copyrightDate edition issuance frequency",
    "place": "placeTerm",
    "language": "languageTerm",
    "physicalDescription": "form extent",
    "subject": "name topic geographic temporal titleInfo genre occupation",
    "relatedItem": "titleInfo name originInfo note identifier part",
    "part": "text",
    "location": "url",
    "recordInfo": "recordContentSource recordCreationDate recordChangeDate recordIdentifier",
}
ATTRIBUTES = {
    "version", "type", "authority", "collection", "manuscript", "encoding", "point", "edition",
    "invalid", "source",
}  # fmt: skip
TYPES = {
    "titleInfo": {"abbreviated", "alternative", "translated", "uniform"},
    "name": {"personal", "corporate", "conference"},
    "namePart": {"family", "given", "date", "termsOfAddress"},
    "relatedItem": {
        "host", "series", "preceding", "succeeding", "original", "constituent", "otherVersion",
        "otherFormat",
    },
}  # fmt: skip
VALUES = {
    "typeOfResource": {
        "text", "cartographic", "notated music", "sound recording-musical",
        "sound recording-nonmusical", "still image", "moving image", "three dimensional object",
        "software, multimedia", "mixed material",
    },
    "issuance": {"monographic", "serial", "integrating resource"},
}  # fmt: skip


def render(data: bytes, record_format: str = "marc21", element_set: str = "F") -> etree._Element:
    record = Record(1, record_format, data, "", "", None, None)
    return etree.fromstring(MODS.render(record, element_set))


def check(root: etree._Element) -> None:
    """The structure is that of the schema."""
    for element in root.iter():
        name = etree.QName(element).localname
        assert etree.QName(element).namespace == NAMESPACE
        inside = [etree.QName(child).localname for child in element]
        assert set(inside) <= set(INSIDE.get(name, "").split())
        assert inside or element.text or name == "mods"
        assert set(map(str, element.attrib)) <= ATTRIBUTES
        if name in TYPES and "type" in element.attrib:
            assert element.attrib["type"] in TYPES[name]
        if name in VALUES:
            assert element.text in VALUES[name]
    for name in ("physicalDescription", "recordInfo", "originInfo", "typeOfResource"):
        assert len(root.findall(f"m:{name}", NAMESPACES)) <= 1


RECORD = a_record(
    "The Hobbit",
    "Tolkien, J. R. R.,",
    "0306406152 (pbk.)",
    ["Dragons"],
    year=1937,
    control_number="c1",
    not_filed=4,
    subtitle="there and back again /",
    leader="00000cam a2200000 i 4500",
    fields=[
        ("020", "  ", ["z", "123"]),
        ("022", "  ", ["a", "0028-7822"]),
        ("082", "04", ["a", "823/.912", "2", "23"]),
        ("240", "10", ["a", "Hobbit.", "l", "Danish"]),
        ("246", "3 ", ["a", "Hobbitten"]),
        ("260", "  ", ["a", "London :", "b", "Allen & Unwin,", "c", "1937."]),
        ("300", "  ", ["a", "310 p. :", "b", "ill. ;", "c", "19 cm."]),
        ("505", "0 ", ["a", "An unexpected party -- Roast mutton."]),
        ("520", "  ", ["a", "A hobbit goes away."]),
        ("500", "  ", ["a", "With maps."]),
        ("540", "  ", ["a", "Free for schools."]),
        ("600", "10", ["a", "Smaug", "v", "Fiction"]),
        ("650", " 7", ["a", "Burglars", "z", "Shire", "y", "Third Age", "2", "fast"]),
        ("651", " 0", ["a", "Middle Earth"]),
        ("655", " 7", ["a", "Fantasy fiction", "2", "lcgft"]),
        ("700", "1 ", ["a", "Baynes, Pauline,", "e", "illustrator.", "4", "ill"]),
        ("700", "12", ["a", "Smith, A.", "t", "A poem"]),
        ("773", "0 ", ["t", "Collected works", "g", "vol. 1", "z", "0306406153"]),
        ("780", "00", ["t", "Before", "x", "1234-5679"]),
        ("830", " 0", ["a", "Fantasy classics ;", "v", "7"]),
        ("856", "40", ["u", "https://example.org/a?b=1&c=2"]),
    ],
)
#: Paths, and the texts that they find.
SAID = {
    "m:titleInfo[not(@type)]/m:nonSort": ["The "],
    "m:titleInfo[not(@type)]/m:title": ["Hobbit"],
    "m:titleInfo[not(@type)]/m:subTitle": ["there and back again"],
    "m:titleInfo[@type='uniform']/m:title": ["Hobbit. Danish"],
    "m:titleInfo[@type='alternative']/m:title": ["Hobbitten"],
    "m:name[@type='personal']/m:namePart[not(@type)]": ["Tolkien, J. R. R.", "Baynes, Pauline"],
    "m:name/m:role/m:roleTerm[@type='text']": ["creator", "illustrator"],
    "m:name/m:role/m:roleTerm[@type='code']": ["ill"],
    "m:typeOfResource": ["text"],
    "m:genre[@authority='lcgft']": ["Fantasy fiction"],
    "m:originInfo/m:place/m:placeTerm": ["dk", "London"],
    "m:originInfo/m:publisher": ["Allen & Unwin"],
    "m:originInfo/m:dateIssued": ["1937", "1937"],
    "m:originInfo/m:dateIssued[@encoding='marc']": ["1937"],
    "m:originInfo/m:issuance": ["monographic"],
    "m:language/m:languageTerm": ["eng"],
    "m:physicalDescription/m:extent": ["310 p. : ill. ; 19 cm."],
    "m:abstract": ["A hobbit goes away"],
    "m:tableOfContents": ["An unexpected party -- Roast mutton"],
    "m:note": ["With maps"],
    "m:subject[@authority='lcsh']/m:topic": ["Dragons"],
    "m:subject[@authority='fast']/*": ["Burglars", "Shire", "Third Age"],
    "m:subject/m:geographic": ["Shire", "Middle Earth"],
    "m:subject/m:name/m:namePart": ["Smaug"],
    "m:subject/m:genre": ["Fiction"],
    "m:classification[@authority='ddc'][@edition='23']": ["823.912"],
    "m:relatedItem[@type='host']/m:titleInfo/m:title": ["Collected works"],
    "m:relatedItem[@type='host']/m:part/m:text": ["vol. 1"],
    "m:relatedItem[@type='preceding']/m:identifier[@type='issn']": ["1234-5679"],
    "m:relatedItem[@type='series']/m:titleInfo/m:title": ["Fantasy classics"],
    "m:relatedItem[@type='series']/m:part/m:text": ["7"],
    "m:relatedItem[@type='constituent']/m:titleInfo/m:title": ["A poem"],
    "m:relatedItem[@type='constituent']/m:name/m:namePart": ["Smith, A."],
    "m:identifier[@type='isbn'][not(@invalid)]": ["0306406152"],
    "m:identifier[@invalid='yes']": ["123"],
    "m:identifier[@type='issn']": ["0028-7822"],
    "m:location/m:url": ["https://example.org/a?b=1&c=2"],
    "m:accessCondition[@type='use and reproduction']": ["Free for schools"],
    "m:recordInfo/m:recordIdentifier": ["c1"],
}


@pytest.mark.parametrize("path", SAID)
def test_marc21(path: str) -> None:
    found = render(RECORD).xpath(path, namespaces=NAMESPACES)
    assert [element.text for element in found] == SAID[path]


DANISH = a_danmarc2_record(
    "001 00 *a 12345678 *b 870970 *c 20200102030405 *d 20200101",
    "008 00 *t m *a 2001 *z 2003 *b dk *l dan",
    "009 00 *a a *g xx",
    "021 00 *e 9788700000018 *x 87-00",
    "041 00 *a dan *c eng",
    "100 00 *a Ellis *h Bret *4 aut",
    "245 00 *a Den ¤store bog *c en roman *e Bret Ellis",
    "260 00 *a Kbh. *b Gyldendal *c 2001",
    "300 00 *a 300 sider",
    "440 00 *a Serien *v 3",
    "504 00 *a Kort sagt",
    "512 00 *a En note",
    "558 00 *a Værtsbog *z 8700 *v S. 3-9",
    "600 00 *a Holberg *h Ludvig",
    "652 00 *m 86",
    "666 00 *f drager *e Danmark *u for 11 år *o romaner",
    "700 00 *5 870979 *6 1",
    "710 00 *a Biblioteket *c Afdelingen",
    "856 00 *u https://example.dk/",
)
DANISH_SAID = {
    "m:titleInfo/m:title": ["Den store bog"],
    "m:titleInfo/m:subTitle": ["en roman"],
    "m:name[@type='personal']/m:namePart": ["Ellis", "Bret"],
    "m:name[@type='corporate']/m:namePart": ["Biblioteket", "Afdelingen"],
    "m:originInfo/m:dateIssued[@point]": ["2001", "2003"],
    "m:language/m:languageTerm": ["dan"],
    "m:typeOfResource": ["text"],
    "m:physicalDescription/m:form": ["print"],
    "m:abstract": ["Kort sagt"],
    "m:note": ["Bret Ellis", "En note"],
    "m:subject/m:name/m:namePart": ["Holberg", "Ludvig"],
    "m:subject/m:topic": ["drager"],
    "m:subject/m:geographic": ["Danmark"],
    "m:genre": ["romaner"],
    "m:targetAudience": ["for 11 år"],
    "m:classification[@authority='dk5']": ["86"],
    "m:identifier[@type='isbn'][not(@invalid)]": ["9788700000018"],
    "m:relatedItem[@type='host']/m:titleInfo/m:title": ["Værtsbog"],
    "m:relatedItem[@type='series']/m:titleInfo/m:title": ["Serien"],
    "m:recordInfo/m:recordIdentifier[@source='870970']": ["12345678"],
}


@pytest.mark.parametrize("path", DANISH_SAID)
def test_danmarc2(path: str) -> None:
    root = render(DANISH, "danmarc2")
    check(root)
    found = root.xpath(path, namespaces=NAMESPACES)
    assert [element.text for element in found] == DANISH_SAID[path]


def test_unimarc() -> None:
    root = render(ORDINARY["unimarc"], "unimarc")
    check(root)
    for path, text in {
        "m:titleInfo/m:title": "L'été & <eau>",
        "m:name/m:namePart[@type='family']": "Dupont",
        "m:originInfo/m:dateIssued": "2001",
        "m:language/m:languageTerm": "fre",
        "m:note[@type='statement of responsibility']": "É. Dupont",
        "m:recordInfo/m:recordIdentifier": "c1",
    }.items():
        assert [each.text for each in root.findall(path, NAMESPACES)] == [text], path


def test_brief_is_short() -> None:
    root = render(RECORD, element_set="b")
    check(root)
    names = [etree.QName(child).localname for child in root]
    assert set(names) == {
        "titleInfo", "name", "typeOfResource", "originInfo", "identifier", "recordInfo",
    }  # fmt: skip
    assert names.count("titleInfo") == names.count("name") == 1


@pytest.mark.parametrize("kind", ["marc21", "danmarc2", "unimarc"])
def test_awkward_records_keep_the_structure(kind: str) -> None:
    for data in AWKWARD.values():
        check(render(data, kind))
    check(render(RECORD))


def test_real_records_keep_the_structure(shared: Path) -> None:
    with lzma.open(shared / "data/marc/real.mrc.xz") as file:
        for piece in islice(split(file), 0, 1_000, 10):
            check(render(accept(piece.data)))
    for file_name, kind in (
        ("unimarc.utf8.mrc.xz", "unimarc"),
        ("danmarc2.marcxchange.xml.xz", "danmarc2"),
    ):
        for data in records_of(shared / "data/marc" / file_name, 200):
            check(render(data, kind))
