"""Files of off-line programs: in order of time, each line once, nothing lost or refused."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.accession.adding import Brief, NewItem, accession
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import CheckedOut
from circulation.ledger.money import ChargeKind
from circulation.loans.off_line import lent_since
from circulation.loans.work_lists import no_block_conflicts
from circulation.moving.off_line.block_list import all_barred_cards
from circulation.moving.off_line.files import NotOffLine, OffLine, Origin, read_off_line
from circulation.moving.off_line.playing import Outcome, Played, in_order, play
from circulation.patrons.blocks import block_patron
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge, danish_fees, number_of

HEAD = "Version=1.0\tGenerator=kocfile\tGeneratorVersion=0.1"


def koc(folder: Path, *lines: str, name: str = "desk.koc", end: str = "\n") -> Path:
    path = folder / name
    path.write_bytes(end.join((HEAD, *lines, "")).encode())
    return path


def origin(library: Library, seconds_fast: float = 0.0) -> Origin:
    return Origin(library.main.id, library.main.timezone, seconds_fast)


def played(library: Library, *paths: Path, fast: float = 0.0) -> list[Played]:
    lines: list[OffLine] = []
    for path in paths:
        lines += read_off_line(path, origin(library, fast))
    return [
        library.write(
            lambda t, line=line: play(t, library.circulation, library.desk(), line, library.now)
        )
        for line in in_order(lines)
    ]


def outcomes(found: list[Played]) -> list[str]:
    return [each.outcome.value for each in found]


def test_both_forms_of_time_and_both_ends_of_line(library: Library, tmp_path: Path) -> None:
    path = koc(
        tmp_path,
        "2026-11-25 09:30:00 123\tissue\tP1\tB1",
        "2026-11-25 09-31-00 000\treturn\tB1",
        end="\r\n",
    )
    first, second = read_off_line(path, origin(library))
    assert (first.patron, first.item, second.item) == ("P1", "B1", "B1")
    assert str(first.happened) == "2026-11-25 08:30:00.123000+00:00"
    assert str(second.happened) == "2026-11-25 08:31:00+00:00"


def test_what_was_lent_and_handed_in_off_line(library: Library, tmp_path: Path) -> None:
    card, lent, back = a_patron(library), an_item(library), an_item(library)
    assert isinstance(library.check_out(card, back), CheckedOut)
    library.pass_time(hours=2)
    path = koc(
        tmp_path,
        f"2026-11-25 13:10:00 000\treturn\t{back}",
        f"2026-11-25 13:00:00 000\tissue\t{card}\t{lent}",
    )
    found = played(library, path)
    assert outcomes(found) == ["done", "done"]
    assert [each.line.command.value for each in found if each.line.command] == ["issue", "return"]
    assert outcomes(played(library, path)) == ["done already", "done already"]


def test_a_file_that_goes_on_growing_is_done_once(library: Library, tmp_path: Path) -> None:
    card, one, two = a_patron(library), an_item(library), an_item(library)
    first = f"2026-11-25 09:00:00 000\tissue\t{card}\t{one}"
    again = f"2026-11-25 09:05:00 000\tissue\t{card}\t{two}"
    assert outcomes(played(library, koc(tmp_path, first))) == ["done"]
    longer = koc(tmp_path, first, again, again, name="renamed.koc")
    assert outcomes(played(library, longer)) == ["done already", "done", "done already"]


def test_desks_are_put_in_order_together(library: Library, tmp_path: Path) -> None:
    """Lent at one desk, handed in at another, lent to somebody else at the first."""
    ida, bo, item = a_patron(library), a_patron(library), an_item(library)
    one = koc(
        tmp_path,
        f"2026-11-25 09:00:00 000\tissue\t{ida}\t{item}",
        f"2026-11-25 09:20:00 000\tissue\t{bo}\t{item}",
        name="one.koc",
    )
    two = koc(tmp_path, f"2026-11-25 09:10:00 000\treturn\t{item}", name="two.koc")
    assert outcomes(played(library, two, one)) == ["done"] * 3


def test_a_return_does_not_end_a_later_loan(library: Library, tmp_path: Path) -> None:
    card, item = a_patron(library), an_item(library)
    assert isinstance(library.check_out(card, item), CheckedOut)  # at noon
    (found,) = played(library, koc(tmp_path, f"2026-11-25 09:00:00 000\treturn\t{item}"))
    why = "the item was returned or lent again since"
    assert (found.outcome, found.why, found.loan_id) == (Outcome.DONE, why, None)
    assert library.read(lambda t: lent_since(t, barcode=item)) == library.now


def test_what_nobody_knows_and_what_the_rules_refuse_is_for_people(
    library: Library, tmp_path: Path
) -> None:
    card, item = a_patron(library), an_item(library)
    number = number_of(library, card)
    library.write(lambda t: block_patron(library.act(t), number, BlockReason.OTHER))
    path = koc(
        tmp_path,
        f"2026-11-25 09:00:00 000\tissue\t{card}\t{item}",
        f"2026-11-25 09:01:00 000\tissue\tP99\t{item}",
        "2026-11-25 09:02:00 000\treturn\tB99",
        "2026-11-25 09:03:00 000\tdance\tB99",
        "yesterday\treturn\tB99",
        "2026-13-45 09:02:00 000\treturn\tB99",
        f"2026-11-25 09:04:00 000\tissue\t{card}",
    )
    found = played(library, path)
    assert outcomes(found) == ["conflict", "open", "open", "open", *["unreadable"] * 3]
    assert found[0].loan_id is not None
    count = "SELECT count(*) FROM loan_conflicts"
    assert library.read(lambda t: t.execute(count, ()).fetchone()[0]) == 4
    assert outcomes(played(library, path))[:3] == ["done already", "open", "open"]
    assert library.read(lambda t: t.execute(count, ()).fetchone()[0]) == 4


def test_what_somebody_has_and_is_lent_again_is_another_loan(
    library: Library, tmp_path: Path
) -> None:
    """It is on the list: no return was seen between."""
    card, item = a_patron(library), an_item(library)
    lent = library.check_out(card, item)
    assert isinstance(lent, CheckedOut)
    library.pass_time(days=3)
    before = koc(tmp_path, f"2026-11-25 09:00:00 000\tissue\t{card}\t{item}")
    [found] = played(library, before)
    assert found.outcome is Outcome.DONE
    assert found.loan_id != lent.loan.id
    near = koc(tmp_path, f"2026-11-25 11:55:00 000\tissue\t{card}\t{item}", name="near.koc")
    [found] = played(library, near)
    assert (found.outcome, found.loan_id) == (Outcome.BEFORE, lent.loan.id)
    again = koc(tmp_path, f"2026-11-27 09:00:00 000\tissue\t{card}\t{item}", name="again.koc")
    [found] = played(library, again)
    assert found.outcome is Outcome.CONFLICT
    assert found.loan_id != lent.loan.id
    assert outcomes(played(library, again)) == ["done already"]


def test_payments_are_put_to_what_is_owed_once(library: Library, tmp_path: Path) -> None:
    danish_fees(library)
    card = a_patron(library)
    charge(library, card, 2_000, ChargeKind.OTHER)
    path = koc(
        tmp_path,
        f"2026-11-25 09:00:00 000\tpayment\t{card}\t12.50",
        "2026-11-25 09:01:00 000\tpayment\tP99\t12.50",
        f"2026-11-25 09:02:00 000\tpayment\t{card}\tmuch",
    )
    assert outcomes(played(library, path)) == ["done", "open", "unreadable"]
    assert outcomes(played(library, path))[0] == "done already"
    owed = "SELECT balance FROM charges"
    assert library.read(lambda t: t.execute(owed, ()).fetchone()[0]) == 750


def test_evergreen(library: Library, tmp_path: Path) -> None:
    card, item, other = a_patron(library), an_item(library), an_item(library)
    noon = library.now.timestamp()
    lines = [
        {"type": "checkout", "timestamp": noon - 600, "patron_barcode": card, "barcode": item,
         "due_date": "2026-12-24"},
        {"type": "checkin", "timestamp": noon - 500, "barcode": other},
        {"type": "in_house_use", "timestamp": noon - 400, "barcode": other},
        {"type": "register", "timestamp": noon - 400, "user": {"usrname": "x"}},
    ]  # fmt: skip
    path = tmp_path / "station.json"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n[]\n{")
    found = played(library, path, fast=90)
    assert outcomes(found) == ["done", "done", *["by hand"] * 2, *["unreadable"] * 2]
    assert found[0].line.happened == library.now - timedelta(seconds=690)
    assert str(found[0].line.due)[:16] == "2026-12-24 22:59"


def test_another_file_is_none(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("remember the milk\n")
    with pytest.raises(NotOffLine):
        read_off_line(path, origin(library))
    path.write_text("")
    assert read_off_line(path, origin(library)) == []


@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_text_gives_lines_or_faults(lines: list[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.koc"
        path.write_bytes("\n".join((HEAD, *lines)).encode("utf-8", "replace"))
        for each in read_off_line(path, Origin(1, "Europe/Copenhagen")):
            assert (each.command is None) is bool(each.fault)


def test_the_list_for_desks_without_a_line(library: Library) -> None:
    today = library.today
    barred, expired = a_patron(library), a_patron(library, expires=today - timedelta(1))
    a_patron(library)
    number = number_of(library, barred)
    library.write(lambda t: block_patron(library.act(t), number, BlockReason.EXCLUDED))
    agency = library.main.agency_id
    wanted = {"agency_id": agency, "day": today, "served": [agency]}
    found = library.read(lambda t: [*all_barred_cards(t, **wanted, at_once=1)])
    assert sorted(found) == sorted([(barred, "B"), (expired, "E")])


def test_the_older_layout_has_the_time_last(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "old.koc"
    path.write_text(
        "issue\tP1\tB1\t2026-11-25 09-30-00 123\r\nreturn\t\tB1\t2026-11-25 09:40:00\r\n"
        "payment\tP1\t12.50\t2026-11-25 09:41:00\r\nissue\tP1\r\n"
    )
    *found, short = read_off_line(path, origin(library))
    assert [(e.command and e.command.value, e.patron, e.item, e.amount) for e in found] == [
        ("issue", "P1", "B1", None),
        ("return", "", "B1", None),
        ("payment", "P1", "", Decimal("12.50")),
    ]
    assert short.fault == "no time"


def test_money_that_was_not_taken_is_told_until_it_is(library: Library, tmp_path: Path) -> None:
    danish_fees(library)
    path = koc(tmp_path, "2026-11-25 09:01:00 000\tpayment\tP77\t12.50")
    assert outcomes(played(library, path)) == ["open"]
    assert outcomes(played(library, path)) == ["open"]
    charge(library, a_patron(library, card="P77"), 2_000, ChargeKind.OTHER)
    assert outcomes(played(library, path)) == ["done"]
    assert outcomes(played(library, path)) == ["done already"]


def test_what_a_clock_tells_of_tomorrow_is_not_done(library: Library, tmp_path: Path) -> None:
    card, item = a_patron(library), an_item(library)
    tomorrow = (library.now + timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
    path = koc(tmp_path, f"{tomorrow} 000\tissue\t{card}\t{item}")
    assert outcomes(played(library, path)) == ["ahead"]
    assert outcomes(played(library, path, fast=24 * 3600 + 3600)) == ["done"]


def test_what_happened_too_long_ago_is_listed_for_people(library: Library, tmp_path: Path) -> None:
    card = a_patron(library)
    free = an_item(library)
    path = koc(
        tmp_path,
        f"2026-01-02 09:00:00 000\tissue\t{card}\t{free}",
        f"2026-01-02 09:01:00 000\treturn\t{free}",
    )
    found = played(library, path)
    assert [(each.outcome, each.why) for each in found] == [
        (Outcome.OPEN, Reason.DATE_TOO_OLD.value)
    ] * 2
    assert outcomes(played(library, path)) == ["open"] * 2
    listed = library.read(no_block_conflicts).lines
    assert [(each.act, each.barcode, each.reasons) for each in listed] == [
        ("check-out", free, (Reason.DATE_TOO_OLD,)),
        ("check-in", free, (Reason.DATE_TOO_OLD,)),
    ]
    assert library.events_of(free) == []


def test_lines_that_would_break_a_program(library: Library, tmp_path: Path) -> None:
    path = koc(
        tmp_path,
        "0001-01-01 00:00:00\treturn\tB1",
        "2026-11-25 09:01:00\tissue\tP\0\tB1",
        "2026-11-25 09:01:00\tpayment\tP1\t1E-400",
    )
    faults = [each.fault for each in read_off_line(path, origin(library))]
    assert faults == ["no time", "a character that no text holds", "no amount"]
    path = tmp_path / "station.json"
    path.write_text(
        '{"type": "checkin", "timestamp": 1, "barcode": "\\ud800"}\n{"a":' + "[" * 100_000 + "\n"
    )
    faults = [each.fault for each in read_off_line(path, origin(library))]
    assert faults == ["a character that no text holds", "no JSON"]


def at(library: Library, **back: float) -> float:
    return (library.now - timedelta(**back)).timestamp()


def evergreen(folder: Path, *lines: dict[str, object]) -> Path:
    path = folder / "desk.json"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_a_return_that_staff_put_back_follows_the_loan_all_the_same(
    library: Library, tmp_path: Path
) -> None:
    """The day alone, as Evergreen's program writes it, of today or of yesterday."""
    card, one, two = a_patron(library), an_item(library), an_item(library)
    today, yesterday = library.today, library.today - timedelta(days=1)
    lent = [
        {"timestamp": at(library, hours=3), "type": "checkout", "barcode": item,
         "patron_barcode": card}
        for item in (one, two)
    ]  # fmt: skip
    back = [
        {
            "timestamp": at(library, hours=1),
            "type": "checkin",
            "barcode": item,
            "backdate": str(day),
        }
        for item, day in ((one, today), (two, yesterday))
    ]
    assert outcomes(played(library, evergreen(tmp_path, *back, *lent))) == ["done"] * 4
    on_loan = library.read(
        lambda t: t.execute("SELECT count(*) FROM loans WHERE checked_in IS NULL", ()).fetchone()
    )
    assert on_loan[0] == 0


