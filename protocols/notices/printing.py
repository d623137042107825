"""Paper: the letters of a turn become one PDF, ready for the printer, and are printed once.

    waiting/ID.json        a letter that is in no batch yet
    20270201-0001.list     the ids of a batch, written before it is made
    20270201-0001.pdf      the batch
    20270201-0001.posted   it has been posted: `tiro notices posted`, or by itself
    printed/ID.json        its letters

Interrupted work is resumed: a list without its PDF is made into one.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ConfigDict

from circulation.notices.kinds import NoticeState
from protocols.notices.channels import Outcome, Outgoing, Report, Sent, Surroundings, TryAgain
from protocols.notices.letters import Letter, letter_of, letters
from protocols.notices.quiet_channel import QuietChannel


@dataclass(frozen=True)
class PrintSettings:
    """A folder with letters for a printer."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: The folder for letters, beside tiro.toml where it is relative; made if missing.
    folder: str
    #: Are letters in the folder printed and posted without staff confirming it?
    posted_by_itself: bool = False


class PrintChannel(QuietChannel):
    """See the module."""

    knows_ids = True
    confirms = True

    def __init__(self, folder: Path, *, posted_by_itself: bool = False) -> None:
        self._folder = folder
        self._posted_by_itself = posted_by_itself
        self._waiting = folder / "waiting"
        self._printed = folder / "printed"
        for each in (self._waiting, self._printed):
            each.mkdir(parents=True, exist_ok=True)

    def send(self, message: Outgoing, now: datetime) -> Outcome:
        name = f"{message.id}.json"
        if (self._waiting / name).exists() or (self._printed / name).exists():
            return Sent()
        kept = {"day": f"{now:%Y%m%d}", **letter_of(message)._asdict()}
        try:
            _write(self._waiting / name, json.dumps(kept, ensure_ascii=False, indent=1).encode())
        except OSError as error:
            return TryAgain(f"{name} cannot be written: {error.strerror}")
        return Sent()

    def collect(self, keep: Callable[[Sequence[Report]], None]) -> int:
        """Makes a batch of the waiting letters, and reports the batches that have been posted."""
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another process may use the same folder
            self._make_batches()
            if not self._posted_by_itself:
                return 0
            made = [each.stem for each in sorted(self._folder.glob("*.pdf"))]
            return sum(self.posted(batch, keep) for batch in made)

    def posted(self, batch: str, keep: Callable[[Sequence[Report]], None]) -> int:
        """Reports, once, that the letters of the batch have been posted; returns their number.
        Raises LookupError if there is no such batch.
        """
        listed = self._folder / f"{batch}.list"
        if "/" in batch or not listed.with_suffix(".pdf").exists():
            raise LookupError(f"there is no batch {batch}")
        mark = listed.with_suffix(".posted")
        if mark.exists():
            return 0
        names = listed.read_text(encoding="utf-8").split()
        ids = [int(name.removesuffix(".json")) for name in names]
        keep([Report(NoticeState.DELIVERED, message_id=each) for each in ids])
        mark.touch()
        return len(ids)

    def _make_batches(self) -> None:
        for batch in sorted(self._folder.glob("*.list")):
            if not batch.with_suffix(".pdf").exists():
                self._make(batch)
        names = sorted(path.name for path in self._waiting.glob("*.json"))
        if names:
            day = json.loads((self._waiting / names[-1]).read_bytes())["day"]
            number = len(list(self._folder.glob(f"{day}-*.list"))) + 1
            batch = self._folder / f"{day}-{number:04}.list"
            _write(batch, "\n".join(names).encode())
            self._make(batch)

    def _make(self, batch: Path) -> None:
        names = batch.read_text(encoding="utf-8").split()
        found = [path for name in names if (path := self._found(name)) is not None]
        if found:
            _write(batch.with_suffix(".pdf"), letters([_read(path) for path in found]))
        for path in found:
            os.replace(path, self._printed / path.name)

    def _found(self, name: str) -> Path | None:
        for folder in (self._waiting, self._printed):
            if (folder / name).exists():
                return folder / name
        return None


def _read(path: Path) -> Letter:
    kept = json.loads(path.read_bytes())
    return Letter(*(kept[name] for name in Letter._fields))


def _write(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".part")
    partial.write_bytes(content)
    os.replace(partial, path)


class PrintDriver:
    """Entry point ``print``."""

    settings = PrintSettings

    def open(self, name: str, settings: PrintSettings, around: Surroundings) -> PrintChannel:
        return PrintChannel(
            around.folder / settings.folder, posted_by_itself=settings.posted_by_itself
        )


driver = PrintDriver()
