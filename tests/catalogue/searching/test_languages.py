"""Languages by code and by name."""

from __future__ import annotations

import pytest

from catalogue.searching.languages import language_codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("eng", ("eng",)),
        ("English", ("eng",)),
        ("engelsk", ("eng",)),
        ("EN", ("eng",)),
        ("ger", ("ger",)),
        ("deu", ("ger", "deu")),
        ("German", ("ger", "deu")),
        ("scr", ("hrv", "scr")),
        (" (Old  Norse) ", ("non",)),
        ("Íslenska", ("ice", "isl")),
        ("lao", ("lao",)),
        ("qaa", ("qaa",)),
        ("mul", ()),
        ("nowherish", ()),
        ("", ()),
    ],
)
def test_what_is_meant(text: str, codes: tuple[str, ...]) -> None:
    assert language_codes(text) == codes


def test_a_code_of_marc_stands_for_itself() -> None:
    """What a scan shows is found as often as it says."""
    for name in ("danish", "french", "norwegian", "serbian", "greenlandic"):
        code = language_codes(name)[0]
        assert language_codes(code) == (code,)
