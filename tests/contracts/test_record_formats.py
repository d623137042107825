"""What every installed record format must keep, whatever it makes of a record."""

from __future__ import annotations

import lzma
from itertools import islice
from pathlib import Path

import pytest
from lxml import etree

from catalogue.extraction import terms_of
from catalogue.formats import (
    BRIEF,
    FULL,
    CannotRender,
    RecordFormat,
    UnknownElementSet,
    record_formats,
)
from catalogue.marc.checking import Refused, accept
from catalogue.marc.iso2709 import build
from catalogue.marc.sources import Source
from catalogue.records import Record
from tests.builders.catalogue import a_record

FORMATS = record_formats()

every_format = pytest.mark.parametrize("name", FORMATS)


def stored(data: bytes, record_format: str = "marc21") -> Record:
    """The record as it would be stored and fetched."""
    _, said = terms_of(record_format, data)
    return Record(1, record_format, data, said.title, said.author, said.year, said.control_number)


ORDINARY = a_record("Smørrebrød & <eau>", "Ægir, Ø.", "0306406152", control_number="c1")
LEADER = b"00000nam a2200000 i 4500"


def made(*fields: tuple[str, str], leader: bytes = LEADER) -> bytes:
    return build(leader, [(tag.encode(), content.encode()) for tag, content in fields])


AWKWARD = {
    "empty": made(),
    "only a control field": made(("001", "1")),
    "no subfields": made(("245", "10")),
    "odd leader": made(("001", "1"), ("245", "10\x1faOdd"), leader=b"-----#|%|a|||||||###===="),
    "odd indicators and codes": made(("245", "|#\x1faOdd \x1f|x\x1føy")),
    "odd tags": made(("000", "x"), ("aB1", "  \x1fax"), ("LKR", "  \x1fax")),
    "control characters": made(("001", "a\x1fb"), ("245", "10\x1fa\x00\x08\x0b\x1b\tx\r\n\x7f")),
    "not characters": made(("245", "10\x1fa\ufffe\uffff\U0001f600\x85")),
    "marks alone": made(("245", "10\x1fa\u0338x\x1fb\u0301y\x1fc")),
    "a control field with subfields": made(("005", "  \x1fax")),
    "fields in any order": made(("245", "10\x1fax"), ("001", "1")),
    "too long": made(("001", "1"), *[("500", "  \x1fa" + "x" * 9_000)] * 20),
    "a long field": made(("001", "1"), ("500", "  \x1fa" + "x " * 9_000)),
}


def refusal_or_check(record_format: RecordFormat, record: Record, element_set: str) -> str | None:
    """Renders and checks what came; the reason where it cannot be rendered."""
    try:
        rendered = record_format.render(record, element_set)
    except CannotRender as refused:
        return refused.reason
    check_rendered(record_format, rendered)
    return None


def test_the_formats_every_client_asks_for_are_installed() -> None:
    assert {"marc21", "marcxml", "sutrs"} <= set(FORMATS)


@every_format
def test_it_is_a_format_with_five_members_at_most(name: str) -> None:
    record_format = FORMATS[name]
    assert isinstance(record_format, RecordFormat)
    assert record_format.name == name == name.lower()
    members = {member for member in dir(record_format) if not member.startswith("_")}
    assert members == {"name", "media_type", "schema", "element_sets", "render"}
    assert "/" in record_format.media_type
    assert not record_format.schema or record_format.media_type.endswith("xml")


@every_format
def test_it_knows_full_and_brief_in_either_case(name: str) -> None:
    record_format, record = FORMATS[name], stored(ORDINARY)
    assert {FULL, BRIEF} <= record_format.element_sets
    assert all(known == known.upper() for known in record_format.element_sets)
    for known in record_format.element_sets:
        rendered = record_format.render(record, known)
        assert isinstance(rendered, bytes)
        assert rendered
        assert record_format.render(record, known.lower()) == rendered
    assert record_format.render(record) == record_format.render(record, FULL)


@every_format
@pytest.mark.parametrize("unknown", ["", "FB", "full", "ﬀ"])
def test_it_refuses_element_sets_it_does_not_know(name: str, unknown: str) -> None:
    with pytest.raises(UnknownElementSet) as refused:
        FORMATS[name].render(stored(ORDINARY), unknown)
    assert refused.value.name == unknown


@every_format
@pytest.mark.parametrize("kind", AWKWARD)
def test_awkward_records_are_rendered_or_refused_with_a_reason(name: str, kind: str) -> None:
    record = stored(AWKWARD[kind])
    for element_set in FORMATS[name].element_sets:
        reason = refusal_or_check(FORMATS[name], record, element_set)
        assert reason is None or " " in reason


@every_format
def test_real_records_are_rendered(name: str, shared: Path) -> None:
    record_format = FORMATS[name]
    rendered = 0
    with lzma.open(shared / "data/marc/real.mrc.xz") as stream:
        found = stream.read(8_000_000).split(b"\x1d")[:-1]
    for data in found[::10]:
        try:
            record = stored(accept(data + b"\x1d"))
        except Refused:
            continue
        for element_set in record_format.element_sets:
            check_rendered(record_format, record_format.render(record, element_set))
        rendered += 1
    assert rendered > 200


@every_format
@pytest.mark.parametrize(
    ("file", "kind"),
    [("unimarc.utf8.mrc.xz", "unimarc"), ("danmarc2.marcxchange.xml.xz", "danmarc2")],
)
def test_records_of_other_formats_are_rendered_or_refused(
    name: str, file: str, kind: str, shared: Path
) -> None:
    for data in records_of(shared / "data/marc" / file, 12):
        record = stored(data, kind)
        for element_set in FORMATS[name].element_sets:
            reason = refusal_or_check(FORMATS[name], record, element_set)
            assert reason is None or kind in reason


def check_rendered(record_format: RecordFormat, rendered: bytes) -> None:
    """Text is UTF-8; XML is one well-formed element without a declaration."""
    if record_format.media_type.endswith("xml"):
        assert rendered.startswith(b"<")
        assert not rendered.startswith(b"<?xml")
        etree.fromstring(rendered)
    rendered.decode("utf-8")


def records_of(path: Path, how_many: int) -> list[bytes]:
    """The first records of a file, as the loader takes them."""
    with Source(path) as source:
        return [accept(found.data) for found in islice(source.records(), how_many)]
