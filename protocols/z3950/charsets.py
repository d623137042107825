"""Character set negotiation (Z39.50-2003, OID.15.3) in Init: UTF-8, or a character set for records.
Names, messages and terms are UTF-8 either way, and so are records; a client that negotiates is told
so. A client that wants records in another character set that some format has (MARC-8, Latin-1)
names it as a private set, in the form that YAZ introduced, and asks for records in it. The terms of
clients that do not negotiate are recognised by their octets (`rpn.text_of`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from catalogue.formats import UTF_8 as UTF_8_RECORDS
from catalogue.formats import charset_of, record_formats
from protocols.z3950.codec import encode_value, read_value
from protocols.z3950.messages.association import InitializeRequest
from protocols.z3950.messages.structures import (
    Iso10646,
    OriginProposal,
    PrivateCharacterSet,
    TargetResponse,
)
from protocols.z3950.wire.asn1 import NULL, External, SingleAsn1Type
from protocols.z3950.wire.ber import MalformedMessage, identifier_of

NEGOTIATION: Final = "1.2.840.10003.15.3"
UTF_8: Final = "1.0.10646.1.0.8"
#: The language of our messages (ANSI/NISO Z39.53).
ENGLISH: Final = "eng"

#: Other names of the charsets of formats.
_ALIASES: Final = {
    "marc8": "marc-8",
    "utf8": UTF_8_RECORDS,
    "latin1": "iso-8859-1",
    "latin-1": "iso-8859-1",
    "iso8859-1": "iso-8859-1",
}
_EXTERNALLY_SPECIFIED: Final = identifier_of(2, constructed=True)
_PROPOSAL: Final = identifier_of(1, constructed=True)
_RESPONSE: Final = identifier_of(2, constructed=True)


class Negotiated(NamedTuple):
    """The answer to a proposal, and the charset of records if one was agreed on."""

    answer: External
    record_charset: str | None


def record_charsets() -> frozenset[str]:
    """The charsets in which some format can be rendered, by their names in lower case."""
    return frozenset(map(charset_of, record_formats().values()))


def negotiate(request: InitializeRequest) -> Negotiated | None:
    """The answer to a proposal in the request; None if there is none that we understand."""
    for external in _externals(request):
        encoding = external.encoding
        if external.direct_reference == NEGOTIATION and isinstance(encoding, SingleAsn1Type):
            try:
                proposal = read_value(OriginProposal, encoding.value, _PROPOSAL)
            except MalformedMessage:
                return None
            response = respond(proposal)
            answer = External(
                SingleAsn1Type(encode_value(response, _RESPONSE)), direct_reference=NEGOTIATION
            )
            return Negotiated(answer, _charset_of(response))
    return None


def respond(proposal: OriginProposal) -> TargetResponse:
    """What is selected from a proposal; the answer is silent on what was not proposed."""
    sets = proposal.proposed_char_sets
    in_records = proposal.records_in_selected_char_sets
    known: list[Iso10646 | PrivateCharacterSet] = [
        each for each in sets or () if isinstance(each, Iso10646) and each.encoding_level == UTF_8
    ]
    if in_records:
        known += [
            each
            for each in sets or ()
            if isinstance(each, PrivateCharacterSet) and _private_name(each) in record_charsets()
        ]
    chosen = known[0] if known else None
    return TargetResponse(
        selected_char_sets=None if sets is None else chosen or NULL,
        selected_language=ENGLISH if proposal.proposed_languages else None,
        records_in_selected_char_sets=None
        if in_records is None
        else in_records and chosen is not None,
    )


def _charset_of(response: TargetResponse) -> str | None:
    """The charset of records that a response promises."""
    if not response.records_in_selected_char_sets:
        return None
    if isinstance(response.selected_char_sets, Iso10646):
        return UTF_8_RECORDS
    return _private_name(response.selected_char_sets)


def _private_name(proposed: object) -> str | None:
    """The name in an externally specified private set: octets in an EXTERNAL."""
    if not isinstance(proposed, PrivateCharacterSet):
        return None
    try:
        external = read_value(External, proposed.value, _EXTERNALLY_SPECIFIED)
    except MalformedMessage:
        return None
    if not isinstance(external.encoding, bytes):
        return None
    name = external.encoding.decode("latin-1").strip().lower()
    return _ALIASES.get(name, name)


def _externals(request: InitializeRequest) -> Iterator[External]:
    """Where a proposal may be: the user information, and each item of the other information."""
    if request.user_information_field is not None:
        yield request.user_information_field
    for item in request.other_info or ():
        if isinstance(item.information, External):
            yield item.information
