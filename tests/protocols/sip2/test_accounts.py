"""Accounts of the set-up: options of profiles, and what wins over what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.callers.terminals import Terminal, forget_terminal, store_profile, store_terminal
from circulation.kernel.set_up import set_up_changed
from circulation.setting_up.reading import read
from protocols.demo.seeding import SET_UP
from protocols.hosting.answering import Context
from protocols.hosting.standard import option_checks
from protocols.sip2.settings import Account, Sip2Settings
from protocols.sip2.terminals.accounts import Accounts, profile_problems, terminal_problems
from tests.builders.circulation import Library

HASH = "$argon2id$x"


@pytest.mark.parametrize(
    ("options", "at_fault"),
    [
        ({}, set()),
        ({"kind": "sorter", "charset": "cp850", "require_patron_pin": True}, set()),
        ({"kind": "robot"}, {"kind"}),
        ({"knid": "sorter"}, {"knid"}),
        ({"login": "x"}, {"login"}),
        ({"any_branch_of_agency": False}, {"any_branch_of_agency"}),
        ({"profile": "lyngsoe", "holds": "refuse"}, set()),
        ({"profile": "robotics", "holds": "refuse"}, {"profile"}),
        ({"login_by": ["address"]}, set()),  # the networks are each terminal's own
        ({"login_by": ["address"], "networks": ["192.0.2.1/24"]}, {"networks"}),
        ({"extra_patron_fields": ["AE={name}"]}, {"extra_patron_fields"}),
        ({"screen_message_rewrites": ["("]}, {"screen_message_rewrites"}),
    ],
)
def test_options_of_a_profile_are_those_of_an_account(
    options: dict[str, Any], at_fault: set[str]
) -> None:
    assert set(profile_problems(options)) == at_fault


@pytest.mark.parametrize(
    ("options", "at_fault"),
    [
        ({}, set()),
        ({"login_by": ["address"], "networks": ["192.0.2.1"]}, set()),
        ({"login_by": ["message", "address"]}, {"login_by"}),
        ({"login_by": ["address"], "kind": "robot"}, set()),  # the profile's own problem
    ],
)
def test_what_options_mean_together(options: dict[str, Any], at_fault: set[str]) -> None:
    assert set(terminal_problems(options)) == at_fault


def test_a_terminal_has_options_of_its_own_and_they_go_before_its_profile_s() -> None:
    text = SET_UP.read_text(encoding="utf-8")
    kiosk = "[terminals.harbour-kiosk]\n"
    assert kiosk in text

    def problems(profile: str, own: str) -> list[str]:
        kind = "[terminal_profiles.self-service]\n"
        changed = text.replace(kind, kind + profile).replace(kiosk, kiosk + own)
        return [each.text for each in read(changed, option_checks()).problems]

    by_address = 'login_by = ["address"]\n'
    assert problems("", 'charset = "cp850"\nnetworks = ["192.0.2.7"]\n') == []
    assert problems(by_address, 'networks = ["192.0.2.7"]\n') == []
    (said,) = problems(by_address, "")
    assert said.startswith("terminals.harbour-kiosk: ")
    assert "a login by address needs networks" in said
    (said,) = problems("", by_address)
    assert said.startswith("terminals.harbour-kiosk.login_by: ")
    (said,) = problems("", 'charset = "klingon"\n')
    assert said.startswith("terminals.harbour-kiosk.charset: ")
    assert problems("", "netwroks = []\n") == ["terminals.harbour-kiosk.netwroks: no such option"]


def test_the_demos_set_up_passes_the_checks_of_all_protocols() -> None:
    assert read(SET_UP.read_text(encoding="utf-8"), option_checks()).problems == []


def test_terminals_come_change_and_go(sqlite_url: str) -> None:
    from catalogue.database import open_database
    from tests.builders.circulation import a_library

    database = open_database(sqlite_url)
    library = a_library(database)
    own = Account("mine", HASH, "DK-900101", language="en")
    accounts = Accounts(Sip2Settings(accounts=(own,)))

    def change(kind: str) -> None:
        def work(transaction: Transaction) -> None:
            store_profile(transaction, "p", {"kind": kind})
            for login in ("mine", "theirs"):
                store_terminal(
                    transaction,
                    Terminal(
                        login=login,
                        password=HASH,
                        branch_id=library.other.id,
                        any_branch=False,
                        profile="p",
                    ),
                )
            set_up_changed(transaction)

        library.write(work)

    def look(library: Library, **options: Any) -> None:
        library.read(
            lambda transaction: accounts.follow(
                Context(transaction, library.circulation, library.now, []), **options
            )
        )

    look(library)
    assert accounts.by_login.get("theirs") is None
    change("sorter")
    look(library)
    assert accounts.by_login.get("theirs") is None  # looked at just now
    look(library, at_once=True)
    theirs = accounts.by_login.get("theirs")
    assert theirs is not None
    assert (theirs.kind, theirs.branch, theirs.any_branch_of_agency) == (
        "sorter",
        "DK-900102",
        False,
    )
    assert accounts.by_login.get("mine") is own
    change("desk")
    library.now += timedelta(seconds=2)
    look(library)
    assert accounts.by_login.get("theirs") == Account(
        "theirs", HASH, "DK-900102", any_branch_of_agency=False, kind="desk"
    )

    def remove(transaction: Transaction) -> None:
        forget_terminal(transaction, login="theirs")
        set_up_changed(transaction)

    library.write(remove)
    look(library, at_once=True)
    assert [account.login for account in accounts.all()] == ["mine"]
    database.close()
