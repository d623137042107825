"""What a load frees, kept for its next batch.

Every batch of a load needs some hundreds of megabytes for a second. The C library returns large
blocks to the system as soon as they are free, and the system hands out each page anew, filled with
zeros, which takes time. Here the process keeps them until the load has ended.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: Parameters of mallopt(3), and their defaults.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_USUAL = 128 * 1024
#: The largest block that is not a mapping of its own: older C libraries take no larger value.
_LARGE = 32 * 1024 * 1024
#: Free memory at the top of the heap that is kept.
_MUCH = 1024 * 1024 * 1024


def keep_freed_memory() -> None:
    """For a process that does nothing but load. Without effect where the C library is not
    glibc."""
    _set(_MUCH, _LARGE)


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """The same for a while; then all of it is given back."""
    keep_freed_memory()
    try:
        yield
    finally:
        _set(_USUAL, _USUAL)
        if (library := _glibc()) is not None:
            library.malloc_trim(0)


def _set(trim: int, mmap: int) -> None:
    library = _glibc()
    if library is not None:
        library.mallopt(_TRIM_THRESHOLD, trim)
        library.mallopt(_MMAP_THRESHOLD, mmap)


def _glibc() -> Any:
    """The C library, if it is the one that has these functions."""
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
