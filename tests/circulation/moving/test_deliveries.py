"""A delivery: what is new, changed, unchanged, gone; again, undone, too short, broken."""

from __future__ import annotations

from typing import Any

import pytest

from circulation.holds.changing import cancel_hold
from circulation.items.removal import remove_item
from circulation.kernel.results import CheckedIn
from circulation.moving import deliveries
from circulation.moving.earlier import OlderDelivery
from tests.builders.moving import BO, FIRST, IDA, LENT, PATRONS, SECOND, THIRD, OldSystem

#: What the kinds write, with nothing that depends on when it was written.
_ALL = (
    "SELECT name, category, email, phone, birth_date, home_branch_id FROM patrons ORDER BY id",
    "SELECT identifier, patron_id, kind, blocked FROM patron_identifiers ORDER BY identifier",
    "SELECT patron_id, street, city FROM patron_addresses ORDER BY patron_id",
    "SELECT patron_id, reason, message FROM patron_blocks ORDER BY patron_id, reason",
    "SELECT patron_id, word FROM patron_words ORDER BY patron_id, word",
    "SELECT barcode, record_id, branch_id, material_group, price, currency FROM items ORDER BY id",
    "SELECT item_id, to_branch_id FROM transits",
    "SELECT item_id FROM missing_items",
    "SELECT item_id, patron_id, checked_out, due, renewals, checked_in FROM loans ORDER BY item_id",
    "SELECT source, kind, key, checksum, gone FROM moved_rows ORDER BY kind, key",
    "SELECT kind, rows FROM moved_deliveries WHERE kind NOT LIKE 'delivery %' ORDER BY kind",
)


def everything(old: OldSystem) -> list[object]:
    return [old.rows(each) for each in _ALL]


def test_patrons_items_and_loans_are_there_and_can_be_worked_with(old: OldSystem) -> None:
    found = old.deliver()
    counts = {name: (each.rows, each.new, each.set_aside) for name, each in found.items()}
    assert counts == {"patrons": (2, 2, 0), "items": (3, 3, 0), "loans": (1, 1, 0)}
    assert [each.reason for _, each in old.faults] == ["more reminders than the flow has steps"]
    ((name, phone, born),) = old.rows(
        "SELECT name, phone, birth_date FROM patrons WHERE given_name = 'Ida'"
    )
    assert (name, phone, str(born)) == ("Ida Ørsted", "+4522334455", "1980-05-12")
    assert [row[0] for row in old.rows("SELECT reason FROM patron_blocks ORDER BY reason")] == [
        "excluded",
        "other",
    ]
    answer = old.library.check_in("B1")
    assert isinstance(answer, CheckedIn)
    assert answer.loan is not None
    assert answer.loan.renewals == 1


def test_nobody_is_told_and_nothing_is_an_event(old: OldSystem) -> None:
    old.deliver()
    for table in ("events", "outbox", "notices", "notice_messages"):
        assert old.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    assert old.rows("SELECT noun, batch FROM silent_rows") == [("patron", "old")] * 2


def test_a_second_run_hits_the_same_rows(old: OldSystem) -> None:
    old.deliver()
    before = everything(old)
    found = old.deliver()
    assert {(each.new, each.changed, each.gone) for each in found.values()} == {(0, 0, 0)}
    assert [each.unchanged for each in found.values()] == [2, 3, 1]
    assert everything(old) == before


def test_a_dry_run_tells_the_same_and_leaves_nothing(old: OldSystem) -> None:
    old.write("loans", LENT, ("9", "B2", "2026-11-01", "2026-11-29", "0", "", ""))
    before = everything(old)
    told, faults = old.deliver(dry_run=True), list(old.faults)
    assert everything(old) == before
    assert old.deliver() == told
    assert old.faults == faults != []


def test_what_has_changed_is_changed(old: OldSystem) -> None:
    old.deliver()
    old.write("patrons", (*IDA[:7], "new@example.org", *IDA[8:12], "other", *IDA[13:]), BO)
    old.write("items", FIRST, (*SECOND[:6], "", ""), THIRD)
    old.write("loans", (*LENT[:3], "2026-12-20", "2", "", ""))
    found = old.deliver()
    assert [each.changed for each in found.values()] == [1, 1, 1]
    assert old.rows("SELECT email FROM patrons WHERE given_name = 'Ida'") == [("new@example.org",)]
    assert len(old.rows("SELECT reason FROM patron_blocks")) == 3
    assert old.rows("SELECT count(*) FROM transits") == [(0,)]
    assert old.rows("SELECT renewals FROM loans") == [(2,)]
    assert old.rows("SELECT count(*) FROM dunning_acts") == [(0,)]


