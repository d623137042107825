"""Plans that come along, and the systems that they are for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "examples"
#: Names of systems whose plan has another name.
ALIASES: Final = {"cicero": "fbs"}
#: Systems for which there is a plan.
SYSTEMS: Final = tuple(sorted({*(each.stem for each in _FOLDER.glob("*.toml")), *ALIASES}))


def example_path(system: str) -> Path:
    """Return the file of the plan for a system."""
    return _FOLDER / f"{ALIASES.get(system, system)}.toml"


def read_example(system: str) -> str:
    """Return the plan for a system."""
    return example_path(system).read_text(encoding="utf-8")