def test_what_is_not_done_here_is_for_people(library: Library, tmp_path: Path) -> None:
    item = an_item(library)
    path = evergreen(
        tmp_path,
        {"timestamp": at(library, hours=3), "type": "register",
         "user": {"first_given_name": "Eva", "card": {"barcode": "P77"}}},
        {"timestamp": at(library, hours=2), "type": "in_house_use", "barcode": item, "count": 2},
    )  # fmt: skip
    assert outcomes(played(library, path)) == ["open", "by hand"]
    assert outcomes(played(library, path)) == ["open", "done already"]
    a_patron(library, "P77")
    assert outcomes(played(library, path)) == ["done already"] * 2


@pytest.mark.parametrize("cut", ["payment\tP1\t12", "issue\tP1\tB1", "return\tB1"])
def test_half_a_line_at_the_end_is_not_taken(library: Library, tmp_path: Path, cut: str) -> None:
    path = tmp_path / "desk.koc"
    whole = "2026-11-25 09:30:00 123\treturn\tB1\n2026-11-25 09:31:00 123\t"
    path.write_text(f"{HEAD}\n{whole}{cut}")
    first, last = read_off_line(path, origin(library))
    assert (first.fault, last.fault) == ("", "the file ends within it")
    path.write_text(f"{HEAD}\n{whole}{cut}\n")
    assert read_off_line(path, origin(library))[1].fault == ""