def test_what_is_gone_has_ended(old: OldSystem) -> None:
    other = ("2", "B3", "2026-11-02", "2026-11-30", "0", "", "")
    old.write("loans", LENT, other)
    old.deliver()
    old.write("loans", other)
    found = old.deliver(may_be_shorter=True)["loans"]
    assert (found.gone, found.unchanged) == (1, 1)
    assert old.rows("SELECT count(*) FROM loans WHERE checked_in IS NULL") == [(1,)]
    old.write("loans", other, ("2", "B1", "2026-11-24", "2026-12-24", "0", "", ""))
    assert old.deliver()["loans"].new == 1


def test_what_is_there_again_ends_again(old: OldSystem) -> None:
    other = ("2", "B3", "2026-11-02", "2026-11-30", "0", "", "")
    for is_there in (True, False, True, True, False):
        old.write("loans", *([other, LENT] if is_there else [other]))
        found = old.deliver(may_be_shorter=True)["loans"]
    assert (found.new, found.gone, found.unchanged) == (0, 1, 1)
    assert old.rows("SELECT count(*) FROM loans") == [(3,)]
    assert old.rows("SELECT count(*) FROM loans WHERE checked_in IS NULL") == [(1,)]


def test_what_has_ended_here_is_not_changed_by_a_row_that_has_not(more: OldSystem) -> None:
    hold = ("1", "P1", "t2", "MAIN", "2026-11-10", "1", "", "", "")
    more.write("holds", hold)
    more.deliver()
    before = more.rows("SELECT * FROM loans"), more.rows("SELECT * FROM holds")
    library = more.library
    library.check_in("B1")
    ((hold_id,),) = more.rows("SELECT id FROM holds")
    library.write(
        lambda transaction: cancel_hold(library.act(transaction), patron="P1", hold_id=hold_id)
    )
    ended = more.rows("SELECT * FROM loans"), more.rows("SELECT * FROM holds")
    assert ended != before
    more.write("loans", (*LENT[:3], "2026-12-24", "2", "", ""))
    more.write("holds", (*hold[:3], "PORT", "2026-11-09", "2", "", "", ""))
    found = more.deliver()
    assert (found["loans"].changed, found["holds"].changed) == (1, 1)
    assert (more.rows("SELECT * FROM loans"), more.rows("SELECT * FROM holds")) == ended


def test_an_item_lent_again_between_two_deliveries(old: OldSystem) -> None:
    old.deliver()
    old.write("loans", ("2", "B1", "2026-11-24", "2026-12-24", "0", "", ""))
    found = old.deliver()["loans"]
    assert (found.gone, found.new, found.set_aside) == (1, 1, 0)


def test_a_delivery_that_is_too_short_stops(old: OldSystem) -> None:
    old.deliver()
    before = everything(old)
    old.write("patrons", IDA)
    found = old.deliver()
    assert "too few" in found["patrons"].stopped
    assert everything(old) == before
    assert old.deliver(may_be_shorter=True)["patrons"].gone == 1
    assert len(old.rows("SELECT id FROM patrons")) == 2  # nobody is deleted for that


def test_nothing_is_gone_while_rows_are_broken(old: OldSystem) -> None:
    old.deliver()
    old.write("loans", LENT[:3])
    found = old.deliver()["loans"]
    assert (found.gone, found.put_off, found.reasons["broken row"]) == (0, 1, 1)
    assert old.rows("SELECT checked_in FROM loans") == [(None,)]


def test_each_row_that_cannot_be_taken_is_set_aside_with_its_place(old: OldSystem) -> None:
    old.write(
        "patrons",
        IDA,
        IDA,
        ("3", "P1", *IDA[2:]),
        ("4", "P4", "NOWHERE", *IDA[3:]),
        ("5", "P5", *IDA[2:6], "1980-13-45", *IDA[7:]),
        ("", "P6", *IDA[2:]),
        ("7", "", *IDA[2:]),
        IDA[:4],
        ("8", "P8", *IDA[2:7], "nobody", "12", *IDA[9:]),
        ("9", "P9", *IDA[2:14], "0102031234x", *IDA[15:]),
    )
    old.write(
        "loans",
        LENT,
        ("77", "B2", *LENT[2:]),
        ("1", "B77", *LENT[2:]),
        ("1", "B1", "2026-11-02 10:00", *LENT[3:]),
    )
    old.deliver()
    told = [
        (kind, each.place.line, each.reason, each.detail)
        for kind, each in old.faults
        if not each.is_noted
    ]
    assert told == [
        ("patrons", 3, "doubled", ""),
        ("patrons", 5, "unknown code", "home_branch: 'NOWHERE'"),
        ("patrons", 6, "no such date", "birth_date"),
        ("patrons", 7, "no key", ""),
        ("patrons", 8, "nothing there", "card"),
        ("patrons", 9, "broken row", "4 cells in place of 18"),
        ("patrons", 11, "no national number", "national_id"),
        ("patrons", 4, "a number of somebody else's", "card"),
        ("loans", 3, "unknown patron", "patron"),
        ("loans", 4, "unknown item", "item"),
        ("loans", 5, "the item is on loan already", "item"),
    ]
    noted = {(each.place.line, each.detail) for _, each in old.faults if each.is_noted}
    assert noted == {(10, "phone"), (10, "email"), (2, "reminders")}
    assert [row[0] for row in old.rows("SELECT identifier FROM patron_identifiers")] == ["P1", "P8"]


