"""`tiro booking`, `tiro deposit` and `tiro theme` as staff and scripts run them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from catalogue.database import open_database
from circulation.kernel.results import UNATTENDED
from circulation.patrons.groups import add_group, join_group
from circulation.patrons.identifiers import find_patron
from protocols.commands.command_line import tiro
from tests.builders.bookings import a_set
from tests.builders.circulation import Library, a_library, a_patron, an_item, present


class Staff:
    """Somebody at the command line of a library."""

    def __init__(self, folder: Path, url: str) -> None:
        self.configuration = folder / "tiro.toml"
        self.configuration.write_text(f'[database]\nurl = "{url}"\n')
        self.library: Library = a_library(open_database(url))
        self.library.now = present()

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(tiro, ["--config", str(self.configuration), *arguments])

    def json(self, *arguments: str, code: int = 0) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.output)

    def day(self, days: int) -> str:
        return (self.library.today + timedelta(days=days)).isoformat()


@pytest.fixture
def staff(sqlite_url: str, tmp_path: Path) -> Iterator[Staff]:
    staff = Staff(tmp_path, sqlite_url)
    yield staff
    staff.library.database.close()


AT = ("--at", "DK-900101")


def test_a_class_set_is_booked_prepared_lent_and_taken_back(staff: Staff) -> None:
    library = staff.library
    first, second, third = a_set(library, 3)
    teacher, pupil = a_patron(library, given_name="Karen"), a_patron(library, given_name="Bo")

    def make_class(transaction: Any) -> int:
        group = add_group(transaction, library.main.agency_id, "9b")
        member = find_patron(transaction, pupil)
        assert member is not None
        join_group(library.act(transaction, UNATTENDED), group, member)
        return group

    group = library.write(make_class)
    period = ("--from", staff.day(2), "--until", staff.day(9))
    placed = staff.json(
        *("booking", "place", teacher, "--item", first, *period, "--copies", "5"),
        *("--minimum", "2", "--class", str(group), "--note", "for the exam", *AT),
    )
    assert (placed["copies"], placed["preferred"], placed["group"]) == (3, 5, "9b")
    assert (placed["borrower"]["name"], placed["state"]) == ("Karen Ørsted", "placed")
    number = placed["id"]
    refused = staff.json(*("booking", "place", teacher, "--item", first, *period, *AT), code=1)
    assert (refused["refused"], refused["limit"]) == (["NOT_ENOUGH_COPIES"], 0)
    changed = staff.json("booking", "change", number, "--copies", "2", *AT)
    assert changed["copies"] == 2
    days = staff.json("booking", "calendar", first, "--from", staff.day(0), "--days", "14")["days"]
    assert [each["free"] for each in days] == [1] * 11 + [3] * 3
    assert staff.run("booking", "calendar", first, "--days", "2").output.count("DK-900101") == 2

    (line,) = staff.json("booking", "pick", *AT)["lines"]
    assert (line["copies"], line["short"]) == (2, 0)
    assert {copy["item"] for copy in line["on_shelf"]} == {first, second, third}
    aside = staff.json("booking", "set-aside", number, first, second, *AT)
    assert aside["copies"][0]["to"]["isil"] == AT[1]
    late = staff.json("booking", "set-aside", number, third, *AT, code=1)
    assert [each["code"] for each in late["copies"][0]["reasons"]] == ["NOT_FOR_BOOKING"]
    shown = staff.json("item", "show", first)
    assert (shown["state"], shown["stay"]["kind"]) == ("ON_HOLD_SHELF", "booking")
    assert staff.json("booking", "put-back", second, *AT)["was_set_aside"] is True

    lent = staff.json("booking", "deliver", number, *AT)["copies"]["copies"]
    assert [each["item"] for each in lent] == [first]
    assert lent[0]["due"].startswith(staff.day(9))
    staff.json("booking", "deliver", number, second, *AT)
    onward = staff.json("booking", "onward", number, f"{first}={pupil}", *AT)["copies"]
    assert [(each["item"], each["holder"]) for each in onward] == [(first, "Bo Ørsted")]
    assert staff.json("booking", "extend", number, staff.day(12), *AT)["last"] == staff.day(12)
    out = staff.json("booking", "show", number)["out"]
    assert {each["item"]: each["holder"] for each in out} == {first: "Bo Ørsted", second: None}
    assert "Bo Ørsted" in staff.run("booking", "show", number).output
    back = staff.json("booking", "return", number, second, *AT)
    assert [each["item"] for each in back["missing"]] == [first]
    assert staff.json("booking", "list", *AT)["bookings"][0]["id"] == placed["id"]
    done = staff.json("booking", "return", number, first, *AT)
    assert (done["booking"]["outcome"], done["missing"]) == ("fulfilled", [])
    for which in (("--patron", teacher), ("--item", first), AT):
        assert staff.json("booking", "list", *which)["bookings"] == []


def test_a_booking_is_cancelled(staff: Staff) -> None:
    first, *_ = a_set(staff.library, 1)
    teacher = a_patron(staff.library)
    period = ("--from", staff.day(2), "--until", staff.day(9))
    placed = staff.json("booking", "place", teacher, "--item", first, *period, *AT)
    assert staff.json("booking", "cancel", placed["id"], *AT)["outcome"] == "cancelled"
    again = staff.json("booking", "cancel", placed["id"], *AT, code=1)
    assert again["refused"] == ["BOOKING_UNKNOWN"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("booking", "place", "P1", "--item", "I1", *AT), "--from and --until"),
        (
            ("booking", "place", "P1", "--from", "2027-01-01", "--until", "2027-01-02", *AT),
            "--item or --record",
        ),
        (("booking", "list"), "--patron"),
        (("booking", "show", "7"), "(/bookings/7)"),
        (("booking", "calendar", "I1"), "no item has the barcode I1"),
        (("booking", "onward", "7", "I1", *AT), "each pair"),
        (("deposit", "add", "Box", "--station", "soon", *AT), "no station"),
        (("deposit", "add", " ", "--station", "2027-01-01 DK-900102", *AT), "a name"),
        (("theme", "show", "7"), "(/placements/7)"),
        (("theme", "put", "7", "I1", *AT), "(/placements/7)"),
    ],
)
def test_mistakes_are_named(staff: Staff, arguments: tuple[str, ...], said: str) -> None:
    result = staff.run(*arguments)
    assert result.exit_code in (1, 2)
    assert said in result.output


def test_a_deposit_is_made_packed_moved_and_ended(staff: Staff) -> None:
    first, second = an_item(staff.library), an_item(staff.library)
    made = staff.json(
        *("deposit", "add", "Nursery box", "--until", staff.day(60), *AT),
        *("--station", f"{staff.day(0)} DK-900102 Solsikken"),
        *("--station", f"{staff.day(30)} DK-900101"),
    )
    number = made["id"]
    assert (made["station"]["branch"]["isil"], made["station"]["place"]) == (
        "DK-900102",
        "Solsikken",
    )
    assert len(made["stations"]) == 2
    put = staff.json("deposit", "put", number, first, second, "nothing", *AT, code=1)["copies"]
    assert [each["to"] and each["to"]["isil"] for each in put] == ["DK-900102", "DK-900102", None]
    moves = staff.json("deposit", "to-move", *AT)["lines"]
    assert [(each["item"], each["place"]) for each in moves] == [
        (first, "Solsikken"),
        (second, "Solsikken"),
    ]
    assert staff.json("deposit", "to-move")["lines"] == moves
    [packed] = staff.json("loan", "in", first, *AT)["results"]
    assert packed["checked_in"]["to_branch"]["isil"] == "DK-900102"
    stay = staff.json("item", "show", first)["stay"]
    assert (stay["kind"], stay["name"]) == ("deposit", "Nursery box")
    assert staff.json("deposit", "take", second, *AT)["was_in"] is True
    changed = staff.json(
        "deposit", "change", number, "--station", f"{staff.day(0)} DK-900101 Bus", *AT
    )
    assert (changed["station"]["place"], changed["ends"]) == ("Bus", None)
    assert staff.json("deposit", "show", number)["items"] == 1
    assert staff.run("theme", "show", number).exit_code == 1
    assert staff.json("deposit", "end", number, *AT)["ended"] is not None
    assert staff.json("deposit", "list") == {"placements": []}


def test_a_theme_is_put_up_and_taken_down(staff: Staff) -> None:
    barcode, card = an_item(staff.library), a_patron(staff.library)
    made = staff.json(
        "theme", "add", "Christmas", "--station", f"{staff.day(0)} DK-900101", "--not-lent", *AT
    )
    number = made["id"]
    staff.json("theme", "put", number, barcode, *AT)
    refused = staff.json("loan", "out", card, barcode, *AT, code=1)
    [result] = refused["results"]
    assert [each["code"] for each in result["reasons"]] == ["ON_DISPLAY"]
    shown = staff.json("item", "show", barcode)["stay"]
    assert (shown["kind"], shown["name"]) == ("theme", "Christmas")
    assert staff.run("theme", "show", number).output.startswith("id:")
    staff.json("theme", "end", number, *AT)
    staff.json("loan", "out", card, barcode, *AT)
