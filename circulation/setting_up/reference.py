"""Writes the reference page of library.toml from the sections and their settings.

`python -m circulation.setting_up.reference FILE` writes it, `make reference` does so where it
belongs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import MISSING
from pathlib import Path
from typing import Any

import circulation.assembly  # noqa: F401  the sections are registered there
from circulation.kernel.models import Model, said
from circulation.sections.sections import SECTIONS, Section

_INTRODUCTION = """\
# library.toml: every setting

<!-- Written by `make reference` from the sections of the set-up; a test holds it to them. -->

library.toml is the library's set-up: `tiro apply library.toml` shows what would change, asks, and
makes the library what the text says. tiro.toml, the configuration of a process, is another file.
The demo's own set-up, which `tiro demo --data DIR` writes, is an example with comments.

A rule is for a place (`at`: the ISIL of a branch or an agency), a patron category and a material
group or kind of message, each left out for any. For each setting the narrowest rule that says
anything decides: place weighs more than category, category more than group. Where no rule says
anything, what stands under *without it* holds.
"""


def reference() -> str:
    """The page, in Markdown."""
    lines = [_INTRODUCTION]
    for section in SECTIONS:
        lines += [f"## {_heading(section)}", "", "```", section.shape, "```", ""]
        if section.model is not None:
            lines += [*_table(section.model), ""]
    return "\n".join(lines)


def _heading(section: Section) -> str:
    if section.nouns:
        word = section.nouns[0].word
        return word[0].upper() + word[1:]
    ((noun, keys),) = section.adds.items()
    return f"Besides, of each {noun.word}: {', '.join(keys)}"


def _table(model: Model[Any]) -> Iterator[str]:
    yield "| setting | may be | without it | means |"
    yield "|---|---|---|---|"
    for name, setting in model.settings.items():
        means = " ".join(model.meanings[name].split()).replace("``", "`")
        yield f"| `{name}` | {setting.may_be} | {_default(setting.default)} | {means} |"


def _default(value: Any) -> str:
    if value is MISSING:
        return "*must be said*"
    return "" if value in (None, "", ()) else f"`{json.dumps(said(value))}`"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
