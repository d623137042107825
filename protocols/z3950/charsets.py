"""Character set negotiation (Z39.50-2003, OID.15.3) in Init: UTF-8, or none.

Names, messages and terms are UTF-8 either way, and so are records; who negotiates is told so.
Terms of those who do not are recognised by their octets (`rpn.text_of`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from protocols.z3950 import structures as s
from protocols.z3950.ber import MalformedMessage, identifier_of
from protocols.z3950.codec import encode_value, read_value
from protocols.z3950.messages import NULL, External, InitializeRequest, SingleAsn1Type

NEGOTIATION: Final = "1.2.840.10003.15.3"
UTF_8: Final = "1.0.10646.1.0.8"
#: The language of our messages (ANSI/NISO Z39.53).
ENGLISH: Final = "eng"

_PROPOSAL: Final = identifier_of(1, constructed=True)
_RESPONSE: Final = identifier_of(2, constructed=True)


def negotiate(request: InitializeRequest) -> External | None:
    """The answer to a proposal in the request; None where there is none to be understood."""
    for external in _externals(request):
        encoding = external.encoding
        if external.direct_reference == NEGOTIATION and isinstance(encoding, SingleAsn1Type):
            try:
                proposal = read_value(s.OriginProposal, encoding.value, _PROPOSAL)
            except MalformedMessage:
                return None
            response = encode_value(respond(proposal), _RESPONSE)
            return External(SingleAsn1Type(response), NEGOTIATION)
    return None


def respond(proposal: s.OriginProposal) -> s.TargetResponse:
    """What is selected of a proposal; what was not proposed is not spoken of."""
    sets = proposal.proposed_char_sets
    chosen = next(
        (
            each
            for each in sets or ()
            if isinstance(each, s.Iso10646) and each.encoding_level == UTF_8
        ),
        None,
    )
    in_records = proposal.records_in_selected_char_sets
    return s.TargetResponse(
        selected_char_sets=None if sets is None else chosen or NULL,
        selected_language=ENGLISH if proposal.proposed_languages else None,
        records_in_selected_char_sets=None
        if in_records is None
        else in_records and chosen is not None,
    )


def _externals(request: InitializeRequest) -> Iterator[External]:
    """What may hold a proposal: the user information, and each item of the other information."""
    if request.user_information_field is not None:
        yield request.user_information_field
    for item in request.other_info or ():
        if isinstance(item.information, External):
            yield item.information
