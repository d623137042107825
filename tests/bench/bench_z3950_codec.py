"""The Z39.50 codec alone: what a search and its answer cost to read and write."""

from __future__ import annotations

import timeit
from collections.abc import Callable

from protocols.z3950.codec import LONGEST_REMEMBERED, decode, encode
from protocols.z3950.messages.retrieval import NamePlusRecord, PresentResponse, ResponseRecords
from protocols.z3950.messages.searching import (
    AttributeElement,
    AttributesPlusTerm,
    Operator,
    RPNQuery,
    RpnRpnOp,
    RPNStructure,
    SearchRequest,
    SearchResponse,
    Type1,
)
from protocols.z3950.queries.attributes import BIB_1
from protocols.z3950.records.retrieval import USMARC
from protocols.z3950.wire.asn1 import External

ROUNDS = 10_000
#: So long that a request with it is decoded each time.
NAME = "x" * LONGEST_REMEMBERED


def term(use: int, text: bytes) -> AttributesPlusTerm:
    return AttributesPlusTerm([AttributeElement(1, use)], text)


def search(rpn: RPNStructure) -> bytes:
    query = Type1(RPNQuery(BIB_1, rpn))
    request = SearchRequest(0, 1, 0, True, NAME, ["Default"], query, preferred_record_syntax=USMARC)
    return encode(request)


def show(name: str, work: Callable[[], object]) -> None:
    seconds = min(timeit.repeat(work, number=ROUNDS, repeat=5)) / ROUNDS
    print(f"{name:36} {seconds * 1e6:6.1f} us")


def main() -> None:
    one = search(term(4, b"soil"))
    both = RpnRpnOp(term(4, b"soil"), term(1003, b"smith"), Operator.AND)
    three = search(RpnRpnOp(both, term(21, b"water"), Operator.OR))
    found = SearchResponse(18, 0, 1, search_status=True)
    record = NamePlusRecord(External(b"x" * 2_500, direct_reference=USMARC), name="Default")
    present = PresentResponse(10, 11, 0, ResponseRecords([record] * 10))
    show("decode a search of one term", lambda: decode(one))
    show("decode a search of three terms", lambda: decode(three))
    show("encode a search response", lambda: encode(found))
    show("encode a response of 10 records", lambda: encode(present))
