"""Paper: the letters of a turn become one PDF, ready for the printer, and are printed once.

More than 500 become several.

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
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ConfigDict

from circulation.notices.kinds import NoticeState
from protocols.notices.channels import (
    NotSent,
    Outcome,
    Outgoing,
    Report,
    Sent,
    Surroundings,
    TryAgain,
)
from protocols.notices.letter_fonts import UnprintableLetterError
from protocols.notices.letters import Letter, check_letter, draw_apart, letter_of, letters
from protocols.notices.quiet_channel import QuietChannel

#: Letters in a batch: they take a megabyte of memory each while it is made.
_MOST: Final = 500


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

    def __init__(
        self, folder: Path, *, posted_by_itself: bool = False, fonts: Sequence[Path] = ()
    ) -> None:
        self._folder = folder
        self._fonts = fonts
        self._posted_by_itself = posted_by_itself
        self._waiting = folder / "waiting"
        self._printed = folder / "printed"
        for each in (self._waiting, self._printed):
            each.mkdir(parents=True, exist_ok=True)

    def send(self, message: Outgoing, now: datetime) -> Outcome:
        name = f"{message.id}.json"
        if (self._waiting / name).exists() or (self._printed / name).exists():
            return Sent()
        letter = letter_of(message)
        kept = {"day": f"{now:%Y%m%d}", **letter._asdict()}
        try:
            check_letter(letter, self._fonts)
            _write(self._waiting / name, json.dumps(kept, ensure_ascii=False, indent=1).encode())
        except UnprintableLetterError as error:
            return NotSent(str(error))
        except OSError as error:
            return TryAgain(f"{name} cannot be written: {error.strerror}")
        return Sent()

    def collect(self, keep: Callable[[Sequence[Report]], None]) -> int:
        """Makes a batch of the waiting letters, and reports the batches that have been posted."""
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another process may use the same folder
            self._make_batches(keep)
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

    def _make_batches(self, keep: Callable[[Sequence[Report]], None]) -> None:
        for batch in sorted(self._folder.glob("*.list")):
            if not batch.with_suffix(".pdf").exists():
                self._make(batch, keep)
        names = sorted(path.name for path in self._waiting.glob("*.json"))
        for first in range(0, len(names), _MOST):
            its = names[first : first + _MOST]
            day = json.loads((self._waiting / its[-1]).read_bytes())["day"]
            number = len(list(self._folder.glob(f"{day}-*.list"))) + 1
            batch = self._folder / f"{day}-{number:04}.list"
            _write(batch, "\n".join(its).encode())
            self._make(batch, keep)

    def _make(self, batch: Path, keep: Callable[[Sequence[Report]], None]) -> None:
        names = batch.read_text(encoding="utf-8").split()
        found = [path for name in names if (path := self._found(name)) is not None]
        made = datetime.strptime(batch.stem[:8], "%Y%m%d").replace(tzinfo=UTC)
        try:
            printed = self._draw(found, made)
        except UnprintableLetterError:
            found = self._without_unprintable(batch, found, made, keep)
            printed = self._draw(found, made)
        if found:
            _write(batch.with_suffix(".pdf"), printed)
        for path in found:
            os.replace(path, self._printed / path.name)

    def _draw(self, found: Sequence[Path], made: datetime) -> bytes:
        return draw_apart(list(map(_read, found)), made, self._fonts) if found else b""

    def _without_unprintable(
        self,
        batch: Path,
        found: Sequence[Path],
        made: datetime,
        keep: Callable[[Sequence[Report]], None],
    ) -> list[Path]:
        """Return the letters that can be printed. The others waited while a font was taken away:
        report them as failed and remove them from the batch."""
        failed: dict[Path, str] = {}
        for path in found:
            try:
                letters([_read(path)], made, self._fonts)
            except UnprintableLetterError as error:
                failed[path] = str(error)
        keep(
            [
                Report(NoticeState.FAILED, message_id=int(path.stem), why=why)
                for path, why in failed.items()
            ]
        )
        rest = [path for path in found if path not in failed]
        if rest:
            _write(batch, "\n".join(path.name for path in rest).encode())
        else:
            batch.unlink()
        for path in failed:
            path.unlink()
        return rest

    def _found(self, name: str) -> Path | None:
        for folder in (self._waiting, self._printed):
            if (folder / name).exists():
                return folder / name
        return None


def _read(path: Path) -> Letter:
    kept = json.loads(path.read_bytes())
    return Letter(**{name: kept[name] for name in Letter._fields if name in kept})


def _write(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".part")
    partial.write_bytes(content)
    os.replace(partial, path)


class PrintDriver:
    """Entry point ``print``."""

    settings = PrintSettings

    def open(self, name: str, settings: PrintSettings, around: Surroundings) -> PrintChannel:
        return PrintChannel(
            around.folder / settings.folder,
            posted_by_itself=settings.posted_by_itself,
            fonts=around.fonts,
        )


driver = PrintDriver()
