"""Terminals: machines that log in with an account of their own. Part of the set-up.

How a terminal is spoken to (charset, language, what its screen shows) is its profile: options whose
names belong to the protocol. Here they are kept, and asked for by `terminal_of`; the protocol
checks them when a set-up is read (see `circulation.sections.options`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from catalogue.database import Transaction, change, many, one, send
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
    any_branch: bool
    profile: str | None
    sorting: str | None
    options: Mapping[str, Any]
    own: Mapping[str, Any]


def _terminal(*row: Any) -> Terminal:
    profile, own = (json.loads(each) if each else {} for each in row[6:])
    return Terminal._make((*row[:6], profile | own, own))


_select_terminals = select(
    *(terminals.c[name] for name in Terminal._fields[:6]),
    terminal_profiles.c.options,
    terminals.c.options,
).select_from(terminals.outerjoin(terminal_profiles))
_all = many(_select_terminals.order_by(terminals.c.login), _terminal)
_one = one(_select_terminals.where(terminals.c.login == bindparam("login")), _terminal, "login")
_all_profiles = many(
    select(terminal_profiles.c.code, terminal_profiles.c.options).order_by(
        terminal_profiles.c.code
    ),
    lambda code, options: (code, json.loads(options)),
)
_forget = send(delete(terminals).where(terminals.c.login == bindparam("of")), "of")
_WRITTEN = (*Terminal._fields[:6], "options")
_insert = send(
    insert(terminals).values(
        {
            terminals.c[name]: bindparam(f"new_{name}", type_=terminals.c[name].type)
            for name in _WRITTEN
        }
    ),
    *(f"new_{name}" for name in _WRITTEN),
)
_forget_profile = send(
    delete(terminal_profiles).where(terminal_profiles.c.code == bindparam("of")), "of"
)
_change_profile = change(
    update(terminal_profiles)
    .where(terminal_profiles.c.code == bindparam("of"))
    .values(options=bindparam("new_options")),
    "of",
    "new_options",
)
_insert_profile = send(
    insert(terminal_profiles).values(code=bindparam("new_code"), options=bindparam("new_options")),
    "new_code",
    "new_options",
)


def _written(options: Mapping[str, Any]) -> str:
    return json.dumps(options, sort_keys=True, ensure_ascii=False)


def all_terminals(transaction: Transaction) -> list[Terminal]:
    """All accounts, by login. A running process has them in `TERMINALS`."""
    return _all(transaction)


#: By their logins.
TERMINALS = SetUpPart(
    "terminals",
    lambda transaction: {terminal.login: terminal for terminal in all_terminals(transaction)},
)


def terminal_of(transaction: Transaction, login: str) -> Terminal | None:
    """The account with this login; None where there is none."""
    return _one(transaction, login)


def all_profiles(transaction: Transaction) -> dict[str, dict[str, Any]]:
    """The options of each profile."""
    return dict(_all_profiles(transaction))


def store_terminal(
    transaction: Transaction,
    *,
    login: str,
    password: str,
    branch_id: int,
    any_branch: bool = True,
    profile: str | None = None,
    sorting: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """The account, in place of one with the same login; `password` is the hash.

    `options` are what it has otherwise than its profile.

    Call `circulation.kernel.set_up.set_up_changed` afterwards, as for all that follows here. A
    branch or profile that does not exist breaks a foreign key.
    """
    _forget(transaction, login)
    written = _written(options) if options else None
    _insert(transaction, login, password, branch_id, any_branch, profile, sorting, written)


def forget_terminal(transaction: Transaction, login: str) -> None:
    """Nobody can log in with it any more."""
    _forget(transaction, login)


def store_profile(transaction: Transaction, code: str, options: Mapping[str, Any]) -> None:
    """The options of the profile, in place of those it had."""
    written = _written(options)
    if not _change_profile(transaction, code, written):
        _insert_profile(transaction, code, written)


def forget_profile(transaction: Transaction, code: str) -> None:
    """Removes a profile that no terminal has any more; otherwise a constraint breaks."""
    _forget_profile(transaction, code)
