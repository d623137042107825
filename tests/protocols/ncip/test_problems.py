"""The 57 problem types, and the one for every reason and service."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from circulation.reasons import Reason
from circulation.results import Refusal
from protocols.ncip.problems import PROBLEMS, ProblemType, problems
from protocols.ncip.services import SERVICES

FOR_EVERYBODY = {"General Processing Error Scheme", "Messaging Error Type Scheme"}


@pytest.fixture(scope="module")
def lists(shared: Path) -> dict[str, Any]:
    text = (shared / "data/ncip-schema/problem-types.json").read_text(encoding="utf-8")
    # One value is printed with a minus sign; the schemes of version 1 have a hyphen.
    found: dict[str, Any] = json.loads(text.replace("\u2212", "-").replace("\\u2212", "-"))
    return found


def test_the_types_are_those_of_the_standard(lists: dict[str, Any]) -> None:
    assert {kind.value for kind in ProblemType} == set(lists)


def test_every_service_has_an_answer_for_every_reason() -> None:
    assert set(PROBLEMS) == set(SERVICES)
    for service, table in PROBLEMS.items():
        assert set(table) == set(Reason), service


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_service_uses_only_what_it_may(
    service: str, reason: Reason, lists: dict[str, Any]
) -> None:
    words = " ".join(re.findall("[A-Z][a-z]+", service))
    allowed = FOR_EVERYBODY | {f"{words} Processing Error Scheme"}
    assert allowed & set(lists[PROBLEMS[service][reason].value]["used"])


def test_all_reasons_are_told_and_each_type_once() -> None:
    told = problems(
        "CheckOutItem",
        [
            Refusal(Reason.PATRON_BLOCKED),
            Refusal(Reason.PATRON_EXPIRED),
            Refusal(Reason.TOO_MANY_LOANS),
            Refusal(Reason.ITEM_UNKNOWN),
        ],
        {"ItemIdentifierValue": "I0000001"},
    )
    assert [each.problem_type.value for each in told if each.problem_type] == [
        "User Blocked",
        "Maximum Check Outs Exceeded",
        "Unknown Item",
    ]
    assert told[0].problem_detail == Reason.PATRON_BLOCKED.value
    assert (told[2].problem_element, told[2].problem_value) == ("ItemIdentifierValue", "I0000001")


def test_an_identifier_that_the_user_typed_is_not_quoted() -> None:
    (told,) = problems("LookupUser", [Refusal(Reason.PATRON_UNKNOWN)], {})
    assert (told.problem_element, told.problem_value) == ("AuthenticationInputData", None)
