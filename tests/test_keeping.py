"""What is kept for many tests is as it was made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalogue.database import open_database
from tests.builders.circulation import Library, a_library, a_patron
from tests.keeping import Kept


@contextmanager
def place(url: str) -> Iterator[Library]:
    database = open_database(url)
    yield a_library(database)
    database.close()


def test_whoever_only_looks_leaves_it_for_the_next(sqlite_template: Path, tmp_path: Path) -> None:
    kept = Kept(place, sqlite_template, tmp_path)
    first = kept.get()
    assert first.read(lambda transaction: transaction.execute("SELECT 1").fetchone()) == (1,)
    assert kept.get() is first
    kept.close()


def test_after_a_change_another_is_made(sqlite_template: Path, tmp_path: Path) -> None:
    kept = Kept(place, sqlite_template, tmp_path)
    first = kept.get()
    card = a_patron(first)
    second = kept.get()
    assert second is not first
    assert a_patron(second) == card  # it is not known there
    kept.close()
