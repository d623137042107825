"""marcXchange: valid against the schema, whatever the record holds, and losing nothing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from lxml import etree

from catalogue.formats.marcxchange import MARCXCHANGE, NAMESPACE
from catalogue.marc.iso2709 import build, fields
from catalogue.marc.marcxml import read_records
from catalogue.records import Record
from tests.builders.catalogue import a_record
from tests.contracts.test_record_formats import AWKWARD, ORDINARY, records_of

LEADER = b"00000nam a2200000 i 4500"


def render(data: bytes, record_format: str) -> bytes:
    return MARCXCHANGE.render(Record(1, record_format, data, "", "", None, None))


@pytest.fixture(scope="module")
def schema(shared: Path) -> etree.XMLSchema:
    return etree.XMLSchema(file=shared / "data/sru-schema/marcxchange/marcxchange-1-1.xsd")


@pytest.mark.parametrize("record_format", ["marc21", "danmarc2", "unimarc"])
@pytest.mark.parametrize("kind", [*AWKWARD, "ordinary"])
def test_it_is_valid(schema: etree.XMLSchema, kind: str, record_format: str) -> None:
    data = AWKWARD.get(kind) or ORDINARY[record_format]
    schema.assertValid(etree.fromstring(render(data, record_format)))


def test_samples_are_valid_and_come_back(schema: etree.XMLSchema, shared: Path) -> None:
    for file, kind in (
        ("unimarc.utf8.mrc.xz", "unimarc"),
        ("danmarc2.marcxchange.xml.xz", "danmarc2"),
        ("marc8.mrc.xz", "marc21"),
    ):
        for data in records_of(shared / "data/marc" / file, 60):
            made = render(data, kind)
            schema.assertValid(etree.fromstring(made))
            (again,) = read_records(io.BytesIO(made))
            assert (again.record_format, list(fields(again.data))) == (kind, list(fields(data)))


@pytest.mark.parametrize(
    ("record_format", "data", "said"),
    [
        ("marc21", a_record(), ("MARC21", "Bibliographic")),
        ("marc21", a_record(leader="00000nz  a2200000 i 4500"), ("MARC21", "Authority")),
        ("danmarc2", ORDINARY["danmarc2"], ("danMARC2", "Bibliographic")),
        ("unimarc", ORDINARY["unimarc"], ("UNIMARC", "Bibliographic")),
        (
            "danmarc2",
            build(LEADER, [(b"001", b"00\x1fa1\x1fb870979"), (b"100", b"00\x1faX")]),
            ("danMARC2", "Authority"),
        ),
    ],
)
def test_it_says_what_it_is(record_format: str, data: bytes, said: tuple[str, str]) -> None:
    root = etree.fromstring(render(data, record_format))
    assert root.tag == f"{{{NAMESPACE}}}record"
    assert (root.get("format"), root.get("type")) == said


def test_every_field_of_danmarc2_is_a_data_field() -> None:
    root = etree.fromstring(render(ORDINARY["danmarc2"], "danmarc2"))
    assert [child.get("tag") for child in root] == [None, "001", "008", "009", "100", "245"]
    assert {child.tag for child in root[1:]} == {f"{{{NAMESPACE}}}datafield"}
    title = root[-1]
    assert [each.text for each in title] == ["Det ¤store @ & <eau>*", "eﬀ"]
    brief = MARCXCHANGE.render(Record(1, "danmarc2", ORDINARY["danmarc2"], "", "", None, None), "b")
    assert b'tag="245"' in brief
