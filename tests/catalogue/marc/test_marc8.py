"""MARC-8: the sets, the order of marks, and what is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.marc.marc8 import NotMarc8, to_unicode


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", "plain"),
        (b"\xb5\xb2\xeaa \xa5\xa2\xeaA", "æøå ÆØÅ"),
        (b"M\xe8uller caf\xe2e", "Müller café"),
        (b"\xe3\xf2o", "ộ"),
        (b"\x1b(N\x50\x1b(B!", "п!"),
        (b"H\x1bb2\x1bsO", "H₂O"),
        (b"\x1bgb\x1bs-ray", "β-ray"),
        (b"\x1b$1\x21\x30\x21\x1b(B", "一"),
        (b"\x1b)Na\xd0", "aп"),
        (b"\x88The \x89end", "\x98The \x9cend"),
        (b"x&#x1F600;y", "x😀y"),
        (b"&#xD800;", "&#xD800;"),
        (b"", ""),
    ],
)
def test_converts(data: bytes, text: str) -> None:
    assert to_unicode(data) == text


def test_mark_without_letter_is_kept() -> None:
    assert to_unicode(b"a \xe2") == "a \u0301"


@pytest.mark.parametrize(
    "data",
    [b"\xff", b"Soci\x1bt\xe2e", b"\x1b", b"\x1b$", b"\x1b$1\x21\x30", b"\x1b$1abc", b"\x1b(\x00"],
)
def test_refuses_what_means_nothing(data: bytes) -> None:
    with pytest.raises(NotMarc8):
        to_unicode(data)


@given(st.binary())
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    with suppress(NotMarc8):
        to_unicode(data).encode("utf-8")
