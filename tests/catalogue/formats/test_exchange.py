"""ISO 2709 going out in every format and charset."""

from __future__ import annotations

import lzma
from pathlib import Path

import pymarc
import pytest

from catalogue.formats import CannotRender
from catalogue.formats.exchange import DANMARC2_LATIN_1, MARC8, MARC21, UNIMARC, Exchange
from catalogue.formats.native import NATIVE_MARC, NATIVE_XML, native_marc
from catalogue.marc.iso2709 import build, fields
from catalogue.records import Record
from tests.builders.catalogue import a_record
from tests.contracts.test_record_formats import ORDINARY


def stored(data: bytes, record_format: str = "marc21") -> Record:
    return Record(1, record_format, data, "", "", None, None)


def test_marc8_says_so_and_is_read_by_others() -> None:
    record = stored(a_record("Rødgrød é 😀", "Østergård, Dorte"))
    made = MARC8.render(record)
    assert made[9:10] == b" "
    read = pymarc.Record(made)
    assert read["245"]["a"] == "Rødgrød é &#x1F600;"
    assert read["100"]["a"] == "Østergård, Dorte"
    assert pymarc.Record(MARC8.render(record, "B"))["100"]["a"] == "Østergård, Dorte"


@pytest.mark.parametrize("form", [MARC8, DANMARC2_LATIN_1])
def test_what_grows_too_long_by_the_charset_is_refused(form: Exchange) -> None:
    kind = "marc21" if form is MARC8 else "danmarc2"
    parts = [(b"500", b"  \x1fa" + "😀".encode() * 2_000)]
    data = build(b"00000nam a2200000 i 4500", parts * 12)
    assert data[:5] != b"00000"
    with pytest.raises(CannotRender, match="99999"):
        form.render(stored(data, kind))


def test_unimarc_is_served_as_it_came(shared: Path) -> None:
    with lzma.open(shared / "data/marc/unimarc.utf8.mrc.xz") as file:
        found = file.read().split(b"\x1d")
    for each in found[:200]:
        data = each + b"\x1d"
        if data[9:10] == b"a":
            assert UNIMARC.render(stored(data, "unimarc")) is data
            brief = UNIMARC.render(stored(data, "unimarc"), "B")
            assert {tag for tag, _ in fields(brief)} <= {tag for tag, _ in fields(data)}


def test_the_form_nearest_to_a_record() -> None:
    for kind, data in ORDINARY.items():
        record = stored(data, kind)
        assert native_marc(record).name == kind
        assert NATIVE_MARC.render(record) == native_marc(record).render(record)
        namespace = b"slim" if kind == "marc21" else b"marcxchange"
        assert namespace in NATIVE_XML.render(record)[:100]
    assert native_marc(stored(ORDINARY["marc21"]), "marc-8") is MARC8
    assert native_marc(stored(ORDINARY["danmarc2"], "danmarc2"), "iso-8859-1") is DANMARC2_LATIN_1
    assert native_marc(stored(ORDINARY["marc21"]), "iso-8859-1") is MARC21
    assert native_marc(stored(ORDINARY["unimarc"], "unimarc"), "marc-8") is UNIMARC
