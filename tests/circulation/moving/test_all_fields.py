"""Rows that have all fields, and odd ones: what becomes of them, and of the rows around them.

The journals are under tests/transcripts/moving.
``python -m tests.circulation.moving.test_all_fields`` writes them again: read what has changed.
"""

from __future__ import annotations

import csv
import json
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from hashlib import md5
from pathlib import Path
from typing import Any, Final

import pytest

from catalogue.database import Transaction
from circulation.kernel.elsewhere import leave_to_another, take_over
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import CheckedOut
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.trees import CATEGORIES, GROUPS
from circulation.ledger.money import ChargeKind
from circulation.moving.kinds.table import FIELDS
from circulation.moving.off_line.files import OffLine, Origin, read_off_line
from circulation.moving.off_line.playing import in_order, play
from circulation.patrons.blocks import block_patron
from circulation.patrons.consents import give_consent
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from circulation.patrons.kinds import Consent
from tests.builders.circulation import Branch, Library, a_patron
from tests.builders.dunning import danish
from tests.builders.fees import charge, danish_fees, number_of
from tests.builders.holds import a_branch, a_hold
from tests.builders.journal import Days, Journal, must_be_as_written, write_journals
from tests.builders.moving import OldSystem
from tests.circulation.moving.test_balancing import sheet
from tests.circulation.moving.test_journal import FOLDER, delivered
from tests.circulation.moving.test_samples import compared, samples

_READ: Final = tomllib.loads((FOLDER / "all-fields.toml").read_text("utf-8"))
USUAL: Final[dict[str, str]] = _READ["usual"]
ROWS: Final[dict[str, str]] = _READ["rows"]
REGISTER_DAYS: Final[list[dict[str, str]]] = _READ["days"]
CHANGES: Final = _READ["changes"]["one"].strip().splitlines()


def read_pairs(text: str) -> dict[str, str]:
    return dict(each.split("=", 1) for each in text.split("; ") if each)  # type: ignore[misc]


def read_row(kind: str, text: str) -> dict[str, str]:
    key, _, told = text.partition("; ")
    return {"key": key} | read_pairs(USUAL[kind]) | read_pairs(told)


def read_rows(kind: str) -> list[dict[str, str]]:
    return [read_row(kind, each) for each in ROWS[kind].strip().splitlines()]


def read_file(old: OldSystem, kind: str) -> list[dict[str, str]]:
    """The rows that the file of the kind has now."""
    with (old.folder / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def plan_all(kinds: Any = ROWS) -> str:
    """A plan of all fields of the kinds, each from a column with its name."""
    lines = ['source = "old"']
    for kind in kinds:
        lines += [f"[{kind}]", f'files = "{kind}.csv"', 'key = "key"', f"[{kind}.fields]"]
        lines += [f'{field} = "{field}"' for field in FIELDS[kind]]
    return "\n".join(lines)


def write(old: OldSystem, kind: str, rows: list[dict[str, str]]) -> None:
    header = ("key", *FIELDS[kind])
    digest = md5(b"4711").hexdigest()
    cells = [[digest if row.get(n) == "PIN" else row.get(n, "") for n in header] for row in rows]
    old.write(kind, *cells, header=header)


@contextmanager
def the_old(library: Library) -> Iterator[OldSystem]:
    danish(library)
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"k" * 16))
    with tempfile.TemporaryDirectory() as folder:
        old = OldSystem(library, Path(folder), plan_all())
        for kind in ROWS:
            write(old, kind, read_rows(kind))
        yield old


def tell_sheets(day: Journal, old: OldSystem, *, per_branch: int = 50) -> None:
    """Adds the balance sheet and the samples to the journal."""
    day.lines += ["", "> the balance sheet"]
    day.lines += [" | ".join(map(str, each)) for each in sheet(old, old.folder)]
    for each in samples(old, per_branch):
        day.lines += ["", f"> sample {each.key} of {each.home}: {', '.join(each.odd) or 'plain'}"]
        day.lines += [
            f"{'! ' if line.differs else ''}{line.what}: {line.files or '-'} | {line.here or '-'}"
            for line in compared(old, each)
        ]


def change(rows: list[dict[str, str]], key: str, changed: str) -> None:
    """Has the row with the key tell something else."""
    row = next(each for each in rows if each["key"] == key)
    row |= read_pairs(changed)


def odd_rows(library: Library) -> Journal:
    with the_old(library) as old:
        day = Journal(library)
        known = delivered(day, old, "all files come")
        tell_sheets(day, old)
        day.lines += ["", f"> two of each branch: {[each.key for each in samples(old, 2)]}"]
        for each in CHANGES:
            row, _, changed = each.partition("; ")
            kind, key = row.split()
            rows = read_rows(kind)
            change(rows, key, changed)
            write(old, kind, rows)
            delivered(day, old, f"{row} has {changed}", known)
            write(old, kind, read_rows(kind))
        return day


