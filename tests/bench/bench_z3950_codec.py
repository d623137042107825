"""The Z39.50 codec alone: what a search and its answer cost to read and write."""

from __future__ import annotations

import timeit
from collections.abc import Callable

from protocols.z3950 import messages as m
from protocols.z3950.codec import decode, encode
from protocols.z3950.queries.attributes import BIB_1
from protocols.z3950.records.retrieval import USMARC

ROUNDS = 10_000


def term(use: int, text: bytes) -> m.AttributesPlusTerm:
    return m.AttributesPlusTerm([m.AttributeElement(1, use)], text)


def search(rpn: m.RPNStructure) -> bytes:
    query = m.Type1(m.RPNQuery(BIB_1, rpn))
    request = m.SearchRequest(
        0, 1, 0, True, "default", ["Default"], query, preferred_record_syntax=USMARC
    )
    return encode(request)


def show(name: str, work: Callable[[], object]) -> None:
    seconds = min(timeit.repeat(work, number=ROUNDS, repeat=5)) / ROUNDS
    print(f"{name:36} {seconds * 1e6:6.1f} us")


def main() -> None:
    one = search(term(4, b"soil"))
    both = m.RpnRpnOp(term(4, b"soil"), term(1003, b"smith"), m.Operator.AND)
    three = search(m.RpnRpnOp(both, term(21, b"water"), m.Operator.OR))
    found = m.SearchResponse(18, 0, 1, search_status=True)
    record = m.NamePlusRecord(m.External(b"x" * 2_500, direct_reference=USMARC), name="Default")
    present = m.PresentResponse(10, 11, 0, m.ResponseRecords([record] * 10))
    show("decode a search of one term", lambda: decode(one))
    show("decode a search of three terms", lambda: decode(three))
    show("encode a search response", lambda: encode(found))
    show("encode a response of 10 records", lambda: encode(present))
