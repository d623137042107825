"""Databases of consortia, agencies and branches: what each shows, and that it is kept so."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap
from sqlalchemy import delete, insert

from catalogue.changes.accession import ItemDefaults, add_record
from catalogue.database import (
    Database,
    Statement,
    Transaction,
    open_database,
    scalar_one,
    send,
)
from catalogue.holders import hidden_from, rebuild_holders, update_holders
from catalogue.items import add_item
from catalogue.query import Relation, Term, Truncation
from catalogue.schema import agencies, branches, consortia, items
from catalogue.searching.evaluation import search
from catalogue.searching.scanning import scan
from catalogue.visibility import (
    UnknownDatabase,
    database_names,
    scope_of,
    share_stock,
    visible_branches,
    visible_records,
)
from tests.builders.catalogue import NOW, a_record, add_records
from tests.examples import examples


@scalar_one(int)
def _new_consortium(*, name: str) -> Statement:
    return insert(consortia).values(name=name).returning(consortia.c.id)


@scalar_one(int)
def _new_agency(*, consortium_id: int, isil: str, name: str, kind: str) -> Statement:
    return (
        insert(agencies)
        .values(
            consortium_id=consortium_id,
            isil=isil,
            name=name,
            kind=kind,
        )
        .returning(agencies.c.id)
    )


@scalar_one(int)
def _new_branch(*, agency_id: int, isil: str, name: str) -> Statement:
    return (
        insert(branches).values(agency_id=agency_id, isil=isil, name=name).returning(branches.c.id)
    )


@send
def _remove_item(*, barcode: str) -> Statement:
    return delete(items).where(items.c.barcode == barcode)


#: Agencies with their consortium, kind and branches.
AGENCIES = {
    "DK-1": ("North", "public", ("DK-11", "DK-12")),
    "DK-2": ("North", "school", ("DK-21",)),
    "DK-3": ("South", "public", ("DK-31",)),
}
BRANCHES = {branch: agency for agency, (_, _, own) in AGENCIES.items() for branch in own}
RECORDS = 6


class Library:
    """An organisation, and records without items and owners, numbered from 1."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.branch: dict[str, int] = {}
        self.agency: dict[str, int] = {}
        database.write(self._set_up).result()

    def _set_up(self, work: Transaction) -> None:
        consortium = {name: _new_consortium(work, name=name) for name in ("North", "South")}
        for isil, (of, kind, own) in AGENCIES.items():
            self.agency[isil] = _new_agency(
                work, consortium_id=consortium[of], isil=isil, name=f"Agency {isil}", kind=kind
            )
            for branch in own:
                self.branch[branch] = _new_branch(
                    work, agency_id=self.agency[isil], isil=branch, name=f"Branch {branch}"
                )
        add_records(work, [a_record(f"Book {number}") for number in range(RECORDS)])

    def add(self, barcode: str, record: int, branch: str) -> None:
        self.database.write(
            lambda t: add_item(
                t, barcode=barcode, record_id=record, branch_id=self.branch[branch], now=NOW
            )
        ).result()

    def remove(self, barcode: str, record: int) -> None:
        def work(t: Transaction) -> None:
            _remove_item(t, barcode=barcode)
            update_holders(t, [record])

        self.database.write(work).result()

    def shown(self, name: str | None, **options: Any) -> set[int]:
        def work(t: Transaction) -> set[int]:
            everything = Term("any", "", relation=Relation.ALWAYS_MATCHES)
            return set(search(t, everything, visible=visible_records(t, name)))

        return self.database.read(work).result()


@pytest.fixture
def library(database: Database) -> Library:
    return Library(database)


def test_databases(library: Library) -> None:
    found = library.database.read(database_names).result()
    assert [(one.name, one.kind, one.title) for one in found] == [
        ("North", "consortium", "North"),
        ("South", "consortium", "South"),
        ("DK-1", "agency", "Agency DK-1"),
        ("DK-2", "agency", "Agency DK-2"),
        ("DK-3", "agency", "Agency DK-3"),
        *((isil, "branch", f"Branch {isil}") for isil in sorted(BRANCHES)),
    ]
    assert found[2].id == library.agency["DK-1"]
    for unknown in ("DK-9", "DK-1\x00", "\x00"):
        with pytest.raises(UnknownDatabase):
            library.shown(unknown)


