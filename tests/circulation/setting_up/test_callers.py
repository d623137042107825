"""Terminals, partners, sorting and PINs in the text of a set-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from catalogue.database import Database, Transaction, metadata
from circulation.callers.partners import PARTNERS
from circulation.callers.sorting import sort_rules_at
from circulation.callers.terminals import TERMINALS
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.results import UNATTENDED
from circulation.kernel.set_up import read_set_up
from circulation.patrons.pin_settings import pin_rules_of
from circulation.sections.changes import Change
from circulation.sections.options import Checks
from circulation.sections.sections import SECTIONS
from circulation.setting_up.applying import DoesNotFit, apply_set_up
from circulation.setting_up.reading import read
from circulation.setting_up.stored import SET_BY, stored_parts
from protocols.demo.seeding import SET_UP
from tests.builders.circulation import NOON
from tests.builders.tables import rows_of
from tests.circulation.setting_up.tables import NOT_SET_UP
from tests.circulation.setting_up.test_reading import GOOD

CALLERS = """
[terminal_profiles.kiosk]
kind = "self-service"
require_patron_pin = true
[terminals.first]
branch = "DK-900101"
password = "$argon2id$first"
profile = "kiosk"
sorting = "house"
[terminals.second]
branch = "DK-900102"
password = "$argon2id$second"
any_branch = false
charset = "cp850"
networks = ["192.0.2.0/28", "192.0.2.77"]
[partners.DK-710100]
name = "Broker"
branch = "DK-900101"
shared_secret = "$argon2id$broker"
services = ["LookupItem", "RequestItem"]
[[sorting.house]]
bin = "1"
destination = "hold-shelf-here"
[[sorting.house]]
bin = "2"
hold = false
home = "DK-900101"
to = "DK-900102"
group = "av"
department = "b"
call_number_from = "61"
call_number_to = "62"
"""
PINS = 'departments = { b = "Børn" }\npins = { minimum_length = 6, digits_only = true }\n'
WHOLE = GOOD.replace('departments = { b = "Børn" }\n', PINS) + CALLERS


def apply(database: Database, text: str) -> list[Change]:
    declared = read(text)
    return database.write(
        lambda transaction: apply_set_up(
            Act(transaction, Circulation(), UNATTENDED, NOON), declared
        )
    ).result()


def test_what_was_applied_is_what_is_stored_and_can_go_again(database: Database) -> None:
    apply(database, GOOD)
    added = apply(database, WHOLE)
    assert len(added) == 7
    assert database.read(stored_parts).result().of == read(WHOLE).parts.of
    assert apply(database, WHOLE) == []
    gone = apply(database, GOOD)
    assert [change.what for change in gone] == ["removed"] * 7
    assert database.read(stored_parts).result().of == read(GOOD).parts.of


def test_the_set_up_in_memory_has_them(database: Database) -> None:
    apply(database, WHOLE)
    circulation = Circulation()
    set_up = database.read(circulation.current_set_up).result()
    first = TERMINALS.of(set_up)["first"]
    assert first.options == {"kind": "self-service", "require_patron_pin": True}
    assert (first.any_branch, TERMINALS.of(set_up)["second"].any_branch) == (True, False)
    assert PARTNERS.of(set_up)["dk-710100"].options == {"services": ["LookupItem", "RequestItem"]}
    second = TERMINALS.of(set_up)["second"]
    assert second.own == {"charset": "cp850", "networks": ["192.0.2.0/28", "192.0.2.77"]}
    assert second.options == second.own
    rules = sort_rules_at(set_up, "first")
    assert [(rule.bin, rule.held) for rule in rules] == [("1", None), ("2", False)]
    assert rules[1].home_branch_id in set_up.branches
    assert sort_rules_at(set_up, "second") == ()
    (agency_id,) = {branch.agency_id for branch in set_up.branches.values()}
    assert pin_rules_of(set_up, agency_id).minimum_length == 6

    apply(database, WHOLE.replace('kind = "self-service"', 'kind = "desk"'))
    changed = database.read(circulation.current_set_up).result()
    assert TERMINALS.of(changed)["first"].options["kind"] == "desk"
    own = 'kind = "sorter"\nprofile = "kiosk"'
    apply(database, WHOLE.replace('profile = "kiosk"', own))
    changed = database.read(circulation.current_set_up).result()
    assert TERMINALS.of(changed)["first"].options["kind"] == "sorter"  # its own goes before


def test_what_goes_is_let_go_of_first(database: Database) -> None:
    """The branch, the profile and the scheme that a terminal leaves are removed in the same go."""
    apply(database, WHOLE)
    fewer = WHOLE.replace('pop = ["DK-900102", "DK-900101"]\n', "")
    fewer = fewer.replace("[float_groups]\n", "").replace('"DK-900102"', '"DK-900101"')
    fewer = fewer[: fewer.index("[[transport]]")] + fewer[fewer.index("[terminal_profiles") :]
    at = fewer.index("[branches.DK-900102]")
    fewer = fewer[:at] + fewer[fewer.index("[[rules]]") :]
    fewer = fewer.replace('profile = "kiosk"', 'profile = "other"').replace(
        "[terminal_profiles.kiosk]", "[terminal_profiles.other]"
    )
    assert read(fewer).problems == []
    apply(database, fewer)
    assert database.read(stored_parts).result().of == read(fewer).parts.of


def test_no_secret_is_shown(database: Database) -> None:
    apply(database, GOOD)
    declared = read(WHOLE)
    changes = database.write(
        lambda transaction: apply_set_up(
            Act(transaction, Circulation(), UNATTENDED, NOON), declared
        )
    ).result()
    told = [str(change) for change in changes] + [str(change.as_json()) for change in changes]
    assert not [line for line in told if "$argon2" in line]
    (terminal,) = [line for line in told if line.startswith("+ terminal first")]
    assert "password set" in terminal
    other = apply(database, WHOLE.replace("$argon2id$first", "$argon2id$other"))
    assert [str(change) for change in other] == ["~ terminal first: password changed"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('profile = "kiosk"', 'profile = "none"', 'there is no terminal profile "none"'),
        ('sorting = "house"', 'sorting = "none"', 'there is no sorting scheme "none"'),
        ('branch = "DK-900102"\npass', 'branch = "DK-0"\npass', 'there is no branch "DK-0"'),
        ('group = "av"\ndep', 'group = "none"\ndep', 'there is no material group "none"'),
        ('"hold-shelf-here"', '"shelf"', "must be shelf-here or"),
        ("any_branch = false", 'any_branch = "no"', "must be true or false"),
        ("hold = false", 'hold = "no"', "must be true or false"),
        ('home = "DK-900101"', 'home = "DK-0"', 'there is no branch "DK-0"'),
        ("any_branch = false", "any_branches = false", "did you mean any_branch?"),
        ('"$argon2id$second"', '"second"', "must be an argon2 hash"),
        ("minimum_length = 6", "minimum_length = 2", "from 4 to 32"),
        ('bin = "1"\n', "", "bin is missing"),
        ('services = ["', 'services = [["x"], "', "must be a text, a number or true"),
        ("[partners.DK-710100]", "[partners.dk-710100]\n[partners.DK-710100]", "is the same name"),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(before: str, after: str, said: str) -> None:
    assert before in WHOLE
    problems = read(WHOLE.replace(before, after, 1)).problems
    [problem] = [each for each in problems if said in each.text]
    assert problem.line is not None


def test_the_protocol_says_what_it_thinks_of_options() -> None:
    def only_kind(options: Mapping[str, Any]) -> dict[str, str]:
        return {name: "no such option" for name in options if name != "kind"}

    problems = read(WHOLE, Checks(profile=only_kind)).problems
    assert [problem.text for problem in problems] == [
        "terminal_profiles.kiosk.require_patron_pin: no such option",
        "terminals.second.charset: no such option",
        "terminals.second.networks: no such option",
    ]
    told: list[Mapping[str, Any]] = []

    def together(options: Mapping[str, Any]) -> dict[str, str]:
        told.append(options)
        return {name: "cannot be meant" for name in ("kind", "charset") if name in options}

    first, second = read(WHOLE, Checks(terminal=together)).problems
    assert told[0] == {"kind": "self-service", "require_patron_pin": True}
    assert first.text == "terminals.first: cannot be meant"  # its profile says so, not itself
    assert second.text == "terminals.second.charset: cannot be meant"
    [problem] = read(WHOLE, Checks(partner=only_kind)).problems
    assert problem.text == "partners.DK-710100.services: no such option"


def test_a_branch_with_a_terminal_needs_it_gone_first(database: Database) -> None:
    apply(database, WHOLE)
    text = WHOLE.replace("[branches.DK-900102]\n", "").replace(
        'agency = "DK-900100"\nname = "Havnefilialen"\n', ""
    )
    with pytest.raises(DoesNotFit, match="there is no branch"):
        apply(database, text)


# Every table of rules can be set


def _rows(transaction: Transaction, table: str) -> int:
    return len(rows_of(metadata.tables[table])(transaction))


def test_every_table_is_set_by_the_text_or_is_no_set_up() -> None:
    assert not SET_BY.keys() & NOT_SET_UP.keys()
    assert {*SET_BY, *NOT_SET_UP} == set(metadata.tables)


def test_the_demo_sets_rows_of_every_table_of_the_set_up(sqlite_url: str) -> None:
    from catalogue.database import open_database

    database = open_database(sqlite_url)
    try:
        apply(database, SET_UP.read_text(encoding="utf-8"))
        counts = database.read(
            lambda transaction: {table: _rows(transaction, table) for table in SET_BY}
        ).result()
        assert TERMINALS.of(database.read(read_set_up).result())
    finally:
        database.close()
    assert [table for table, count in counts.items() if not count] == []


def test_every_noun_is_written_and_read() -> None:
    declared = read(SET_UP.read_text(encoding="utf-8"))
    assert declared.problems == []
    nouns = [noun for section in SECTIONS for noun in section.nouns]
    assert [noun for noun in nouns if not declared.parts.of[noun]] == []
