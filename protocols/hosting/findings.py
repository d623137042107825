"""What `tiro check` finds wrong, and how a check says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """An error keeps the server from doing what it should; a warning is for people to judge.

    `text` says where, what, and what to do. It never holds a secret.
    """

    severity: Severity
    text: str


def error(text: str) -> Finding:
    return Finding("error", text)


def warning(text: str) -> Finding:
    return Finding("warning", text)
