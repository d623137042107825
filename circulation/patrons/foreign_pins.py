"""PINs as other systems have hashed them: kept with their scheme, verified once, then hashed anew.

What is stored begins with how strong it is:

    weak:SCHEME:SALT:DIGEST     digest and salt in hexadecimal; a day's work to guess all of them
    wrapped:SCHEME:SALT:HASH    argon2id of that digest
    slow:SCHEME:SALT:HASH       bcrypt, as the other system made it

Weak ones are for the days before anybody is let in: `wrap_weak` sees to them, with neither the PINs
nor their owners. Whoever shows a right PIN has it hashed as all others are (`pin_rules.check_pin`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from sqlalchemy import select, update

from catalogue.database import (
    Database,
    Statement,
    Transaction,
    change,
    columns,
    many,
    scalar,
    send_many,
)
from circulation.patrons.hashing import hasher, octets, verifies
from circulation.patrons.schema import patrons

_WEAK, _WRAPPED, _SLOW = "weak", "wrapped", "slow"
_FOREIGN: Final = (f"{_WEAK}:", f"{_WRAPPED}:", f"{_SLOW}:")
_DIGESTS: Final = ("md5", "sha1", "sha256", "sha512")
#: How a salt is put to the PIN; without one both are the same.
_ORDERS: Final = ("pin-salt", "salt-pin")
_SSHA: Final = "{SSHA}"
#: PINs that are wrapped between two commits.
STEP: Final = 64

#: What a plan may call a scheme. ``clear`` are PINs themselves; ``ssha`` is LDAP's; ``evergreen``
#: is bcrypt of an MD5 of salt and MD5; ``koha`` is bcrypt, or the MD5 of its older versions.
SCHEMES: Final = (
    *_DIGESTS,
    *(f"{name}-{order}" for name in _DIGESTS for order in _ORDERS),
    *("ssha", "bcrypt", "evergreen", "koha", "clear"),
)


class NotOfScheme(ValueError):
    """A hash that the scheme does not make; the text does not tell it."""


def stored_pin(scheme: str, hashed: str, salt: str = "") -> str:
    """What is stored for a hash of that scheme; a clear PIN is hashed here, which takes 20 ms.

    Digests are read in hexadecimal and base64, with or without its padding. Raises NotOfScheme, and
    ModuleNotFoundError for bcrypt where the extra is not installed.
    """
    if scheme == "clear":
        return hasher().hash(octets(hashed))
    if scheme == "koha":
        scheme = "bcrypt" if hashed.startswith("$2") else "md5"
    if scheme in ("bcrypt", "evergreen"):
        import bcrypt  # noqa: F401  who cannot verify it must not take it in

        if not hashed.startswith(("$2a$", "$2b$", "$2y$")) or len(hashed) != 60:
            raise NotOfScheme("no hash of its scheme")
        return f"{_SLOW}:{scheme}:{octets(salt).hex()}:{hashed}"
    if scheme == "ssha":
        joined = _decoded(hashed.removeprefix(_SSHA))
        if len(joined) <= 20:
            raise NotOfScheme("no hash of its scheme")
        return f"{_WEAK}:sha1-pin-salt:{joined[20:].hex()}:{joined[:20].hex()}"
    name = scheme.partition("-")[0]
    digest = _read(hashed, hashlib.new(name, usedforsecurity=False).digest_size)
    return f"{_WEAK}:{scheme}:{octets(salt).hex()}:{digest.hex()}"


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _read(hashed: str, size: int) -> bytes:
    digest = b""
    if len(hashed) == 2 * size:
        try:
            digest = bytes.fromhex(hashed)
        except ValueError:
            digest = b""
    digest = digest or _decoded(hashed)
    if len(digest) != size:
        raise NotOfScheme("no hash of its scheme")
    return digest


def needs_bcrypt(transaction: Transaction) -> bool:
    """Return whether a PIN is stored that only bcrypt can verify."""
    return _slow_pin(transaction) is not None


@scalar(int)
def _slow_pin() -> Statement:
    return select(patrons.c.id).where(patrons.c.pin_hash.like(f"{_SLOW}:%")).limit(1)


def is_foreign(stored: str) -> bool:
    """Was it hashed by another system?"""
    return stored.startswith(_FOREIGN)


def is_behind(stored: str, pin: str) -> bool:
    """Is that PIN behind a foreign hash? As slow as its scheme: in a worker thread."""
    strength, scheme, salt, hashed = stored.split(":", 3)
    salted = bytes.fromhex(salt)
    if strength == _SLOW:
        import bcrypt  # an extra: only who moves in from a system that has it needs it

        typed = octets(pin)
        if scheme == "evergreen":
            inner = hashlib.md5(typed, usedforsecurity=False).hexdigest().encode()
            typed = hashlib.md5(salted + inner, usedforsecurity=False).hexdigest().encode()
        return bool(bcrypt.checkpw(typed[:72], hashed.encode()))
    name, _, order = scheme.partition("-")
    joined = salted + octets(pin) if order == "salt-pin" else octets(pin) + salted
    digest = hashlib.new(name, joined, usedforsecurity=False).hexdigest()
    if strength == _WRAPPED:
        return verifies(hashed, digest)
    return hmac.compare_digest(digest, hashed)


class _WeakPin(NamedTuple):
    id: int
    pin_hash: str


class _Wrapped(NamedTuple):
    id: int
    pin_hash: str
    new_hash: str


@many(_WeakPin)
def _weak_after(*, patron_id: int) -> Statement:
    return (
        select(*columns(_WeakPin, patrons))
        .where(patrons.c.id > patron_id, patrons.c.pin_hash.like(f"{_WEAK}:%"))
        .order_by(patrons.c.id)
        .limit(STEP)
    )


@send_many
def _store(record: _Wrapped) -> Statement:
    """Unless the patron has another PIN by now."""
    return (
        update(patrons)
        .where(patrons.c.id == record.id, patrons.c.pin_hash == record.pin_hash)
        .values(pin_hash=record.new_hash)
    )


@change
def keep_own_hash(*, patron_id: int, foreign: str, own: str | None) -> Statement:
    """The patron has shown the PIN: from now on it is hashed as all others are."""
    return (
        update(patrons)
        .where(patrons.c.id == patron_id, patrons.c.pin_hash == foreign)
        .values(pin_hash=own)
    )


def wrap_weak(database: Database, after: int) -> tuple[int, int | None]:
    """Wraps the next `STEP` weak hashes of patrons with ids above `after`: how many they were, and
    the id to go on after; None at the end. Each step is a transaction; the hashing is done outside,
    20 ms each."""
    found: Sequence[_WeakPin] = database.read(partial(_weak_after, patron_id=after)).result()
    wrapped = [_Wrapped(each.id, each.pin_hash, _wrapped(each.pin_hash)) for each in found]
    if wrapped:
        database.write(lambda transaction: _store(transaction, wrapped)).result()
    return len(found), found[-1].id if len(found) == STEP else None


def _wrapped(stored: str) -> str:
    _, scheme, salt, digest = stored.split(":", 3)
    return f"{_WRAPPED}:{scheme}:{salt}:{hasher().hash(octets(digest))}"