def come_and_go(library: Library) -> Journal:
    """What is gone, and is there again; a file that is too short, one that is broken."""
    with the_old(library) as old:
        day = Journal(library)
        known = delivered(day, old, "all files come")
        day.forget()
        library.pass_time(days=1)

        def trees(transaction: Transaction) -> None:
            CATEGORIES.store(transaction, {"adult": ("Adults", None), "child": ("Children", None)})
            GROUPS.store(transaction, {"book": ("Books", None)})
            set_up_changed(transaction)

        library.write(trees)
        day.skip()
        for kind, key, changed in (
            ("patrons", "12", "given_name=Zoo"),
            ("patrons", "4", "given_name=Due"),
            ("items", "15", "material_group=film"),
            ("items", "16", "material_group=book"),
        ):
            rows = read_rows(kind)
            change(rows, key, changed)
            write(old, kind, rows)
        delivered(day, old, "some categories and groups are known, and rows have others", known)
        write(old, "patrons", read_rows("patrons"))
        write(old, "items", read_rows("items"))
        rows = read_rows("loans")
        write(old, "loans", [each for each in rows if each["key"] != "8"])
        over = read_row("history", "8; item=B13; patron=P2; checked_in=2026-11-25T11:00")
        write(old, "history", [*read_rows("history"), over])
        delivered(day, old, "loan 8 is over", known)
        for kind in ROWS:
            rows = read_rows(kind)
            write(old, kind, [each for each in rows if each["key"] not in ("2", "4", "y1")])
        delivered(day, old, "some rows are missing", known, may_be_shorter=False)
        write(old, "holds", [read_row("holds", "6; patron=P3; record=t2; state=shelf"), {}])
        delivered(day, old, "they are gone, and a file has a broken row", known)
        for kind in ROWS:
            write(old, kind, [each for each in read_rows(kind) if each["key"] == "4"])
        delivered(day, old, "all are gone but for one of each kind", known)
        tell_sheets(day, old)
        for kind in ROWS:
            write(old, kind, read_rows(kind))
        delivered(day, old, "they come back", known)
        return day


def by_branch(library: Library) -> Journal:
    """A town moves branch by branch; what both systems know is there once."""

    def moves(verb: Callable[..., bool], *branches: Branch) -> None:
        def work(transaction: Transaction) -> None:
            for branch in branches:
                verb(transaction, branch.id, now=library.now)
            set_up_changed(transaction)

        library.write(work)

    with the_old(library) as old:
        moves(leave_to_another, library.main, library.other)
        day = Journal(library)
        for kind in ("holds", "loans", "debts"):
            write(old, kind, [])
        known = delivered(day, old, "all but loans, holds and debts come")
        for card, item, at in (("P4", "B4", library.other), ("P2", "B13", library.main)):
            assert isinstance(library.check_out(card, item, at=at), CheckedOut)
        assert isinstance(library.check_out("P2", "B3"), CheckedOut)  # P3's by the other system
        a_hold(library, "P2", "B12")
        a_hold(library, "P4", "B15", at=library.other)
        day.forget()
        for kind in ("holds", "loans", "debts"):
            write(old, kind, read_rows(kind))
        known += delivered(day, old, "the rest comes, of which some is here", known)
        moves(take_over, library.other)
        library.pass_time(days=1)
        day.skip()
        for kind, key, changed in (
            *(("patrons", each, "note=other") for each in "12"),
            *(("items", each, "call_number=other") for each in "14"),
            *(("uses", each, "loans=99") for each in "13"),
            *(("loans", each, "renewals=7") for each in "123"),
            *(("holds", each, "placed=2026-10-05") for each in "136"),
            *(("debts", each, "remaining=7") for each in "13"),
        ):
            rows = read_file(old, kind)
            change(rows, key, changed)
            write(old, kind, rows)
        added = {
            "loans": "x1; patron=P3; item=B12; branch=DK-900102",
            "holds": "x2; patron=P3; item=B12; pickup_branch=DK-900102",
            "debts": "x3; patron=P4; remaining=3; branch=DK-900102",
            "history": "x4; item=B13; patron=P2; checked_out=2026-11-26T10:00",
            "items": "x5; barcode=B50; branch=DK-900102",
        }
        for kind, text in added.items():
            rows = read_file(old, kind)
            write(old, kind, [*rows, read_row(kind, text)])
        delivered(day, old, "a branch has come over, and rows of both have changed", known)
        for kind in ROWS:
            write(old, kind, [])
        delivered(day, old, "nothing is there any more", known)
        return day


