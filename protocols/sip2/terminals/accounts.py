"""The accounts that terminals log in with: those of tiro.toml, and those of the set-up.

The set-up (`tiro apply`) can change while terminals are on line: the account that deals with a
message is at most a second old. An account of tiro.toml takes precedence over one of the set-up
with the same login. Charset and terminator are those of the last login.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from circulation.callers.terminals import TERMINALS, Terminal
from circulation.kernel.results import DEFAULT_TIMEZONE, Branch
from circulation.kernel.set_up import SetUp
from circulation.languages.sentences import Sentence
from protocols.hosting.answering import Context
from protocols.hosting.validating import problem_of
from protocols.sip2.settings import Account, Sip2Settings, account_from

log = logging.getLogger(__name__)

#: How old the set-up may be when a message is dealt with.
FRESH = timedelta(seconds=1)

#: What only a terminal of the set-up can say, not a profile.
_OF_TERMINAL = frozenset({"login", "password", "branch", "any_branch_of_agency"})
_A_TERMINAL = {"login": "x", "password": "$argon2id$x", "branch": "x"}


def profile_problems(options: Mapping[str, Any]) -> dict[str, Sentence]:
    """What is wrong with the options of a profile, which are settings of an `Account`."""
    problems = {name: Sentence("SAID_BY_TERMINAL") for name in options if name in _OF_TERMINAL}
    said = {name: value for name, value in options.items() if name not in _OF_TERMINAL}
    try:
        # Whether options fit together is checked with the terminal's own options: see below.
        account_from(_A_TERMINAL | {"networks": ["0.0.0.0/0"]} | said)
    except ValidationError as error:
        for detail in error.errors():
            name = str(detail["loc"][0]) if detail["loc"] else "profile"
            problems[name] = problem_of(detail, unknown="NO_OPTION")
    return problems


def terminal_problems(options: Mapping[str, Any]) -> dict[str, Sentence]:
    """Where a terminal's options, with those of its profile, contradict each other. Options that
    are wrong in themselves are `profile_problems`.
    """
    if profile_problems(options):
        return {}
    try:
        account_from(_A_TERMINAL | dict(options))
    except ValidationError as error:
        return {"login_by": problem_of(error.errors()[0])}
    return {}


def account_of(terminal: Terminal, branch: Branch) -> Account:
    """The account of a terminal of that branch. Raises ValidationError."""
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
        self.by_login: Mapping[str, Account] = self._own
        self._version: int | None = None
        self._looked = self._fresh_until = datetime.max.replace(tzinfo=UTC)
        #: The zone of most branches, for use when the branch is unknown.
        self.zone: tzinfo = ZoneInfo(DEFAULT_TIMEZONE)

    def all(self) -> tuple[Account, ...]:
        return tuple(self.by_login.values())

    def follow(self, context: Context, *, at_once: bool = False) -> None:
        """Takes up a changed set-up; looks for one `at_once`, or if the last look is too old."""
        now = context.now
        if not at_once and self._looked <= now < self._fresh_until:
            return
        self._looked, self._fresh_until = now, now + FRESH
        set_up = context.circulation.current_set_up(context.transaction)
        if set_up.version != self._version:
            self.by_login = self.of(set_up)
            self._version = set_up.version
            self.zone = ZoneInfo(set_up.timezone)

    def of(self, set_up: SetUp) -> Mapping[str, Account]:
        """All accounts of a set-up, and those of tiro.toml."""
        found = {}
        for terminal in TERMINALS.of(set_up).values():
            try:
                found[terminal.login] = account_of(terminal, set_up.branches[terminal.branch_id])
            except ValidationError as error:
                # It was checked when it was applied, it seems by another version of this program.
                log.error("the terminal %s cannot log in: %s", terminal.login, error)
        return found | dict(self._own)
