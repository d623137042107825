"""Any number of records, recombined from real ones: `python -m tests.bench.recombined COUNT FILE`.

Each record has the title fields of one real record, the names of a second, the subjects of a third
and everything else of a fourth, chosen at random; its control number and ISBN are new. So words
have about the shares they have in the real records, while combinations are new ones. The same
numbers give the same records.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from catalogue.index.numbers import isbn_keys
from catalogue.marc.checking import Refused, accept
from catalogue.marc.iso2709 import LEADER_LENGTH, build, fields
from catalogue.marc.sources import Source

_TITLES = frozenset((b"130", b"210", b"222", b"240", b"242", b"243", b"245", b"246", b"247"))
_NAMES = frozenset(b"%d%d0" % (hundreds, kind) for hundreds in (1, 7) for kind in (0, 1))
_NAMES |= frozenset((b"111", b"711"))
_OWN = frozenset((b"001", b"020", b"035"))

Field = tuple[bytes, bytes]


def real_records(path: Path) -> list[bytes]:
    """The sound records of a file as they are stored."""
    found = []
    with Source(path) as source:
        for record in source.records():
            try:
                found.append(accept(record.data))
            except Refused:
                continue
    return found


def recombined(real: list[bytes], count: int, seed: int = 1, first: int = 1) -> Iterator[bytes]:
    """`count` records in ISO 2709, made of parts of `real`, in the order of a stream.

    They are numbered from `first` on, below 1,000,000,000.
    """
    choose = random.Random(seed)
    for number in range(first, first + count):
        title, names, subjects, rest = (choose.choice(real) for _ in range(4))
        parts = [(b"001", b"re%010d" % number)]
        parts.append((b"020", b"  \x1fa" + isbn(number)))
        parts += (field for field in fields(rest) if _kind(field) == "rest")
        parts += (field for field in fields(title) if _kind(field) == "title")
        parts += (field for field in fields(names) if _kind(field) == "name")
        parts += (field for field in fields(subjects) if _kind(field) == "subject")
        parts.sort(key=lambda field: field[0])
        yield build(rest[:LEADER_LENGTH], parts)


def _kind(field: Field) -> str:
    tag, content = field
    if tag == b"880":
        tag = content[4:7]
    if tag in _OWN:
        return "own"
    if tag in _TITLES:
        return "title"
    if tag in _NAMES:
        return "name"
    return "subject" if tag[:1] == b"6" else "rest"


def isbn(number: int) -> bytes:
    """The ISBN of the record with this number."""
    nine = f"{number:09d}"
    for check in "0123456789X":
        keys = isbn_keys(nine + check)
        if len(keys) == 2:
            return keys[0].encode()
    raise AssertionError(nine)


def sample_path() -> Path:
    """The real records of the sample data."""
    shared = Path(os.environ.get("TIRO_SHARED") or Path(__file__).parents[2].parent / "shared")
    return shared / "data/marc/real.mrc.xz"


def write_recombined(path: Path, count: int, seed: int = 1) -> None:
    """Writes a file of so many records."""
    real = real_records(sample_path())
    with path.open("wb") as file:
        file.writelines(recombined(real, count, seed))


if __name__ == "__main__":
    write_recombined(Path(sys.argv[2]), int(sys.argv[1]))
