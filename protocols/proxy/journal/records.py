"""The records of the journal, and how one stands in a file.

A record is a line: the length of its JSON in bytes and the CRC-32 of it, as eight hexadecimal
digits each, then the JSON. So a person can read it, and a tail that was torn off when the power
went is recognised and cut.

    0000009c 5bd1e2a0 {"id":17,"at":"2026-11-30T08:01:02.345Z","kind":"request",...}

| kind    | says                                                                      |
|---------|---------------------------------------------------------------------------|
| begin   | the journal's name, made once: ids are unique beside other journals'       |
| start   | a process began to write                                                  |
| request | what a terminal sent, before it is passed on                              |
| answer  | what the terminal was told                                                |
| shared  | where a payment goes, of a patron who may owe in both systems             |
| silent  | a system did not answer: its outcome is unknown if it was sent            |
| judged  | what the new system would have said, or why it was not asked              |
| dated   | until when a loan is, of all that were renewed at once, which is told late |
| carried | a try to tell a system what the other one (or the proxy) did              |
| flip    | a terminal's mode was changed: by whom, and why                           |
| settled | a person has dealt with what could not be carried                         |
| compared | an item or a patron in which the systems differ, and how; or do no more   |
| remedy  | what a system is told because it differs                                  |
| sweep   | how far a comparison of everything has come                               |
| clock   | by how much a system's clock was found to be ahead of the proxy's         |

A message stands as text: its bytes in UTF-8, others as lone surrogates, without the trailer, with
its secrets replaced (`protocols.proxy.journal.secrets`).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypedDict, cast
from zlib import crc32

Kind = Literal[
    "begin",
    "start",
    "request",
    "answer",
    "shared",
    "silent",
    "judged",
    "dated",
    "carried",
    "flip",
    "settled",
    "clock",
    "compared",
    "remedy",
    "sweep",
]
Purpose = Literal["follow", "write-back", "replay"]
#: ``begun`` is of money alone, before it is sent. ``refused`` is final, and so are ``differs`` (it
#: was done until another date) and ``unknown`` (money); ``failed`` is tried again.
#: ``ignored``: the system has taken it, and changed nothing because of it.
Outcome = Literal[
    "begun", "done", "done already", "differs", "ignored", "refused", "failed", "unknown"
]
#: What is on the list of what people have to see to.
FOR_A_PERSON: Final = frozenset({"differs", "ignored", "refused", "unknown"})


class Record(TypedDict, total=False):
    """One record; `id`, `at` and `kind` are always there."""

    id: int
    at: str
    kind: Kind
    #: Of begin.
    journal: str
    #: Of request: the terminal, which connection of it, its mode, that of its patron session, and
    #: the system that is asked.
    terminal: str
    connection: int
    mode: str
    side: str
    to: str
    sent: str
    seq: str
    #: The id of the same message before, whose answer nobody heard.
    again: int
    #: Of all that follows a request: its id.
    of: int
    by: str
    ms: float
    why: str
    was_sent: bool
    #: Of answer: why what the other system has of the patron is not in it; of all loans that were
    #: renewed, those that the other one has renewed, each under a request of its own.
    without: str
    beside: list[str]
    #: Of shared: what the other system is told of the payment, as BV has it, and whether that is a
    #: part of it; else it is the same debt, paid once.
    shares: dict[str, str]
    adds: bool
    #: Of carried.
    purpose: Purpose
    answer: str
    outcome: Outcome
    part: int
    #: Of dated: as AH has it.
    until: str
    #: Of flip and settled. `despite`: why although the branch was not ready.
    before: str
    who: str
    despite: str
    #: Of clock.
    system: str
    seconds: float
    #: Of compared, remedy and sweep: "item" or "patron", its barcode or card, and its branch.
    subject: Literal["item", "patron"]
    name: str
    branch: str
    #: Of remedy: when the loan was made, where that is known.
    happened: str
    #: Of compared: by aspect what each system says, and the names of cause, remedy and errand.
    unequal: dict[str, Any]
    #: Of sweep.
    is_over: bool


#: Length, blank, checksum, blank.
PREFIX: Final = 18


def stamp(moment: datetime) -> str:
    """A moment as records have it: ``2026-11-30T08:01:02.345Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


_encode: Final = json.JSONEncoder(separators=(",", ":")).encode


def line_of(record: Record) -> bytes:
    """The record as it stands in a file."""
    text = _encode(record).encode()
    return b"%08x %08x %b\n" % (len(text), crc32(text), text)


def record_in(line: bytes) -> Record | None:
    """The record in a line without its end; None if it is none, or not whole."""
    text = line[PREFIX:]
    try:
        is_whole = int(line[:8], 16) == len(text) and int(line[9:17], 16) == crc32(text)
        found: Any = json.loads(text) if is_whole else None
    except ValueError:
        return None
    return cast("Record", found) if isinstance(found, dict) else None


def text_of(body: bytes) -> str:
    """A message as records have it."""
    return body.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
