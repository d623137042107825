"""Files, plans and reports that somebody has prepared, or that are not ready yet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from circulation.moving.balancing.comparing import balance, write_sheet
from circulation.moving.balancing.from_database import sheet_of_database
from circulation.moving.balancing.from_files import sheet_of_files
from circulation.moving.deliveries import Following, take_delivery
from circulation.moving.plans import PlanUnfit
from circulation.moving.rows import Fault, Place
from circulation.moving.set_aside import read_set_aside, writing
from circulation.patrons.identifiers import IDENTIFIERS
from tests.builders.moving import BO, FIRST, IDA, OldSystem


@pytest.fixture
def old(sqlite_old: OldSystem) -> OldSystem:
    return sqlite_old


@pytest.mark.parametrize("name", ["/etc/passwd", "../patrons.csv", "sub/../../patrons.csv"])
def test_a_plan_reads_its_folder_alone(old: OldSystem, name: str) -> None:
    old.plan = old.plan.replace('"patrons.csv"', f'"{name}"')
    with pytest.raises(PlanUnfit, match="is not in the folder of the files"):
        old.read()


def test_a_link_that_leads_out_and_what_is_no_file(old: OldSystem, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.csv"
    outside.write_text("id,card\n", encoding="utf-8")
    for name in ("patrons.csv", "items.csv", "loans.csv"):
        (old.folder / name).unlink()
    (old.folder / "patrons.csv").symlink_to(outside)
    os.mkfifo(old.folder / "items.csv")
    (old.folder / "loans.csv").symlink_to("nowhere.csv")
    old.deliver()
    assert [(kind, each.reason, each.detail) for kind, each in old.faults] == [
        ("patrons", "unreadable file", "a link that leads out of the folder"),
        ("items", "unreadable file", "it is no file"),
        ("loans", "unreadable file", "FileNotFoundError"),
    ]


def test_a_report_is_not_written_through_a_link(tmp_path: Path) -> None:
    precious, report = tmp_path / "precious", tmp_path / "old.set-aside.tsv"
    precious.write_text("mine", encoding="utf-8")
    for link in (report, report.with_name(f"{report.name}.part")):
        link.symlink_to(precious)
    with writing(report) as write:
        write("loans", Fault(Place("=x.csv", 3), "=HYPERLINK(1)/+4511", "unknown patron", "@x"))
    assert precious.read_text(encoding="utf-8") == "mine"
    assert not report.is_symlink()
    last = report.read_text(encoding="utf-8").splitlines()[-1]
    assert last.split("\t") == [
        *("loans", "set aside", "'=x.csv", "3", "'=HYPERLINK(1)/+4511", "unknown patron", "'@x"),
    ]
    assert [(each.file, each.line) for each in read_set_aside(report)] == [("=x.csv", "3")]


def test_a_report_that_breaks_off_takes_no_other_away(tmp_path: Path) -> None:
    report = tmp_path / "old.set-aside.tsv"
    report.write_text("the last one", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt), writing(report):
        raise KeyboardInterrupt
    assert report.read_text(encoding="utf-8") == "the last one"


def test_what_has_slipped_into_another_column_is_not_told(old: OldSystem, tmp_path: Path) -> None:
    """A PIN, its hash, an address, a whole sentence, a national number in place of a code."""
    secrets = (
        "4711",
        "$2a$08$abcdefghijklmnopqrstuv",
        "ida@example.org",
        "lives with her aunt, ill",
        "120580-1234",
        "1205801235",
    )
    rows = [
        (str(number), f"P{number}", *cells, *IDA[4:])
        for number, secret in enumerate(secrets, 10)
        for cells in ((secret, "A"), ("MAIN", secret))
    ]
    numbered = [(str(n), f"P{n}", *row[2:]) for n, row in enumerate(rows, 10)]
    old.write("patrons", IDA, BO, *numbered)
    given = 'category = { column = "category", values = "categories" }'
    old.plan = old.plan.replace(given, 'category = "category"')
    copies = [(f"{n}", f"B{n}", "t1", secret, *FIRST[4:]) for n, secret in enumerate(secrets)]
    old.write("items", FIRST, *copies)
    old.deliver()
    aside = {
        (kind, (each.place.file, each.place.line)): each.reason
        for kind, each in old.faults
        if not each.is_noted
    }
    zone, key = "Europe/Copenhagen", IDENTIFIERS.of(old.library.circulation)
    files = sheet_of_files(old.read(), zone, aside, key)
    here = old.library.read(lambda t: sheet_of_database(t, "old", zone))
    lines = balance(files, here)
    write_sheet(tmp_path / "sheet.tsv", lines)
    told = repr(old.faults) + (tmp_path / "sheet.tsv").read_text(encoding="utf-8")
    assert [each for each in secrets[1:] if each.strip() in told] == []
    assert "'4711'" not in repr([each for kind, each in old.faults if kind == "patrons"])
    assert [each for each in lines if each.difference] == []


def test_a_code_that_is_missing_is_told_all_the_same(old: OldSystem) -> None:
    old.write("patrons", (*IDA[:2], "151001", *IDA[3:]), (*BO[:3], "Børn 0-14", *BO[4:]))
    old.plan = old.plan.replace('pin = "pin"\n', "")
    old.deliver()
    told = [each.detail for kind, each in old.faults if kind == "patrons"]
    assert told == ["home_branch: '151001'", "category: 'Børn 0-14'"]


def test_a_file_that_is_being_written_is_left_alone(old: OldSystem) -> None:
    old.deliver()
    many = [(str(n), f"X{n}", *FIRST[2:]) for n in range(20, 20_030)]
    old.write("items", FIRST, *many)
    path = old.folder / "items.csv"

    def writes_on(kind: str, rows: int, of: int | None) -> None:
        if kind == "items, counted":
            with path.open("a", encoding="utf-8") as file:
                file.write(",".join(("99999", "X99999", *FIRST[2:])) + "\n")

    following = Following(on_progress=writes_on)
    found = take_delivery(old.library.database, old.read(), old.moving(), following)
    told = {each.kind: each for each in found}
    assert told["items"].stopped == "items.csv is being written still"
    assert (told["items"].new, told["items"].gone) == (0, 0)
    assert told["loans"].unchanged == 1


def test_a_card_that_nobody_can_type_is_set_aside_and_stops_nothing(old: OldSystem) -> None:
    """PostgreSQL has no index for so long a one, and the load would end there."""
    odd = ("9" * 201, "P\u202e3", "P\u00ad4")
    rows = [(str(number), card, *IDA[2:]) for number, card in enumerate(odd, 10)]
    old.write("patrons", IDA, *rows, BO)
    old.plan = old.plan.replace('pin = "pin"\n', "")
    old.deliver()
    told = [(each.reason, each.detail) for kind, each in old.faults if kind == "patrons"]
    assert told == [("no number that can be typed", "card")] * 3
