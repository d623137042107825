"""What library.toml may say of the staff, and the addresses of apps that are registered."""

from __future__ import annotations

from typing import Any

import pytest

from circulation.setting_up.reading import read
from circulation.staff.redirects import is_registered, problems_of_redirects
from circulation.staff.settings import STAFF_SETTINGS


@pytest.mark.parametrize(
    ("said", "is_right"),
    [
        ([], True),
        (["192.0.2.0/24", "2001:db8::/32", "192.0.2.7"], True),
        ("192.0.2.0/24", False),
        ([3], False),
        (["192.0.2.0/33"], False),
        (["192.0.2.0/24", "192.0.2.7/24"], False),
    ],
)
def test_known_networks_are_a_list_of_networks(said: Any, is_right: bool) -> None:
    problems = STAFF_SETTINGS.model.problems({"known_networks": said})
    assert not problems if is_right else [*problems] == ["known_networks"]


@pytest.mark.parametrize(
    ("rights", "line", "said"),
    [
        ("[\n'lend',\n'lnd']", 5, 'roles.r.rights[2]: "lnd" is no right; did you mean lend?'),
        ("['zzzzz', 'lend']", 3, 'roles.r.rights[1]: "zzzzz" is no right; there are lend, patr'),
        ("'lend'", 3, 'roles.r.rights: must be a list of rights, not "lend"'),
    ],
)
def test_rights_that_are_none(rights: str, line: int, said: str) -> None:
    problem = read(f'[roles.r]\nname = "R"\nrights = {rights}\n').problems[-1]
    assert (problem.line, problem.text[:60]) == (line, said[:60])


@pytest.mark.parametrize(
    ("address", "is_right"),
    [
        ("https://a.example/back?to=1", True),
        ("https://a.example:8443", True),
        ("https:///back", False),
        ("https://anna@a.example/", False),
        ("https://a.example:x/", False),
        ("https://[::1/", False),
        ("https://a.example/#part", False),
        ("https://a.example/\\b", False),
        ("https://a.example/a b", False),
        ("https://a.example/å", False),
        ("https://a.example/\x00", False),
        ("https://a.example/\x7f", False),
        ("http://127.0.0.1", True),
        ("http://127.0.0.1:80/x", True),
        ("http://[::1]:80?x", True),
        ("http://127.0.0.1.a.example/", False),
        ("http://127.0.0.1@a.example/", False),
        ("http://localhost/", False),
        ("org.example:/back", True),
        ("example:/back", False),
        ("", False),
    ],
)
def test_where_a_browser_may_be_sent_back_to(address: str, is_right: bool) -> None:
    problems = problems_of_redirects(["https://a.example/", address])
    assert [each.facts for each in problems] == [] if is_right else [{"address": address}]


@pytest.mark.parametrize(
    ("asked", "is_one"),
    [
        ("https://a.example/", True),
        ("https://a.example", False),
        ("https://a.example:443/", False),
        ("http://127.0.0.1/x", True),
        ("http://127.0.0.1:99/x", True),
        ("http://127.0.0.1:99/y", False),
        ("http://[::1]:99/x", False),
    ],
)
def test_an_address_is_one_that_was_registered(asked: str, is_one: bool) -> None:
    assert is_registered(["https://a.example/", "http://127.0.0.1:80/x"], asked) is is_one
