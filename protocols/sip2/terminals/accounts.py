"""The accounts that terminals log in with: those of tiro.toml, and those of the set-up.

The set-up (`tiro apply`) can change while terminals are on line: each message is dealt with by the
account as it was known a second before at the latest. An account of tiro.toml goes before one of
the set-up with the same login. Charset and terminator are those of the last login.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from circulation.callers.terminals import TERMINALS, Terminal
from circulation.kernel.results import Branch
from circulation.kernel.set_up import DEFAULT_TIMEZONE, SetUp
from protocols.hosting.answering import Context
from protocols.hosting.validating import problem_of
from protocols.sip2.settings import Account, Sip2Settings, account_from

log = logging.getLogger(__name__)

#: How old the set-up may be that a message is dealt with by.
FRESH = timedelta(seconds=1)

#: What a terminal of the set-up says itself, and no profile can.
_OF_TERMINAL = frozenset({"login", "password", "branch", "any_branch_of_agency"})
_A_TERMINAL = {"login": "x", "password": "$argon2id$x", "branch": "x"}


def profile_problems(options: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the options of a profile: they are the settings of an `Account`."""
    problems = {name: "a terminal says this itself" for name in options if name in _OF_TERMINAL}
    said = {name: value for name, value in options.items() if name not in _OF_TERMINAL}
    try:
        # What options mean together is looked at where the terminal has its own: see below.
        account_from(_A_TERMINAL | {"networks": ["0.0.0.0/0"]} | said)
    except ValidationError as error:
        for detail in error.errors():
            name = str(detail["loc"][0]) if detail["loc"] else "profile"
            problems[name] = problem_of(detail, unknown="no such option")
    return problems


def terminal_problems(options: Mapping[str, Any]) -> dict[str, str]:
    """What a terminal's options, with those of its profile, cannot mean together.

    Options that are wrong each by itself are `profile_problems`.
    """
    if profile_problems(options):
        return {}
    try:
        account_from(_A_TERMINAL | dict(options))
    except ValidationError as error:
        return {"login_by": problem_of(error.errors()[0])}
    return {}


def account_of(terminal: Terminal, branch: Branch) -> Account:
    """The account of a terminal that stands in the branch. Raises ValidationError."""
    return account_from(
        {
            **terminal.options,
            "login": terminal.login,
            "password": terminal.password,
            "branch": branch.isil,
            "any_branch_of_agency": terminal.any_branch,
            **({} if terminal.sorting is None else {"sorting": terminal.sorting}),
        }
    )


class Accounts:
    """All accounts as last known, for every session of a port."""

    def __init__(self, settings: Sip2Settings) -> None:
        self._own = settings.by_login
        self._all: Mapping[str, Account] = self._own
        self._version: int | None = None
        self._looked: datetime | None = None
        #: Of most branches: what clocks show where nobody knows at which branch.
        self.zone: tzinfo = ZoneInfo(DEFAULT_TIMEZONE)

    def get(self, login: str) -> Account | None:
        """The account with the login; None where there is none (any more)."""
        return self._all.get(login)

    def all(self) -> tuple[Account, ...]:
        return tuple(self._all.values())

    def follow(self, context: Context, *, at_once: bool = False) -> None:
        """Takes up a changed set-up; looks for one `at_once`, or where the last look is too old."""
        looked = self._looked
        if not at_once and looked is not None and timedelta(0) <= context.now - looked < FRESH:
            return
        self._looked = context.now
        set_up = context.circulation.current_set_up(context.transaction)
        if set_up.version != self._version:
            self._all = self._of(set_up)
            self._version = set_up.version
            self.zone = ZoneInfo(set_up.timezone)

    def _of(self, set_up: SetUp) -> Mapping[str, Account]:
        found = {}
        for terminal in TERMINALS.of(set_up).values():
            try:
                found[terminal.login] = account_of(terminal, set_up.branches[terminal.branch_id])
            except ValidationError as error:
                # Checked when it was applied: by another version of this program, it seems.
                log.error("the terminal %s cannot log in: %s", terminal.login, error)
        return found | dict(self._own)
