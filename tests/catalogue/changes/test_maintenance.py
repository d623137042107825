"""Records replaced, deleted and merged: afterwards the catalogue is as if it had always been so."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.changes.accession import add_record, next_record_id
from catalogue.changes.deleting import RecordHasItems, delete_record
from catalogue.changes.former_records import (
    NoSuchRecord,
    former_record,
    present_id,
    survivors_of_control_number,
)
from catalogue.changes.merging import merge_records
from catalogue.changes.replacing import last_change, replace_record
from catalogue.database import Database, Transaction, open_database
from catalogue.items import add_item, find_item
from catalogue.marc.checking import Refused
from catalogue.query import Structure, Term
from catalogue.records import fetch_records
from catalogue.searching.evaluation import search
from catalogue.searching.facets import facets
from catalogue.searching.scanning import scan
from catalogue.searching.sorting import SortKey, sort
from tests.builders.catalogue import NOW, a_record, add_branch, add_records
from tests.builders.index import derived, fresh
from tests.examples import examples

T = TypeVar("T")
LATER = NOW + timedelta(hours=1)


@contextmanager
def a_database(template: Path, path: Path) -> Iterator[Database]:
    shutil.copy(template, path)
    database = open_database(f"sqlite:///{path}")
    try:
        yield database
    finally:
        database.close()
        for each in path.parent.glob(path.name + "*"):
            each.unlink()


def write(database: Database, work: Callable[[Transaction], T]) -> T:
    return database.write(work).result()


def found(database: Database, text: str, point: str = "title") -> list[int]:
    term = Term(point, text, structure=Structure.WORD)
    return list(database.read(lambda transaction: search(transaction, term)).result())


def test_a_replaced_record_is_found_by_its_new_words_alone(database: Database) -> None:
    old = a_record("Grass and water", author="Berg, Bo", isbn="9788700000018", year=1984)
    new = a_record("Grass and soil", author="Bergh, Bo", isbn="9788700000018", year=1985)
    [number, other] = write(database, lambda t: add_records(t, [old, old]))
    assert write(database, lambda t: replace_record(t, number, new, now=LATER))
    assert found(database, "soil") == [number]
    assert found(database, "water") == [other]
    assert found(database, "grass") == [number, other]
    assert found(database, "9788700000018", "isbn") == [number, other]
    [record] = database.read(lambda t: fetch_records(t, [number])).result()
    assert (record.title, record.author, record.year) == ("Grass and soil", "Bergh, Bo", 1985)
    assert database.read(lambda t: last_change(t, number)).result() == LATER

    def looked_at(transaction: Transaction) -> Any:
        everything = search(transaction, Term("title", "grass"))
        page = scan(transaction, Term("title", "s", structure=Structure.WORD), before=0, after=2)
        return (
            [(entry.term, entry.hits) for entry in page.entries][:1],
            list(sort(transaction, everything, [SortKey("year", descending=True)])),
            [(facet.text, facet.hits) for facet in facets(transaction, everything, "author", 5)],
        )

    scanned, order, authors = database.read(looked_at).result()
    assert scanned == [("soil", 1)]
    assert order == [number, other]
    assert sorted(authors) == [("Berg, Bo", 1), ("Bergh, Bo", 1)]


def test_the_same_text_again_changes_nothing(database: Database) -> None:
    text = a_record("Grass")
    [number] = write(database, lambda t: add_records(t, [text]))
    assert not write(database, lambda t: replace_record(t, number, text, now=LATER))
    assert database.read(lambda t: last_change(t, number)).result() == NOW


def test_a_text_that_is_no_record_replaces_nothing(database: Database) -> None:
    text = a_record("Grass")
    [number] = write(database, lambda t: add_records(t, [text]))
    before = derived(database)
    with pytest.raises(Refused):
        write(database, lambda t: replace_record(t, number, b"no record at all", now=LATER))
    with pytest.raises(NoSuchRecord):
        write(database, lambda t: replace_record(t, number + 1, text, now=LATER))
    assert derived(database) == before


def test_a_deleted_record_leaves_nothing_and_its_id_is_never_used_again(
    database: Database,
) -> None:
    number = write(database, lambda t: add_record(t, a_record("Grass"), now=NOW))
    write(database, lambda t: delete_record(t, number, now=LATER))
    assert derived(database) == ({}, {}, {}, {})
    former = database.read(lambda t: former_record(t, record_id=number)).result()
    assert former is not None
    assert (former.survivor_id, former.gone) == (None, LATER)
    assert database.read(lambda t: present_id(t, number)).result() is None
    assert write(database, next_record_id) == number + 1
    with pytest.raises(NoSuchRecord):
        write(database, lambda t: delete_record(t, number, now=LATER))


def test_a_record_with_items_is_not_deleted(database: Database) -> None:
    branch = write(database, add_branch)
    number = write(database, lambda t: add_record(t, a_record("Grass"), now=NOW))
    write(
        database,
        lambda t: add_item(t, barcode="I1", record_id=number, branch_id=branch, now=NOW),
    )
    with pytest.raises(RecordHasItems) as refused:
        write(database, lambda t: delete_record(t, number, now=LATER))
    assert refused.value.number == 1
    assert found(database, "grass") == [number]


def test_items_go_over_to_the_survivor_and_old_ids_lead_to_it(database: Database) -> None:
    branch = write(database, add_branch)
    texts = [a_record(f"Grass {letter}", control_number=letter) for letter in "abc"]
    first, second, third = write(database, lambda t: add_records(t, texts))
    for number in (first, second):
        write(
            database,
            lambda t, number=number: add_item(  # type: ignore[misc]
                t, barcode=f"I{number}", record_id=number, branch_id=branch, now=NOW
            ),
        )
    merged = write(database, lambda t: merge_records(t, first, second, now=LATER))
    assert (merged.gone.id, merged.survivor.id, merged.items) == (first, second, 1)
    assert found(database, "grass") == [second, third]
    item = database.read(lambda t: find_item(t, f"I{first}")).result()
    assert item is not None
    assert item.record_id == second
    assert derived(database).held[f"branch:{branch}"] == [second]
    # The survivor is merged on, and in the end deleted.
    write(database, lambda t: merge_records(t, second, third, now=LATER))
    assert database.read(lambda t: present_id(t, first)).result() == third
    assert [
        each.id for each in database.read(lambda t: survivors_of_control_number(t, "a")).result()
    ] == [third]
    assert derived(database).held[f"branch:{branch}"] == [third]
    with pytest.raises(ValueError, match="itself"):
        write(database, lambda t: merge_records(t, third, third, now=LATER))
    with pytest.raises(NoSuchRecord):
        write(database, lambda t: merge_records(t, first, third, now=LATER))


WORDS = ("grass", "soil", "water", "Århus", "l'eau", "spider-man", "語")
TEXTS = st.builds(
    a_record,
    title=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
    author=st.sampled_from([None, "Berg, Bo", "Östlund, Anna"]),
    isbn=st.sampled_from([None, "9788700000018"]),
    subjects=st.lists(st.sampled_from(["Fairy tales", "Læsning"]), max_size=2),
    year=st.sampled_from([1984, 2001]),
    control_number=st.sampled_from([None, "a", "b"]),
)
#: What is done, to which of the records there are, and with which text.
CHANGES = st.tuples(
    st.sampled_from(["add", "replace", "replace", "delete", "merge"]),
    st.integers(0, 1_000),
    st.integers(0, 1_000),
    TEXTS,
)


@examples(25)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.lists(CHANGES, max_size=10))
def test_after_any_changes_the_index_is_that_of_a_fresh_load(
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[bytes],
    changes: list[tuple[str, int, int, bytes]],
) -> None:
    folder = tmp_path_factory.getbasetemp()
    with a_database(sqlite_template, folder / "changed.sqlite") as database:
        first = (1 << 16) - 2  # some records in one chunk and some in the next
        ids = write(database, lambda t: add_records(t, texts, first_id=first))
        living = dict(zip(ids, texts, strict=True))
        for what, at, other, text in changes:
            if what == "add" or not living:
                number = write(database, lambda t, text=text: add_record(t, text, now=NOW))  # type: ignore[misc]
                assert number not in living
                living[number] = text
                continue
            chosen = sorted(living)[at % len(living)]
            if what == "replace":
                write(
                    database,
                    lambda t, number=chosen, text=text: replace_record(  # type: ignore[misc]
                        t, number, text, now=LATER
                    ),
                )
                living[chosen] = text
            elif what == "delete":
                write(database, lambda t, number=chosen: delete_record(t, number, now=LATER))  # type: ignore[misc]
                del living[chosen]
            else:
                survivor = sorted(living)[other % len(living)]
                if survivor != chosen:
                    write(
                        database,
                        lambda t, pair=(chosen, survivor): merge_records(t, *pair, now=LATER),  # type: ignore[misc]
                    )
                    del living[chosen]
        is_now = derived(database)
    with a_database(sqlite_template, folder / "fresh.sqlite") as database:
        assert is_now == fresh(database, living)
