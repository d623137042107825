"""The flow of dunning in the text of a set-up."""

from __future__ import annotations

import pytest

from circulation.dunning.flow_rows import read_flows
from circulation.dunning.section import DUNNING
from circulation.dunning.steps import Does
from circulation.kernel.results import UNATTENDED
from circulation.setting_up.applying import apply_set_up, plan
from circulation.setting_up.reading import read
from protocols.demo.seeding import SET_UP
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
FLOWS = """
[[dunning]]
at = "DK-900100"
steps = [
    { code = "soon", does = "notice", days = -2 },
    { code = "late", does = "notice", days = 7, closed_days = "push" },
    { code = "bill", does = "bill", days = 23, counted_from = "previous", warns = true },
    { code = "letter", does = "remind", days = 14, counted_from = "previous", fee = 10_000 },
]
[[dunning]]
category = "child"
steps = []
"""


def test_a_text_applied_twice_has_nothing_to_do(library: Library) -> None:
    declared = read(HEAD + FLOWS)
    assert declared.problems == []
    changes = library.write(
        lambda transaction: apply_set_up(library.act(transaction, UNATTENDED), declared)
    )
    told = [str(each) for each in changes if each.noun is DUNNING.noun]
    assert len(told) == 2
    assert any('bill (number 3, does "bill"' in each for each in told), told
    again = library.read(lambda transaction: plan(transaction, declared))
    assert (again.changes, again.problems) == ([], [])
    whole, of_children = sorted(library.read(read_flows), key=lambda flow: -len(flow.steps))
    assert [step.code for step in whole.steps] == ["soon", "late", "bill", "letter"]
    assert [step.does for step in whole.of_debts] == [Does.REMIND]
    assert (whole.steps[2].warns, whole.steps[3].fee) == (True, 10_000)
    assert (of_children.rule.patron_category, of_children.steps) == ("child", ())


def test_a_step_that_changes_is_a_change_and_what_is_gone_is_removed(
    sqlite_library: Library,
) -> None:
    library = sqlite_library
    for text in (HEAD + FLOWS, HEAD + FLOWS.replace("days = 7", "days = 8")):
        changes = library.write(
            lambda transaction, text=text: apply_set_up(
                library.act(transaction, UNATTENDED), read(text)
            )
        )
    [change] = [each for each in changes if each.noun is DUNNING.noun]
    assert "days 8" in str(change)
    library.write(
        lambda transaction: apply_set_up(library.act(transaction, UNATTENDED), read(HEAD))
    )
    assert library.read(read_flows) == []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("[[dunning]]", "steps is missing"),
        ("[[dunning]]\nsteps = [{ code = 'a', does = 'notice' }]", "days is missing"),
        (
            "[[dunning]]\nsteps = [{ code = 'a', does = 'shout', days = 1 }]",
            "does is notice or recall or bill or remind or collect, not 'shout'",
        ),
        (
            "[[dunning]]\nsteps = [{ code = 'a', does = 'notice', days = 1, dayz = 1 }]",
            "no such key",
        ),
        (
            "[[dunning]]\nsteps = [{ code = 'a', does = 'bill', days = 1 }]",
            "a: the step before a bill tells that the loan is overdue",
        ),
        ("[[dunning]]\nat = 'DK-1'\nsteps = []", 'there is no agency or branch "DK-1"'),
        ("[[dunning]]\ncategory = 'x'\nsteps = []", 'there is no patron category "x"'),
        ("[[dunning]]\ngroup = 'x'\nsteps = []", 'there is no material group "x"'),
        ("[[dunning]]\nsteps = []\n[[dunning]]\nsteps = []", "line 18 says this already"),
        ("[[dunning]]\nsteps = 'none'", "steps"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(written: str, told: str) -> None:
    problems = read(HEAD + written).problems
    assert any(told in str(each) for each in problems), problems
    head = HEAD.count("\n")
    assert all(each.line is None or each.line > head for each in problems)


def test_the_flows_of_the_demo_are_sound_and_come_back_as_they_are(
    sqlite_library: Library,
) -> None:
    library = sqlite_library
    declared = read(SET_UP.read_text(encoding="utf-8"))
    assert declared.problems == []
    library.write(lambda transaction: apply_set_up(library.act(transaction, UNATTENDED), declared))
    flows = library.read(read_flows)
    assert len(flows) == 3
    again = library.read(lambda transaction: plan(transaction, declared))
    assert [each for each in again.changes if each.noun is DUNNING.noun] == []