def test_each_database_shows_its_own(library: Library) -> None:
    library.add("a", 1, "DK-11")
    library.add("b", 2, "DK-12")
    library.add("c", 3, "DK-31")
    assert library.shown("DK-11") == {1}
    assert library.shown("dk-12") == {2}
    assert library.shown("DK-1") == {1, 2}
    assert library.shown("DK-2") == library.shown("DK-21") == set()
    assert library.shown("north") == {1, 2, 4, 5, 6}
    assert library.shown("South") == {3, 4, 5, 6}
    assert library.shown(None) == {1, 2, 3, 4, 5, 6}


def test_who_possesses_a_record_is_who_has_items_of_it(library: Library) -> None:
    def found(term: Term) -> set[int]:
        return set(library.database.read(lambda t: search(t, term)).result())

    point = "possessing_institution"
    library.add("a", 1, "DK-11")
    library.add("b", 2, "DK-12")
    library.add("c", 3, "DK-31")
    library.add("d", 4, "DK-21")
    assert found(Term(point, "DK-11")) == {1}
    assert found(Term(point, "dk-1")) == {1, 2}
    assert found(Term(point, "DK-1", truncation=Truncation.RIGHT)) == {1, 2}
    assert found(Term(point, "DK", truncation=Truncation.RIGHT)) == {1, 2, 3}
    assert found(Term(point, "", Relation.ALWAYS_MATCHES)) == {1, 2, 3}
    assert found(Term(point, "DK-31", Relation.NOT_EQUAL)) == {1, 2}
    # A school that does not share its stock does not say what it has.
    assert found(Term(point, "DK-21")) == found(Term(point, "DK-2")) == set()
    library.remove("a", 1)
    assert found(Term(point, "DK-11")) == set()


def test_who_possesses_records_can_be_scanned(library: Library) -> None:
    library.add("a", 1, "DK-11")
    library.add("b", 2, "DK-12")
    library.add("d", 4, "DK-21")
    everything = None, BitMap(range(10))
    for visible in everything:
        page = library.database.read(
            lambda t, those=visible: scan(
                t, Term("possessing_institution", "DK-11"), before=5, visible=those
            )
        ).result()
        assert [tuple(entry) for entry in page.entries] == [("dk1", 2), ("dk11", 1), ("dk12", 1)]
        assert page.position == 1


def test_what_is_remembered_of_a_snapshot_does_not_outlive_it(library: Library) -> None:
    library.database.defer_release(lambda release: None)  # held until a write is answered
    for number in (1, 2, 3):
        library.add(f"a{number}", number, "DK-11")
        library.add(f"b{number}", number, "DK-21")
        assert library.shown("DK-11") == library.shown("DK-11") == set(range(1, number + 1))
        assert library.shown(None) == {1, 2, 3, 4, 5, 6}
        library.remove(f"a{number}", number)
        assert number not in library.shown("DK-11")
        assert number not in library.shown(None)
        library.add(f"c{number}", number, "DK-11")


def test_a_change_sees_its_own_work(library: Library) -> None:
    def work(t: Transaction) -> tuple[BitMap | None, BitMap | None]:
        before = visible_records(t, "DK-11")
        add_item(t, barcode="a", record_id=1, branch_id=library.branch["DK-11"], now=NOW)
        return before, visible_records(t, "DK-11")

    assert library.database.write(work).result() == (BitMap(), BitMap([1]))


def test_what_only_a_school_has_is_hidden_outside(library: Library) -> None:
    library.add("a", 1, "DK-21")
    library.add("b", 2, "DK-21")
    library.add("c", 2, "DK-11")
    assert library.shown("DK-2") == library.shown("DK-21") == {1, 2}
    assert library.shown("North") == library.shown(None) == {2, 3, 4, 5, 6}
    assert library.shown("DK-11") == {2}
    library.add("d", 1, "DK-12")
    assert library.shown("North") == library.shown(None) == {1, 2, 3, 4, 5, 6}
    library.remove("d", 1)
    library.remove("c", 2)
    assert library.shown("North") == library.shown(None) == {3, 4, 5, 6}
    assert library.shown("DK-1") == set()
    library.remove("a", 1)
    assert library.shown("North") == {1, 3, 4, 5, 6}


