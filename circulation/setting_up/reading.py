"""From the text of a set-up to its parts, or to all that is wrong with it.

What each section of the text says is told where it is read: `circulation.sections`, and the module
``section.py`` of each feature. A commented example is the demo library's own,
`protocols/demo/library.toml`; docs/reference/library-toml.md shows every section.
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

    With problems, `parts` is what could be read all the same and not fit to be applied. `lines`
    tells where a part stands, and where a field of it does.
    """

    parts: Parts = field(default_factory=Parts)
    problems: list[Problem] = field(default_factory=list)
    lines: dict[tuple[Noun, Key, str], int] = field(default_factory=dict)

    def line(self, noun: Noun, key: Key, name: str = "") -> int | None:
        return self.lines.get((noun, key, name)) or self.lines.get((noun, key, ""))


def read(text: str, checks: Checks = Checks()) -> Declared:  # noqa: B008  it is never changed
    """What the text declares, with every problem in the order of its lines.

    `checks` is what the protocols say of options that are theirs.
    """
    try:
        source = parse(text)
    except NotToml as error:
        return Declared(problems=[error.args[0]])
    source.only((), source.document, [key for section in SECTIONS for key in section.keys])
    reading = Reading(source, checks)
    for section in SECTIONS:
        section.read(reading)
    declared = Declared(reading.parts, source.problems, reading.lines)
    for section in SECTIONS:
        declared.problems += section.check(declared.parts, declared.line)
    declared.problems.sort(key=lambda problem: problem.line or 0)
    return declared
