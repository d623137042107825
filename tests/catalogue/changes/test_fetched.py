"""Records of others: which of what came is taken."""

from __future__ import annotations

import pymarc

from catalogue.changes.fetched import choose
from catalogue.searching.standard_numbers import readings
from tests.builders.catalogue import a_record

ISBN = "9780140449136"
(NUMBER, *_) = readings(ISBN)


def title_of(*answers: bytes, record_format: str = "marc21") -> str | None:
    found = choose(answers, NUMBER, source="union", record_format=record_format).fetched
    return found.description.title if found else None


def test_the_fullest_record_with_the_number_is_taken() -> None:
    short = a_record("Short", isbn=ISBN)
    full = a_record("Full", "Homer", "0140449132", subjects=["Travel"])
    other = a_record("Another", "Homer", "9788700000018", subjects=["Travel", "Sea", "Home"])
    assert title_of(short, full, other) == "Full"
    refusals = choose([other], NUMBER, source="u", record_format="marc21").refusals
    assert refusals == (f"a record without the ISBN {ISBN}",)


def test_iso_2709_marc_8_and_xml_are_read() -> None:
    record = pymarc.Record(a_record("Bøger", isbn=ISBN))
    marc_8 = a_record("B\x00ger", isbn=ISBN).replace(b"\x00", b"\xb2")
    marc_8 = marc_8[:9] + b" " + marc_8[10:]
    assert title_of(record.as_marc()) == "Bøger"
    assert title_of(marc_8) == "Bøger"
    assert title_of(pymarc.record_to_xml(record, namespace=True)) == "Bøger"
    danmarc = (
        b'<marcx:record xmlns:marcx="info:lc/xmlns/marcxchange-v1" format="danMARC2">'
        b'<marcx:leader>00000n    2200000   4500</marcx:leader><marcx:datafield ind1="0" ind2="0"'
        b' tag="001"><marcx:subfield code="a">5</marcx:subfield></marcx:datafield><marcx:datafield'
        b' ind1="0" ind2="0" tag="021"><marcx:subfield code="e">9780140449136</marcx:subfield>'
        b'</marcx:datafield><marcx:datafield ind1="0" ind2="0" tag="245"><marcx:subfield code="a">'
        b"Odysseen</marcx:subfield></marcx:datafield></marcx:record>"
    )
    found = choose([danmarc], NUMBER, source="dbc", record_format="marc21").fetched
    assert found is not None
    assert (found.record_format, found.description.title) == ("danmarc2", "Odysseen")


def test_what_is_no_record_is_refused_with_a_reason() -> None:
    choice = choose(
        [b"nonsense", b"<html/>", b"<record>", a_record("", isbn=ISBN), b""],
        NUMBER,
        source="u",
        record_format="marc21",
    )
    assert choice.fetched is None
    assert len(choice.refusals) == 4
    assert "XML without a MARC record" in choice.refusals
