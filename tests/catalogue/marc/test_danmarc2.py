"""danMARC2: escapes, Latin-1, lines, marcXchange; and that all of it comes back."""

# ruff: noqa: RUF001

from __future__ import annotations

import io
import lzma
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.formats.exchange import DANMARC2, DANMARC2_LATIN_1
from catalogue.formats.marcxchange import MARCXCHANGE
from catalogue.marc import danmarc2_lines, marcxml
from catalogue.marc.checking import Refused, accept
from catalogue.marc.danmarc2 import escaped, unescaped
from catalogue.marc.iso2709 import build, fields, leader
from catalogue.marc.records_found import FoundRecord
from catalogue.marc.sources import Source
from catalogue.records import Record

MEANT = {
    "Yaz@0131l@0131m": "Yazılım",
    "post@@dbk.dk": "post@dbk.dk",
    "C@* og @@*": "C* og @*",
    "R@åtz og @Århus": "R\ua733tz og \ua732rhus",
    "The ¤green man": "The ¤green man",
    "10 @¤": "10 ¤\ufe0e",
    "@02C7Capek": "Čapek",
    "\u02d8ga": "ğa",
    "d\u00b4Artagnan, x^2": "d\u00b4Artagnan, x^2",
    "\u00b4n\u00b4": "\u00b4n\u00b4",
    "@D83D@DE00": "😀",
    "@D83D, @001F, @bib, @": "@D83D, @001F, @bib, @",
    "plain": "plain",
}


@pytest.mark.parametrize("written", MEANT)
def test_what_escapes_mean(written: str) -> None:
    assert unescaped(written) == MEANT[written]


#: What danMARC2 cannot tell from its own old marks is left to the test above.
TEXTS = st.text(
    st.one_of(
        st.sampled_from("aåÅæ@*¤ 0123ABCDdn\ua733\ua732ıčĉ😀e\u0301"),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="^`¨¯´¸ˇ˘˚\ufe0e"),
    ),
    max_size=20,
)


@given(TEXTS, st.sampled_from(["utf-8", "iso-8859-1"]))
def test_every_text_comes_back(text: str, charset: str) -> None:
    text = normalize("NFC", text)
    written = escaped(text, charset)
    assert unescaped(written.encode(charset).decode(charset)) == text


PARTS = [
    (b"001", b"00\x1fa12345678\x1fb870970"),
    (b"100", "00\x1faČapek\x1fhKarel".encode()),
    (b"245", "00\x1faDen ¤store @ og *\x1fpYazılım\x1fåx".encode()),
]
STORED = build(b"00000n   a2200000   4500", PARTS)


def record_of(data: bytes) -> Record:
    return Record(1, "danmarc2", data, "", "", None, None)


def test_iso_2709_in_latin_1_is_read_and_written() -> None:
    written = DANMARC2_LATIN_1.render(record_of(STORED))
    assert "@010Capek".encode("latin-1") in written
    assert "Den ¤store @@ og @*".encode("latin-1") in written
    assert leader(written)[9:10] == b" "
    assert int(written[:5]) == len(written)
    assert accept(written, "danmarc2") == STORED
    assert list(fields(accept(written, "danmarc2"))) == PARTS


def test_iso_2709_in_utf_8_is_read_and_written() -> None:
    written = DANMARC2.render(record_of(STORED))
    assert "Čapek".encode() in written
    assert "Den ¤store @@ og @*".encode() in written
    assert accept(written, "danmarc2") == STORED
    assert accept(STORED.replace(b" @ og *", b" ae og o"), "danmarc2")


def test_a_record_without_escapes_is_kept_byte_for_byte() -> None:
    plain = build(b"00000n   a2200000   4500", PARTS[:2])
    assert accept(plain, "danmarc2") is plain


LINES = """001 00 *a 12345678 *b 870970
100 00*aØlgaard*hÆ.
245 00 *a Den ¤store *c et eksempel på
     linjer *e ved A@@B
\u0020\u0020\u0020\u0020*f C@*D
$
001 00 *a 2 *b 870970
245 00 *a To

ingen linje
001 00 *a 3
"""


def read_lines(data: bytes) -> list[FoundRecord]:
    return list(danmarc2_lines.read_records(io.BytesIO(data)))


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines(charset: str, end: str) -> None:
    data = LINES.replace("\n", end).encode(charset)
    first, second, third = read_lines(data)
    assert (first.record_format, first.refusal, first.offset) == ("danmarc2", None, 0)
    assert dict(fields(first.data))[b"100"] == "00\x1faØlgaard\x1fhÆ.".encode()
    assert (
        dict(fields(first.data))[b"245"].decode()
        == "00\x1faDen ¤store\x1fcet eksempel på linjer\x1feved A@B\x1ffC*D"
    )
    assert second.refusal is None
    assert data[second.offset :].startswith(b"001 00 *a 2")
    assert third.refusal == "line 1 is no field: 'ingen linje'"
    assert data[third.offset :].startswith(b"ingen linje")
    assert third.data.endswith(end.encode())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"    goes on\n", "line 1 goes on from nothing"),
        (b"001 00 *a 1\n245 00 *\n", "a star without a subfield code"),
        (b"001 00 nothing\n", "line 1 is no field"),
    ],
)
def test_lines_that_cannot_be_taken(line: bytes, reason: str) -> None:
    (found,) = read_lines(line)
    assert reason in (found.refusal or "")
    assert found.data == line


@given(st.binary(max_size=200))
def test_any_bytes_give_records_or_reasons(data: bytes) -> None:
    for found in read_lines(data):
        assert found.refusal or accept(found.data)


def test_the_sample_in_lines_comes_back_in_every_form(shared: Path, tmp_path: Path) -> None:
    """In, stored, out, in again: Latin-1, UTF-8, marcXchange."""
    with Source(shared / "data/marc/danmarc2.lines.txt.xz") as source:
        assert source.is_lines
        found = list(source.records())
    assert len(found) > 1_000
    assert [each.refusal for each in found if each.refusal] == []
    for each in found[::7]:
        record = record_of(each.data)
        kept = [(tag, normalize("NFC", c.decode()).encode()) for tag, c in fields(each.data)]
        for form in (DANMARC2, DANMARC2_LATIN_1):
            back = list(fields(accept(form.render(record), "danmarc2")))
            assert back == (kept if form is DANMARC2_LATIN_1 else list(fields(each.data)))
        (again,) = marcxml.read_records(io.BytesIO(MARCXCHANGE.render(record)))
        assert (again.record_format, list(fields(again.data))) == (
            "danmarc2",
            list(fields(each.data)),
        )


def test_the_sample_in_marcxchange_comes_back(shared: Path) -> None:
    with lzma.open(shared / "data/marc/danmarc2.marcxchange.xml.xz") as file:
        found = [each for each in marcxml.read_records(file) if each.record_format]
    assert len(found) > 300
    for each in found:
        written = MARCXCHANGE.render(record_of(each.data))
        (again,) = marcxml.read_records(io.BytesIO(written))
        assert list(fields(again.data)) == list(fields(each.data))


def test_what_is_no_record_is_refused_as_in_every_format() -> None:
    with pytest.raises(Refused):
        accept(b"99999nam  2200000   4500" + b"\x1e", "danmarc2")
