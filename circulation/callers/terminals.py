"""Terminals: machines that log in with an account of their own. Part of the set-up.

How a terminal is spoken to (charset, language, what its screen shows) is its profile: options whose
names belong to the protocol. Here they are kept; the protocol checks them when a
set-up is read (see `circulation.sections.options`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, many, send
from circulation.callers.schema import terminal_profiles, terminals
from circulation.kernel.set_up import SetUpPart


class Terminal(NamedTuple):
    """An account. `password` is an argon2 hash; `options` are those of its profile.

    `any_branch`: a message may name another branch of the agency as the place where it happens.
    `sorting` is the scheme by which the machine sorts (see `circulation.callers.sorting`). Among
    the `options`, those of the terminal itself, `own`, go before its profile's.
    """

    login: str
    password: str
    branch_id: int
    any_branch: bool = True
    profile: str | None = None
    sorting: str | None = None
    options: Mapping[str, Any] = {}
    own: Mapping[str, Any] = {}


#: What a row holds as it is.
_STORED = ("login", "password", "branch_id", "any_branch", "profile", "sorting")


def _read(options: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(options) if options else {}
    return found


def _terminal(
    login: str,
    password: str,
    branch_id: int,
    any_branch: bool,
    profile: str | None,
    sorting: str | None,
    of_profile: str | None,
    own: str | None,
) -> Terminal:
    options = _read(of_profile) | _read(own)
    return Terminal(login, password, branch_id, any_branch, profile, sorting, options, _read(own))


def _select_terminals() -> Select[Any]:
    told = {"own": terminals.c.options, "of_profile": terminal_profiles.c.options}
    return select(*columns(_terminal, terminals, **told)).select_from(
        terminals.outerjoin(terminal_profiles)
    )


@many(_terminal)
def all_terminals() -> Statement:
    """All accounts, by login. A running process has them in `TERMINALS`."""
    return _select_terminals().order_by(terminals.c.login)


class _Profile(NamedTuple):
    code: str
    options: str


@many(_Profile)
def _all_profiles() -> Statement:
    return select(*columns(_Profile, terminal_profiles)).order_by(terminal_profiles.c.code)


@send
def forget_terminal(*, login: str) -> Statement:
    """Nobody can log in with it any more."""
    return delete(terminals).where(terminals.c.login == login)


@send
def _insert(
    *,
    login: str,
    password: str,
    branch_id: int,
    any_branch: bool,
    profile: str | None,
    sorting: str | None,
    options: str | None,
) -> Statement:
    return insert(terminals).values(locals())


@send
def forget_profile(*, code: str) -> Statement:
    """Removes a profile that no terminal has any more; otherwise a constraint breaks."""
    return delete(terminal_profiles).where(terminal_profiles.c.code == code)


@change
def _change_profile(*, code: str, options: str) -> Statement:
    return update(terminal_profiles).where(terminal_profiles.c.code == code).values(options=options)


@send
def _insert_profile(*, code: str, options: str) -> Statement:
    return insert(terminal_profiles).values(code=code, options=options)


def _written(options: Mapping[str, Any]) -> str:
    return json.dumps(options, sort_keys=True, ensure_ascii=False)


#: By their logins.
TERMINALS = SetUpPart(
    "terminals",
    lambda transaction: {terminal.login: terminal for terminal in all_terminals(transaction)},
)


def all_profiles(transaction: Transaction) -> dict[str, dict[str, Any]]:
    """The options of each profile."""
    return {row.code: _read(row.options) for row in _all_profiles(transaction)}


def store_terminal(transaction: Transaction, terminal: Terminal) -> None:
    """The account, in place of one with the same login; of its options those of its `own`.

    Call `circulation.kernel.set_up.set_up_changed` afterwards, as for all that follows here. A
    branch or profile that does not exist breaks a foreign key.
    """
    forget_terminal(transaction, login=terminal.login)
    written = _written(terminal.own) if terminal.own else None
    _insert(transaction, **{name: getattr(terminal, name) for name in _STORED}, options=written)


def store_profile(transaction: Transaction, code: str, options: Mapping[str, Any]) -> None:
    """The options of the profile, in place of those it had."""
    written = _written(options)
    if not _change_profile(transaction, code=code, options=written):
        _insert_profile(transaction, code=code, options=written)
