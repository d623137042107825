"""Reads the text of a set-up into its parts, or finds everything that is wrong with it.

The sections of the text are described where they are read: `circulation.sections`, and the module
``section.py`` of each feature. The set-up of the demo library, `protocols/demo/library.toml`, is a
commented example; docs/reference/library-toml.md shows every section.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import circulation.assembly  # noqa: F401  the sections are registered there
from circulation.sections.options import Checks
from circulation.sections.parts import Key, Noun, Parts
from circulation.sections.sections import SECTIONS, Reading
from circulation.sections.source import NotToml, Problem, parse


@dataclass
class Declared:
    """A set-up as its text declares it.

    If there are problems, `parts` is what could still be read, and must not be applied. `warnings`
    are of keys that will not be read for ever. `lines` has the lines of parts and of their fields.
    """

    parts: Parts = field(default_factory=Parts)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    lines: dict[tuple[Noun, Key, str], int] = field(default_factory=dict)

    def line(self, noun: Noun, key: Key, name: str = "") -> int | None:
        return self.lines.get((noun, key, name)) or self.lines.get((noun, key, ""))


def read(text: str, checks: Checks = Checks()) -> Declared:  # noqa: B008  it is never changed
    """What the text declares, with all problems in the order of its lines.

    `checks` are those of the protocols for their options.
    """
    try:
        source = parse(text)
    except NotToml as error:
        return Declared(problems=[error.args[0]])
    source.only((), source.document, [key for section in SECTIONS for key in section.keys])
    reading = Reading(source, checks)
    for section in SECTIONS:
        section.read(reading)
    declared = Declared(reading.parts, source.problems, source.warnings, reading.lines)
    for section in SECTIONS:
        declared.problems += section.check(declared.parts, declared.line)
    declared.problems.sort(key=lambda problem: problem.line or 0)
    return declared
