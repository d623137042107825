"""The file of a registry: CSV in UTF-8 with a line of names, parted by commas or semicolons.

    isil,name,address,account,secret,closed
    DK-746100,Odense,https://ill.example.org/iso18626,900100,open sesame,
    DK-751000,Aarhus,https://ill.example.net/iso18626,900100,sesame,yes

`isil` and `address` must be there. A row that cannot be used is set aside with the reason, and
takes no other with it; what stands in it is told nowhere, as secrets stand there too.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

#: The most bytes of a file, which is read as a whole: 50,000 libraries.
FILE_BYTES: Final = 16 * 1024 * 1024
#: The most characters of a cell.
LONGEST: Final = 1_000
NAMES: Final = ("isil", "name", "address", "account", "secret", "closed")
_NEEDED: Final = ("isil", "address")
_OPEN: Final = ("", "0", "n", "no", "false", "nej")
_CLOSED: Final = ("1", "y", "yes", "true", "ja", "x")
#: ISO 15511.
_ISIL: Final = re.compile(r"[A-Za-z0-9]{1,4}-[A-Za-z0-9:/-]{1,11}")


class NotARegistry(ValueError):
    """The file cannot be read at all; the text says why."""


class Library(NamedTuple):
    """A row that can be used."""

    line: int
    isil: str
    name: str
    address: str
    account: str
    secret: str
    is_closed: bool


class SetAside(NamedTuple):
    """A row that cannot be used. `isil` is empty where it cannot be read."""

    line: int
    isil: str
    reason: str


@dataclass
class RegistryFile:
    """What a file has."""

    libraries: list[Library] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)


def read_file(path: Path) -> RegistryFile:
    """The registry in a file. Raises NotARegistry."""
    try:
        if not path.is_file():
            raise NotARegistry("there is no such file")
        with path.open("rb") as file:
            data = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise NotARegistry(error.strerror or type(error).__name__) from None
    return read_registry(data)


def read_registry(data: bytes) -> RegistryFile:
    """The registry in these bytes. Raises NotARegistry."""
    if len(data) > FILE_BYTES:
        raise NotARegistry(f"it is longer than {FILE_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotARegistry("it is not in UTF-8") from None
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = [each.strip().casefold() for each in next(_rows(lines), (0, []))[1]]
    missing = [each for each in _NEEDED if each not in names]
    if missing:
        raise NotARegistry(f"its first line does not name {' and '.join(missing)}")
    if len(set(names)) < len(names):
        raise NotARegistry("its first line has a name twice")
    found, seen = RegistryFile(), set[str]()
    for line, cells in _rows(lines):
        row = _row(line, names, cells) if cells else SetAside(line, "", "is no CSV")
        key = row.isil.casefold()
        if isinstance(row, Library) and key in seen:
            row = SetAside(line, row.isil, "stands in the file already")
        if isinstance(row, SetAside):
            found.set_aside.append(row)
        else:
            found.libraries.append(row)
        seen.add(key)
    return found


def _rows(lines: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, with their lines; without cells where the quotes are wrong."""
    while True:
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error:
            yield getattr(lines, "line_num", 0), []
            continue
        if any(each.strip() for each in cells):
            yield getattr(lines, "line_num", 0), cells


def _row(line: int, names: list[str], cells: list[str]) -> Library | SetAside:
    if len(cells) != len(names):
        return SetAside(line, "", f"has {len(cells)} cells, and {len(names)} have a name")
    given = {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
    isil = given["isil"]
    if not _ISIL.fullmatch(isil):
        return SetAside(line, "", "has no ISIL" if not isil else "what it has as ISIL is none")
    reason = _fault(given)
    if reason:
        return SetAside(line, isil, reason)
    texts = {name: given.get(name, "") for name in ("name", "address", "account", "secret")}
    return Library(line, isil, is_closed=given.get("closed", "").casefold() in _CLOSED, **texts)


def _fault(given: Mapping[str, str]) -> str:
    """Why a row cannot be used; empty if it can."""
    for name in NAMES:
        cell = given.get(name, "")
        if len(cell) > LONGEST:
            return f"{name} is longer than {LONGEST} characters"
        if not cell.isprintable():
            return f"{name} has characters that cannot be printed"
    if given.get("closed", "").casefold() not in (*_OPEN, *_CLOSED):
        return "closed is neither yes nor no"
    if ":" in given.get("account", ""):
        return "account has a colon, which HTTP Basic does not allow"
    return _address_fault(given["address"])


def _address_fault(address: str) -> str:
    if not address:
        return "has no address"
    try:
        parts = urlsplit(address)
        is_good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or " " in address:
        return "its address is none of http or https"
    if parts.username or parts.password:
        return "its address has a password in it, which belongs into account and secret"
    return ""