def loans_of(library: Library) -> list[tuple[object, ...]]:
    query = "SELECT checked_out, checked_in FROM loans ORDER BY checked_out"
    return library.read(lambda t: t.execute(query, ()).fetchall())


def states(library: Library) -> list[tuple[str, str]]:
    query = "SELECT act, state FROM loan_conflicts ORDER BY id"
    return [tuple(each) for each in library.read(lambda t: t.execute(query, ()).fetchall())]


def test_lines_wait_for_their_card_and_are_done_in_the_order_of_time(
    library: Library, tmp_path: Path
) -> None:
    """The card is registered, and everything that waited for it is done: once, without a file."""
    danish_fees(library)
    item = an_item(library)
    path = koc(
        tmp_path,
        f"2026-11-25 09:20:00 000\tissue\tP77\t{item}",
        f"2026-11-25 09:30:00 000\treturn\t{item}",
        f"2026-11-25 09:40:00 000\tissue\tP77\t{item}",
        "2026-11-25 09:41:00 000\tpayment\tP77\t12.50",
    )
    assert outcomes(played(library, path)) == ["open", "done", "open", "open"]
    library.pass_time(days=40)
    a_patron(library, "P77")
    assert states(library) == [("check-out", "done"), ("check-out", "done"), ("payment", "open")]
    ended = [each[1] is not None for each in loans_of(library)]
    assert ended == [True, False]
    assert outcomes(played(library, path)) == [*["done already"] * 3, "open"]
    assert len(loans_of(library)) == 2


