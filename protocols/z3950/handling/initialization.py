"""Init (Z39.50-2003, 3.2.1): which of a client's wishes are agreed to, and who is let in."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from circulation.patrons.pins import PINS
from protocols.hosting.answering import Context, Lane
from protocols.z3950.accounts import account_of, is_anonymous
from protocols.z3950.association import Answer, Association, Option, ResultSet
from protocols.z3950.charsets import negotiate
from protocols.z3950.codec import contents
from protocols.z3950.diagnostics import Bib1, Refused, diagnostic
from protocols.z3950.extended.persistent_sets import persistent_sets
from protocols.z3950.messages.association import InitializeRequest, InitializeResponse
from protocols.z3950.messages.building_blocks import DiagnosticFormat, OtherInformationItem
from protocols.z3950.wire.asn1 import External, SingleAsn1Type
from protocols.z3950.wire.ber import identifier_of, value

#: What is offered to everybody; extended services are, if any account may ask for one.
OPTIONS: Final = sum(Option) & ~Option.EXTENDED_SERVICES
#: Options that version 2 does not know.
ONLY_IN_VERSION_3: Final = Option.SEGMENTATION_LEVEL_1
#: Bits of `protocolVersion`: versions 1 to 3.
VERSIONS: Final = 0b111
VERSION_3: Final = 1 << 2

SEQUENCE: Final = identifier_of(16, constructed=True, universal=True)
OTHER_INFORMATION: Final = identifier_of(201, constructed=True)

#: The place for the reason of a refusal: user information (OID.10.3) that holds diag-1 (OID.4.2).
_USER_INFORMATION: Final = "1.2.840.10003.10.3"
_DIAG_1: Final = "1.2.840.10003.4.2"

try:
    _VERSION = version("tiro-ils")
except PackageNotFoundError:
    _VERSION = "unknown"


def initialize(request: InitializeRequest, caller: Association, context: Context) -> Answer:
    """Agrees on what both sides can do; refuses those without an account if accounts are needed."""
    settings = caller.settings
    versions = request.protocol_version & VERSIONS
    preferred = _smaller(request.preferred_message_size, settings.preferred_message_size)
    exceptional = _smaller(request.exceptional_record_size, settings.exceptional_record_size)
    is_held = caller.entrance is not None and caller.entrance.is_held(request)
    account = (
        None
        if is_held
        else account_of(request.id_authentication, settings, PINS.of(context.circulation))
    )
    is_welcome = not is_held and (account is not None or _may_be_unknown(request, caller))
    negotiated = negotiate(request)
    options = request.options & OPTIONS
    if not versions & VERSION_3:
        options &= ~ONLY_IN_VERSION_3
    if settings.offers_extended_services:
        options |= request.options & Option.EXTENDED_SERVICES
    response = InitializeResponse(
        protocol_version=versions,
        options=options,
        preferred_message_size=preferred,
        exceptional_record_size=max(preferred, exceptional),
        result=is_welcome and versions != 0,
        implementation_name="Tiro",
        implementation_version=_VERSION,
        other_info=None if negotiated is None else [OtherInformationItem(negotiated.answer)],
    )
    if not is_welcome:
        response.user_information_field = _reason(Refused(Bib1.WRONG_PASSWORD))
    kept: dict[str, ResultSet | None] = {}
    if account is not None and account.may_keep_sets:
        kept |= persistent_sets(context.transaction, account.user)
    return Answer(
        response,
        kept,
        closing=not response.result,
        account=account,
        record_charset=negotiated and negotiated.record_charset,
        is_refused=not (is_welcome or is_held),
    )


def lane_of_initialize(request: InitializeRequest, caller: Association) -> Lane:
    return Lane.READ


def _may_be_unknown(request: InitializeRequest, caller: Association) -> bool:
    """A client that names nobody is let in unless the settings say otherwise, and so is one that
    names somebody if there are no accounts."""
    if is_anonymous(request.id_authentication):
        return not caller.settings.require_account
    return not (caller.settings.accounts or caller.settings.require_account)


def _smaller(asked: int, offered: int) -> int:
    """The size agreed on; a client that asks for none at all leaves it to us."""
    return min(asked, offered) if asked > 0 else offered


def _reason(refused: Refused) -> External:
    """A diagnostic as user information."""
    record = DiagnosticFormat(diagnostic(refused, version=3))
    diagnostics = External(
        SingleAsn1Type(value(SEQUENCE, value(SEQUENCE, contents(record)))),
        direct_reference=_DIAG_1,
    )
    item = OtherInformationItem(diagnostics)
    information = value(OTHER_INFORMATION, value(SEQUENCE, contents(item)))
    return External(SingleAsn1Type(information), direct_reference=_USER_INFORMATION)
