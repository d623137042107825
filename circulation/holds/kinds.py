"""How titles that are asked for together belong to each other."""

from __future__ import annotations

from enum import Enum


class HoldKind(Enum):
    """How titles that are asked for together belong to each other."""

    NORMAL = "normal"  # each for itself, all or none
    PARALLEL = "parallel"  # any one of them
    SERIAL = "serial"  # one after the other
