"""What every installed record format must keep, whatever it makes of a record."""

from __future__ import annotations

import lzma
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from lxml import etree

from catalogue.formats import (
    BRIEF,
    FULL,
    CannotRender,
    RecordFormat,
    UnknownElementSet,
    charset_of,
    formats_known_as,
    is_xml,
    record_formats,
)
from catalogue.index.collecting import terms_of
from catalogue.marc.checking import Refused, accept
from catalogue.marc.iso2709 import build, fields
from catalogue.marc.marc8 import to_unicode
from catalogue.marc.sources import Source
from catalogue.records import Record
from tests.builders.catalogue import a_record

FORMATS = record_formats()

every_format = pytest.mark.parametrize("name", FORMATS)


def stored(data: bytes, record_format: str = "marc21") -> Record:
    """The record as it would be stored and fetched."""
    _, said = terms_of(record_format, data)
    return Record(1, record_format, data, said.title, said.author, said.year, said.control_number)


LEADER = b"00000nam a2200000 i 4500"

#: How octets in charsets other than UTF-8 are read; a format in a new one adds its own.
CHARSETS: dict[str, Callable[[bytes], str]] = {
    "marc-8": to_unicode,
    "iso-8859-1": lambda octets: octets.decode("iso-8859-1"),
}


def made(*fields: tuple[str, str], leader: bytes = LEADER) -> bytes:
    return build(leader, [(tag.encode(), content.encode()) for tag, content in fields])


ORDINARY = {
    "marc21": a_record("Smørrebrød & <eau>", "Ægir, Ø.", "0306406152", control_number="c1"),
    "danmarc2": made(
        ("001", "00\x1fa12345678\x1fb870970"),
        ("008", "00\x1ftm\x1fa2001\x1fldan"),
        ("009", "00\x1faa\x1fgxx"),
        ("100", "00\x1faÆgir\x1fhØ."),
        ("245", "00\x1faDet ¤store @ & <eau>*\x1fceﬀ"),
    ),
    "unimarc": made(
        ("001", "c1"),
        ("100", "  \x1fa20010203d2001    m  y0frey50      ba"),
        ("101", "0 \x1fafre"),
        ("200", "1 \x1faL'été & <eau>\x1ffÉ. Dupont"),
        ("700", " 1\x1faDupont\x1fbÉ."),
    ),
}


def an_ordinary_record(record_format: RecordFormat) -> Record:
    """One that the format has a form of: each has one of MARC 21, danMARC2 or UNIMARC."""
    for kind, data in ORDINARY.items():
        record = stored(data, kind)
        if refusal_or_check(record_format, record, FULL) is None:
            return record
    raise AssertionError(f"{record_format.name} renders nothing")


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


def check_rendered(record_format: RecordFormat, rendered: bytes) -> None:
    """It is in its charset, and says so; XML is one well-formed element without a declaration."""
    if record_format.media_type.startswith("application/marc;") or (
        record_format.media_type == "application/marc"
    ):
        assert int(rendered[:5]) == len(rendered)
        assert (rendered[9:10] == b"a") == (charset_of(record_format) == "utf-8")
    if charset_of(record_format) != "utf-8":
        for _, content in fields(rendered):
            for piece in content.split(b"\x1f"):
                CHARSETS[charset_of(record_format)](piece)
        return
    if is_xml(record_format):
        assert rendered.startswith(b"<")
        assert not rendered.startswith(b"<?xml")
        etree.fromstring(rendered)
    rendered.decode("utf-8")


def refusal_or_check(record_format: RecordFormat, record: Record, element_set: str) -> str | None:
    """Renders and checks what came; the reason where it cannot be rendered."""
    try:
        rendered = record_format.render(record, element_set)
    except CannotRender as refused:
        return refused.reason
    check_rendered(record_format, rendered)
    return None


def test_the_formats_every_client_asks_for_are_installed() -> None:
    assert set(FORMATS) >= {
        "marc21", "marc8", "danmarc2", "danmarc2_latin1", "unimarc", "marcxml", "marcxchange",
        "mods", "dc", "sutrs",
    }  # fmt: skip


@every_format
def test_it_is_a_format_with_five_members_at_most(name: str) -> None:
    record_format = FORMATS[name]
    assert isinstance(record_format, RecordFormat)
    assert record_format.name == name == name.lower()
    members = {member for member in dir(record_format) if not member.startswith("_")}
    assert members == {"name", "media_type", "identifiers", "element_sets", "render"}
    assert "/" in record_format.media_type
    assert record_format.identifiers
    assert record_format in formats_known_as(record_format.name.upper())
    for identifier in record_format.identifiers:
        assert record_format in formats_known_as(identifier.upper())
    if is_xml(record_format):
        assert record_format.identifiers[0].startswith(("info:", "http:", "https:", "urn:"))


@every_format
def test_it_knows_full_and_brief_in_either_case(name: str) -> None:
    record_format = FORMATS[name]
    record = an_ordinary_record(record_format)
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
        FORMATS[name].render(stored(ORDINARY["marc21"]), unknown)
    assert refused.value.name == unknown


@every_format
@pytest.mark.parametrize("kind", AWKWARD)
def test_awkward_records_are_rendered_or_refused_with_a_reason(name: str, kind: str) -> None:
    record = stored(AWKWARD[kind])
    for element_set in FORMATS[name].element_sets:
        reason = refusal_or_check(FORMATS[name], record, element_set)
        assert reason is None or " " in reason


@every_format
def test_an_ordinary_record_of_any_kind_is_rendered_or_refused(name: str) -> None:
    for kind, data in ORDINARY.items():
        for element_set in FORMATS[name].element_sets:
            reason = refusal_or_check(FORMATS[name], stored(data, kind), element_set)
            assert reason is None or kind in reason


@pytest.mark.parametrize(
    "name", [name for name in FORMATS if an_ordinary_record(FORMATS[name]).format == "marc21"]
)
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


def records_of(path: Path, how_many: int) -> list[bytes]:
    """The first records of a file, as the loader takes them."""
    with Source(path) as source:
        return [accept(found.data) for found in islice(source.records(), how_many)]
