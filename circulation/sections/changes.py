"""What must change for one set-up to become another, and how it is shown to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from circulation.sections.parts import Fields, Key, Noun


@dataclass(frozen=True, slots=True)
class Change:
    """A part that is added (`before` is None), removed (`after` is None) or changed."""

    noun: Noun
    key: Key
    before: Fields | None
    after: Fields | None

    @property
    def title(self) -> str:
        return self.noun.title(self.key)

    @property
    def falls_back(self) -> bool:
        """Is it removed, and something built in that holds again?"""
        return self.after is None and self.key[0] in self.noun.built_in

    @property
    def what(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    def __str__(self) -> str:
        """One line: ``~ branch DK-900101: name "Main" -> "Main library"``. What is built in is not
        removed with the part that goes before it: it holds again."""
        sign = {"added": "+", "removed": "-", "changed": "~"}[self.what]
        before, after = self.before or {}, self.after or {}
        told = []
        if self.falls_back:
            again = self.noun.built_in[self.key[0]]
            told = [
                f"{name} {_shown(before.get(name))} -> {_shown(new)}"
                for name, new in again.items()
                if before.get(name) != new
            ]
            return f"{sign} {self.title}: {', '.join(['what is built in holds again', *told])}"
        for name in dict.fromkeys((*before, *after)):
            old, new = before.get(name), after.get(name)
            if name in self.noun.secret:
                if old != new:
                    told += [f"{name} {'changed' if old and new else 'set' if new else 'removed'}"]
            elif self.before is None or self.after is None:
                told += [f"{name} {_shown(new if self.after else old)}"]
            elif old != new:
                told += [f"{name} {_shown(old)} -> {_shown(new)}"]
        return f"{sign} {self.title}" + (f": {', '.join(told)}" if told else "")

    def as_json(self) -> dict[str, Any]:
        """The same as an object of JSON."""
        return {
            "change": self.what,
            "noun": self.noun.word,
            "key": list(self.key),
            "before": self._public(self.before),
            "after": self._public(self.after),
        }

    def _public(self, fields: Fields | None) -> Fields | None:
        """The fields with an asterisk in place of secrets."""
        if fields is None:
            return None
        secret = self.noun.secret
        return {name: "*" if name in secret and each else each for name, each in fields.items()}


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return f"({', '.join(f'{name} {_shown(each)}' for name, each in value.items())})"
    return f'"{value}"' if isinstance(value, str) else str(value)
