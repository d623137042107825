"""Samples of our own for every standard, so that a clone without others' tests all of them.

`make` writes a folder that is laid out as that of the real samples (TIRO_SHARED), from our own
words and declarations and by a seed, so that it is the same wherever it is made: the tests read
either. The real ones say more, as other systems have written them; they stay out of this
repository, since they are not ours.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.corpora import digital_post, iso18626, marc, ncip, sru, z3950

SEED = 42

#: What makes the samples of each standard, below ``data/``.
MAKERS: dict[str, Callable[[Path, Random], None]] = {
    "digital_post": digital_post.make,
    "iso18626": iso18626.make,
    "marc": marc.make,
    "ncip": ncip.make,
    "sru": sru.make,
    "z3950": z3950.make,
}


def make(folder: Path) -> None:
    """All of them, below ``data`` of a folder."""
    for name, maker in MAKERS.items():
        maker(folder / "data", Random(f"{SEED} {name}"))


def named() -> Path:
    """Where the real ones would be: TIRO_SHARED, else ../shared."""
    return Path(os.environ.get("TIRO_SHARED") or Path(__file__).parents[3] / "shared")


def real_or_own(folder: Path) -> Path:
    """The folder of the real ones; where that is not, `folder`, with ours made in it."""
    if (named() / "data").is_dir():
        return named()
    make(folder)
    return folder
