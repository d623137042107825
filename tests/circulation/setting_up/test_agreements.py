"""Agreements between agencies in the text of a set-up."""

from __future__ import annotations

import pytest

from circulation.kernel.agreements import Agreement, read_agreements
from circulation.kernel.results import UNATTENDED
from circulation.setting_up.applying import apply_set_up, plan
from circulation.setting_up.reading import read
from tests.builders.circulation import Library

TEXT = """\
consortium = "Prøveland"
[categories]
adult = "Voksne"
[agencies.DK-900100]
name = "Biblioteket"
[agencies.DK-900200]
name = "Skolerne"
kind = "school"
[branches.DK-900101]
agency = "DK-900100"
name = "Hovedbiblioteket"
[branches.DK-900102]
agency = "DK-900100"
name = "Havnefilialen"
[[rules]]
loan_days = 28
"""
AGREED = (
    TEXT
    + """
[agreements.town]
agencies = ["DK-900200", "DK-900100"]
debts = true
"""
)


def applied(library: Library, text: str) -> list[str]:
    declared = read(text)
    assert declared.problems == []
    changes = library.write(
        lambda transaction: apply_set_up(library.act(transaction, UNATTENDED), declared)
    )
    assert library.read(lambda transaction: plan(transaction, read(text))).changes == []
    return [str(change) for change in changes]


def stored(library: Library) -> list[Agreement]:
    return library.read(read_agreements)


def test_agreements_come_change_and_go(library: Library) -> None:
    applied(library, TEXT)
    assert stored(library) == []
    [line] = applied(library, AGREED)
    assert line == (
        "+ agreement town: agencies DK-900100, DK-900200, debts yes, payments no, lending no, "
        "patrons no"
    )
    [agreement] = stored(library)
    assert (len(agreement.agencies), agreement.debts, agreement.lending) == (2, True, False)
    [line] = applied(library, AGREED.replace("debts = true", "debts = true\nlending = true"))
    assert line == "~ agreement town: lending no -> yes"
    [line] = applied(library, AGREED.replace("debts = true", "debts = true\npatrons = true"))
    assert line == "~ agreement town: lending yes -> no, patrons no -> yes"
    [line] = applied(library, AGREED)
    assert line == "~ agreement town: patrons yes -> no"
    assert [line[0] for line in applied(library, TEXT)] == ["-"]
    assert stored(library) == []


def test_an_agency_is_left_out_with_its_agreement(library: Library) -> None:
    applied(library, AGREED)
    without = TEXT.replace('[agencies.DK-900200]\nname = "Skolerne"\nkind = "school"\n', "")
    assert len(applied(library, without)) == 2


@pytest.mark.parametrize(
    ("agreement", "problem"),
    [
        ("agencies = ['DK-900100']\ndebts = true", "between two agencies at least"),
        ("agencies = ['DK-900100', 'DK-1']\ndebts = true", 'there is no agency "DK-1"'),
        ("agencies = 'DK-900100'\ndebts = true", "must be an array of ISILs of agencies"),
        ("debts = true", "must be an array of ISILs of agencies"),
        ("agencies = ['DK-900100', 'DK-900200']", "nothing is agreed"),
        ("agencies = ['DK-900100', 'DK-900200']\npatrons = false", "nothing is agreed"),
        ("agencies = ['DK-900100', 'DK-900200']\ndebts = 1", "must be true or false"),
        ("agencies = ['DK-900100', 'DK-900200']\ndebt = true", "did you mean debts?"),
    ],
)
def test_what_is_wrong_with_an_agreement(agreement: str, problem: str) -> None:
    found = read(f"{TEXT}[agreements.town]\n{agreement}\n").problems
    assert any(problem in each.text for each in found), found
