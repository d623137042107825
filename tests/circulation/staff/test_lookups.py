"""The log of who has looked at whom."""

from __future__ import annotations

from circulation.jobs.running import run_job
from circulation.kernel.results import Desk
from circulation.kernel.rights import Kind, at_command_line
from circulation.patrons.personal_erasure import erase_person
from circulation.patrons.personal_export import export_person
from circulation.staff.lookups import (
    NEWEST,
    PAGE,
    LookedUp,
    Lookup,
    Seen,
    looked_at,
    lookups_by,
    lookups_of_patron,
    note_lookups,
)
from tests.builders.accounts import a_colleague, is_let_in
from tests.builders.circulation import Library, a_patron
from tests.builders.fees import number_of
from tests.circulation.staff.conftest import settings


def noted(library: Library, *lines: Lookup) -> None:
    library.write(lambda transaction: note_lookups(transaction, lines, library.now))


def of(library: Library, patron_id: int, before: int = NEWEST) -> list[LookedUp]:
    return library.read(
        lambda transaction: lookups_of_patron(transaction, patron_id=patron_id, before=before)
    )


def test_a_line_says_who_looked_at_whom_where_and_why(house: Library) -> None:
    number = number_of(house, a_patron(house))
    a_colleague(house, "anna", "librarian")
    anna = is_let_in(house).session.principal
    kiosk = house.desk()._replace(device="192.0.2.9:4711")
    noted(
        house,
        looked_at(anna, Seen.OPENED, "GET /patrons/{id}", patron_id=number),
        looked_at(anna, Seen.SEARCH, "POST /patrons/search", hits=12, searched="name"),
        Lookup(Kind.TERMINAL, kiosk, Seen.OPENED, "SIP2 PatronInformation", number),
        looked_at(at_command_line("root", "command line"), Seen.CHARGES, "tiro", patron_id=number),
    )
    told = [
        (each.actor_kind, each.actor, each.device, each.branch_id, each.what)
        for each in of(house, number)
    ]
    assert told == [
        ("command", "root", "command line", None, "charges"),
        ("terminal", "kiosk", "192.0.2.9", house.main.id, "opened"),  # without the port
        ("staff", "anna", "192.0.2.7", house.main.id, "opened"),
    ]
    search, opened = house.read(
        lambda transaction: lookups_by(transaction, actor="anna", before=NEWEST)
    )
    assert (search.patron_id, search.hits, search.searched) == (None, 12, "name")
    assert opened.at == house.now
    assert of(house, number, opened.id) == []


def test_long_logs_come_by_pages(sqlite_house: Library) -> None:
    root = at_command_line("root", "command line")
    commands = (f"tiro patron show {number}" for number in range(PAGE + 5))
    noted(sqlite_house, *[looked_at(root, Seen.OPENED, each, patron_id=1) for each in commands])
    first = of(sqlite_house, 1)
    assert len(first) == PAGE
    assert len(of(sqlite_house, 1, first[-1].id)) == 5


def test_it_is_exported_with_the_patron_and_outlives_them(sqlite_house: Library) -> None:
    number = number_of(sqlite_house, a_patron(sqlite_house))
    root = at_command_line("root", "command line")
    noted(sqlite_house, looked_at(root, Seen.OPENED, "tiro patron show", patron_id=number))
    found = sqlite_house.read(lambda transaction: export_person(transaction, number))
    assert found is not None
    assert [line["actor"] for line in found["lookups"]] == ["root"]
    sqlite_house.write(lambda transaction: erase_person(sqlite_house.act(transaction), number))
    assert len(of(sqlite_house, number)) == 1


def test_each_agency_says_how_long_it_is_kept(house: Library) -> None:
    settings(house, lookup_days=90)
    here = house.desk()
    noted(
        house,
        Lookup(Kind.TERMINAL, here, Seen.OPENED, "here", 1),
        Lookup(Kind.COMMAND, Desk("root", "", 0, 0), Seen.OPENED, "nowhere", 1),
        Lookup(Kind.TERMINAL, here._replace(branch_id=999), Seen.OPENED, "closed since", 1),
    )

    def left(days: int) -> set[str]:
        house.pass_time(days=days)
        run_job(house.circulation, house.database, "lookups", day=house.today, now=house.now)
        return {each.context for each in of(house, 1)}

    assert left(89) == {"here", "nowhere", "closed since"}
    assert left(2) == {"nowhere", "closed since"}
    assert left(273) == {"nowhere", "closed since"}
    assert left(2) == set()
