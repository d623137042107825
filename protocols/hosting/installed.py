"""What is installed to be found by name: the entry points of setup.cfg, and other packages' too."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType


@cache
def installed(group: str) -> Mapping[str, EntryPoint]:
    """The entry points of the group by name, in order of their names.

    Nothing is installed while a process runs, and each look reads the metadata of all packages.
    """
    found = {entry.name: entry for entry in entry_points(group=group)}
    return MappingProxyType(dict(sorted(found.items())))