def registers(library: Library) -> Journal:
    """Those of a school and of persons, for three days; who is here already, and who is not."""
    danish(library)
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"k" * 16))
    elsewhere = a_branch(library, 3)
    day = Journal(library)
    consenting = {"national_id": "0203801234", "birth_date": date(1980, 3, 2), "family_name": "Ek"}
    for card, facts in (
        ("MUM", consenting),
        ("LIB", {"national_id": "0404041234"}),
        ("SUM", {"national_id": "0303031234"}),
        ("VISITOR", {"home_branch": elsewhere.id, "family_name": "Else"}),
    ):
        a_patron(library, card, **facts)
    mother = number_of(library, "MUM")
    library.write(lambda t: give_consent(library.act(t), mother, Consent.PERSON_REGISTRY))
    kinds = ("members", "guardians", "persons")
    plan = plan_all(kinds).replace("[persons]", '[persons]\ndelivery = "changes"')
    homes = '{ column = "home_branch", values = "homes" }'
    plan = plan.replace('home_branch = "home_branch"', f"home_branch = {homes}")
    plan += '\n[values.homes]\nDK-900101 = "DK-900101"\nDK-900102 = "DK-900102"'
    with tempfile.TemporaryDirectory() as folder:
        old = OldSystem(library, Path(folder), plan)
        day.forget()
        for told in REGISTER_DAYS:
            library.pass_time(days=1)
            for kind in kinds:
                lines = [each.split(" ", 1) for each in told["rows"].strip().splitlines()]
                write(old, kind, [read_row(kind, text) for its, text in lines if its == kind])
            delivered(day, old, told["what"])
    return day


#: Lines of an off-line program, each at noon of the day unless it says otherwise.
OFF_LINE: Final = (
    "issue; Ida; I1",
    "issue; Ida; I1",
    "issue; Bo; I1",
    "return; I1",
    "return; I1",
    "return; I2",
    "return; I9",
    "issue; P9; I1",
    "issue; Rut; I1",
    "issue; Ida; I9",
    "payment; Bo; 12.50",
    "payment; Bo; 12.505",
    "payment; Ida; 7",
    "payment; P9; 7",
)
OTHER_LINES: Final[tuple[dict[str, Any], ...]] = (
    {"type": "renew", "patron_barcode": "Ida", "barcode": "I3", "due_date": "2026-12-24"},
    {"type": "renew", "patron_barcode": "Bo", "barcode": "I3"},
    {"type": "checkout", "patron_barcode": "Ida", "barcode": "I1", "timestamp": "2026-11-25T12:10"},
    {"type": "checkout", "patron_barcode": "Bo", "barcode": "I4", "due_date": "2026-12-24"},
    {"type": "checkout", "patron_barcode": "Ida", "barcode": "I3"},
    {"type": "checkin", "barcode": "I3", "backdate": "2026-11-24"},
    {"type": "register", "user": {"card": {"barcode": "Ida"}}},
    {"type": "register", "user": {"card": {"barcode": "P9"}}},
    {"type": "in_house_use", "barcode": "I4"},
    {"type": "checkin", "barcode": "I4", "timestamp": "2026-11-25T12:41"},
    {"type": "checkin", "barcode": "I4", "timestamp": "2026-11-25T13:00"},
)


def off_line(library: Library) -> Journal:
    """What two desks have done, line by line; then the same files come again."""
    danish_fees(library)
    library.policy(loan_days=28, renewals=2)
    day = Journal(library)
    day.items("I1", "I2", "I3", "I4")
    charge(library, "Bo", 2_000, ChargeKind.OTHER)
    rut = number_of(library, "Rut")
    library.write(lambda t: block_patron(library.act(t), rut, BlockReason.EXCLUDED))
    library.check_out("Ida", "I3")
    day.forget()
    library.pass_time(minutes=30)
    with tempfile.TemporaryDirectory() as folder:
        koc, other = Path(folder) / "desk.koc", Path(folder) / "desk.json"
        lines = [
            f"2026-11-25 12:{number:02}:00\t" + text.replace("; ", "\t")
            for number, text in enumerate(OFF_LINE, 10)
        ]
        koc.write_text("\n".join(("Version=1.0", *lines, "")))
        told = [
            {"timestamp": f"2026-11-25T12:{number}:00"} | each
            for number, each in enumerate(OTHER_LINES, 15)
        ]
        other.write_text("\n".join(map(json.dumps, told)))
        origin = Origin(library.main.id, library.main.timezone)
        found = [*read_off_line(other, origin), *read_off_line(koc, origin)]

        def plays(line: OffLine, now: datetime) -> str:
            done = library.write(lambda t: play(t, library.circulation, library.desk(), line, now))
            return f"{done.outcome.value}: {done.why or '-'}{', a loan' * bool(done.loan_id)}"

        for line in in_order(found):
            said = f"{line.file} {line.number}: {line.fault or line.command}"
            about = " ".join(filter(None, (line.patron, line.item, str(line.amount or ""))))
            day.do(f"{said} {about}", lambda line=line: plays(line, library.now), seconds=1)
        day.lines += ["", "> all lines again"]
        day.lines += [f"< {each.file} {each.number} {plays(each, library.now)}" for each in found]
    return day


