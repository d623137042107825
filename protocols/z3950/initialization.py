"""Init (Z39.50-2003, 3.2.1): what of a client's wishes is agreed on, and who may come in."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from protocols.z3950 import messages as m
from protocols.z3950.association import Answer, Association
from protocols.z3950.ber import identifier_of, value
from protocols.z3950.codec import contents
from protocols.z3950.diagnostics import Bib1, Refused, diagnostic

#: Bits of `options`: search, present, delSet, namedResultSets, stringSchema.
OPTIONS: Final = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 21
#: Bits of `protocolVersion`: versions 1 to 3.
VERSIONS: Final = 0b111

SEQUENCE: Final = identifier_of(16, constructed=True, universal=True)
OTHER_INFORMATION: Final = identifier_of(201, constructed=True)

#: Where the reason of a refusal goes: user information (OID.10.3) that holds diag-1 (OID.4.2).
_USER_INFORMATION: Final = "1.2.840.10003.10.3"
_DIAG_1: Final = "1.2.840.10003.4.2"

try:
    _VERSION = version("tiro-ils")
except PackageNotFoundError:
    _VERSION = "unknown"


def initialize(request: m.InitializeRequest, caller: Association) -> Answer:
    """Agrees on what both sides can do; refuses who has no account where accounts are needed."""
    settings = caller.settings
    versions = request.protocol_version & VERSIONS
    preferred = _smaller(request.preferred_message_size, settings.preferred_message_size)
    exceptional = _smaller(request.exceptional_record_size, settings.exceptional_record_size)
    is_welcome = not settings.accounts or _knows(settings.accounts, request.id_authentication)
    response = m.InitializeResponse(
        protocol_version=versions,
        options=request.options & OPTIONS,
        preferred_message_size=preferred,
        exceptional_record_size=max(preferred, exceptional),
        result=is_welcome and versions != 0,
        implementation_name="Tiro",
        implementation_version=_VERSION,
    )
    if not is_welcome:
        response.user_information_field = _reason(Refused(Bib1.WRONG_PASSWORD))
    return Answer(response, closing=not response.result)


def _smaller(asked: int, offered: int) -> int:
    """The size agreed on; a client that asks for none at all leaves it to us."""
    return min(asked, offered) if asked > 0 else offered


def _knows(accounts: Mapping[str, str], identification: m.IdAuthentication | None) -> bool:
    """Is it the name and password of an account, in either form (3.2.1.1.5)?

    Open: ``user/password``, or ``user/group/password``, whose group is not looked at.
    """
    if isinstance(identification, str):
        user, _, rest = identification.partition("/")
        passwords = {rest, rest.rpartition("/")[2]}
    elif isinstance(identification, m.IdPass):
        user = identification.user_id or ""
        passwords = {identification.password or ""}
    else:
        return False
    expected = accounts.get(user)
    return expected is not None and any(
        hmac.compare_digest(password.encode(), expected.encode()) for password in passwords
    )


def _reason(refused: Refused) -> m.External:
    """A diagnostic as user information."""
    record = m.DiagnosticFormat(diagnostic(refused, version=3))
    diagnostics = m.External(
        m.SingleAsn1Type(value(SEQUENCE, value(SEQUENCE, contents(record)))), _DIAG_1
    )
    item = m.OtherInformationItem(diagnostics)
    information = value(OTHER_INFORMATION, value(SEQUENCE, contents(item)))
    return m.External(m.SingleAsn1Type(information), _USER_INFORMATION)
