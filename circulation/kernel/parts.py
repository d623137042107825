"""How features join what stands below them without being known to it.

A `Registry` is filled by `circulation.assembly`, in its order, before anything is asked; from the
first question on it is sealed, as the answer would otherwise depend on which module happened to be
imported first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Sealed(RuntimeError):
    """Something joined after the first use."""


class Registry(Generic[T]):
    """What features have registered, in the order of their registration."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._members: tuple[T, ...] = ()
        self._is_sealed = False

    def add(self, *members: T) -> None:
        """Raises Sealed after the first use."""
        if self._is_sealed:
            raise Sealed(f"{self.name}: {members} came after the first use")
        self._members += members

    def __iter__(self) -> Iterator[T]:
        self._is_sealed = True
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)
