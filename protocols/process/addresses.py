"""Which addresses a configuration listens on, before anything listens there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, NamedTuple

from protocols.process.configuration import Configuration


class Address(NamedTuple):
    """Where the section `owner` listens; number 0 stands for any free port."""

    owner: str
    host: str
    number: int


def addresses(configuration: Configuration) -> list[Address]:
    """All of them.

    A section that listens has an `interface`, and its ports are `port` and those named ``..._port``
    that are set; a test holds each protocol folder to that.
    """
    found = []
    for name, settings in {"http": configuration.http, **configuration.standards}.items():
        host = getattr(settings, "interface", None)
        if host is not None and getattr(settings, "enabled", True):
            found += [Address(f"[{name}]", host, number) for number in _ports(settings)]
    return found


def _ports(settings: Any) -> Iterator[int]:
    for field in fields(settings):
        if field.name == "port" or field.name.endswith("_port"):
            number = getattr(settings, field.name)
            if number is not None:
                yield number
