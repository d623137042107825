"""A sink that is a folder: each day a file of JSON lines, for programs that fetch them there.

A line holds what an agency has of a record, and replaces what any line before it says of the same;
``items`` is empty where there is nothing any more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ConfigDict

from circulation.holdings.states import RecordHoldings, as_json
from protocols.holdings.sinks import Unavailable


@dataclass(frozen=True)
class FileSettings:
    """Where the files lie."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: The folder, beside tiro.toml where it is relative.
    folder: str


class FileSink:
    """See the module."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder

    def tell(self, told: Sequence[RecordHoldings], now: datetime) -> None:
        text = "".join(json.dumps(as_json(each), ensure_ascii=False) + "\n" for each in told)
        path = self._folder / f"{self._name}-{now.astimezone(UTC):%Y%m%d}.jsonl"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with path.open("a+b") as file:
                # A line that a kill cut short must not swallow the next.
                if file.tell() and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n":
                    file.write(b"\n")
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Unavailable(f"{path}: {error.strerror or error}") from error


class FileDriver:
    """Entry point ``files``."""

    settings = FileSettings

    def open(self, name: str, settings: FileSettings, folder: Path) -> FileSink:
        return FileSink(name, folder / settings.folder)


driver = FileDriver()
