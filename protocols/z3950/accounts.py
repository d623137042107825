"""Who a client says it is in Init (Z39.50-2003, 3.2.1.1.2), by the accounts of the settings."""

from __future__ import annotations

from collections.abc import Iterator

from circulation.patrons.pins import PinVerifier
from protocols.z3950.messages.association import IdAuthentication, IdPass
from protocols.z3950.settings import Account, Z3950Settings
from protocols.z3950.wire.asn1 import Null


def is_anonymous(identification: IdAuthentication | None) -> bool:
    """Does it name nobody? An empty text is what some clients send instead of nothing."""
    if isinstance(identification, IdPass):
        return not (identification.user_id or identification.password)
    return identification is None or isinstance(identification, Null) or identification == ""


def user_of(identification: IdAuthentication | None) -> str:
    """The user that it names; "" for none, and for what cannot be read."""
    return next((user for user, _, _ in _readings(identification)), "")


def account_of(
    identification: IdAuthentication | None, settings: Z3950Settings, pins: PinVerifier
) -> Account | None:
    """The account that it names, if the password is right. Raises VerificationNeeded if the
    password has not been verified yet.
    """
    for user, group, password in _readings(identification):
        account = settings.by_user.get(user)
        if (
            account is not None
            and account.group in ("", group)
            and pins.check(account.password, password)
        ):
            return account
    return None


def _readings(identification: IdAuthentication | None) -> Iterator[tuple[str, str, str]]:
    """User, group and password, in every way in which they can be read.

    The open form is ``user/password`` or ``user/group/password``, and a password may hold a slash.
    """
    if isinstance(identification, IdPass):
        user, group, password = (
            identification.user_id or "",
            identification.group_id or "",
            identification.password or "",
        )
        yield user, group, password
    elif isinstance(identification, str):
        user, _, rest = identification.partition("/")
        yield user, "", rest
        group, slash, password = rest.partition("/")
        if slash:
            yield user, group, password
