"""MARC-8 out: what is read again is what was written, for every text there is."""

# ruff: noqa: RUF001

from __future__ import annotations

import lzma
import re
from itertools import islice
from pathlib import Path
from unicodedata import normalize

import pymarc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.marc.checking import accept
from catalogue.marc.iso2709 import build, fields, leader
from catalogue.marc.marc8 import to_unicode
from catalogue.marc.marc8_writing import _places, from_unicode, to_marc8
from catalogue.marc.splitting import split

WRITTEN = {
    "plain text": (b"plain text",),
    "Café": (b"Caf\xe2e",),
    "Rødgrød på Ærø": (b"R\xb2dgr\xb2d p\xeaa \xa5r\xb2",),
    "Việt ế": (b"Vi\xf2\xe3et \xe3\xe2e",),
    "Война": (b"\x1b(NwOJNA\x1b(B",),
    "שלום": (b"\x1b(2ylem\x1b(B",),
    "中": (b"\x1b$1!04\x1b(B",),
    "H₂O": (b"H\x1bb2\x1bsO",),
    "α": (b"\x1b(Sa\x1b(B", b"\x1bga\x1bs"),
    "x😀y": (b"x&#x1F600;y",),
    "&#x41;": (b"&#x26;#x41;",),
    "\u0301x": (b"&#x301;x",),
    "a\x1b\x1fb": (b"ab",),
    "t\u0361sar": (b"\xebt\xecsar",),
    "n\u0360g": (b"\xfan\xfbg",),
    "t\u0361\u0301s\u0323": (b"\xe2\xebt\xf2\xecs",),
    "t\u0361": (b"t&#x361;",),
    "т\u0361с": (b"\xeb\x1b(NT\xecS\x1b(B",),
    "a \u0301b": (b"a\xe2 b",),
    "中 \u0301": (b"\x1b$1!04\x1b(B\xe2 ",),
    "one\ntwo\r\nthree\tfour": (b"one two three four",),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_what_is_written(text: str) -> None:
    assert from_unicode(text) in WRITTEN[text]


#: Letters and marks that meet in real records, beside everything else there is.
TEXTS = st.text(
    st.one_of(
        st.sampled_from("aeoåøæÆñ &#x1F;.\u0301\u0323\u0308\u0327\u20acГдёЙάῶאبשׁ中文가々\u200d²₂ﬀ"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\x1b\x1d\x1e\x1f"),
    ),
    max_size=30,
)


def as_written(text: str) -> str:
    """A text as MARC-8 can have it: control characters are blanks, marks over two letters their
    halves."""
    text = normalize("NFC", re.sub("\r\n|[\x00-\x1a\x1c\x7f]", " ", text))
    return to_unicode(from_unicode(text)) if re.search("[\u0360\u0361]", text) else text


@given(TEXTS)
def test_reading_gives_what_was_written(text: str) -> None:
    assert to_unicode(from_unicode(text)) == as_written(text)


def test_every_character_of_marc8_is_written_without_a_reference() -> None:
    for character, places in _places().items():
        if not places[0].is_mark:
            made = from_unicode(character)
            assert to_unicode(made) == normalize("NFC", character)
            assert b"&#x" not in made, (hex(ord(character)), made)


@given(st.text("aeoåøæÆñ Гдиש中文가αβéüŁ", max_size=20))
def test_pymarc_reads_it_too(text: str) -> None:
    assert pymarc.marc8_to_unicode(from_unicode(text)) == normalize("NFC", text)


def test_record_says_what_it_is() -> None:
    stored = build(
        b"00000nam a2200000 i 4500",
        [(b"001", b"1"), (b"245", "10\x1faВойна и мир /\x1fcТолстой".encode())],
    )
    made = to_marc8(stored)
    assert leader(made)[9:10] == b" "
    assert int(made[:5]) == len(made)
    assert dict(fields(made))[b"066"] == b"  \x1fc(N"
    read = pymarc.Record(made)
    assert read["245"]["a"] == "Война и мир /"
    without = [part for part in fields(accept(made)) if part[0] != b"066"]
    assert without == list(fields(stored))


def test_real_records_come_back(shared: Path) -> None:
    """Those that came in MARC-8, and those that came in UTF-8."""
    for name in ("marc8.mrc.xz", "real.mrc.xz"):
        with lzma.open(shared / "data/marc" / name) as file:
            for piece in islice(split(file), 0, 1500, 5):
                stored = accept(piece.data)
                found = [part for part in fields(accept(to_marc8(stored))) if part[0] != b"066"]
                kept = [
                    (tag, normalize("NFC", content.decode()).replace("\n", " ").encode())
                    for tag, content in fields(stored)
                    if tag != b"066"
                ]
                assert found == kept
