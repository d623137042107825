"""Every parser of what comes from outside, for a moment: ``make fuzz`` is the whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fuzz.cases import CASES
from tests.fuzz.driving import drive
from tests.fuzz.parsers import PARSERS, Parser

INPUTS = 400
SHARED = Path(os.environ.get("TIRO_SHARED") or Path(__file__).parents[2] / "shared")


@pytest.mark.parametrize("name", PARSERS)
def test_any_bytes_are_messages_or_the_parsers_own_error(name: str) -> None:
    parser = PARSERS[name]
    seeds = parser.seeds(SHARED if (SHARED / "data").is_dir() else None)
    assert seeds
    run = drive(parser, [*CASES.get(name, ()), *seeds[:200]], INPUTS, seed=1)
    assert run.is_sound, run.text()


def test_a_fault_is_seen() -> None:
    """What raises, and what takes too long, is told with the input."""

    def feed(data: bytes) -> None:
        if b"\0" in data:
            raise KeyError("lost")

    run = drive(Parser("faulty", lambda samples: [b"a"], feed), [b"a", b"b\0"], 10, seed=1)
    assert not run.is_sound
    assert run.errors["KeyError: 'lost'"] == b"b\0"
    assert "1 errors" in run.text()
