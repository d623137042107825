"""The text of a set-up: what it declares, and all that is wrong with it, with lines."""

from __future__ import annotations

import pytest

from circulation.items.section import PLACEMENT
from circulation.sections.calendars import SPECIAL_DAYS, WEEK
from circulation.sections.organisation import CONSORTIUM
from circulation.sections.parts import AGENCY, CATEGORY, Parts
from circulation.sections.rules import LOAN_RULES
from circulation.sections.sections import differences
from circulation.sections.transport import FLOAT_GROUP, TRANSPORT
from circulation.setting_up.reading import read

GOOD = """\
consortium = "Prøveland"
[categories]
adult = "Voksne"
child = { name = "Børn", parent = "adult" }
[groups]
av = "Film og musik"
dvd = { name = "Film", parent = "av" }
[agencies.DK-900100]
name = "Prøvekommunens Biblioteker"
history_days = 28
week = { monday-friday = "10-18", saturday = "10-12, 13-14" }
special_days = [{ days = 2026-12-24 }, { days = "easter-2", note = "Langfredag" }]
departments = { b = "Børn" }
[branches.DK-900101]
agency = "DK-900100"
name = "Hovedbiblioteket"
[[branches.DK-900101.special_days]]
days = "12-24"
hours = "10-12"
[branches.DK-900102]
agency = "DK-900100"
name = "Havnefilialen"
[[rules]]
loan_days = 28
[[rules]]
at = "DK-900100"
category = "child"
group = "av"
loan_until = 2027-06-25
[float_groups]
pop = ["DK-900102", "DK-900101"]
[[transport]]
from = "DK-900101"
to = "DK-900102"
never = true
"""


def test_what_a_text_declares() -> None:
    declared = read(GOOD)
    assert declared.problems == []
    of = declared.parts.of
    assert of[CONSORTIUM] == {(): {"name": "Prøveland"}}
    assert of[CATEGORY]["child",] == {"name": "Børn", "parent": "adult"}
    assert of[AGENCY]["DK-900100",] == {
        "name": "Prøvekommunens Biblioteker",
        "kind": "public",
        "timezone": "Europe/Copenhagen",
        "history_days": 28,
        "shares_stock": False,
    }
    assert of[WEEK]["DK-900100",]["friday"] == "10:00-18:00"
    assert of[WEEK]["DK-900100",]["saturday"] == "10:00-12:00, 13:00-14:00"
    assert of[SPECIAL_DAYS] == {
        ("DK-900100", "2026-12-24"): {"hours": "", "note": ""},
        ("DK-900100", "easter-2"): {"hours": "", "note": "Langfredag"},
        ("DK-900101", "12-24"): {"hours": "10:00-12:00", "note": ""},
    }
    assert of[PLACEMENT] == {("DK-900100", "department", "b"): {"name": "Børn"}}
    assert of[LOAN_RULES.noun] == {
        ("", "", ""): {"loan_days": 28},
        ("DK-900100", "child", "av"): {"loan_until": "2027-06-25"},
    }
    assert of[FLOAT_GROUP] == {("pop",): {"branches": ["DK-900101", "DK-900102"]}}
    assert of[TRANSPORT] == {("DK-900101", "DK-900102"): {"cost": None}}
    assert declared.line(LOAN_RULES.noun, ("DK-900100", "child", "av"), "group") == 28