#: Patrons each of whom is odd in one way, or just not, by what their row tells.
ODD_PATRONS: Final = (
    "other_cards=?a|?b", "other_cards=?a", "replaced_cards=?c; lost_cards=?d", "login=?l",
    "blocks=other", "note=n", "consents=keep_history", "kind=group", "kind=person",
    *(f"is_protected={no}" for no in ("0", "f", "false", "n", "no", "Nej", "NO", "y", "ja")),
    "expires=2026-11-24", "expires=2026-11-25", "birth_date=1980-01-01",
    f"name={'x' * 40}", f"name={'x' * 41}", f"family_name={'x' * 41}",
)  # fmt: skip
#: The same of what there is about the patron with that number: kind, row, how many of it.
ODD_ROWS: Final = (
    ("loans", "mark=lost", 1), ("loans", "reminders=1", 1), ("loans", "reminders=0", 1),
    ("loans", "recalled=2026-11-20", 1), ("loans", "", 14), ("loans", "", 15), ("loans", "", 16),
    ("holds", "state=waiting; record=t1", 1), ("holds", "paused_from=2026-12-01; record=t1", 1),
    ("debts", "remaining=0; amount=1", 1), ("debts", "remaining=1; collected=nej", 1),
    ("debts", "remaining=1; collected=1", 1), ("debts", "remaining=1; reminders=1", 1),
    ("debts", "remaining=-1; kind=credit", 1), ("debts", "remaining=2", 15),
)  # fmt: skip


def odd_patrons(library: Library) -> Journal:
    """Who is chosen to be compared, of two branches, when few are and when many."""
    rows: dict[str, list[dict[str, str]]] = {kind: [] for kind in ROWS}

    def patron(number: int, text: str) -> str:
        card = f"P{number}"
        at = "DK-900101" if number % 4 else "DK-900102"
        its = f"{number}; card={card}; given_name={card}; home_branch={at}; {text}"
        rows["patrons"].append(read_row("patrons", its.replace("?", card)))
        return card

    for number, text in enumerate(ODD_PATRONS, 1):
        patron(number, text)
    for number, (kind, text, times) in enumerate(ODD_ROWS, len(ODD_PATRONS) + 1):
        card = patron(number, "birth_date=1980-01-01")
        for each in range(times):
            key = f"{number}-{each}"
            its = f"{key}; patron={card}; {text}"
            if kind == "loans":
                rows["items"].append(read_row("items", f"{key}; barcode=B{key}"))
                its += f"; item=B{key}"
            rows[kind].append(read_row(kind, its))
    rows["guardians"] = [read_row("guardians", "g; patron=P2; guardian=P3")]
    rows["guardians"] += [read_row("guardians", "h; patron=P2; guardian=none")]
    with the_old(library) as old:
        for kind, its in rows.items():
            write(old, kind, its)
        day = Journal(library)
        old.deliver()
        day.lines = [f"< {kind} {fault.key}: {fault.reason}" for kind, fault in old.faults]
        for per_branch in (1, 3, 6, 12, 50):
            day.lines += ["", f"> {per_branch} of each branch"]
            for each in samples(old, per_branch):
                day.lines.append(f"{each.home} {each.key}: {', '.join(each.odd)}")
                differing = [line for line in compared(old, each) if line.differs]
                day.lines += [f"! {line}" for line in differing if line.what != "language"]
        return day


DAYS: Days = {
    "odd-patrons": odd_patrons,
    "off-line": off_line,
    "odd-rows": odd_rows,
    "come-and-go": come_and_go,
    "by-branch": by_branch,
    "registers": registers,
}


@pytest.mark.parametrize("name", DAYS)
def test_a_delivery_is_as_its_journal_has_it(sqlite_library: Library, name: str) -> None:
    must_be_as_written(DAYS[name](sqlite_library), FOLDER / f"{name}.txt")


if __name__ == "__main__":
    write_journals(DAYS, FOLDER)
