"""Text in XML: NFC, nothing forbidden, and the markup as it was."""

from __future__ import annotations

from unicodedata import is_normalized, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from protocols.sru.text import attribute, escaped, escaped_markup, normalised


@given(st.text())
def test_any_text_can_stand_in_an_element(text: str) -> None:
    xml = f'<a b="{attribute(text)}">{escaped(text)}</a>'
    assert is_normalized("NFC", xml)
    element = etree.fromstring(xml.encode())
    kept = "".join(
        each
        for each in text
        if each in "\t\n\r" or (each >= " " and each not in "\ufffe\uffff" and not _is_half(each))
    )
    assert (element.text or "") == normalize("NFC", kept)


def _is_half(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


@given(st.lists(st.text(alphabet="a\u0301e\u0338=\u0327\u1100\u1161 ", max_size=6), max_size=4))
def test_normalising_a_document_normalises_its_texts(texts: list[str]) -> None:
    body = "".join(f'<a b="{text}">{text}</a>' for text in texts)
    document = normalised(f"<r>{body}</r>")
    root = etree.fromstring(document.encode())
    assert [each.text or "" for each in root] == [normalize("NFC", text) for text in texts]
    assert [each.get("b") for each in root] == [normalize("NFC", text) for text in texts]


def test_a_combining_character_is_not_drawn_into_the_markup() -> None:
    assert normalised("<a>\u0338e\u0301</a>") == "<a>&#824;\xe9</a>"


@pytest.mark.parametrize("text", ["plain <b>", "<a>x &amp; y</a>"])
def test_markup_as_text(text: str) -> None:
    element = etree.fromstring(f"<r>{escaped_markup(text)}</r>")
    assert element.text == text
