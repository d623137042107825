"""`tiro` that stops for ever at one moment of a request with an Idempotency-Key.

`python -m tests.protocols.api.stopping MOMENT MARK ARGUMENT...` leaves the file MARK when it has
come to the moment: `before` its commit, all being written, or `after` it and before its answer.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from protocols.api.handlers import Api
from protocols.api.messages import Answer, Asked
from protocols.api.once import Once
from protocols.commands.command_line import tiro


def stop_before_commit(mark: Path) -> None:
    keep: Callable[..., None] = Once.keep

    def stopping(*given: Any) -> None:
        keep(*given)
        mark.touch()
        time.sleep(600)

    Once.keep = stopping  # type: ignore[method-assign]


def stop_before_answer(mark: Path) -> None:
    answer = Api.answer

    def stopping(api: Api, asked: Asked, reply: Callable[[Answer], None]) -> None:
        keyed = asked.header("idempotency-key") is not None
        answer(api, asked, (lambda _: mark.touch()) if keyed else reply)

    Api.answer = stopping  # type: ignore[method-assign]


if __name__ == "__main__":
    moment, name, *arguments = sys.argv[1:]
    {"before": stop_before_commit, "after": stop_before_answer}[moment](Path(name))
    tiro(arguments)
