"""Passwords of the staff: which are good enough, and how they are kept.

argon2id with 64 MiB and three passes, RFC 9106's choice for where memory is scarce: six times what
a PIN costs, as what it opens is worth more. They are verified as PINs are, by
`circulation.patrons.pins.PinVerifier`, never in the caller's thread.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher, Type

from circulation.kernel.engine import Circulation
from circulation.languages.sentences import Sentence, several
from circulation.patrons.pins import PINS

_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1, type=Type.ID)
MAXIMUM_LENGTH: Final = 128
#: What people put at the ends of a word to make a password of it.
_ORNAMENT: Final = "0123456789!?.,-_#*+ "


class WeakPassword(ValueError):
    """The password is not good enough; the text has a sentence for each reason."""


def hash_password(
    password: str, *, minimum_length: int, names: tuple[str, ...], is_for_trying: bool = False
) -> str:
    """The hash to store for a password that somebody has chosen: 120 ms of CPU and 64 MiB.

    `names` are what others know of its owner: user name, name, e-mail address. `is_for_trying`
    takes any: for the demo library alone, whose passwords everybody is told. Raises WeakPassword.
    """
    problems = password_problems(password, minimum_length=minimum_length, names=names)
    if problems and not is_for_trying:
        raise WeakPassword(several(problems))
    return _HASHER.hash(as_hashed(password).encode("utf-8", "surrogatepass"))


def as_hashed(password: str) -> str:
    """The spelling of a password that is hashed: what looks the same is the same (NFC)."""
    return unicodedata.normalize("NFC", password)


def decoy(circulation: Circulation, name: str) -> str:
    """What is verified in place of the hash of somebody who has none: it takes as long."""
    return PINS.of(circulation).decoy(name, _HASHER)


@cache
def _refused() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("refused_passwords.txt").read_text("utf-8").split())


def password_problems(
    password: str, *, minimum_length: int, names: tuple[str, ...]
) -> list[Sentence]:
    """What is wrong with a password, a sentence each; none where it is good."""
    problems = []
    if not minimum_length <= len(password) <= MAXIMUM_LENGTH:
        problems.append(Sentence("PASSWORD_LENGTH", least=minimum_length, most=MAXIMUM_LENGTH))
    if not password.isprintable() or password != password.strip():
        problems.append(Sentence("PASSWORD_TYPED"))
    folded = password.casefold()
    core = folded.strip(_ORNAMENT)
    if {folded, core} & _refused() or core in _doubled():
        problems.append(Sentence("PASSWORD_TRIED"))
    if len(set(folded)) < 5:
        problems.append(Sentence("PASSWORD_DIFFERENT"))
    parts = {part for name in names for part in name.casefold().replace("@", " ").split()}
    if core and any(core in part or (len(part) > 3 and part in core) for part in parts):
        problems.append(Sentence("PASSWORD_NAME"))
    return problems


@cache
def _doubled() -> frozenset[str]:
    return frozenset(each * 2 for each in _refused())
