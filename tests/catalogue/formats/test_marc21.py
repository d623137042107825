"""ISO 2709 going out."""

from __future__ import annotations

import pymarc
import pytest

from catalogue.formats import CannotRender
from catalogue.formats.exchange import MARC21
from catalogue.marc.iso2709 import build
from catalogue.records import Record
from tests.builders.catalogue import a_record

DATA = a_record(
    "Soil",
    "Smith, Åse",
    "0306406152",
    ["Soils"],
    control_number="c1",
    fields=[
        ("500", "  ", ["a", "A note"]),
        ("880", "1 ", ["6", "245-01", "a", "土"]),
        ("880", "1 ", ["6", "650-02", "a", "土壌"]),
    ],
)


def stored(data: bytes, record_format: str = "marc21") -> Record:
    return Record(1, record_format, data, "Soil", "", 2001, None)


def test_full_is_the_stored_record_byte_for_byte() -> None:
    assert MARC21.render(stored(DATA)) is DATA


def test_the_leader_says_utf8() -> None:
    other = DATA[:9] + b" " + DATA[10:]
    assert MARC21.render(stored(other)) == DATA


def test_brief_has_the_main_fields_and_their_other_scripts() -> None:
    whole = pymarc.Record(DATA)
    brief = pymarc.Record(MARC21.render(stored(DATA), "b"))
    assert [field.tag for field in brief] == ["001", "008", "020", "100", "245", "880"]
    assert str(brief["880"]) == "=880  1\\$6245-01$a土"
    assert brief["100"]["a"] == "Smith, Åse"
    assert str(brief.leader)[5:10] == str(whole.leader)[5:10]
    assert int(str(brief.leader)[:5]) == len(MARC21.render(stored(DATA), "B"))


def test_a_record_too_long_for_iso_2709_is_refused_but_its_brief_form_is_not() -> None:
    notes = [(b"500", b"  \x1fa" + b"x" * 9_000)] * 12
    data = build(DATA[:24], [(b"001", b"c1"), (b"245", b"10\x1faSoil"), *notes])
    with pytest.raises(CannotRender, match="99999"):
        MARC21.render(stored(data))
    assert pymarc.Record(MARC21.render(stored(data), "B")).title == "Soil"


@pytest.mark.parametrize("record_format", ["danmarc2", "unimarc"])
def test_other_formats_are_refused(record_format: str) -> None:
    with pytest.raises(CannotRender, match=record_format):
        MARC21.render(stored(DATA, record_format))
