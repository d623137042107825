"""A driver that sends nothing: each message becomes a file in a folder. For demonstrations, for
tests, and for programs that fetch them there.

A file is named after the message's id, so a message that is handed over again is written once.
Paper becomes PDF, everything else a text with the headers that matter.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict

from protocols.notices.channels import NotSent, Outcome, Outgoing, Sent, Surroundings, TryAgain
from protocols.notices.letter_fonts import UnprintableLetterError
from protocols.notices.quiet_channel import QuietChannel


@dataclass(frozen=True)
class FileSettings:
    """A folder with a file for each message."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: The folder for messages, beside tiro.toml where it is relative; made if missing.
    folder: str
    #: A text file, a JSON file or a PDF for paper for each message.
    form: Literal["text", "json", "pdf"] = "text"


class FileChannel(QuietChannel):
    """See the module."""

    knows_ids = True

    def __init__(self, folder: Path, form: str, fonts: Sequence[Path] = ()) -> None:
        self._folder = folder
        self._fonts = fonts
        self._form = form

    def send(self, message: Outgoing, now: datetime) -> Outcome:
        ending = {"text": "txt", "json": "json", "pdf": "pdf"}[self._form]
        path = self._folder / f"{message.created:%Y%m%d}-{message.id}.{ending}"
        if path.exists():
            return Sent(path.name)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".part")
            partial.write_bytes(self._content(message))
            os.replace(partial, path)
        except UnprintableLetterError as error:
            return NotSent(str(error))
        except OSError as error:
            return TryAgain(f"{path.name} cannot be written: {error.strerror}")
        return Sent(path.name)

    def _content(self, message: Outgoing) -> bytes:
        if self._form == "pdf":
            from protocols.notices.letters import letter_of, letters  # loads the PDF library

            return letters([letter_of(message)], message.created, self._fonts)
        if self._form == "json":
            return json.dumps(as_json(message), ensure_ascii=False, indent=2).encode()
        head = (
            f"To: {message.address}\nSubject: {message.subject}\nMessage-Id: {message.id}\n"
            f"Kind: {message.kind.value}\n\n"
        )
        return (head + message.body + "\n").encode()


def as_json(message: Outgoing) -> dict[str, Any]:
    """A message as it is given to programs."""
    return {
        "id": str(message.uuid),
        "type": message.kind.value,
        "to": message.address,
        "language": message.language,
        "subject": message.subject,
        "text": message.body,
        "library": message.branch.isil,
    }


class FileDriver:
    """Entry point ``files``."""

    settings = FileSettings

    def open(self, name: str, settings: FileSettings, around: Surroundings) -> FileChannel:
        return FileChannel(around.folder / settings.folder, settings.form, around.fonts)


driver = FileDriver()