def test_lines_wait_for_their_item(library: Library, tmp_path: Path) -> None:
    """It is catalogued while it is with its borrower: it stays there."""
    card = a_patron(library)
    lent = f"2026-11-25 09:20:00 000\tissue\t{card}\tB77"
    assert outcomes(played(library, koc(tmp_path, lent))) == ["open"]
    library.write(
        lambda t: accession(
            library.act(t),
            number="9780140449136",
            item=NewItem("B77"),
            brief=Brief("Sne"),
        )
    )
    assert states(library) == [("check-out", "done")]
    assert library.read(lambda t: lent_since(t, barcode="B77")) is not None
    longer = koc(tmp_path, lent, "2026-11-25 09:50:00 000\treturn\tB77")
    assert outcomes(played(library, longer)) == ["done already", "done"]
    assert library.read(lambda t: lent_since(t, barcode="B77")) is None


def test_sixteen_at_once_play_a_file_once(library: Library, tmp_path: Path) -> None:
    card, item = a_patron(library), an_item(library)
    path = koc(
        tmp_path,
        f"2026-11-25 09:20:00 000\tissue\t{card}\t{item}",
        f"2026-11-25 09:30:00 000\treturn\t{item}",
        f"2026-11-25 09:40:00 000\tissue\tP99\t{item}",
    )
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: outcomes(played(library, path)), range(16)))
    counts = Counter(each for lines in found for each in lines)
    assert counts == {"done": 2, "done already": 30, "open": 16}
    assert len(loans_of(library)) == 1
    assert states(library) == [("check-out", "open")]
