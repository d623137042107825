"""The reference page is what the sections are."""

from __future__ import annotations

from pathlib import Path

from circulation.sections.sections import SECTIONS
from circulation.setting_up.reference import reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "library-toml.md"


def test_the_page_is_as_the_sections_make_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run make reference"


def test_every_section_and_every_setting_is_told() -> None:
    page = reference()
    for section in SECTIONS:
        assert section.shape
        assert section.shape in page
        if section.model is not None:
            assert all(section.model.meanings.values())
            for name in section.model.names:
                assert f"| `{name}` |" in page
