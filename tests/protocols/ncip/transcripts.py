"""Transcripts: conversations that a librarian can read, and that are run as tests.

    # a remark
    ! 20 days pass
    > a line of the request
    < a line of the answer

Requests and answers may stand on several lines; how they are indented does not matter. A blank
line ends an exchange.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Exchanged:
    """One request, the answer to it, and the days that pass before."""

    request: list[str] = field(default_factory=list)
    answer: list[str] = field(default_factory=list)
    days: int = 0

    @property
    def request_bytes(self) -> bytes:
        return "\n".join(self.request).encode()

    @property
    def answer_bytes(self) -> bytes:
        """As on the wire, where an answer is one line."""
        return "".join(line.strip() for line in self.answer).encode()


def read_transcript(path: Path) -> list[Exchanged]:
    found: list[Exchanged] = []
    current = Exchanged()
    for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), ""], 1):
        if line.startswith("> "):
            current.request.append(line[2:])
        elif line.startswith("< "):
            current.answer.append(line[2:])
        elif days := re.fullmatch(r"! (\d+) days pass", line):
            current.days = int(days[1])
        elif not line:
            if current.request:
                found.append(current)
                current = Exchanged()
        elif not line.startswith("#"):
            raise ValueError(f"{path.name}:{number}: neither >, <, ! nor #: {line!r}")
    return found
