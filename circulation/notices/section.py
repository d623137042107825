"""What library.toml says of messages: rules on who is told what, where, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from circulation.notices.kinds import NoticeKind
from circulation.notices.rules import NOTICE_RULES
from circulation.sections.parts import GROUP, Key, Lines, Noun, Parts, no_such
from circulation.sections.positions import Path
from circulation.sections.rules import RuleSection
from circulation.sections.source import Problem, Source

_KINDS = {kind.value for kind in NoticeKind}
#: Settings that are lists of material groups.
_GROUPS = ("at_desk", "in_reading_room")


def _called(key: Key) -> str:
    place, category, kind = key
    where = f"at {place}" if place else "everywhere"
    return f"message rule {where} for {category or 'everybody'} on {kind or 'everything'}"


class NoticeSection(RuleSection):
    def key(self, source: Source, path: Path, table: Mapping[str, Any]) -> Key:
        key = super().key(source, path, table)
        if key[-1] and key[-1] not in _KINDS:
            source.problem((*path, "kind"), f"there is no message of the kind {key[-1]!r}")
        return key

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        return super().check(parts, line) + [
            no_such(self.noun, key, line(self.noun, key, name), "material group", group)
            for key, fields in parts.of[self.noun].items()
            for name in _GROUPS
            for group in fields.get(name, ())
            if (group,) not in parts.of[GROUP]
        ]


NOTICES = NoticeSection(
    "notices", Noun("message rule", _called), NOTICE_RULES, ("at", "category", "kind")
)
