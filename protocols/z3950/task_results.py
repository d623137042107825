"""What a task of an extended service comes to, before it is put into its package."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from protocols.z3950 import packages as p
from protocols.z3950.diagnostics import Refused


class OperationStatus(IntEnum):
    DONE = 1
    FAILURE = 3


class TaskStatus(IntEnum):
    COMPLETE = 2
    ABORTED = 3


@dataclass(frozen=True, slots=True)
class Done:
    """The package's own part, and why nothing was done at all, if nothing was."""

    package: p.UpdateTaskPackage | p.ItemOrderTaskPackage
    refused: Refused | None = None
