"""What makes an element of a message of a class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def element(cls: type[T]) -> type[T]:
    """A dataclass of values that nobody sets: the type checker sees to that.

    One that is frozen at run time as well sets each field through a function of its own, and takes
    three times as long to make; a look-up and its answer are some forty of them.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
