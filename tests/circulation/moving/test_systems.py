"""Each plan that comes along, tried on a small export with the system's own columns: every row is
right here, or listed with its reason, and no column is passed over unnamed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import pytest

from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refused
from circulation.loans.lending import judge_loan
from circulation.loans.wishes import LoanWish
from circulation.moving.balancing.findings import Finding, find_in_files, survey_plan
from circulation.moving.example_plans import ALIASES, SYSTEMS, example_path, read_example
from circulation.moving.kinds.table import FIELDS
from circulation.moving.plan_columns import columns_told
from circulation.moving.plans import read_plan
from tests.builders.circulation import a_patron, an_item
from tests.builders.exports import ASIDE, Export
from tests.builders.exports_alma import ALMA
from tests.builders.exports_evergreen import EVERGREEN
from tests.builders.exports_fbs import FBS
from tests.builders.exports_folio import FOLIO
from tests.builders.exports_sierra import SIERRA
from tests.builders.exports_symphony import SYMPHONY
from tests.builders.koha import COLUMNS, SUBFIELDS
from tests.builders.moving import OldSystem
from tests.circulation.moving.test_balancing import sheet
from tests.circulation.moving.test_koha import FOUND
from tests.circulation.moving.test_samples import compared, samples

EXPORTS: Final = {each.system: each for each in (EVERGREEN, FOLIO, SIERRA, SYMPHONY, ALMA, FBS)}
NAMES: Final = {
    "patrons": "_ _ home category family_name given_name email phone born expires "
    "language note pin consents id",
    "items": "barcode branch group price department location part not_for_loan missing",
    "loans": "item patron due renewals branch mark",
    "holds": "patron record branch bound shelved paused_from paused_until item",
    "debts": "patron branch kind remaining",
}


def facts_here(old: OldSystem, kind: str) -> dict[str, dict[str, Any]]:
    """What is here of the rows of a kind, by their keys."""
    if kind not in NAMES:
        return {key: {} for (key,) in old.rows(FOUND[kind])}
    found = {
        key: dict(zip(NAMES[kind].split(), map(_plain, told), strict=True))
        for key, *told in old.rows(FOUND[kind])
    }
    if kind == "patrons":
        _add_blocks(old, found)
    elif kind == "items":
        said = (
            "SELECT barcode, isil FROM transits JOIN items ON items.id = item_id "
            "JOIN branches ON branches.id = to_branch_id"
        )
        ways = {row[0]: row[1] for row in old.rows(said)}
        for its in found.values():
            its["missing"], its["way"] = bool(its["missing"]), ways.get(its["barcode"])
    elif kind == "loans":
        for its in found.values():
            its["due"] = its["due"][:10]
    elif kind == "holds":
        for its in found.values():
            bound, shelved = its.pop("bound"), its.pop("shelved")
            its["state"] = "waiting" if bound is None else "transit" if shelved is None else "shelf"
            its["paused"] = its.pop("paused_from") is not None
    return found


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (int, str)) else str(value)


def _add_blocks(old: OldSystem, found: dict[str, dict[str, Any]]) -> None:
    blocks = defaultdict(set)
    for number, reason, message, ends in old.rows(
        "SELECT patron_id, reason, message, ends FROM patron_blocks"
    ):
        blocks[number].add((reason, message, None if ends is None else str(ends)))
    cards = defaultdict(dict)
    for number, card, blocked in old.rows(
        "SELECT patron_id, identifier, blocked FROM patron_identifiers WHERE kind = 'card'"
    ):
        cards[number][card] = blocked
    for its in found.values():
        number = its.pop("id")
        its["blocks"], its["cards"] = blocks[number], cards[number]
        its["pin"] = bool(its["pin"])


def moved_in(old: OldSystem, export: Export) -> OldSystem:
    """The export, taken in as its plan says, with the codes of the library."""
    export.write(old.folder)
    plan = read_example(export.system) + export.more
    for table, line in export.codes.items():
        plan = plan.replace(f"[values.{table}]\n", f"[values.{table}]\n{line}\n", 1)
    old.plan = plan
    old.deliver()
    return old


@pytest.mark.parametrize("system", sorted(EXPORTS))
def test_every_row_is_right_or_listed(old: OldSystem, tmp_path: Path, system: str) -> None:
    export = EXPORTS[system]
    moved_in(old, export)
    for table in export.tables:
        wanted, found = table.wanted(), facts_here(old, table.kind)
        wrong = {
            (key, name): (found[key].get(name), fact)
            for key, said in wanted.items()
            if not isinstance(said, str) and key in found
            for name, fact in said.items()
            if found[key].get(name) != fact
        }
        assert wrong == {}, table.kind
        here = {key for key, said in wanted.items() if not isinstance(said, str)}
        assert found.keys() == here, old.faults
        faults = [fault for kind, fault in old.faults if kind == table.kind]
        listed = {fault.key for fault in faults if not fault.is_noted}
        assert listed == {key for key, said in wanted.items() if said == ASIDE}, table.kind
    assert all(fault.reason for _, fault in old.faults)
    assert [each for each in sheet(old, tmp_path) if each.difference] == []
    assert [line for each in samples(old, 20) for line in compared(old, each) if line.differs] == []
    assert not any(each.new or each.changed for each in old.deliver().values())


@pytest.mark.parametrize("system", sorted(EXPORTS))
def test_who_may_borrow_what(sqlite_old: OldSystem, system: str) -> None:
    """What is withheld there is not lent here, and nobody who is blocked there borrows."""
    old = moved_in(sqlite_old, EXPORTS[system])
    library = old.library
    card, barcode = a_patron(library, "GOOD"), an_item(library, "GOODITEM")

    def refused(patron: str, item: str) -> set[Reason]:
        wish = LoanWish(patron=patron, item=item)
        answer = library.read(lambda transaction: judge_loan(library.act(transaction), wish))
        return set(answer.reasons) if isinstance(answer, Refused) else set()

    stopping = {Reason.PATRON_BLOCKED, Reason.CARD_REPORTED_LOST, Reason.CARD_NOT_VALID}
    for its in facts_here(old, "patrons").values():
        for number, blocked in its["cards"].items():
            stopped = bool(refused(number, barcode) & stopping)
            assert stopped is bool(its["blocks"] or blocked), its
    for its in facts_here(old, "items").values():
        is_lent = Reason.ITEM_NOT_LOANABLE not in refused(card, its["barcode"])
        assert is_lent is not bool(its["not_for_loan"]), its


def found_in_files(old: OldSystem) -> list[Finding]:
    plan = old.read()
    surveys = survey_plan(plan, "Europe/Copenhagen", lambda file, rows: None)
    return find_in_files(plan, surveys, old.library.today)


@pytest.mark.parametrize("system", sorted(EXPORTS))
def test_balance_fails_until_what_is_left_out_is_waived(old: OldSystem, system: str) -> None:
    moved_in(old, EXPORTS[system])
    findings = found_in_files(old)
    assert findings
    waived = defaultdict(list)
    for each in findings:
        waived[each.kind.partition(",")[0]].append(each.detail.partition(" (")[0])
    for kind, names in waived.items():
        old.plan = old.plan.replace(f"[{kind}]\n", f"[{kind}]\nwaived = {names!r}\n", 1)
    assert found_in_files(old) == []


def _files() -> dict[tuple[str, str], set[str]]:
    """The columns of each file that a system writes."""
    koha = {f"{name}.csv": {*names.split()} for name, names in COLUMNS.items()}
    koha["records.mrc"] = {*SUBFIELDS.values(), "001"}
    found = {("koha", file): names for file, names in koha.items() if file != "items.csv"}
    found["koha-items", "items.csv"] = koha["items.csv"]
    for export in EXPORTS.values():
        found |= {
            (export.system, table.file): {*table.names} - {"title"} | {"001"}
            if table.file.endswith(".mrc")
            else {*table.names}
            for table in export.tables
            if not table.tag and table.file not in export.more
        }
        for name, others in export.others.items():
            found[export.system, name] |= {*others.split()}
    return found


@pytest.mark.parametrize("file", _files(), ids="/".join)
def test_the_plan_speaks_of_every_column(file: tuple[str, str]) -> None:
    """It takes a column or leaves it out; what may be missing in the file is told too."""
    system, name = file
    told = {each.column.partition("[")[0] for each in columns_told(system) if each.files == name}
    assert _files()[file] - told == set()
    plan = read_plan(example_path(system), FIELDS)
    needed = {
        column.partition("[")[0]
        for its in plan.kinds.values()
        if name in its.files
        for column in its.columns_needed()
    }
    assert needed - _files()[file] == set()


@pytest.mark.parametrize("system", [each for each in SYSTEMS if each not in ALIASES])
def test_a_column_is_taken_or_left_out(system: str) -> None:
    """Not both, and what is left out has a reason."""
    seen: dict[tuple[str, str], str] = {}
    for each in columns_told(system):
        assert seen.setdefault((each.kind, each.column), each.becomes) == each.becomes, each
        assert bool(each.why) is (each.becomes == "left out"), each


def test_plans_name_their_source() -> None:
    """Those for systems whose columns nobody here has seen in an export."""
    for system in EXPORTS:
        head = " ".join(re.findall(r"(?m)^# ?(.*)$", read_example(system).partition("source =")[0]))
        assert "not tried on a real export" in head, system
