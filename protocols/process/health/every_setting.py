"""The walk through a configuration: each setting with the path that names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from protocols.process.configuration import Configuration


def sections(configuration: Configuration) -> dict[str, Any]:
    """The settings of each section by its name."""
    return {
        "accession": configuration.accession,
        "circulation": configuration.circulation,
        "database": configuration.database,
        "holdings": configuration.holdings,
        "http": configuration.http,
        "notices": configuration.notices,
        **configuration.standards,
    }


@dataclass(frozen=True, slots=True)
class Place:
    """A setting: the path to it, ``sip2.tls.key``, its own name, and its value."""

    path: str
    name: str
    value: Any


def every_setting(configuration: Configuration) -> Iterator[Place]:
    """All settings that hold a single value, however deep."""
    for name, settings in sections(configuration).items():
        yield from _within(Place(name, name, settings))


def _within(place: Place) -> Iterator[Place]:
    value = place.value
    if is_dataclass(value):
        for field in fields(value):
            inner = Place(f"{place.path}.{field.name}", field.name, getattr(value, field.name))
            yield from _within(inner)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _within(Place(f"{place.path}.{name}", str(name), each))
    elif isinstance(value, (tuple, list)):
        for number, each in enumerate(value, 1):
            yield from _within(Place(f"{place.path}.{number}", place.name, each))
    elif value is not None:
        yield place
