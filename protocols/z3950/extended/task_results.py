"""The result of an extended service's task, before it is put into its package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from protocols.z3950.association import ResultSet
from protocols.z3950.diagnostics import Refused
from protocols.z3950.messages.packages import (
    ItemOrderTaskPackage,
    PersistentSetTaskPackage,
    UpdateTaskPackage,
)


class OperationStatus(IntEnum):
    DONE = 1
    FAILURE = 3


class TaskStatus(IntEnum):
    COMPLETE = 2
    ABORTED = 3


@dataclass(frozen=True, slots=True)
class Done:
    """The package's own part, and the reason if nothing was done at all."""

    package: UpdateTaskPackage | ItemOrderTaskPackage | PersistentSetTaskPackage
    refused: Refused | None = None
    #: The name of the package, and how it changes the association's result sets.
    name: str | None = None
    result_sets: Mapping[str, ResultSet | None] = field(default_factory=dict)
    #: Ids of the new records.
    inserted: Sequence[int] = ()
