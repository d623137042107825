"""Applying a set-up: in one go, or not at all; again and again; on a library that is open."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from catalogue.database import Database, Transaction
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.results import UNATTENDED, CheckedOut
from circulation.kernel.set_up import read_set_up
from circulation.sections.changes import Change
from circulation.sections.parts import BRANCH
from circulation.sections.rules import LOAN_RULES
from circulation.sections.sections import differences
from circulation.setting_up.applying import (
    ChangedMeanwhile,
    DoesNotFit,
    apply_set_up,
    plan,
)
from circulation.setting_up.reading import read
from circulation.setting_up.stored import stored_parts, uses
from circulation.staff.roles import BUILT_IN, HeldRole
from circulation.staff.roles import ROLES as ROLES_OF
from protocols.demo.seeding import SET_UP
from tests.builders.accounts import a_colleague
from tests.builders.circulation import NOON, Library, a_patron, an_item
from tests.circulation.setting_up.test_reading import GOOD

DEMO = SET_UP.read_text(encoding="utf-8")


def apply(database: Database, text: str, **options: Any) -> list[Change]:
    declared = read(text)
    return database.write(
        lambda transaction: apply_set_up(
            Act(transaction, Circulation(), UNATTENDED, NOON), declared, **options
        )
    ).result()


@pytest.mark.parametrize("text", [GOOD, DEMO], ids=["small", "demo"])
def test_what_was_applied_is_what_is_stored(database: Database, text: str) -> None:
    changes = apply(database, text)
    declared = read(text)
    assert len(changes) == sum(map(len, declared.parts.of.values()))
    assert database.read(stored_parts).result().of == declared.parts.of
    assert apply(database, text) == []
    assert database.read(lambda transaction: plan(transaction, declared)).result().changes == []


def test_one_set_up_becomes_another_and_back(database: Database) -> None:
    apply(database, GOOD)
    there = apply(database, DEMO)
    assert database.read(stored_parts).result().of == read(DEMO).parts.of
    assert {change.what for change in there} == {"added", "changed", "removed"}
    back = apply(database, GOOD)
    assert database.read(stored_parts).result().of == read(GOOD).parts.of
    assert len(back) == len(there)


def test_the_set_up_in_memory_follows_the_text(database: Database) -> None:
    apply(database, GOOD)
    set_up = database.read(read_set_up).result()
    assert {branch.isil for branch in set_up.branches.values()} == {"DK-900101", "DK-900102"}
    assert dict(set_up.categories) == {"adult": None, "child": "adult"}
    assert dict(set_up.groups) == {"av": None, "dvd": "av"}
    for branch in set_up.branches.values():
        calendar = set_up.calendars[branch.id]
        assert calendar.week[5] != calendar.week[4]
        assert len(calendar.agency_days) == 2
        assert len(calendar.branch_days) == (branch.isil == "DK-900101")


def test_a_changed_rule_takes_effect_on_the_next_check_out(library: Library) -> None:
    """No process is started again: each reads the set-up anew when its version has moved on."""
    card = a_patron(library)
    here, there = Circulation(), library.circulation
    base = GOOD.replace("[[rules]]", "[[rules]]\nmax_loans = 9", 1).replace("week =", "# week =")
    for days in (5, 6):
        apply(library.database, base.replace("loan_days = 28", f"loan_days = {days}"))
        for library.circulation in (here, there):
            lent = library.check_out(card, an_item(library))
            assert isinstance(lent, CheckedOut)
            assert (lent.loan.due - library.now).days == days


def test_what_is_in_use_is_not_removed_and_nothing_is_applied(library: Library) -> None:
    card = a_patron(library, category="adult")
    an_item(library, home=library.other, material_group="dvd", on_loan_to=card)
    apply(library.database, GOOD)
    text = GOOD.replace("[branches.DK-900102]", "[branches.DK-900103]").replace(
        "DK-900102", "DK-900103"
    )
    text = text.replace('adult = "Voksne"', "").replace(', parent = "adult"', "")
    text = text.replace('dvd = { name = "Film", parent = "av" }', 'cd = "Musik"')
    with pytest.raises(DoesNotFit) as refused:
        apply(library.database, text)
    said = sorted(problem.text for problem in refused.value.problems)
    assert [line.partition(" is in use")[0] for line in said] == [
        "branch DK-900102",
        "material group dvd",
        "patron category adult",
    ]
    assert said[0].endswith(": 1 items")
    assert library.read(stored_parts).of == read(GOOD).parts.of


def test_a_branch_where_a_loan_ended_is_in_use(library: Library) -> None:
    item = an_item(library, on_loan_to=a_patron(library))
    library.check_in(item, at=library.other)
    assert library.read(lambda each: uses(each, BRANCH, (library.other.isil,)))["loans"] == 1


ROLES = """
[roles.head]
name = "Leader"
rights = ["lend", "staff.administer"]
[roles.helper]
name = "Helper"
rights = ["lend"]
"""


def test_a_built_in_role_holds_again_where_the_text_says_nothing_of_it(library: Library) -> None:
    apply(library.database, GOOD + ROLES)
    a_colleague(library, "anna", HeldRole("head"), HeldRole("helper"))
    own = ROLES[ROLES.index("[roles.helper]") :]
    [gone] = apply(library.database, GOOD + own)
    assert str(gone).startswith(
        '- role head: what is built in holds again, name "Leader" -> "Head of a library", rights '
        "lend, staff.administer -> "
    )
    roles = ROLES_OF.of(library.read(library.circulation.current_set_up))
    assert roles.by_code["head"] == BUILT_IN["head"]
    with pytest.raises(DoesNotFit) as refused:
        apply(library.database, GOOD)
    [problem] = refused.value.problems
    assert problem.text == "role helper is in use, so it cannot be left out: 1 staff_roles"


def test_a_branch_goes_with_all_that_is_said_of_it(database: Database) -> None:
    more = (
        GOOD.replace('"DK-900102", "DK-900101"]', '"DK-900102", "DK-900101", "DK-900103"]')
        + """
