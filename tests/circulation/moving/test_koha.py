"""A whole export of Koha, moved in: every row is right here, or listed with its reason.

The export is read again by the rules below, which know nothing of the plan: what Koha's columns
mean, as its documentation has it.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from catalogue.database import Transaction
from circulation.jobs.table import JOBS
from circulation.kernel.jobs import Doing
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refused
from circulation.loans.lending import judge_loan
from circulation.loans.wishes import LoanWish
from circulation.moving.example_plans import read_example
from tests.builders.circulation import Library, _insert_record, a_patron, an_item
from tests.builders.koha import NULL, SUBFIELDS, KohaExport, Row
from tests.builders.moving import OldSystem
from tests.circulation.moving.test_balancing import sheet
from tests.circulation.moving.test_samples import compared, samples

BRANCHES: Final = {"CPL": "DK-900101", "FPL": "DK-900102"}
CATEGORIES: Final = {"PT": "adult", "ST": "adult", "J": "child"}
GROUPS: Final = {"BK": "book", "DVD": "dvd", "REF": "reference", "MU": "cd", "CR": "periodical"}
WORDS: Final = {"-1": "ordered", "1": "not for loan", "2": "staff collection"}
CHARGES: Final = {
    "OVERDUE": "late_fee",
    "LOST": "compensation",
    "RENT": "loan_fee",
    "NEW_CARD": "administrative",
    "MANUAL": "other",
}
LETTERS: Final = {"ODUE": "overdue", "HOLD": "hold_ready", "PREDUE": "due_soon"}
ADDRESS: Final = "The address is out of date. Ask the patron for the new one."
Facts = tuple[Any, ...]


@dataclass
class Reading:
    """What is to be here by kind and key; `aside` are the keys of rows that cannot come in."""

    tables: dict[str, list[Row]]
    today: date
    here: dict[str, dict[str, Facts]] = field(default_factory=lambda: defaultdict(dict))
    aside: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for row in self.tables["borrowers"]:
            is_fit = NULL not in (row["cardnumber"],) and row["branchcode"] in BRANCHES
            is_fit = is_fit and row["categorycode"] in CATEGORIES
            self._put("patrons", row["borrowernumber"], is_fit and self._patron(row))
        for row in self.tables["items"]:
            is_fit = row["barcode"] != NULL and row["homebranch"] in BRANCHES
            is_fit = is_fit and row["itype"] in GROUPS
            self._put("items", row["itemnumber"], is_fit and self._item(row))
            if row["barcode"] != NULL and row["issues"] != NULL:
                fit = row["itemnumber"] in self.here["items"]
                self._put("uses", row["itemnumber"], fit and ())
        for row in self.tables["issues"]:
            fit = self._knows(row)
            self._put("loans", row["issue_id"], fit and self._loan(row))
        for row in self.tables["reserves"]:
            if row["found"] != "F":
                named = row["itemnumber"] == NULL or row["itemnumber"] in self.here["items"]
                fit = row["borrowernumber"] in self.here["patrons"] and named
                self._put("holds", row["reserve_id"], fit and self._hold(row))
        for row in self.tables["accountlines"]:
            if float(row["amountoutstanding"]):
                is_credit = row["credit_type_code"] != NULL
                fit = row["borrowernumber"] in self.here["patrons"]
                fit = fit and row["branchcode"] in (NULL, *BRANCHES)
                fit = fit and (is_credit or row["debit_type_code"] in CHARGES)
                self._put("debts", row["accountlines_id"], fit and self._debt(row))
        for row in self.tables["guarantors"]:
            both = {row["guarantor_id"], row["guarantee_id"]}
            self._put("guardians", row["id"], both <= self.here["patrons"].keys() and ())
        for row in self.tables["messages"]:
            fit = row["borrowernumber"] in self.here["patrons"] and row["letter_code"] in LETTERS
            self._put("messages", row["message_id"], fit and (LETTERS[row["letter_code"]],))
        for row in self.tables["old_issues"]:
            if row["itemnumber"] != NULL:
                fit = row["itemnumber"] in self.here["items"]
                fit = fit and row["borrowernumber"] in (NULL, *self.here["patrons"])
                self._put("history", row["issue_id"], fit and ())

    def _put(self, kind: str, key: str, facts: Facts | bool) -> None:
        if isinstance(facts, tuple):
            self.here[kind][key] = facts
        else:
            self.aside[kind].add(key)

    def _knows(self, row: Row) -> bool:
        knows_patron = row["borrowernumber"] in self.here["patrons"]
        return knows_patron and row["itemnumber"] in self.here["items"]

    def blocks(self, row: Row) -> set[tuple[str, str, str | None]]:
        found = set()
        debarred = row["debarred"]
        if debarred not in (NULL, "0000-00-00") and date.fromisoformat(debarred) > self.today:
            ends = None if debarred == "9999-12-31" else debarred
            comment = row["debarredcomment"]
            found.add(("excluded", "" if comment == NULL else comment, ends))
        if row["gonenoaddress"] == "1":
            found.add(("other", ADDRESS, None))
        return found

    def _patron(self, row: Row) -> Facts:
        said = {name: "" if text == NULL else text for name, text in row.items()}
        phone = said["smsalertnumber"] or said["mobile"] or said["phone"]
        notes = filter(None, (said["borrowernotes"], said["opacnote"], said["contactnote"]))
        languages = {"en": "en", "da-DK": "da"}
        return (
            said["cardnumber"],
            "lost" if said["lost"] == "1" else None,
            BRANCHES[said["branchcode"]],
            CATEGORIES[said["categorycode"]],
            said["surname"],
            " ".join(filter(None, (said["firstname"], said["middle_name"]))),
            said["email"] or said["emailpro"],
            re.sub(r"\D", "", phone)[-8:],
            said["dateofbirth"] or None,
            said["dateexpiry"] or None,
            languages.get(said["lang"], "da"),
            "\n".join(notes),
            said["password"] not in ("", "!"),
            said["privacy"] == "0",
            frozenset(self.blocks(row)),
        )

    def withheld(self, row: Row) -> str:
        told = []
        if row["notforloan"] not in ("0", NULL):
            number = row["notforloan"]
            told.append(WORDS.get(number, f"not for loan ({number})"))
        for column in ("withdrawn", "damaged", "restricted"):
            if row[column] not in ("0", NULL):
                told.append(f"{column} ({row[column]})")
        return "; ".join(told)

    def _item(self, row: Row) -> Facts:
        price = next((row[n] for n in ("replacementprice", "price") if row[n] != NULL), None)
        number = row["itemnumber"]
        in_hand = any(number == each["itemnumber"] for each in self.tables["issues"]) or any(
            each["found"] in ("W", "T", "P") and number == each["itemnumber"]
            for each in self.tables["reserves"]
        )
        return (
            row["barcode"],
            BRANCHES[row["homebranch"]],
            GROUPS[row["itype"]],
            None if price is None else round(float(price) * 100),
            "" if row["location"] == NULL else row["location"],
            "" if row["ccode"] == NULL else row["ccode"],
            "" if row["enumchron"] == NULL else row["enumchron"],
            self.withheld(row),
            None if in_hand else row["itemlost"] not in ("0", NULL),
        )

    def _loan(self, row: Row) -> Facts:
        home = self.here["items"][row["itemnumber"]][1]
        item = next(e for e in self.tables["items"] if e["itemnumber"] == row["itemnumber"])
        return (
            row["itemnumber"],
            row["borrowernumber"],
            row["date_due"][:10],
            int(row["renewals_count"]),
            BRANCHES.get(row["branchcode"], home),
            "claimed_returned"
            if row["claimed"] == "1"
            else None
            if item["itemlost"] == "0"
            else "lost",
        )

    def _hold(self, row: Row) -> Facts:
        is_paused, resumes = row["suspend"] == "1", row["suspend_until"]
        if is_paused and resumes != NULL:
            is_paused = date.fromisoformat(resumes) > self.today
        states = {"W": "shelf", "T": "transit", "P": "transit"}
        return (
            row["borrowernumber"],
            row["control_number"],
            BRANCHES[row["branchcode"]],
            states.get(row["found"], "waiting"),
            is_paused,
            str(date.fromisoformat(resumes) - timedelta(1))
            if is_paused and resumes != NULL
            else None,
            row["only_item"] or None,
        )

    def _debt(self, row: Row) -> Facts:
        branch = row["branchcode"]
        if branch == NULL:
            home = self.here["patrons"][row["borrowernumber"]][2]
        else:
            home = BRANCHES[branch]
        kind = "credit" if row["credit_type_code"] != NULL else CHARGES[row["debit_type_code"]]
        return (row["borrowernumber"], home, kind, round(float(row["amountoutstanding"]) * 100))


FOUND: Final = {
    "patrons": """
        SELECT m.key, c.identifier, c.blocked, b.isil, p.category, p.family_name, p.given_name,
            p.email, p.phone, p.birth_date, p.expires, p.language, p.note,
            p.pin_hash IS NOT NULL, EXISTS (SELECT 1 FROM patron_consents
                WHERE patron_consents.patron_id = p.id), p.id
        FROM moved_rows m JOIN patrons p ON p.id = m.row_id
        JOIN branches b ON b.id = p.home_branch_id
        JOIN patron_identifiers c ON c.patron_id = p.id AND c.kind = 'card'
        WHERE m.kind = 'patrons'""",
    "items": """
        SELECT m.key, i.barcode, b.isil, i.material_group, i.price, i.department, i.location,
            i.part, i.not_for_loan,
            EXISTS (SELECT 1 FROM missing_items x WHERE x.item_id = i.id)
        FROM moved_rows m JOIN items i ON i.id = m.row_id JOIN branches b ON b.id = i.branch_id
        WHERE m.kind = 'items'""",
    "loans": """
        SELECT m.key, COALESCE(i.key, x.barcode), p.key, l.due, l.renewals, b.isil, l.mark
        FROM moved_rows m JOIN loans l ON l.id = m.row_id JOIN branches b ON b.id = l.branch_id
        JOIN items x ON x.id = l.item_id
        LEFT JOIN moved_rows i ON i.kind = 'items' AND i.row_id = l.item_id
        JOIN moved_rows p ON p.kind = 'patrons' AND p.row_id = l.patron_id
        WHERE m.kind = 'loans'""",
    "holds": """
        SELECT m.key, p.key, r.control_number, b.isil, c.hold_id, c.shelved, h.paused_from,
            h.paused_until, i.key
        FROM moved_rows m JOIN holds h ON h.id = m.row_id
        JOIN records r ON r.id = h.record_id JOIN branches b ON b.id = h.pickup_branch_id
        JOIN moved_rows p ON p.kind = 'patrons' AND p.row_id = h.patron_id
        LEFT JOIN moved_rows i ON i.kind = 'items' AND i.row_id = h.item_id
        LEFT JOIN captures c ON c.hold_id = h.id
        WHERE m.kind = 'holds'""",
    "debts": """
        SELECT m.key, p.key, b.isil, c.kind, c.balance
        FROM moved_rows m JOIN charges c ON c.id = m.row_id JOIN branches b ON b.id = c.branch_id
        JOIN moved_rows p ON p.kind = 'patrons' AND p.row_id = c.patron_id
        WHERE m.kind = 'debts'""",
    "messages": """
        SELECT m.key, n.kind FROM moved_rows m JOIN notice_messages n ON n.id = m.row_id
        WHERE m.kind = 'messages'""",
    **{
        kind: f"SELECT key FROM moved_rows WHERE kind = '{kind}'"
        for kind in ("guardians", "uses", "history")
    },
}


def found_here(old: OldSystem, kind: str, today: date) -> dict[str, Facts]:
    rows = {row[0]: tuple(row[1:]) for row in old.rows(FOUND[kind])}
    if kind == "patrons":
        blocks = defaultdict(set)
        said = "SELECT patron_id, reason, message, ends FROM patron_blocks"
        for number, reason, message, ends in old.rows(said):
            blocks[number].add((reason, message, None if ends is None else str(ends)))
        for key, (*facts, number) in rows.items():
            facts[7] = re.sub(r"\D", "", facts[7])[-8:]
            facts[8:10] = [None if each is None else str(each) for each in facts[8:10]]
            facts[12:14] = map(bool, facts[12:14])
            rows[key] = (*facts, frozenset(blocks[number]))
    elif kind == "items":
        rows = {key: (*facts[:-1], bool(facts[-1])) for key, facts in rows.items()}
    elif kind == "loans":
        rows = {key: (*f[:2], str(f[2])[:10], *f[3:]) for key, f in rows.items()}
    elif kind == "holds":
        for key, (*facts, bound, shelved, first, last, item) in rows.items():
            last = None if last is None else str(last)
            is_paused = first is not None and (last is None or last >= str(today))
            state = "waiting" if bound is None else "transit" if shelved is None else "shelf"
            rows[key] = (*facts, state, is_paused, last if is_paused else None, item)
    return rows


def move_in(library: Library, folder: Path, *, items: str, seed: int) -> tuple[OldSystem, Reading]:
    """An export of the seed, written, taken in, and read by the rules above."""
    old = OldSystem(library, folder)
    export = KohaExport(library.today, seed)

    def titles(transaction: Transaction) -> None:
        mark = "?" if transaction.dialect == "sqlite" else "%s"
        for name in export.titles:
            number = _insert_record(
                transaction, title=f"Title {name}", author="", created=library.now
            )
            said = f"UPDATE records SET control_number = {mark} WHERE id = {mark}"
            transaction.execute(said, (name, number))

    library.write(titles)
    export.write(folder)
    plan = read_example("koha")
    if items == "csv":
        before, rest = plan.split("[items]\n")
        other = read_example("koha-items").split("[items]\n")[1]
        plan = "".join((before, "[items]\n", other, "[loans]\n", rest.split("[loans]\n")[1]))
    old.plan = plan.replace('CPL = "DK-900101"', 'CPL = "DK-900101"\nFPL = "DK-900102"')
    old.deliver()
    tables = {}
    for name in export.tables:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            tables[name] = [*csv.DictReader(file)]
    return old, Reading(tables, library.today)


@pytest.mark.parametrize("items", ["marc", "csv"])
def test_every_row_is_right_or_listed(library: Library, tmp_path: Path, items: str) -> None:
    old, reading = move_in(library, tmp_path, items=items, seed=32)
    kinds = reading.here.keys() | reading.aside.keys()
    assert kinds == FOUND.keys()
    for kind in sorted(kinds):
        found = found_here(old, kind, library.today)
        wanted = reading.here[kind]
        told = {key: _told(wanted, key, facts) for key, facts in found.items()}
        wrong = {key: (facts, told[key]) for key, facts in found.items() if facts != told[key]}
        assert wrong == {}, kind
        assert found.keys() == wanted.keys(), kind
        listed = Counter(each.key for its, each in old.faults if its == kind if not each.is_noted)
        assert listed == Counter(reading.aside[kind]), kind
    assert all(each.reason for _, each in old.faults)
    assert [each for each in sheet(old, tmp_path) if each.difference] == []
    differing = [line for each in samples(old, 20) for line in compared(old, each) if line.differs]
    assert differing == []
    assert not any(each.new or each.changed for each in old.deliver().values())


def _told(wanted: dict[str, Facts], key: str, facts: Facts) -> Facts | None:
    """The facts that are wanted; None in them is whatever is here."""
    told = wanted.get(key)
    return told and tuple(
        here if said is None and isinstance(here, bool) else said
        for said, here in zip(told, facts, strict=True)
    )


def test_who_may_borrow_what(sqlite_library: Library, tmp_path: Path) -> None:
    """Nothing that Koha would not lend is lent, to nobody whom it would not lend to."""
    library = sqlite_library
    _, reading = move_in(library, tmp_path, items="marc", seed=33)
    card, barcode = a_patron(library, "GOOD"), an_item(library, "GOODITEM")

    def reasons(patron: str, item: str) -> set[Reason]:
        wish = LoanWish(patron=patron, item=item)
        answer = library.read(lambda transaction: judge_loan(library.act(transaction), wish))
        return set(answer.reasons) if isinstance(answer, Refused) else set()

    stopping = {Reason.PATRON_BLOCKED, Reason.CARD_REPORTED_LOST, Reason.PATRON_EXPIRED}

    def stopped(row: Row) -> set[Reason]:
        expires = row["dateexpiry"]
        return {
            reason
            for reason, holds in (
                (Reason.PATRON_BLOCKED, bool(reading.blocks(row))),
                (Reason.CARD_REPORTED_LOST, row["lost"] == "1"),
                (Reason.PATRON_EXPIRED, expires != NULL and expires < str(library.today)),
            )
            if holds
        }

    for row in reading.tables["borrowers"]:
        if row["borrowernumber"] in reading.here["patrons"]:
            assert reasons(row["cardnumber"], barcode) & stopping == stopped(row), row
    for row in reading.tables["items"]:
        if row["itemnumber"] in reading.here["items"]:
            is_lent = Reason.ITEM_NOT_LOANABLE not in reasons(card, row["barcode"])
            assert is_lent is not bool(reading.withheld(row)), row
    library.pass_time(days=1)
    reading.today = library.today
    library.write(
        lambda transaction: JOBS["blocks"].step(
            Doing(library.circulation, transaction, library.today, library.now, 0)
        )
    )
    for row in reading.tables["borrowers"]:
        if row["borrowernumber"] in reading.here["patrons"]:
            assert reasons(row["cardnumber"], barcode) & stopping == stopped(row), row


def test_a_code_that_is_missing_is_told_once(sqlite_library: Library, tmp_path: Path) -> None:
    """With the number of its rows, and the table to add it to."""
    old, reading = move_in(sqlite_library, tmp_path, items="marc", seed=34)
    unknown = Counter(row["itype"] for row in reading.tables["items"] if row["itype"] not in GROUPS)
    reports = old.deliver()
    assert sorted(reports["items"].remedies) == [
        "add 'XXX' to [values.branches] (ISIL of a branch)",
        "add 'XYZ' to [values.item_types]",
    ]
    assert 0 < reports["items"].remedies["add 'XYZ' to [values.item_types]"] <= unknown["XYZ"]
    told = "add 'PRINTING' to [debts.fields.kind.values]"
    assert any(each.startswith(told) for each in reports["debts"].remedies)


def test_the_builder_has_every_subfield_of_the_plan() -> None:
    plan = read_example("koha")
    its = plan.split("[items.fields]")[1].split("[uses]")[0]
    assert set(re.findall(r'"(\w)"', its)) <= {*SUBFIELDS.values()}
