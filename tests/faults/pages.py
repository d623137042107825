"""The files that a page of deploy/ shows, as its tests use them: with other addresses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from tests.test_code_blocks import blocks

PAGE: Final = Path(__file__).parents[2] / "deploy" / "outgrowing-one-machine.md"


@cache
def _shown() -> dict[str, str]:
    """By the path, or what is done, that the first line of each names."""
    found = {}
    for block in blocks(PAGE):
        first = block.text.partition("\n")[0]
        if first.startswith(("# ", "; ", "-- ")):
            found[first.partition(" ")[2].strip()] = block.text
    return found


def shown(path: str, instead: Mapping[str, str]) -> str:
    """The file or the commands that the page shows, with something in the place of each text."""
    text = _shown()[path]
    for old, new in instead.items():
        assert old in text, f"{path} of {PAGE.name} says nothing of {old}"
        text = text.replace(old, new)
    return text
