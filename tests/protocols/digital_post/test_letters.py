"""Letters on paper fit the schemas of remote print."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from protocols.digital_post.letters import (
    NOBODY,
    Envelope,
    Letter,
    LetterInvalid,
    PostalAddress,
    PostCategory,
    letter_element,
    letters_element,
)
from tests.builders.digital_post import CPR, CVR

HOME = PostalAddress("Ida Ørsted", ("Algade 1, 2. th.", "9000 Aalborg"))


def a_letter(**fields: Any) -> Letter:
    letter = Letter("7-0123456789abcdef", 265, b"%PDF-1.4 a letter", "Regning", address=HOME)
    return replace(letter, **fields)


def test_the_schema_is_whole(letters: etree.XMLSchema, official: Path) -> None:
    path = official / "data" / "memo" / "samples-fjernprint" / "ForsendelseI_Minimal.xml"
    letters.assertValid(etree.parse(path))
    wrong = letter_element(a_letter())
    wrong[0].text = "x" * 39
    assert not letters.validate(wrong)


@pytest.mark.parametrize(
    "letter",
    [
        a_letter(),
        a_letter(number=CPR),
        a_letter(number=CPR, address=None),
        a_letter(id_type="CVR", number=CVR),
        a_letter(address=PostalAddress("Ida", tuple(f"Linje {each}" for each in range(6)))),
        a_letter(address=PostalAddress("Ida", ("Hauptstraße 1", "24937 Flensburg"), "DE")),
        *(a_letter(category=each) for each in PostCategory),
        *(a_letter(envelope=each) for each in Envelope),
    ],
)
def test_a_letter_fits_the_schema(letter: Letter, letters: etree.XMLSchema) -> None:
    letters.assertValid(letter_element(letter))
    (only,) = letters_element(letter)
    letters.assertValid(etree.fromstring(etree.tostring(only)))


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"address": None}, "number or an address"),
        ({"number": "12"}, "none of its type"),
        ({"id_type": "EAN"}, "none of its type"),
        ({"identifier": ""}, "1 to 38"),
        ({"identifier": "x" * 39}, "1 to 38"),
        ({"letter_type": 0}, "above 0"),
        ({"title": "a\x00b"}, "control character"),
        ({"address": PostalAddress("", ("Algade 1",))}, "a name has"),
        ({"address": PostalAddress("Ida", ())}, "1 to 6 lines"),
        ({"address": PostalAddress("Ida", ("Algade",) * 7)}, "1 to 6 lines"),
        ({"address": PostalAddress("Ida", ("x" * 35,))}, "1 to 34"),
        ({"address": PostalAddress("Ida", ("Algade 1",), "Danmark")}, "two letters"),
    ],
)
def test_what_the_schema_would_refuse(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(LetterInvalid, match=problem) as caught:
        letter_element(a_letter(**fields))
    assert "Ida" not in str(caught.value)


def test_post_codes() -> None:
    assert HOME.post_code == "9000"
    assert PostalAddress("Ida", ("Algade 1", "DK-9000 Aalborg")).post_code == "9000"
    assert PostalAddress("Ida", ("Algade 1",)).post_code is None
    assert PostalAddress("Ida", ("1234 Ort",), "DE").post_code is None
    assert a_letter().number == NOBODY
