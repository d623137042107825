"""MARCXML going out."""

from __future__ import annotations

import io
import lzma
from pathlib import Path

import pymarc
import pytest
from lxml import etree

from catalogue.formats import CannotRender
from catalogue.formats.marcxml import MARCXML, NAMESPACE
from catalogue.marc.checking import Refused, accept
from catalogue.marc.iso2709 import build
from catalogue.records import Record
from tests.builders.catalogue import a_record

LEADER = b"00000nam a2200000 i 4500"


def stored(data: bytes, record_format: str = "marc21") -> Record:
    return Record(1, record_format, data, "", "", None, None)


def rendered(*fields: tuple[bytes, str], leader: bytes = LEADER) -> etree._Element:
    data = build(leader, [(tag, content.encode()) for tag, content in fields])
    return etree.fromstring(MARCXML.render(stored(data)))


def values(record: etree._Element) -> list[tuple[str | None, str | None]]:
    found = record.iter(f"{{{NAMESPACE}}}subfield")
    return [(field.get("code"), field.text) for field in found]


def test_a_record_is_one_element_in_the_namespace() -> None:
    data = a_record("Smørrebrød & <eau>", control_number="c1")
    record = etree.fromstring(MARCXML.render(stored(data)))
    assert record.tag == f"{{{NAMESPACE}}}record"
    assert [child.tag.rpartition("}")[2] for child in record] == [  # type: ignore[union-attr]
        "leader",
        "controlfield",
        "controlfield",
        "datafield",
    ]
    assert record[0].text == data[:24].decode()
    assert values(record) == [("a", "Smørrebrød & <eau>")]


def test_brief_has_the_main_fields() -> None:
    data = a_record("Soil", subjects=["Soils"], control_number="c1")
    record = etree.fromstring(MARCXML.render(stored(data), "b"))
    assert [child.get("tag") for child in record] == [None, "001", "008", "245"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a\u0301", "a\u0301"),
        ("x\u0338", "x\u0338"),
        ("\u0338x", "\u0338x"),
        ("a\x00b\x08c\x0bd\x1be\ufffef\uffff", "abcdef"),
        ("a\tb\r\nc", "a\tb\r\nc"),
        ("<a>&amp;\"'", "<a>&amp;\"'"),
        ("]]>", "]]>"),
        ("\U0001f600\x85", "\U0001f600\x85"),
    ],
)
def test_text_stays_as_it_is_without_what_xml_forbids(written: str, read: str) -> None:
    assert values(rendered((b"245", f"10\x1fa{written}\x1fbend"))) == [("a", read), ("b", "end")]
    record = rendered((b"001", written))
    assert record[1].text == read


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("9", "9"),
        ("A", "A"),
        ('"', '"'),
        ("&", "&"),
        ("<", "<"),
        ("ø", "?"),
        ("|", "?"),
        (" ", "?"),
    ],
)
def test_subfield_codes_are_what_the_schema_knows(code: str, read: str) -> None:
    assert values(rendered((b"245", f"10\x1f{code}x"))) == [(read, "x")]


def test_what_the_schema_has_no_place_for_is_left_out() -> None:
    record = rendered(
        (b"000", "x"), (b"500", "  "), (b"aB1", "  \x1fax"), (b"245", "|#\x1fax"), (b"001", "1")
    )
    assert [child.get("tag") for child in record] == [None, "001", "245"]
    assert (record[2].get("ind1"), record[2].get("ind2")) == (" ", " ")


def test_other_formats_are_refused() -> None:
    with pytest.raises(CannotRender, match="unimarc"):
        MARCXML.render(stored(a_record(), "unimarc"))


@pytest.fixture(scope="module")
def real(shared: Path) -> list[bytes]:
    data = []
    with lzma.open(shared / "data/marc/real.mrc.xz") as stream:
        found = stream.read(60_000_000).split(b"\x1d")[:-1]
    for one in found[:: max(1, len(found) // 500)]:
        try:
            data.append(accept(one + b"\x1d"))
        except Refused:
            continue
    assert len(data) > 400
    return data


def test_real_records_are_valid(real: list[bytes], shared: Path) -> None:
    schema = etree.XMLSchema(etree.parse(shared / "data/sru-schema/marcxchange/MARC21slim.xsd"))
    for data in real:
        for element_set in ("F", "B"):
            xml = MARCXML.render(stored(data), element_set)
            schema.assertValid(etree.fromstring(xml))


def test_real_records_come_back_equal(real: list[bytes]) -> None:
    """pymarc reads the same fields from our XML as from the record that was loaded."""
    compared = 0
    for data in real:
        loaded = pymarc.Record(data, to_unicode=True, force_utf8=True)
        (back,) = pymarc.parse_xml_to_array(io.BytesIO(MARCXML.render(stored(data))))
        fields = [field for field in loaded if field.control_field or field.subfields]
        if all(is_in_the_schema(field) for field in fields):
            fields.sort(key=lambda field: not field.control_field)
            assert list(map(str, back)) == list(map(str, fields))
            compared += 1
    assert compared > len(real) * 0.8


def is_in_the_schema(field: pymarc.Field) -> bool:
    text = str(field)
    return (
        text.isprintable()
        and all(i in "0123456789abcdefghijklmnopqrstuvwxyz " for i in field.indicators or ())
        and all(s.code.isascii() and s.code.isalnum() and s.value for s in field.subfields)
    )
