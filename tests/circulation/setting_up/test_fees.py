"""Rules on money in the text of a set-up."""

from __future__ import annotations

import pytest

from circulation.fees.rules import FEE_RULES
from circulation.fees.section import FEES as FEE_SECTION
from circulation.kernel.results import UNATTENDED
from circulation.setting_up.applying import apply_set_up, plan
from circulation.setting_up.reading import read
from tests.builders.circulation import Library

HEAD = """
consortium = "Prøveland"
[categories]
adult = "Adults"
child = { name = "Children", parent = "adult" }
[groups]
book = "Books"
[agencies.DK-900100]
name = "Prøvekommunens Biblioteker"
[branches.DK-900101]
agency = "DK-900100"
name = "Hovedbiblioteket"
[branches.DK-900102]
agency = "DK-900100"
name = "Havnefilialen"
[[rules]]
loan_days = 28
"""
FEES = """
[[fees]]
late_fees = "per_occasion"
tiers = [[1, 2_000], [8, 6_000]]
ceilings = [[1, 2_000], [8, 12_000]]
child_under = 14
[[fees]]
at = "DK-900101"
category = "child"
group = "book"
from = 2027-01-01
tiers = [[1, 500]]
"""


def test_a_text_applied_twice_has_nothing_to_do(sqlite_library: Library) -> None:
    library = sqlite_library
    declared = read(HEAD + FEES)
    assert declared.problems == []
    changes = library.write(
        lambda transaction: apply_set_up(library.act(transaction, UNATTENDED), declared)
    )
    told = [str(each) for each in changes if each.noun is FEE_SECTION.noun]
    general, of_children = told
    assert general == (
        '+ fee rule everywhere for everybody of everything: late_fees "per_occasion", '
        "tiers [1, 2000], [8, 6000], ceilings [1, 2000], [8, 12000], child_under 14"
    )
    assert of_children == (
        "+ fee rule at DK-900101 for child of book from 2027-01-01: tiers [1, 500]"
    )
    again = library.read(lambda transaction: plan(transaction, declared))
    assert (again.changes, again.problems) == ([], [])
    assert len(library.read(FEE_RULES.read)) == 2
    without = read(HEAD)
    library.write(lambda transaction: apply_set_up(library.act(transaction, UNATTENDED), without))
    assert library.read(FEE_RULES.read) == []


@pytest.mark.parametrize(
    ("fees", "line", "problem"),
    [
        ("[[fees]]\nrat = 5", 2, "fees[1].rat: no such key; did you mean rate?"),
        ("[[fees]]\nrate = -5", 2, "rate is a whole number"),
        ("[[fees]]\nrate = 2.5", 2, "rate is a whole number"),
        ("[[fees]]\nlate_fees = 'often'", 2, "late_fees is none or per_item or per_occasion"),
        ("[[fees]]\ntiers = [[8, 1], [1, 2]]", 2, "tiers is pairs of a day and an amount"),
        ("[[fees]]\nat = 'DK-1'\nrate = 5", 2, 'there is no agency or branch "DK-1"'),
        ("[[fees]]\ncategory = 'cat'\nrate = 5", 2, 'there is no patron category "cat"'),
        ("[[fees]]\ngroup = 'film'\nrate = 5", 2, 'there is no material group "film"'),
        ("[[fees]]\nfrom = 'today'\nrate = 5", 2, "must be a date"),
        ("[[fees]]", 1, "the rule says nothing"),
        ("[[fees]]\nrate = 5\n[[fees]]\nrate = 6", 3, "says this already"),
        (
            "[[fees]]\nceilings = [[1, 2000]]\n[[fees]]\ncategory = 'child'\ntiers = [[3, 2001]]",
            5,
            "the tariff is 2001 from day 3 on, which is above the ceiling",
        ),
        (
            "[[fees]]\ntiers = [[1, 1]]\nchild_tiers = [[1, 3]]\nchild_ceilings = [[1, 2]]",
            3,
            "the tariff for children is 3 from day 1 on, which is above the ceiling",
        ),
    ],
)
def test_problems_by_line(fees: str, line: int, problem: str) -> None:
    found = read(HEAD + fees + "\n").problems
    assert any(each.line == HEAD.count("\n") + line and problem in each.text for each in found), (
        found
    )


def test_a_ceiling_holds_for_the_scopes_below_it() -> None:
    ceiling = "[[fees]]\nat = 'DK-900100'\nceilings = [[1, 2000]]\n"
    tariff = "[[fees]]\nat = 'DK-900102'\ntiers = [[1, 5000]]\n"
    [problem] = read(HEAD + ceiling + tariff).problems
    assert "fee rule at DK-900102" in problem.text
    assert read(HEAD + tariff).problems == []


@pytest.mark.parametrize(
    ("ceiling", "tariff", "is_above"),
    [
        ("", "", True),
        ("", "group = 'book'", True),
        ("category = 'adult'", "category = 'child'", True),
        ("category = 'child'", "category = 'adult'", True),
        ("group = 'book'", "", True),
        ("from = 2027-01-01", "from = 2027-01-01", True),
        ("from = 2027-01-02", "", True),
        ("at = 'DK-900101'", "at = 'DK-900102'", False),
        ("at = 'DK-900102'", "at = 'DK-900100'", True),
    ],
)
def test_a_ceiling_holds_where_and_when_its_rule_does(
    ceiling: str, tariff: str, is_above: bool
) -> None:
    begin = "" if tariff == ceiling else f"[[fees]]\n{tariff}"  # else one rule says both
    text = f"[[fees]]\n{ceiling}\nceilings = [[1, 2000]]\n{begin}\ntiers = [[1, 2001]]\n"
    assert bool(read(HEAD + text).problems) is is_above


def test_a_tariff_gives_way_on_the_day_on_which_a_ceiling_begins() -> None:
    high = "[[fees]]\nfrom = 2027-01-01\ntiers = [[1, 2001]]\n"
    low = "[[fees]]\nfrom = 2027-01-02\ntiers = [[1, 2000]]\nceilings = [[1, 2000]]\n"
    for text in (high + low, low + high):
        assert read(HEAD + text).problems == []
