"""What happens when wrong passwords are typed: whoever guesses waits, and nobody else does.

Limits within `WINDOW`, counted in the database, so for all processes together:

* `PAIR_LIMIT` for one name at one address: then no password of that name is believed *from there*.
* `ADDRESS_LIMIT` for one address and all names: then none at all is believed from there.
* `NAME_LIMIT` for one name at all addresses: then none of it is believed from elsewhere than a
  registered workstation or a known network. So nobody outside locks a colleague out who is at work.

A registered workstation is an address of its own: who guesses behind the same gateway does not stop
it. Names that nobody has are counted as those that somebody has, and told the same.

What people type for a name may be their password. So a failure does not hold the name but one of
65,536 numbers made of it: enough to tell the names at one address apart, and of no use otherwise.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final, NamedTuple

from sqlalchemy import delete, func, insert, or_, select

from catalogue.database import Statement, Transaction, change, columns, one, send
from circulation.staff.schema import sign_in_failures

WINDOW: Final = timedelta(minutes=15)
PAIR_LIMIT: Final = 5
ADDRESS_LIMIT: Final = 50
NAME_LIMIT: Final = 50


class _Failures(NamedTuple):
    of_pair: int
    of_address: int
    of_name: int


@one(_Failures)
def _counts(*, name_number: int, address: str, now: datetime) -> Statement:
    its = sign_in_failures.c
    is_name, is_address = its.name_number == name_number, its.address == address
    counts = {
        "of_pair": func.count().filter(is_name, is_address),
        "of_address": func.count().filter(is_address),
        "of_name": func.count().filter(is_name),
    }
    return select(*columns(_Failures, **counts)).where(its.expires > now, or_(is_name, is_address))


@send
def _insert(*, name_number: int, address: str, expires: datetime) -> Statement:
    return insert(sign_in_failures).values(locals())


@send
def _forget_pair(*, name_number: int, address: str) -> Statement:
    its = sign_in_failures.c
    return delete(sign_in_failures).where(its.name_number == name_number, its.address == address)


@change
def forget_failures(*, now: datetime) -> Statement:
    """Deletes the failures that count no more; gives how many."""
    return delete(sign_in_failures).where(sign_in_failures.c.expires <= now)


def must_wait(
    transaction: Transaction, user_name: str, address: str, now: datetime, *, is_known: bool
) -> bool:
    """Is no password of that name believed from there? `is_known`: a workstation, or one of the
    library's own networks."""
    found = _counts(transaction, name_number=_number(user_name), address=address, now=now)
    assert found is not None
    return (
        found.of_pair >= PAIR_LIMIT
        or found.of_address >= ADDRESS_LIMIT
        or (found.of_name >= NAME_LIMIT and not is_known)
    )


def note_failure(transaction: Transaction, user_name: str, address: str, now: datetime) -> None:
    """A password or a code was wrong, or nobody has the name."""
    _insert(transaction, name_number=_number(user_name), address=address, expires=now + WINDOW)


def forget_failures_of(transaction: Transaction, user_name: str, address: str) -> None:
    """The password was right: nothing is held against the pair any more."""
    _forget_pair(transaction, name_number=_number(user_name), address=address)


def _number(user_name: str) -> int:
    return int.from_bytes(blake2b(user_name.encode("utf-8", "surrogatepass")).digest()[:2])
