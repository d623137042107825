"""What whoever signs in is answered."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from circulation.staff.sessions import Session


class SignInRefusal(Enum):
    """Why nobody was let in. The value is a sentence for people."""

    WRONG = "the user name or the password is wrong"
    MUST_WAIT = "there were too many wrong passwords: wait a quarter of an hour"
    CODE_NEEDED = "a code of the authenticator, or a passkey, is needed"
    CODE_WRONG = "the code is wrong, or was used already"
    PASSKEY_WRONG = "the passkey is not known here, or it took too long: try again"
    PASSKEY_COPIED = "the passkey counts backwards, so somebody may have a copy: remove it"
    PASSKEY_UNVERIFIED = "the passkey has not asked for a PIN or a finger: give the password too"
    PIN_WRONG = "the name or the PIN is wrong, or it takes the password at this desk today"
    NO_ACCOUNT = "nobody here has that account"
    NO_ROLE = "the provider gives that account no role in the library"
    NO_SECOND_FACTOR = "from here it takes a second factor: set one up in the library first"


class SignedIn(NamedTuple):
    """Somebody was let in. `token` stands nowhere else."""

    token: str
    session: Session


class NotSignedIn(NamedTuple):
    """Nobody was."""

    refusal: SignInRefusal
