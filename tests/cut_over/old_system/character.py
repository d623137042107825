"""Habits of an old system that differ from library to library, drawn from a seed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from random import Random
from typing import Any, Final

FILE: Final = "character.json"
_CHOICES: Final[dict[str, tuple[Any, ...]]] = {
    "clock": tuple(range(-7200, 7201, 60)),
    "checksums": (True, False),
    "crlf": (False, True),
    "dates": ("plain", "zulu", "iso", "european", "day"),
    "amounts": (True, False),
    "hold_counts": ("two", "one"),
    "no_block": ("honoured", "ignored", "refused"),
    "own_renewals": (False, True),
    "own_fines": (False, True),
    "closes": (0, 5),
    "login": ("plain", "refused once", "closes once", "not needed"),
}


@dataclass(frozen=True)
class Character:
    """How it speaks, and what it does without being asked.

    `clock` is how many seconds its clock is ahead. `checksums`: it knows AY and AZ. `dates` is the
    form of due dates, and ``zulu`` writes all dates in UTC. `amounts`: BV is in 24 and 64.
    `hold_counts`: whether 64 counts ready and waiting holds apart. `no_block` is what becomes of a
    message with it: done, done by its own rules as any other, or refused. `closes` is how often of
    1,000 answers it closes the line after one. `login` is how it takes 93. `modes`: some terminals
    stay in another mode or speak to one system alone.
    """

    clock: int = 0
    checksums: bool = True
    crlf: bool = False
    dates: str = "plain"
    amounts: bool = True
    hold_counts: str = "two"
    no_block: str = "honoured"
    own_renewals: bool = False
    own_fines: bool = False
    closes: int = 0
    login: str = "plain"
    mixed_terminals: bool = False

    @classmethod
    def drawn(cls, seed: int) -> Character:
        """Return the character of a seed. No block is honoured by half of all systems."""
        random = Random(f"character {seed}")
        found: dict[str, Any] = {name: random.choice(choices) for name, choices in _CHOICES.items()}
        if random.random() < 0.5:
            found["no_block"] = "honoured"
        return cls(**found, mixed_terminals=random.random() < 0.5)

    def with_traits(self, traits: Iterable[str]) -> Character:
        """Return the same with traits as the options give them: ``clock=-3600``, ``crlf=true``."""
        found: dict[str, Any] = {}
        types = {each.name: each.type for each in fields(self)}
        for trait in traits:
            name, _, value = trait.partition("=")
            if name not in types:
                raise ValueError(f"no trait {name!r}: there is {', '.join(types)}")
            number_or_flag = types[name] in ("int", "bool")
            found[name] = json.loads(value) if number_or_flag else value.replace("-", " ")
            is_free = name in ("clock", "closes", "mixed_terminals")
            if not is_free and found[name] not in _CHOICES[name]:
                raise ValueError(f"{name} is one of {', '.join(map(str, _CHOICES[name]))}")
        return replace(self, **found)

    def text(self) -> str:
        """Return it as the options give it."""
        return " ".join(
            f"{name}={value if isinstance(value, str) else json.dumps(value)}"
            for name, value in asdict(self).items()
        )

    def write(self, folder: Path) -> None:
        (folder / FILE).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Character:
        return cls(**json.loads((folder / FILE).read_text(encoding="utf-8")))


#: A system that does all as the standard has it.
PLAIN: Final = Character()
