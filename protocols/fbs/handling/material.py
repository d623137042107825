"""What is told of titles, their parts and groups; how a call names a title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from circulation.kernel.engine import Memory
from circulation.kernel.trees import GROUPS
from protocols.fbs.messages import LARGEST
from protocols.hosting.answering import Context

_YEAR: Final = re.compile(r"\b(1[5-9][0-9]{2}|20[0-9]{2})\b")
_VOLUME: Final = re.compile(r"\b(?:årg|årgang|vol|volume|bind|bd)\b\.?\s*([\w/-]+)", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\b(?:nr|no|nummer|hft|hæfte|issue)\b\.?\s*([\w/-]+)", re.IGNORECASE)
_AFTER_YEAR: Final = re.compile(r"\b(?:1[5-9][0-9]{2}|20[0-9]{2})\s*[:/,]\s*([0-9][\w-]*)")


def wire_number(number: int) -> int:
    """The number of a loan or reservation as JSON can hold it (see `LARGEST`): its last 53 bits.

    Numbers are made of the time and of chance (`circulation.kernel.ids`), so that two of one patron
    do not meet in them; it is looked for among the patron's own alone.
    """
    return number & LARGEST


def periodical(part: str) -> dict[str, Any] | None:
    """The issue of a serial, or the volume, that a copy is: what its part says, taken apart as far
    as that goes. None for a copy that is the whole."""
    if not part:
        return None
    year, volume, number = _YEAR.search(part), _VOLUME.search(part), _NUMBER.search(part)
    number = number or _AFTER_YEAR.search(part)
    told = {
        "volume": volume[1] if volume else None,
        "volumeYear": year[1] if year else None,
        "volumeNumber": number[1] if number else None,
    }
    if not any(told.values()):
        told["volume"] = part
    return {**told, "displayText": part}


def part_meant(parts: Iterable[str], wanted: Mapping[str, str | None]) -> str | None:
    """The part of a title with that volume, year and number; None where there is none."""
    sought = {name: value or None for name, value in wanted.items()}
    for part in sorted(set(parts)):
        told = periodical(part)
        if told is not None and all(told[name] == value for name, value in sought.items()):
            return part
    return None


class _GroupNames:
    """What material groups are called, for one version of the set-up."""

    def __init__(self) -> None:
        self.version: int | None = None
        self.names: dict[str, str] = {}


_GROUP_NAMES: Final[Memory[_GroupNames]] = Memory(_GroupNames)


def group_names(context: Context) -> Mapping[str, str]:
    """What each material group is called, by its code."""
    known = _GROUP_NAMES.of(context.circulation)
    version = context.circulation.current_set_up(context.transaction).version
    if known.version != version:
        known.names = {node.code: node.name for node in GROUPS.all(context.transaction)}
        known.version = version
    return known.names


def group_told(group: str, names: Mapping[str, str]) -> dict[str, Any]:
    """A material group: later versions tell it as an object, the first by its name alone. Web sites
    compare the name with their own settings, so it is the code."""
    return {
        "materialGroup": {"name": group, "description": names.get(group)},
        "materialGroupName": group,
    }