[branches.DK-900103]
agency = "DK-900100"
name = "Bogbus"
week = { monday = "10-12" }
special_days = [{ days = "12-24" }]
[[rules]]
at = "DK-900103"
loan_days = 7
[[transport]]
from = "DK-900103"
to = "DK-900101"
cost = 2
"""
    )
    apply(database, more)
    gone = apply(database, GOOD)
    assert [change.what for change in gone].count("removed") == 5
    assert database.read(stored_parts).result().of == read(GOOD).parts.of


def test_a_branch_stays_with_its_agency(database: Database) -> None:
    apply(database, GOOD)
    text = GOOD.replace(
        "[branches.DK-900101]", '[agencies.DK-2]\nname = "To"\n[branches.DK-900101]'
    )
    text = text.replace('agency = "DK-900100"', 'agency = "DK-2"', 1)
    with pytest.raises(DoesNotFit) as refused:
        apply(database, text)
    [problem] = refused.value.problems
    assert problem.line == 17
    assert "cannot change its agency" in problem.text


def test_only_what_was_shown_is_applied(sqlite_library: Library) -> None:
    database = sqlite_library.database
    apply(database, GOOD)
    text = GOOD.replace("loan_days = 28", "loan_days = 30")
    shown = database.read(lambda transaction: plan(transaction, read(text))).result().changes
    apply(database, GOOD.replace("loan_days = 28", "loan_days = 29"))
    with pytest.raises(ChangedMeanwhile):
        apply(database, text, shown=shown)
    assert database.read(stored_parts).result().of[LOAN_RULES.noun]["", "", ""] == {"loan_days": 29}


def test_those_who_apply_at_once_are_put_in_turn(database: Database) -> None:
    texts = [GOOD, DEMO, GOOD.replace("loan_days = 28", "loan_days = 5"), DEMO]
    declared = [read(text) for text in texts]

    def start(number: int) -> Future[list[Change]]:
        return database.write(
            lambda transaction: apply_set_up(
                Act(transaction, Circulation(), UNATTENDED, NOON), declared[number]
            )
        )

    under_way = [start(number) for number in range(len(texts))]
    for future in under_way:
        future.result()
    stored = database.read(stored_parts).result().of
    assert any(stored == each.parts.of for each in declared)


def test_an_interrupted_apply_leaves_nothing(sqlite_library: Library) -> None:
    class Interrupted(Exception):
        pass

    before = sqlite_library.read(stored_parts)

    def work(transaction: Transaction) -> None:
        apply_set_up(Act(transaction, Circulation(), UNATTENDED, NOON), read(GOOD))
        raise Interrupted

    with pytest.raises(Interrupted):
        sqlite_library.write(work)
    assert differences(before, sqlite_library.read(stored_parts)) == []