def test_a_file_without_a_column_is_set_aside_and_the_rest_is_in(old: OldSystem) -> None:
    old.write(
        "items",
        FIRST[:-1],
        header=("number", "barcode", "title", "branch", "type", "price", "state"),
    )
    found = old.deliver()
    assert found["patrons"].new == 2
    ((kind, fault), *_) = old.faults
    assert (kind, fault.reason, fault.detail) == ("items", "unreadable file", "it has no column to")


def test_what_was_cut_off_is_set_aside(old: OldSystem) -> None:
    path = old.folder / "patrons.csv"
    path.write_bytes(path.read_bytes()[:-30])
    found = old.deliver()["patrons"]
    assert (found.new, found.set_aside) == (1, 1)


def test_rows_in_another_encoding_are_set_aside(old: OldSystem) -> None:
    lines = [",".join(row) for row in (PATRONS, IDA, BO)]
    text = lines[0].encode() + b"\n" + lines[1].encode("latin-1") + b"\n" + lines[2].encode()
    (old.folder / "patrons.csv").write_bytes(text)
    found = old.deliver()["patrons"]
    assert (found.new, found.reasons["broken row"]) == (1, 1)
    old.plan = old.plan.replace('source = "old"', 'source = "old"\nencoding = "latin-1"')
    assert old.deliver()["patrons"].new == 1


def test_a_quotation_mark_that_nothing_closes_costs_one_row(old: OldSystem) -> None:
    lines = [",".join(row) for row in (PATRONS, IDA, BO)]
    lines[1] = lines[1].replace("Ida", '"Ida')
    (old.folder / "patrons.csv").write_text("\n".join(lines), encoding="utf-8")
    found = old.deliver()["patrons"]
    assert (found.new, found.set_aside) == (1, 1)


def test_nobody_is_born_tomorrow(sqlite_old: OldSystem) -> None:
    old = sqlite_old
    old.write("patrons", (*IDA[:6], "2045-05-12", *IDA[7:]), BO)
    assert dict(old.deliver()["patrons"].noted) == {"born in the future, left out": 1}
    assert old.rows("SELECT count(birth_date) FROM patrons") == [(1,)]


class Killed(Exception):
    """The process ends here."""


