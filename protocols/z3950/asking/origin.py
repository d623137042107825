"""The origin's side of one Z-association, without IO: requests out, responses in.

The table `_RESPONSES` says what may come in answer to a request. Everything else ends the
association, as do Close from the target and anything that cannot be decoded. One request is under
way at a time. `protocols.z3950.asking.client` is this over a socket.
"""

from __future__ import annotations

from protocols.z3950.association import Option
from protocols.z3950.codec import decode, encode
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.association import (
    Close,
    CloseReason,
    InitializeRequest,
    InitializeResponse,
)
from protocols.z3950.messages.result_sets import (
    DeleteResultSetRequest,
    DeleteResultSetResponse,
    SortRequest,
    SortResponse,
)
from protocols.z3950.messages.retrieval import PresentRequest, PresentResponse
from protocols.z3950.messages.scanning import ScanRequest, ScanResponse
from protocols.z3950.messages.searching import SearchRequest, SearchResponse
from protocols.z3950.wire.ber import MalformedMessage
from protocols.z3950.wire.framing import ApduStream

#: The response of each request.
_RESPONSES: dict[type[Apdu], type[Apdu]] = {
    InitializeRequest: InitializeResponse,
    SearchRequest: SearchResponse,
    PresentRequest: PresentResponse,
    DeleteResultSetRequest: DeleteResultSetResponse,
    ScanRequest: ScanResponse,
    SortRequest: SortResponse,
    Close: Close,
}

#: What is asked for in Init: neither access nor resource control, no segments.
OPTIONS = (
    Option.SEARCH
    | Option.PRESENT
    | Option.DELETE_SETS
    | Option.SCAN
    | Option.SORT
    | Option.NAMED_RESULT_SETS
)
#: The default for the largest response, in octets.
MAXIMUM_RESPONSE_SIZE = 8 << 20


class TargetError(Exception):
    """The target did not do what it was asked to; the message is meant for people."""


class AssociationEnded(TargetError):
    """There is no association any more: it was closed or broken off, or is of no use."""


class Origin:
    """One association; octets of the peer come in by `receive_data`."""

    def __init__(self, maximum_response_size: int = MAXIMUM_RESPONSE_SIZE) -> None:
        self.maximum_response_size = maximum_response_size
        self._stream = ApduStream(maximum_response_size)
        self._awaited: type[Apdu] | None = None
        self.is_over = False

    def request(self, message: Apdu) -> bytes:
        """The octets of a request. Raises AssociationEnded after the end."""
        if self.is_over:
            raise AssociationEnded("the association has ended")
        if self._awaited is not None:
            raise RuntimeError(f"a {self._awaited.__name__} is still to come")
        self._awaited = _RESPONSES[type(message)]
        return encode(message)

    def receive_data(self, data: bytes) -> Apdu | None:
        """The response to the request under way, once it is whole. Raises AssociationEnded."""
        self._stream.feed(data)
        try:
            octets = self._stream.next_apdu()
            message = None if octets is None else decode(octets)
        except MalformedMessage as error:
            raise self.end(f"this is no Z39.50: {error}") from error
        if message is None:
            return None
        awaited, self._awaited = self._awaited, None
        if isinstance(message, Close) and awaited is not Close:
            told = message.diagnostic_information
            raise self.end(
                f"the target closed the association: {_reason(message.close_reason)}"
                + (f" ({told[:200]})" if told else "")
            )
        if awaited is None or not isinstance(message, awaited):
            expected = awaited.__name__ if awaited else "nothing"
            raise self.end(f"the target sent a {type(message).__name__}, not {expected}")
        self.is_over = isinstance(message, Close)
        return message

    @property
    def is_waiting(self) -> bool:
        """Is there a request under way?"""
        return self._awaited is not None

    def end(self, why: str) -> AssociationEnded:
        """Ends the association because of what happened to the connection; returns the error to
        raise."""
        self.is_over = True
        return AssociationEnded(why)


def _reason(number: int) -> str:
    try:
        return CloseReason(number).name.lower().replace("_", " ")
    except ValueError:
        return f"reason {number}"
