"""The 57 problem types, and the one for every reason and service."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal
from protocols.ncip.messages import Code, Problem
from protocols.ncip.models.interlending import AcceptItem, ItemRequested
from protocols.ncip.models.services import ALL_SERVICES, ONLY_VERSION_1, SERVICES
from protocols.ncip.problems.problem_lists import GENERAL, MESSAGING, OF_SERVICE, allowed, nearest
from protocols.ncip.problems.problem_reasons import PROBLEMS
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, problems, refusal
from tests.walking import each


@pytest.fixture(scope="module")
def lists(official: Path) -> dict[str, Any]:
    text = (official / "data/ncip-schema/problem-types.json").read_text(encoding="utf-8")
    # One value is printed with a minus sign; the schemes of version 1 have a hyphen.
    found: dict[str, Any] = json.loads(text.replace("\u2212", "-").replace("\\u2212", "-"))
    return found


def test_the_types_are_those_of_the_standard(lists: dict[str, Any]) -> None:
    assert {kind.value for kind in ProblemType} == set(lists)


def test_the_lists_are_those_of_the_standard(lists: dict[str, Any]) -> None:
    def in_scheme(name: str) -> set[ProblemType]:
        return {kind for kind in ProblemType if name in lists[kind.value]["used"]}

    assert in_scheme("Messaging Error Type Scheme") == MESSAGING
    assert in_scheme("General Processing Error Scheme") == GENERAL
    schemes = {scheme for each in lists.values() for scheme in each["used"]}
    for service, kinds in OF_SERVICE.items():
        scheme = f"{' '.join(re.findall('[A-Z][a-z]+', service))} Processing Error Scheme"
        if scheme in schemes:
            assert in_scheme(scheme) == kinds, service
            schemes.remove(scheme)
        else:
            assert service in ("AuthenticateUser", "DeleteItem", "DeleteUser", "LookupItemSet")
    assert schemes == {"Messaging Error Type Scheme", "General Processing Error Scheme"}


def test_every_service_has_an_answer_for_every_reason() -> None:
    assert set(SERVICES) <= set(PROBLEMS)
    for service, table in PROBLEMS.items():
        assert set(table) == set(Reason), service


@each("service", sorted(PROBLEMS), str)
def test_a_service_uses_only_what_it_may(service: str) -> None:
    assert set(PROBLEMS[service].values()) <= allowed(service)


@each("service", sorted(ALL_SERVICES | ONLY_VERSION_1), str)
def test_every_type_has_a_nearest_one_in_every_service(service: str) -> None:
    for kind in ProblemType:
        found = nearest(service, kind)
        assert found in allowed(service)
        assert found is kind or kind not in allowed(service)


def test_a_refusal_keeps_to_the_types_of_its_service() -> None:
    """What a official function found is said in the nearest word, with its detail as it was."""
    found = problem(ProblemType.UNKNOWN_USER, "no patron", "UserIdentifierValue", "P1")
    (told,) = refusal(ItemRequested(), found).problem
    assert told == replace(found, problem_type=Code("Unknown Value From Known Scheme"))
    (told,) = refusal(AcceptItem(), found).problem
    assert told == found
    own = Problem(Code("Patron Record Is Busy"), "as this partner wants it")
    assert refusal(AcceptItem(), own).problem == (own,)


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