def test_a_school_may_share(library: Library) -> None:
    library.add("a", 1, "DK-21")
    assert library.database.write(lambda t: share_stock(t, "DK-2", True)).result()
    assert library.shown("North") == library.shown(None) == {1, 2, 3, 4, 5, 6}
    assert library.shown("South") == {2, 3, 4, 5, 6}
    assert library.database.read(visible_branches).result() is None
    assert library.database.write(lambda t: share_stock(t, "DK-2", False)).result()
    assert library.shown("North") == {2, 3, 4, 5, 6}
    assert not library.database.write(lambda t: share_stock(t, "DK-9", True)).result()


def test_a_schools_own_record_without_items_is_hidden(library: Library) -> None:
    def work(t: Transaction) -> int:
        return add_record(t, a_record("Own"), now=NOW, agency_id=library.agency["DK-2"])

    own = library.database.write(work).result()
    assert own in library.shown("DK-2")
    assert own not in library.shown("North") | library.shown(None) | library.shown("DK-21")
    library.add("a", own, "DK-11")
    assert own in library.shown("North") & library.shown("DK-1")
    assert own not in library.shown("DK-2")


def test_whose_items_are_shown(library: Library) -> None:
    def shown(name: str | None) -> set[str] | None:
        found = library.database.read(lambda t: visible_branches(t, name)).result()
        isils = {number: isil for isil, number in library.branch.items()}
        return None if found is None else {isils[number] for number in found}

    assert shown("DK-11") == {"DK-11"}
    assert shown("DK-1") == {"DK-11", "DK-12"}
    assert shown("DK-2") == {"DK-21"}
    assert shown("North") == {"DK-11", "DK-12"}
    assert shown(None) == {"DK-11", "DK-12", "DK-31"}
    scope = library.database.read(lambda t: scope_of(t, "DK-11")).result()
    assert scope == (BitMap(), frozenset((library.branch["DK-11"],)))


def test_without_schools_everything_is_shown(database: Database) -> None:
    database.write(lambda t: add_records(t, [a_record("Book")])).result()
    assert database.read(scope_of).result() == (None, None)


def test_a_load_with_items(library: Library, tmp_path: Any) -> None:
    from catalogue.loading.files import load_files
    from catalogue.loading.load_reports import LoadOptions

    path = tmp_path / "new.mrc"
    path.write_bytes(b"".join(a_record(f"New {n}", control_number=f"n{n}") for n in range(5)))
    load_files(
        library.database,
        [path],
        LoadOptions(now=NOW, with_items=ItemDefaults(library.branch["DK-21"], "X"), processes=1),
    )
    new = set(range(RECORDS + 1, RECORDS + 6))
    assert library.shown("DK-2") == library.shown("DK-21") == new
    assert library.shown("North") == set(range(1, RECORDS + 1))


@examples(25)
@given(st.lists(st.tuples(st.integers(1, RECORDS), st.sampled_from(sorted(BRANCHES))), max_size=12))
def test_what_is_kept_is_what_the_items_say(
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_template: Any,
    changes: list[tuple[int, str]],
) -> None:
    """A second change of the same record and branch takes the item away again."""
    path = tmp_path_factory.mktemp("holders") / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{path}")
    try:
        library = Library(database)
        there: set[tuple[int, str]] = set()
        for record, branch in changes:
            barcode = f"{record}-{branch}"
            if (record, branch) in there:
                library.remove(barcode, record)
            else:
                library.add(barcode, record, branch)
            there ^= {(record, branch)}
        for _ in range(2):
            for isil in BRANCHES:
                assert library.shown(isil) == {number for number, at in there if at == isil}
            held = {number for number, _ in there}
            outside = {number for number, at in there if BRANCHES[at] != "DK-2"}
            assert library.shown(None) == set(range(1, RECORDS + 1)) - (held - outside)
            assert set(database.read(hidden_from).result()) == held - outside
            database.write(rebuild_holders).result()
    finally:
        database.close()
