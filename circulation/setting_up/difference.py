"""What has to change for one set-up to become another, and how it is said to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from circulation.setting_up.parts import Fields, Key, Noun, Parts


@dataclass(frozen=True, slots=True)
class Change:
    """One part that is added (`before` None), removed (`after` None) or changed."""

    noun: Noun
    key: Key
    before: Fields | None
    after: Fields | None

    @property
    def what(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    def __str__(self) -> str:
        """One line: ``~ branch DK-900101: name "Main" -> "Main library"``."""
        sign = {"added": "+", "removed": "-", "changed": "~"}[self.what]
        before, after = self.before or {}, self.after or {}
        told = []
        for name in dict.fromkeys((*before, *after)):
            old, new = before.get(name), after.get(name)
            if self.before is None or self.after is None:
                told += [f"{name} {_shown(new if self.after else old)}"]
            elif old != new:
                told += [f"{name} {_shown(old)} -> {_shown(new)}"]
        return f"{sign} {title(self.noun, self.key)}" + (f": {', '.join(told)}" if told else "")

    def as_json(self) -> dict[str, Any]:
        """The same as an object of JSON."""
        return {
            "change": self.what,
            "noun": self.noun.value,
            "key": list(self.key),
            "before": self.before,
            "after": self.after,
        }


def differences(stored: Parts, wanted: Parts) -> list[Change]:
    """All changes, by noun in the order of `Noun`, and by key."""
    changes = []
    for noun in Noun:
        old, new = stored.of[noun], wanted.of[noun]
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                changes.append(Change(noun, key, old.get(key), new.get(key)))
    return changes


def title(noun: Noun, key: Key) -> str:
    """What a part is called."""
    if noun is Noun.RULE:
        place, category, group = key
        scope = [
            f"at {place}" if place else "everywhere",
            f"for {category}" if category else "for everybody",
            f"of {group}" if group else "of everything",
        ]
        return f"rule {' '.join(scope)}"
    if noun is Noun.PLACEMENT:
        agency, level, code = key
        return f"{level} {code} of {agency}"
    if noun is Noun.WEEK:
        return f"opening hours of {key[0]}"
    if noun is Noun.SPECIAL_DAYS:
        return f"special days {key[1]} of {key[0]}"
    if noun is Noun.TRANSPORT:
        return f"transport from {key[0]} to {key[1]}"
    return " ".join((noun.value, *key))


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f'"{value}"' if isinstance(value, str) else str(value)
