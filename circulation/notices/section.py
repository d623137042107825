"""What library.toml says of messages: rules on who is told what, where, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from circulation.languages.sentences import Sentence
from circulation.notices.kinds import NoticeKind
from circulation.notices.rules import NOTICE_RULES
from circulation.sections.parts import GROUP, Key, Lines, Noun, Parts, no_such
from circulation.sections.positions import Path
from circulation.sections.rules import RuleSection, at_place
from circulation.sections.source import Problem, Source

_KINDS = {kind.value for kind in NoticeKind}
#: Settings that are lists of material groups.
_GROUPS = ("at_desk", "in_reading_room")


def _called(key: Key) -> Sentence:
    place, category, kind = key
    return Sentence(
        "MESSAGES_OF",
        noun=Sentence("NOUN_message rule"),
        place=at_place(place),
        category=Sentence("FOR", category=category) if category else Sentence("FOR_ALL"),
        kind=Sentence("ABOUT", kind=kind) if kind else Sentence("ABOUT_ALL"),
    )


class NoticeSection(RuleSection):
    def key(self, source: Source, path: Path, table: Mapping[str, Any]) -> Key:
        key = super().key(source, path, table)
        if key[-1] and key[-1] not in _KINDS:
            source.problem((*path, "kind"), Sentence("NO_MESSAGE_KIND", kind=repr(key[-1])))
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