def test_all_problems_come_at_once_with_their_lines() -> None:
    text = (
        GOOD.replace('parent = "av"', 'parent = "video"')
        .replace("history_days = 28", "history_day = 28")
        .replace('"10-18"', '"18-10"')
        .replace("easter-2", "easter-200")
        .replace('category = "child"', 'category = "kid"')
        .replace("loan_days = 28", "loan_days = -28")
        .replace("never = true", "")
    )
    assert [problem.line for problem in read(text).problems] == [7, 10, 11, 12, 24, 27, 32]
    said = [problem.text for problem in read(text).problems]
    assert said[0] == 'material group dvd: there is no material group "video"'
    assert said[1] == "agencies.DK-900100.history_day: no such key; did you mean history_days?"
    assert said[4] == "rules[1].loan_days: loan_days cannot be negative: -28"
    assert said[5].endswith('there is no patron category "kid"')


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('consortium = "Prøveland"', "", 1, "consortium is missing"),
        ('child = { name = "Børn", parent', "child = { parent", 4, "name is missing"),
        ('adult = "Voksne"', 'adult = { name = "V", parent = "child" }', 3, "in a circle"),
        ("[agencies.DK-900100]", "[agencies.Vejle]", 8, "no ISIL"),
        ("history_days = 28", 'history_days = "long"', 10, "a whole number"),
        ("history_days = 28", "history_days = 40_000", 10, "from 0 to 3650"),
        ("loan_days = 28", "renewals = 99_999_999_999", 24, "1000000 at most"),
        ('adult = "Voksne"', 'adult = "V\\u0000"', 3, "U+0000"),
        ("history_days = 28", 'kind = "private"', 10, "public or school"),
        ("history_days = 28", 'timezone = "Mars/Base"', 10, "no timezone"),
        ("monday-friday", "mandag", 11, "no such weekday"),
        ("monday-friday", "friday-monday", 11, "begins on monday"),
        ("saturday", "friday", 11, "friday has hours already"),
        ('name = "Hovedbiblioteket"', 'name = ["x"]', 16, "must be a text, not an array"),
        ('name = "Hovedbiblioteket"', "name = 5", 16, "must be a text"),
        ('days = "12-24"', "", 17, "days is missing"),
        ('days = "12-24"', 'days = "12-24"\nnote = 1', 19, "must be a text"),
        ("[branches.DK-900102]", "[branches.DK-900100]", 20, "an agency has this ISIL"),
        ('at = "DK-900100"', 'at = "DK-1"', 26, 'no agency or branch "DK-1"'),
        ("loan_until = 2027-06-25", "loan_until = 5", 29, "loan_until must be a text"),
        ("loan_until = 2027-06-25", "", 25, "the rule says nothing"),
        ("loan_until = 2027-06-25", "[[rules]]\nloan_days = 1", 29, "line 23 says this already"),
        ('"DK-900102", "DK-900101"]', '"DK-900102"]', 31, "two branches at least"),
        ('"DK-900102", "DK-900101"]', '"DK-900102", "DK-1"]', 31, 'no branch "DK-1"'),
        ('to = "DK-900102"', 'to = "DK-900101"', 32, "the branches are the same"),
        ("never = true", "never = true\ncost = 1", 32, "either cost or never"),
        ("[categories]", "[categories]\n[categories.x.y]", 3, "no such key"),
        ("[[rules]]", "[rule]", 23, "no such key; did you mean rules?"),
    ],
)
def test_what_does_not_fit(old: str, new: str, line: int, said: str) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    problems = read(text).problems
    assert any(problem.line == line and said in problem.text for problem in problems), problems


@pytest.mark.parametrize(
    ("text", "line"),
    [("consortium = \n", 1), ("a = 1\na = 2\n", 2), ("[x", 1), ("a = 1\n\nb = 'x", 3)],
)
def test_what_is_no_toml(text: str, line: int) -> None:
    [problem] = read(text).problems
    assert problem.line == line
    assert problem.text.startswith("this is not TOML: ")


def test_differences_are_told() -> None:
    old = read(GOOD).parts
    new = read(
        GOOD.replace('name = "Havnefilialen"', 'name = "Havnen"')
        .replace("loan_days = 28", "loan_days = 30\nrenewals = 2")
        .replace("departments = ", "locations = ")
    ).parts
    assert differences(old, old) == []
    assert [str(change) for change in differences(old, new)] == [
        '~ branch DK-900102: name "Havnefilialen" -> "Havnen"',
        '- department b of DK-900100: name "Børn"',
        '+ location b of DK-900100: name "Børn"',
        "~ rule everywhere for everybody of everything: loan_days 28 -> 30, renewals nothing -> 2",
    ]
    assert [change.what for change in differences(Parts(), new)] == ["added"] * sum(
        map(len, new.of.values())
    )
