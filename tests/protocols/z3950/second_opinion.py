"""asn1tools as a second reader of APDUs, and its values in the shape of our messages'."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import asn1tools


@cache
def compiled() -> Any:
    return asn1tools.compile_string((Path(__file__).parent / "apdus.asn").read_text(), "ber")


def read(data: bytes) -> Any:
    """The value asn1tools finds in an APDU, as `plain` gives that of a message."""
    return _plain_asn1(compiled().decode("Apdu", data)[1])


def rewritten(data: bytes) -> bytes:
    """The APDU decoded and encoded again by asn1tools."""
    return bytes(compiled().encode("Apdu", compiled().decode("Apdu", data)))


def plain(message: Any) -> Any:
    """A message as dicts of the standard's field names, without what is absent."""
    if isinstance(message, Enum):
        return ("NULL", message.name.lower().replace("_", "-"))
    if isinstance(message, list):
        return [plain(each) for each in message]
    if is_dataclass(message):
        values = {field.name: getattr(message, field.name) for field in fields(message)}
        if list(values) == ["value"]:  # it only tells alternatives of a CHOICE apart
            return plain(values["value"])
        return {_camel(name): plain(value) for name, value in values.items() if value is not None}
    return message


def _camel(name: str) -> str:
    first, *others = name.rstrip("_").split("_")
    return first + "".join(other.capitalize() for other in others)


def _plain_asn1(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain_asn1(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain_asn1(each) for each in value]
    if isinstance(value, tuple) and isinstance(value[0], str):
        name, inner = value
        return ("NULL", name) if inner is None else _plain_asn1(inner)
    if isinstance(value, tuple):
        octets, size = value
        return sum(1 << bit for bit in range(size) if octets[bit // 8] & 0x80 >> bit % 8)
    if isinstance(value, str):
        octets = value.encode("latin-1")
        try:
            return octets.decode()
        except UnicodeDecodeError:
            return value
    return bytes(value) if isinstance(value, bytearray) else value
