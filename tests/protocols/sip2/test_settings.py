"""The section [sip2] of tiro.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protocols.process.configuration import configuration_from
from protocols.process.foundation import ConfigurationError
from protocols.sip2.listener import standard
from protocols.sip2.settings import Account, Sip2Settings
from protocols.sip2.wire.text import Dialect

HASH = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA"


def read(section: dict[str, Any]) -> Sip2Settings:
    configuration = configuration_from({"sip2": section}, Path("tiro.toml"), {"sip2": standard})
    settings = configuration.standards["sip2"]
    assert isinstance(settings, Sip2Settings)
    return settings


def account(**options: Any) -> dict[str, Any]:
    return {"login": "kiosk", "password": HASH, "branch": "DK-900101"} | options


def test_an_empty_section_has_all_defaults() -> None:
    assert read({}) == Sip2Settings()


def test_accounts_are_found_by_their_login() -> None:
    settings = read({"accounts": [account(), account(login="sorter", kind="sorter")]})
    assert {login: each.kind for login, each in settings.by_login.items()} == {
        "kiosk": "self-service",
        "sorter": "sorter",
    }


def test_an_account_s_dialect() -> None:
    (found,) = read({"accounts": [account(charset="cp850", terminator="CRLF")]}).accounts
    assert found.dialect("^") == Dialect("cp850", "^", b"\r\n")


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"prot": 6001}, "[sip2] prot: no such setting"),
        ({"port": 70000}, "[sip2] port"),
        ({"delimiter": "A"}, "[sip2] delimiter"),
        ({"idle_timeout": 0}, "[sip2] idle_timeout"),
        ({"max_frame": 10}, "[sip2] max_frame"),
        ({"accounts": [account(charset="utf-16")]}, "[sip2] accounts.0.charset"),
        ({"accounts": [account(kind="robot")]}, "[sip2] accounts.0.kind"),
        ({"accounts": [account(pasword="x")]}, "[sip2] accounts.0.pasword: no such setting"),
        ({"accounts": [account(login="")]}, "[sip2] accounts.0.login"),
        ({"tls_port": 6443}, "tls_port needs [sip2.tls]"),
        ({"telnet_port": 70000}, "[sip2] telnet_port"),
        ({"access": {"allow": ["192.0.2.1/24"]}}, "[sip2] access.allow.0"),
        ({"access": {"alow": []}}, "[sip2] access.alow: no such setting"),
        ({"login_failures": 0}, "[sip2] login_failures"),
        ({"accounts": [account(profile="none")]}, "no profile 'none'"),
        ({"accounts": [account(login_by=["address"])]}, "a login by address needs networks"),
        ({"accounts": [account(closed_messages=["93"])]}, "accounts.0.closed_messages.0"),
        ({"accounts": [account(), account()]}, "more than one account with the login kiosk"),
    ],
)
def test_what_is_wrong_is_said_by_name(section: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(section)
    assert problem in str(raised.value)


def test_a_password_that_is_no_hash_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as raised:
        read({"accounts": [account(password="hunter2")]})
    assert "[sip2] accounts.0.password" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_the_repr_of_settings_shows_no_hash() -> None:
    assert HASH not in repr(Sip2Settings(accounts=(Account(**account()),)))