def test_a_killed_move_goes_on_to_the_same_end(
    old: OldSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ended between any two transactions and run again, it ends as if nothing had happened."""
    old.write("patrons", IDA, BO, *((f"{n}", f"P{n}", *IDA[2:]) for n in range(10, 30)))
    monkeypatch.setattr(deliveries, "BATCH", 3)
    write = old.library.database.write
    for length in (2, 5, 9, 13):
        left = iter(range(length))

        def dying(work: Any, left: Any = left, **options: Any) -> Any:
            if next(left, None) is None:
                raise Killed
            return write(work, **options)

        with monkeypatch.context() as patched:
            patched.setattr(old.library.database, "write", dying)
            with pytest.raises(Killed):
                old.deliver()
    found = old.deliver()["patrons"]
    assert found.new + found.unchanged == 22
    assert found.unchanged > 0
    assert [row[0] for row in old.rows("SELECT name FROM patrons ORDER BY id")].count(
        "Ida Ørsted"
    ) == 21
    assert old.rows("SELECT count(*) FROM loans") == [(1,)]


def many(number: int, first: int = 0) -> list[tuple[str, ...]]:
    """Patrons with keys from 0, and cards from a first one."""
    return [(str(n), f"P{first + n}", *IDA[2:]) for n in range(number)]


def test_an_older_delivery_is_refused_by_name(old: OldSystem) -> None:
    old.write("patrons", IDA)
    old.deliver(may_be_older=False)
    old.write("patrons", IDA, BO)
    old.deliver(may_be_older=False)
    old.deliver(may_be_older=False)  # the last one may come again
    before = everything(old)
    old.write("patrons", IDA)
    for dry_run in (True, False):
        with pytest.raises(
            OlderDelivery, match="these are the files that were taken on 2026-11-25"
        ):
            old.deliver(may_be_older=False, may_be_shorter=True, dry_run=dry_run)
    assert everything(old) == before
    old.deliver(may_be_shorter=True)
    old.deliver(may_be_shorter=True, may_be_older=False)  # it is the last one now


def test_a_delivery_that_was_never_taken_is_older_by_its_dates(old: OldSystem) -> None:
    lent = ("2", "B3", "2026-11-24 16:30", "2026-12-24", "0", "", "")
    old.write("loans", LENT, lent)
    old.deliver(may_be_older=False)
    before = everything(old)
    old.write("loans", LENT, ("2", "B3", "2026-11-23 16:30", *lent[3:]))
    with pytest.raises(OlderDelivery, match="newest date in these files is 2026-11-23 16:30"):
        old.deliver(may_be_older=False)
    assert everything(old) == before
    old.write("loans", LENT, ("2", "B3", "2026-11-24 09:00", *lent[3:]))
    assert old.deliver(may_be_older=False)["loans"].new == 1  # the newest loan has ended meanwhile
    wrong = ("2", "B2", "2031-01-01 09:00", *lent[3:])  # after which all else would be older
    old.write("loans", LENT, ("2", "B3", "2026-11-24 09:00", *lent[3:]), wrong)
    old.deliver(may_be_older=False)
    old.write("loans", LENT, ("2", "B3", "2026-11-25 09:00", *lent[3:]))
    assert old.deliver(may_be_older=False, may_be_shorter=True)["loans"].new == 1


def test_a_delivery_of_another_library_does_nothing(old: OldSystem) -> None:
    old.write("patrons", *many(30))
    old.write("loans", ("0", *LENT[1:]))
    old.deliver(may_be_older=False)
    before = everything(old)
    old.write("patrons", *many(30, first=1000))
    old.write("loans")
    found = old.deliver(may_be_older=False, may_be_shorter=True)
    assert "0 of 30 known rows have the card that they have here" in found["patrons"].stopped
    assert "of another library" in found["patrons"].stopped
    assert found.keys() == {"patrons"}
    old.write("patrons", *((f"x{row[0]}", *row[1:]) for row in many(30, first=1000)))
    found = old.deliver(may_be_older=False, may_be_shorter=True)
    assert "0 of 30 known rows are in it" in found["patrons"].stopped
    assert everything(old) == before
    old.write("patrons", *many(12), *many(30, first=1000)[12:])
    assert old.deliver(may_be_older=False)["patrons"].stopped
    old.write("patrons", *many(20), *many(30, first=1000)[20:])
    old.write("loans", ("0", *LENT[1:]))
    assert not old.deliver(may_be_older=False)["patrons"].stopped  # many have a new card


def test_one_kind_of_a_source_does_not_make_the_files_of_another_older(old: OldSystem) -> None:
    patrons, rest = old.plan[: old.plan.index("[items]")], old.plan
    for plan in (patrons, rest, patrons, rest):
        old.plan = plan
        old.deliver(may_be_older=False)


def test_what_was_removed_here_after_it_was_gone_there_comes_as_new(old: OldSystem) -> None:
    old.deliver()
    old.write("items", FIRST, SECOND)
    old.deliver(may_be_shorter=True)
    old.library.write(lambda each: remove_item(old.library.act(each), item="B3"))
    old.write("items", FIRST, SECOND, THIRD)
    found = old.deliver()["items"]
    assert (found.new, found.changed, found.set_aside) == (1, 0, 0)
    assert old.rows("SELECT barcode FROM items WHERE barcode = 'B3'") == [("B3",)]


def test_barcodes_of_two_columns_are_not_compared(sqlite_old: OldSystem) -> None:
    """Neither column alone tells whether the file is of another library."""
    old = sqlite_old
    old.plan = old.plan.replace(
        'barcode = "barcode"', 'barcode = { column = ["barcode", "number"], joined_by = "-" }'
    )
    old.write("items", *((str(n), f"B{n}", *FIRST[2:]) for n in range(11, 51)))
    old.write("loans")
    assert old.deliver()["items"].new == 40
    assert old.deliver()["items"].unchanged == 40
