"""What has to change for one set-up to become another, and how it is said to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from circulation.setting_up.parts import SECRET, Fields, Key, Noun, Parts


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
            if name in SECRET:
                if old != new:
                    told += [f"{name} {'changed' if old and new else 'set' if new else 'removed'}"]
            elif self.before is None or self.after is None:
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
            "before": _public(self.before),
            "after": _public(self.after),
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
    if noun in (Noun.RULE, Noun.DUNNING, Noun.FEES):
        place, category, group, *begins = key
        scope = [
            f"at {place}" if place else "everywhere",
            f"for {category}" if category else "for everybody",
            f"of {group}" if group else "of everything",
        ]
        scope += [f"from {day}" for day in begins if day]
        return f"{noun.value} {' '.join(scope)}"
    if noun is Noun.NOTICES:
        place, category, kind = key
        where = f"at {place}" if place else "everywhere"
        return f"message rule {where} for {category or 'everybody'} on {kind or 'everything'}"
    if noun is Noun.ITEM_DEFAULTS:
        place, group, material_type = key
        where = f"at {place}" if place else "everywhere"
        of = " ".join(filter(None, (group, material_type))) or "everything"
        return f"item defaults {where} of {of}"
    if noun is Noun.PLACEMENT:
        agency, level, code = key
        return f"{level} {code} of {agency}"
    if noun is Noun.WEEK:
        return f"opening hours of {key[0]}"
    if noun is Noun.SPECIAL_DAYS:
        return f"special days {key[1]} of {key[0]}"
    if noun is Noun.TRANSPORT:
        return f"transport from {key[0]} to {key[1]}"
    if noun is Noun.SORT_RULE:
        return f"sort rule {int(key[1])} of {key[0]}"
    if noun is Noun.PAYMENT:
        return f"ways to pay {key[0]}"
    if noun is Noun.PINS:
        return f"PIN rules of {key[0]}"
    return " ".join((noun.value, *key))


def _public(fields: Fields | None) -> Fields | None:
    """The fields with a star for what nobody is shown."""
    if fields is None:
        return None
    return {name: "*" if name in SECRET and value else value for name, value in fields.items()}


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
