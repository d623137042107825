"""Loans counted from events: by whatever dimension, and without anybody's identity."""

from __future__ import annotations

from datetime import date

import pytest

from circulation.jobs.running import run_job, runs_since
from circulation.jobs.table import JOBS
from circulation.kernel.events import EventKind
from circulation.loans.statistics import DIMENSIONS, Counted, loans_by
from circulation.loans.undo import cancel_check_out
from circulation.patrons.traits import age_band, age_on
from tests.builders.circulation import NOON, Library, a_patron, an_item

TODAY = NOON.date()


def counted(library: Library, *dimensions: str, day: date = TODAY) -> list[Counted]:
    run_job(library.circulation, library.database, "statistics", day=day, now=library.now)
    return library.read(lambda transaction: loans_by(transaction, dimensions, first=day, last=day))


def test_loans_are_counted_by_every_dimension(library: Library) -> None:
    """Statement 18: statistics need no patron."""
    child = a_patron(library, birth_date=date(2019, 11, 26), municipality="101", category="child")
    adult = a_patron(library, birth_date=date(1980, 1, 1), municipality="147")
    for card, group in ((child, "book"), (child, "dvd"), (adult, "book")):
        barcode = an_item(library, material_group=group, on_loan_to=card)
    library.check_in(barcode, at=library.other)
    library.renew(child, "I0000003", no_block=True)
    out = EventKind.CHECKED_OUT
    by_age = counted(library, "kind", "age_band", "municipality", "category")
    assert {
        (row.age_band, row.municipality, row.category): row.number
        for row in by_age
        if row.kind is out
    } == {("3-6", "101", "child"): 2, ("40-59", "147", "adult"): 1}
    by_material = counted(library, "material_group", "kind")
    assert {(row.kind, row.material_group): row.number for row in by_material} == {
        (out, "book"): 2,
        (out, "dvd"): 1,
        (EventKind.CHECKED_IN, "book"): 1,
        (EventKind.RENEWED, "book"): 1,
    }
    assert {row.branch_id: row.number for row in counted(library, "branch_id")} == {
        library.main.id: 4,
        library.other.id: 1,
    }
    assert [row.number for row in counted(library)] == [5]
    assert [row.day for row in counted(library, "day")] == [TODAY]


def test_counting_again_gives_the_same_and_what_was_undone_is_not_counted(
    library: Library,
) -> None:
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    assert counted(library, *DIMENSIONS) == counted(library, *DIMENSIONS) != []
    library.write(lambda transaction: cancel_check_out(library.act(transaction), item=barcode))
    assert counted(library, *DIMENSIONS) == []


def test_a_day_is_that_of_the_clock_on_the_wall(sqlite_library: Library) -> None:
    library = sqlite_library
    library.now = NOON.replace(hour=23, minute=30)  # half past midnight of the next day
    an_item(library, on_loan_to=a_patron(library))
    assert counted(library) == [Counted(*[None] * 7, number=0)]
    assert [row.number for row in counted(library, day=date(2026, 11, 26))] == [1]


def test_an_unknown_dimension(sqlite_library: Library) -> None:
    with pytest.raises(ValueError, match="name"):
        sqlite_library.read(
            lambda transaction: loans_by(transaction, ["name"], first=TODAY, last=TODAY)
        )


@pytest.mark.parametrize(
    ("born", "age", "band"),
    [
        (date(2024, 11, 25), 2, "0-2"),
        (date(2019, 11, 26), 6, "3-6"),
        (date(2019, 11, 25), 7, "7-10"),
        (date(2008, 2, 29), 18, "18-24"),
        (date(1900, 1, 1), 126, "67+"),
    ],
)
def test_ages(born: date, age: int, band: str) -> None:
    assert (age_on(TODAY, born), age_band(TODAY, born)) == (age, band)


def test_ages_that_are_not_known() -> None:
    assert age_band(TODAY, None) == age_band(TODAY, date(2030, 1, 1)) == ""


# Jobs


@pytest.mark.parametrize("name", list(JOBS))
def test_every_job_may_be_run_again_for_any_day(sqlite_library: Library, name: str) -> None:
    library = sqlite_library
    library.check_in(an_item(library, on_loan_to=a_patron(library)))
    library.pass_time(days=60)
    for day in (TODAY, library.today):
        first = run_job(library.circulation, library.database, name, day=day, now=library.now)
        again = run_job(library.circulation, library.database, name, day=day, now=library.now)
        assert (first.runs, again.runs) == (1, 2)
        assert name == "statistics" or not any(again.counts.values())
    noted = library.read(lambda transaction: runs_since(transaction, first=TODAY))
    assert [(ran.job, ran.day, ran.runs) for ran in noted] == [
        (name, TODAY, 2),
        (name, library.today, 2),
    ]


def test_no_job_is_run_for_a_day_to_come(sqlite_library: Library) -> None:
    library = sqlite_library
    with pytest.raises(ValueError, match="has not come"):
        run_job(
            library.circulation,
            library.database,
            "history",
            day=date(2027, 1, 1),
            now=library.now,
        )
    with pytest.raises(KeyError):
        run_job(library.circulation, library.database, "nothing", day=TODAY, now=library.now)
