"""What is long: whole in `make trials`, and a short draw of it in `make test`.

A draw is made by a seed: the day, or what TIRO_TESTS_SEED says. So each day tries others, and who
says the seed that a failure was found with tries the same ones again.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

T = TypeVar("T")

SEED: Final = "TIRO_TESTS_SEED"
_are_whole = False

#: Whole servers started, stopped and killed over and over, a year of a town, what documents have
#: people paste: minutes of it. By the beginning of what pytest calls a test, below this folder, how
#: many of them are drawn. Others say it by the mark ``drawn``.
TRIALS: Final = {
    "faults/": 2,
    "protocols/iso18626/test_campaign.py::test_both_ends_agree_in_the_end_of": 0,
    "protocols/iso18626/test_towns.py::test_both": 1,
    "simulation/": 1,
    "test_crash.py": 1,
    "test_documents.py::test_a_loan_between_two": 0,
    "test_documents.py::test_what_is_pasted": 3,
    "test_durability.py": 1,
    "test_set_up_while_running.py": 1,
    "test_side_by_side.py": 2,
    "test_supervisor.py": 3,
}


def begin(are_whole: bool) -> None:
    """Says whether all is tried, before the first test is read. The workers of pytest-xdist get the
    seed with the environment, so that all draw the same."""
    global _are_whole
    _are_whole = are_whole
    os.environ.setdefault(SEED, f"{datetime.now(UTC):%Y%m%d}")


def are_whole() -> bool:
    return _are_whole


def drawn(what: str, of: Sequence[T], number: int) -> list[T]:
    """So many of them at most, in their order; all of them where trials are whole."""
    if _are_whole or number >= len(of):
        return list(of)
    chosen = random.Random(f"{os.environ[SEED]} {what}").sample(range(len(of)), number)
    return [of[index] for index in sorted(chosen)]
