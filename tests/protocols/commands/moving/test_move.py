"""`tiro move`: a plan and files in, a report out, what is set aside in a file."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from circulation.kernel.leases import Lease
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.loans.off_line import OffLineReport, Reported, lent_since, take_report
from protocols.hosting.process_names import process_called
from tests.builders.circulation import present
from tests.builders.moving import BO, IDA, LENT, OldSystem
from tests.builders.staff import Staff


@pytest.fixture
def old(staff: Staff, tmp_path: Path) -> OldSystem:
    folder = tmp_path / "old"
    folder.mkdir()
    old = OldSystem(staff.library, folder)
    old.read()
    return old


def test_a_delivery_is_taken_in(staff: Staff, old: OldSystem) -> None:
    old.write("loans", LENT, ("9", *LENT[1:3], "2026-11-29", "0", "", ""))
    told = staff.json("move", "load", str(old.folder / "plan.toml"))
    kinds = {each["kind"]: each for each in told["kinds"]}
    assert kinds["patrons"]["new"] == 2
    assert kinds["loans"]["set_aside"] == 1
    lines = Path(told["set_aside_in"]).read_text(encoding="utf-8").splitlines()
    assert lines[1].split("\t")[1:4] == ["set aside", "loans.csv", "3"]


def test_off_line_acts_that_waited_for_the_rows_of_a_load_are_done(
    staff: Staff, old: OldSystem
) -> None:
    library, plan = staff.library, str(old.folder / "plan.toml")
    refused = Refused((Refusal(Reason.PATRON_UNKNOWN), Refusal(Reason.ITEM_UNKNOWN)))
    report = OffLineReport(Reported.CHECK_OUT, "B3", "P1", refused, library.now)
    library.write(lambda transaction: take_report(library.act(transaction), report))
    staff.json("move", "load", plan, "--dry-run")
    assert old.rows("SELECT state FROM loan_conflicts") == [("open",)]
    staff.json("move", "load", plan)
    assert old.rows("SELECT state FROM loan_conflicts") == [("done",)]
    staff.json("move", "load", plan)
    assert library.read(lambda transaction: lent_since(transaction, barcode="B3")) is not None


def test_a_dry_run_is_undone(staff: Staff, old: OldSystem) -> None:
    plan = str(old.folder / "plan.toml")
    dry = staff.json("move", "load", plan, "--dry-run")
    assert dry["kinds"] == staff.json("move", "load", plan)["kinds"]


def test_a_short_delivery_is_a_failure(staff: Staff, old: OldSystem) -> None:
    plan = str(old.folder / "plan.toml")
    staff.json("move", "load", plan)
    old.write("patrons", IDA)
    said = staff.run("move", "load", plan)
    assert said.exit_code == 1
    assert "too few to be whole" in said.output
    assert staff.run("move", "load", plan, "--shorter").exit_code == 0


def test_an_older_delivery_is_a_failure_unless_it_is_wanted(staff: Staff, old: OldSystem) -> None:
    plan = str(old.folder / "plan.toml")
    for rows in ((IDA,), (IDA, BO)):
        old.write("patrons", *rows)
        staff.json("move", "load", plan)
    old.write("patrons", IDA)
    said = staff.run("move", "load", plan, "--shorter")
    assert said.exit_code == 1
    assert "this is an older delivery" in said.output
    assert "--again" in said.output
    assert staff.run("move", "load", plan, "--shorter", "--again").exit_code == 0


def test_a_column_that_is_not_there_is_a_failure_and_the_rest_is_in(
    staff: Staff, old: OldSystem
) -> None:
    old.plan = old.plan.replace('price = "price"', 'price = "prize"')
    old.read()
    said = staff.run("move", "load", str(old.folder / "plan.toml"))
    assert said.exit_code == 1
    assert "items: items.csv: it has no column prize" in said.output
    assert "it has no column 'prize'; 'price' is near" in said.output
    assert len(old.rows("SELECT id FROM patrons")) == 2


def test_a_plan_is_told_all_that_is_wrong_with_it(staff: Staff, old: OldSystem) -> None:
    plan = old.folder / "plan.toml"
    plan.write_text(
        'source = "old"\n[patrons]\nfiles = "p.csv"\nkey = "id"\n[patrons.fields]\n'
        'colour = "c"\ncategory = { column = "x", values = "none" }\n'
    )
    said = staff.run("move", "load", str(plan))
    assert said.exit_code == 1
    assert "there is no 'colour'" in said.output
    assert "there is no [values.none]" in said.output
    assert "card is needed" in said.output
    plan.write_text("source = ")
    assert "this is no TOML" in staff.run("move", "load", str(plan)).output


def test_national_numbers_are_in_no_report(staff: Staff, old: OldSystem) -> None:
    number = "0102031234"
    old.write(
        "patrons",
        (number, *IDA[1:14], number, *IDA[15:]),
        (*BO[:6], "what", *BO[7:14], number, *BO[15:]),
    )
    told = staff.json("move", "load", str(old.folder / "plan.toml"))
    written = Path(told["set_aside_in"]).read_text(encoding="utf-8")
    assert number not in written
    assert "cpr:" not in written
    assert number.encode() not in Path(staff.library.database.url[10:]).read_bytes()


def test_the_sheet_balances_and_is_kept(staff: Staff, old: OldSystem) -> None:
    old.write("loans", LENT, ("9", *LENT[1:3], "2026-11-29", "0", "", ""))
    plan = str(old.folder / "plan.toml")
    staff.json("move", "load", plan)
    told = staff.json("move", "balance", plan)
    assert told["balances"] is True
    lines = Path(told["sheet"]).read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t")[3:7] == ["files", "set_aside", "database", "difference"]
    old.library.check_in("B1")
    said = staff.run("move", "balance", plan)
    assert said.exit_code == 1
    assert "do not balance" in said.output


def test_what_a_plan_may_say_is_listed(staff: Staff) -> None:
    fields = {(e["kind"], e["field"]): e for e in staff.json("move", "fields")["fields"]}
    assert fields["loans", "due"]["needed"] is True
    assert "lost" in fields["loans", "mark"]["holds"]
    assert "patrons.card (needed): text" in staff.run("move", "fields").output


@pytest.mark.parametrize("system", ["koha", "folio", "sierra", "school-register"])
def test_plans_come_along(staff: Staff, system: str) -> None:
    assert "source = " in staff.run("move", "plan", system).output


def test_pins_are_wrapped(staff: Staff, old: OldSystem) -> None:
    digest = hashlib.md5(b"4711").hexdigest()
    old.write("patrons", (*IDA[:15], digest, "md5", ""))
    staff.json("move", "load", str(old.folder / "plan.toml"))
    assert staff.json("move", "wrap-pins") == {"wrapped": 1}
    assert staff.json("move", "wrap-pins") == {"wrapped": 0}


def test_two_moves_are_not_at_it_at_once(staff: Staff, old: OldSystem) -> None:
    plan, aside = str(old.folder / "plan.toml"), old.folder / "old.set-aside.tsv"
    theirs = Lease("move", "host-b process 7, since 2026-11-25 09:12")
    staff.library.write(lambda transaction: theirs.hold(transaction, present()))
    aside.write_text("what the other has written", encoding="utf-8")
    for options in ((), ("--dry-run",)):
        said = staff.run("move", "load", plan, *options)
        assert said.exit_code == 1
        assert "host-b process 7, since 2026-11-25 09:12 is at it" in said.output
    assert aside.read_text(encoding="utf-8") == "what the other has written"
    staff.library.write(theirs.give_back)
    assert staff.run("move", "load", plan).exit_code == 0
    staff.library.write(lambda transaction: theirs.hold(transaction, present()))  # given back


def test_a_move_that_was_killed_here_is_not_waited_for(staff: Staff, old: OldSystem) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    killed = Lease("move", f"{process_called(process.pid)}, since 2026-11-25 09:12")
    staff.library.write(lambda transaction: killed.hold(transaction, present()))
    assert staff.run("move", "load", str(old.folder / "plan.toml")).exit_code == 0


def test_samples_are_a_page_that_nobody_else_may_read(staff: Staff, old: OldSystem) -> None:
    plan = str(old.folder / "plan.toml")
    assert "Run tiro move load" in staff.run("move", "samples", plan).output
    old.write("patrons", (*IDA[:5], "<b>Ørsted", *IDA[6:]), BO)
    staff.json("move", "load", plan)
    told = staff.json("move", "samples", plan)
    assert (told["patrons"], told["differ"], told["missing"]) == (2, 0, 0)
    page = Path(told["page"])
    assert page.stat().st_mode & 0o777 == 0o600
    text = page.read_text(encoding="utf-8")
    assert "<h2>DK-900101</h2>" in text
    assert "Ida &lt;b&gt;Ørsted" in text


def test_what_the_document_has_a_library_do_while_it_moves_branch_by_branch(
    staff: Staff, old: OldSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commands, as they stand there, and the night after."""
    text = (Path(__file__).parents[4] / "docs" / "changing-systems.md").read_text(encoding="utf-8")
    lines = [line.partition("#")[0].split() for line in text.splitlines()]
    said = [line[1:] for line in lines if line[:2] == ["tiro", "move"]]
    leave, take_over, branches, load = said
    assert [leave[1], take_over[1], branches[1], load[1:]] == [
        *("leave", "take-over", "branches"),
        ["load", "plan.toml"],
    ]
    monkeypatch.chdir(old.folder)
    for line in (leave, load, take_over, branches):
        done = staff.run(*line)
        assert done.exit_code == 0, (line, done.output)
    periods = staff.json(*branches)["branches"]
    told = {each["branch"]: each["until"] is None for each in periods}
    assert told == {"DK-900101": False, "DK-900102": True}
    old.write("loans", (*LENT[:3], "2027-01-10", *LENT[4:]))
    kinds = {each["kind"]: each for each in staff.json(*load)["kinds"]}
    assert (kinds["loans"]["changed"], kinds["loans"]["kept"]) == (0, 1)
