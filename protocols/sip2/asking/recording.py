r"""Records conversations, to be read and replayed: secrets are masked, patrons are not.

    # kiosk-1 at 10.0.0.7:50000, 2026-11-25T12:00:00+00:00
    > 9300CNkiosk-1|CO***|AY0AZ????
    < 941AY0AZ????
    > 1720261125    120000AODK-900100|ABI0000004|

``>`` marks what the terminal sent and ``<`` what it got, each without its end; ``????`` stands for
a checksum that was right. `protocols.sip2.asking.replay` reads this, the transcripts of the tests,
and logs of other servers whose lines hold ``>`` or ``<`` before a message.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from protocols.sip2.codec import masked, open_frame
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import Account
from protocols.sip2.wire.text import Dialect

log = logging.getLogger(__name__)

#: The size of a file, in bytes, after which the rest of a conversation is left out.
MAX_FILE: Final = 10_000_000
#: Lines kept until a login decides whether they are wanted.
MAX_WAITING: Final = 20


def line_of(frame: bytes, dialect: Dialect) -> str:
    """A frame as it stands in a recording."""
    opened = open_frame(frame.rstrip(b"\r\n"))
    text = masked(opened.body, dialect.delimiter.encode()).decode(dialect.charset, "replace")
    if opened.checksum is None:
        return text
    number = "" if opened.sequence is None else f"AY{opened.sequence.decode()}"
    return f"{text}{number}AZ{'????' if opened.is_sound else opened.checksum.decode()}"


class Recorder:
    """Records one connection in a file of `folder`, once its account says so (`record`). The files
    are for their owner's eyes only: they name patrons and what they borrow.
    """

    def __init__(self, folder: Path, peer: str, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._peer = peer
        self._clock = clock
        self._waiting: list[str] = []
        self._path: Path | None = None
        self._written = 0

    def put(self, line: str, account: Account | None) -> None:
        """Takes a line of the account that is logged in; before the login (None) it waits."""
        if account is None:
            self._waiting = [*self._waiting[1 - MAX_WAITING :], line]
            return
        lines, self._waiting = [*self._waiting, line], []
        if not account.record or self._written > MAX_FILE:
            return
        try:
            path = self._path or self._begun(account)
            with path.open("a", encoding="utf-8") as file:
                self._written += file.write("".join(f"{each}\n" for each in lines))
        except OSError as error:
            log.error("%s cannot be recorded: %s", account.login, error)

    def _begun(self, account: Account) -> Path:
        now = self._clock()
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{account.login}-{now:%Y%m%dT%H%M%S}-{self._peer}")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path = self._folder / f"{name[:200]}.txt"
        path.touch(mode=0o600)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"# {account.login} at {self._peer}, {now.isoformat(timespec='seconds')}\n")
        return path


def record(session: Sip2Session, folder: Path, peer: str, clock: Callable[[], datetime]) -> None:
    """Has the session recorded in the folder, as long as its account wants it."""
    recorder = Recorder(folder, peer, clock)

    def put(kind: str, frame: bytes) -> None:
        recorder.put(f"{kind} {line_of(frame, session.agreed.dialect)}", session.account)

    session.record = put
