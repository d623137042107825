"""Privileges of the Danish profile, as claims hold them."""

from __future__ import annotations

from base64 import b64encode

import pytest

from protocols.single_sign_on.privileges import privileges_in
from protocols.single_sign_on.provider import admission_of
from protocols.single_sign_on.settings import Provider
from tests.protocols.single_sign_on.federation import privileges

OURS, THEIRS = (f"urn:dk:gov:saml:cvrNumberIdentifier:{each}" for each in (12345678, 87654321))
UNIT, OTHER = "unit-1", "unit-2"


def test_what_is_given_for_another_authority_does_not_count() -> None:
    told = privileges(("lend", OURS, {}), ("head", THEIRS, {}))
    assert privileges_in(told, OURS) == ["lend"]


def test_a_limit_stands_behind_the_privilege() -> None:
    told = privileges(("head", OURS, {"unit": f"{UNIT}, {OTHER}"}), ("lend", OURS, {}))
    assert privileges_in(told, OURS) == [f"head {UNIT}", f"head {OTHER}", "lend"]


def test_several_limits_at_once_give_nothing() -> None:
    assert privileges_in(privileges(("head", OURS, {"unit": UNIT, "task": "x"})), OURS) == []


@pytest.mark.parametrize("space", ["http://itst.dk", "http://digst.dk"])
@pytest.mark.parametrize("inner", ["", "p:"])
def test_both_editions_and_both_ways_to_write_them(space: str, inner: str) -> None:
    told = (
        f'<p:PrivilegeList xmlns:p="{space}/oiosaml/basic_privilege_profile">'
        f'<{inner}PrivilegeGroup Scope="{OURS}"><{inner}Privilege> lend </{inner}Privilege>'
        f"</{inner}PrivilegeGroup></p:PrivilegeList>"
    )
    assert privileges_in(b64encode(told.encode()).decode(), OURS) == ["lend"]


@pytest.mark.parametrize(
    "told",
    [
        "",
        "lend",
        "\u00e6",
        "=",
        b64encode(b"<PrivilegeList>").decode(),
        b64encode(b"<PrivilegeList/>").decode(),
        b64encode(b"<!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>").decode(),
        b64encode(b"\xff\xfe").decode(),
    ],
)
def test_what_is_no_list_gives_nothing(told: str) -> None:
    assert privileges_in(told, OURS) == []


def test_they_give_the_roles_of_the_table() -> None:
    provider = Provider(
        "town",
        "https://broker.example.org",
        "tiro",
        roles_claim="privileges",
        privileges_of=OURS,
        roles={"lend": ("librarian",), f"head {UNIT}": ("head@DK-900102",)},
    )
    told = privileges(("lend", OURS, {}), ("head", OURS, {"unit": UNIT}), ("head", OURS, {}))
    for claim in (told, [told]):
        admission = admission_of(provider, {"privileges": claim})
        assert admission.roles == ("librarian", "head@DK-900102")
    assert admission_of(provider, {"privileges": "lend"}).roles == ()
    assert admission_of(provider, {}).roles == ()
