"""The codec against recorded APDUs, against asn1tools, and against any bytes at all."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.z3950.codec import (
    LONGEST_REMEMBERED,
    MalformedMessage,
    contents,
    decode,
    encode,
    encode_value,
)
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.association import Close, IdPass
from protocols.z3950.messages.retrieval import NamePlusRecord, PresentResponse, ResponseRecords
from protocols.z3950.messages.scanning import ScanRequest
from protocols.z3950.messages.searching import (
    AttributeElement,
    AttributesPlusTerm,
    ProximityOperator,
    RPNQuery,
    SearchRequest,
    Type1,
)
from protocols.z3950.wire import ber
from protocols.z3950.wire.asn1 import Arbitrary, External, SingleAsn1Type
from protocols.z3950.wire.generator import MOST_DEPTH
from protocols.z3950.wire.layouts import tags_of
from tests.examples import examples
from tests.protocols.z3950 import second_opinion
from tests.protocols.z3950.forms import in_form
from tests.protocols.z3950.strategies import apdus

FORGIVING = examples(150)


@pytest.fixture(scope="session")
def recorded(shared: Path) -> dict[str, bytes]:
    folder = shared / "data" / "z3950-apdus"
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.ber"))}


def value(identifier: str, contents: bytes) -> bytes:
    return ber.value(bytes.fromhex(identifier), contents)


def indefinite(identifier: str, contents: bytes) -> bytes:
    return bytes.fromhex(identifier) + b"\x80" + contents + b"\x00\x00"


#: The last word of a recording's name, and what is in it.
CLASSES = {
    "initRequest": "InitializeRequest",
    "initResponse": "InitializeResponse",
    "searchRequest": "SearchRequest",
    "searchResponse": "SearchResponse",
    "presentRequest": "PresentRequest",
    "presentResponse": "PresentResponse",
    "scanRequest": "ScanRequest",
    "scanResponse": "ScanResponse",
    "sortRequest": "SortRequest",
    "sortResponse": "SortResponse",
    "deleteRequest": "DeleteResultSetRequest",
    "deleteResponse": "DeleteResultSetResponse",
    "esRequest": "ExtendedServicesRequest",
    "esResponse": "ExtendedServicesResponse",
    "close": "Close",
}


def test_all_recorded_apdus_decode_and_come_back_equal(recorded: dict[str, bytes]) -> None:
    assert len(recorded) >= 58
    for name, data in recorded.items():
        message = decode(data)
        assert type(message).__name__ == CLASSES[name.rpartition("-")[2]], name
        assert decode(encode(message)) == message, name


def test_asn1tools_reads_the_same_in_the_recorded_apdus(recorded: dict[str, bytes]) -> None:
    for name, data in recorded.items():
        # asn1tools cannot read an ANY of indefinite length, which one of them has.
        definite = in_form(data, is_definite=True)
        assert second_opinion.read(definite) == second_opinion.plain(decode(definite)), name


@FORGIVING
@given(apdus())
def test_every_message_comes_back_equal(message: Apdu) -> None:
    assert decode(encode(message)) == message


@FORGIVING
@given(apdus())
def test_asn1tools_reads_and_writes_the_same(message: Apdu) -> None:
    data = encode(message)
    assert second_opinion.read(data) == second_opinion.plain(message)
    assert decode(second_opinion.rewritten(data)) == message


def test_every_apdu_of_the_standard_has_a_tag() -> None:
    assert sorted(tags_of(Apdu).values()) == [*range(20, 37), *range(43, 51)]


# Forms of BER


SEARCH = SearchRequest(
    0,
    1,
    0,
    replace_indicator=True,
    result_set_name="1",
    database_names=["Default"],
    query=Type1(
        RPNQuery("1.2.840.10003.3.1", AttributesPlusTerm([AttributeElement(1, 4)], b"soil"))
    ),
)


@FORGIVING
@given(apdus())
def test_indefinite_lengths_say_the_same(message: Apdu) -> None:
    assert decode(in_form(encode(message), is_definite=False)) == message


def test_a_value_of_any_kind_and_indefinite_length_keeps_its_end_of_contents() -> None:
    inner = indefinite("30", b"\x04\x01x")
    encoding = indefinite("a0", inner)
    external = indefinite("28", value("06", ber.oid("1.2.840.10003.5.102")) + encoding)
    record = indefinite("30", indefinite("a1", indefinite("a1", external)))
    response = value("b9", b"\x98\x01\x01\x99\x01\x02\x9b\x01\x00" + indefinite("bc", record))
    message = decode(response)
    assert isinstance(message, PresentResponse)
    assert isinstance(message.records, ResponseRecords)
    assert message.records.value[0].record == External(
        SingleAsn1Type(inner), direct_reference="1.2.840.10003.5.102"
    )


def test_strings_may_come_in_pieces() -> None:
    data = encode(SEARCH)
    whole = value("9f2d", b"soil")
    pieces = value("bf2d", value("04", b"so") + value("04", b"il"))
    inner = data.partition(whole)[0]
    assert inner
    rebuilt = _replaced(data, whole, pieces)
    assert decode(rebuilt) == SEARCH


TERM_TAG = b"\x9f\x2d"


@FORGIVING
@given(
    st.lists(st.binary(max_size=8) | st.just(TERM_TAG + b"\x01x"), min_size=3, max_size=6),
    st.sampled_from(["1", "default", "\u00e6", "x\x01"]),
    st.sampled_from([None, b"", b"7", TERM_TAG + b"\x01"]),
)
def test_searches_and_scans_alike_but_for_their_term_are_read_as_any_other(
    terms: list[bytes], name: str, reference: bytes | None
) -> None:
    for term in [*terms, *terms]:
        operand = AttributesPlusTerm([AttributeElement(1, 4)], term)
        query = Type1(RPNQuery("1.2.840.10003.3.1", operand))
        message = replace(SEARCH, result_set_name=name, reference_id=reference, query=query)
        assert decode(encode(message)) == message
        scan = ScanRequest([name], operand, 20, reference_id=reference)
        assert decode(encode(scan)) == scan


#: About where the lengths of what stands before a record become one octet longer.
SIZES = (0, 1, 127, 128, 255, 256, 257, 4_096, *range(65_440, 65_537), 70_000, 1 << 24)


@pytest.mark.parametrize("name", ["Default", None, "x" * 130, "x" * 70_000])
def test_records_of_any_size_are_written_like_anything_else(name: str | None) -> None:
    """In a response what stands before a record is worked out from its size."""
    for size in SIZES:
        external = External(bytes(size), direct_reference="1.2.840.10003.5.10")
        record = NamePlusRecord(external, name=name)
        response = encode(PresentResponse(1, 2, 0, ResponseRecords([record])))
        assert response.endswith(ber.value(b"\xbc", encode_value(record)))


def test_records_with_rare_parts_are_written_like_anything_else() -> None:
    texts = {"direct_reference": "1.2.840.10003.5.10", "data_value_descriptor": b"MARC"}
    for rare in ({}, texts, {"indirect_reference": 3}):
        for encoding in (bytes(300), SingleAsn1Type(b"\x04\x00"), Arbitrary(b"\x00\xff")):
            record = NamePlusRecord(External(encoding, **rare))  # type: ignore[arg-type]
            response = PresentResponse(2, 3, 0, ResponseRecords([record, record]))
            whole = encode_value(record)
            assert encode(response).endswith(ber.value(b"\xbc", whole + whole))
            assert decode(encode(response)) == response


def test_what_looks_like_a_term_is_none() -> None:
    """The term comes in pieces, and octets like those of a term stand elsewhere."""
    for letter in (b"a", b"b", b"c", b"d"):
        reference = TERM_TAG + b"\x01" + letter
        data = encode(replace(SEARCH, reference_id=reference))
        pieces = value("bf2d", value("04", b"so") + value("04", b"il"))
        message = decode(_replaced(data, value("9f2d", b"soil"), pieces))
        assert message == replace(SEARCH, reference_id=reference)


def _replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    """`data` with one value inside replaced, and all lengths put right."""
    if data == old:
        return new
    identifier, start, end, _ = ber.header(data, 0, len(data), {})
    octets = identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")
    if not octets[0] & ber.CONSTRUCTED:
        return data
    parts = []
    at = start
    while at < end:
        _, _, _, after = ber.header(data, at, end, {})
        parts.append(_replaced(data[at:after], old, new))
        at = after
    return ber.value(octets, b"".join(parts))


def test_long_lengths_are_accepted() -> None:
    assert decode(b"\xbf\x30\x84\x00\x00\x00\x05\x9f\x81\x53\x01\x00") == Close(0)


def test_texts_that_are_not_utf8_are_latin_1() -> None:
    data = value("bf30", b"\x9f\x81\x53\x01\x00" + value("83", "bøger".encode("latin-1")))
    message = decode(data)
    assert message == Close(0, "bøger")
    assert decode(encode(message)) == message


def test_the_password_is_not_in_the_repr() -> None:
    assert "secret" not in repr(IdPass("group", "user", "secret"))


# Bad bytes


CLOSE = encode(Close(0))

MALFORMED = {
    "nothing": b"",
    "another protocol": b"GET / HTTP/1.0\r\n\r\n",
    "an unknown APDU": value("bf33", b""),
    "octets after the APDU": CLOSE + b"\x00",
    "cut in the middle": CLOSE[:-1],
    "cut in the header": CLOSE[:2],
    "a field that is not there": value("bf30", value("81", b"\x01")),
    "a mandatory field left out": value("bf30", b""),
    "a field twice": value("bf30", b"\x9f\x81\x53\x01\x00" * 2),
    "a part longer than the whole": b"\xbf\x30\x05\x9f\x81\x53\x02\x00",
    "an empty integer": value("bf30", b"\x9f\x81\x53\x00"),
    "an integer of nine octets": value("bf30", b"\x9f\x81\x53\x09" + b"\x7f" * 9),
    "an endless tag": b"\xbf" + b"\xff" * 400,
    "an endless length": b"\xbf\x30\xff" + b"\xff" * 400,
    "a length without an end": b"\xbf\x30\x80\x9f\x81\x53\x01\x00",
    "a primitive without a length": b"\xbf\x30\x80\x9f\x81\x53\x80\x00\x00\x00\x00",
    "end-of-contents with contents": b"\xbf\x30\x80\x9f\x81\x53\x01\x00\x00\x01",
    "end-of-contents in a definite value": value("bf30", b"\x9f\x81\x53\x01\x00\x00\x00"),
    "a sequence as a primitive": b"\x9f\x30" + CLOSE[2:],
    "an oid without an end": value("bf30", b"\x9f\x81\x53\x01\x00" + value("84", b"\x2a\x86")),
    "an endless oid": value("bf30", b"\x9f\x81\x53\x01\x00" + value("84", b"\x81" * 99 + b"\x01")),
    "a bit string without its first octet": value("b4", b"\x83\x00"),
    "a bit string with nine unused bits": value("b4", b"\x83\x02\x09\x00"),
    "a boolean of two octets": encode(SEARCH).replace(b"\x90\x01\xff", b"\x90\x02\xff"),
    "an operator with contents": value("b6", b""),
}  # fmt: skip


@pytest.mark.parametrize(
    ("octets", "number"),
    [
        (b"\x00\x80", 0b1),
        (b"\x07\xff", 0b1),  # the seven bits that are not used may be anything (X.690 8.6.2.4)
        (b"\x07\x7f", 0),
        (b"\x04\x5f", 0b1010),
        (b"\x01\x00\xff", 0b111_1111_0000_0000),
        (b"\x00", 0),
    ],
)
def test_bits_that_are_not_used_mean_nothing(octets: bytes, number: int) -> None:
    assert ber.read_bits(octets, 0, len(octets)) == number


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_an_apdu_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode(data)


@examples(500)
@given(st.binary(max_size=400), st.sampled_from([*tags_of(Apdu).values(), 0]))
def test_any_bytes_give_a_message_or_are_malformed(data: bytes, tag: int) -> None:
    if tag:
        data = ber.value(ber.identifier_of(tag, constructed=True), data)
    _decode_or_refuse(data)


@examples(400)
@given(
    apdus().map(encode),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4),
)
def test_damaged_messages_give_a_message_or_are_malformed(
    data: bytes, changes: list[tuple[float, int]]
) -> None:
    damaged = bytearray(data)
    for place, octet in changes:
        damaged[int(place * len(damaged))] = octet
    _decode_or_refuse(bytes(damaged))


def test_damaged_recordings_give_a_message_or_are_malformed(recorded: dict[str, bytes]) -> None:
    for data in recorded.values():
        head = data[:300]
        for at in range(len(head)):
            for octet in (0, 0x7F, 0x80, 0xFF, head[at] ^ 0x20):
                _decode_or_refuse(data[:at] + bytes((octet,)) + data[at + 1 :])
            _decode_or_refuse(data[:at])


def _decode_or_refuse(data: bytes) -> None:
    try:
        message = decode(data)
    except MalformedMessage:
        return
    assert decode(encode(message)) == message


# Depth and size


def _nested(depth: int) -> bytes:
    """A search whose operators lie `depth` deep, the left operand always one more operation."""
    term = value("a0", value("9f1f", b"x"))
    rpn = term
    opening = []
    size = len(rpn)
    tail = term + value("bf2e", b"\x81\x00")
    for _ in range(depth):
        size += len(tail)
        header = b"\xa1" + ber.LENGTHS[size]
        opening.append(header)
        size += len(header)
    rpn = b"".join(reversed(opening)) + term + tail * depth
    query = value("b5", value("a1", value("06", ber.oid("1.2.840.10003.3.1")) + rpn))
    head = b"\x8d\x01\x00\x8e\x01\x01\x8f\x01\x00\x90\x01\x01\x91\x01x\xb2\x00"
    return value("b6", head + query)


def test_operators_may_lie_as_deep_as_the_limit() -> None:
    message = decode(_nested(MOST_DEPTH // 2))
    assert isinstance(message, SearchRequest)


@pytest.mark.parametrize("depth", [MOST_DEPTH + 1, 10_000, 100_000])
def test_deeper_operators_are_malformed(depth: int) -> None:
    with pytest.raises(MalformedMessage, match="inside one another"):
        decode(_nested(depth))


def test_deep_values_of_indefinite_length_are_malformed() -> None:
    depth = 50_000
    data = b"\xb6" + b"\x80" + b"\xa1\x80" * depth + b"\x00\x00" * (depth + 1)
    with pytest.raises(MalformedMessage, match="too deep"):
        decode(data)


def test_a_message_takes_memory_in_proportion_to_its_size() -> None:
    names = value("b2", value("9f69", b"") * 60_000)
    data = value("b6", b"\x8d\x01\x00\x8e\x01\x01\x8f\x01\x00\x90\x01\x01\x91\x01x" + names)
    tracemalloc.start()
    with pytest.raises(MalformedMessage):
        decode(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * len(data)


def test_contents_is_a_message_without_its_header() -> None:
    assert CLOSE.endswith(contents(Close(0)))
    assert len(CLOSE) == len(contents(Close(0))) + 3


def test_encoding_what_is_no_alternative_is_an_error() -> None:
    wrong: Any = ProximityOperator
    with pytest.raises(TypeError):
        encode(SearchRequest(0, 1, 0, True, "x", [], Type1(RPNQuery("1.2", wrong))))


def test_octets_that_come_again_are_not_decoded_again() -> None:
    assert decode(encode(SEARCH)) is decode(encode(SEARCH))
    longest = replace(SEARCH, result_set_name="x" * LONGEST_REMEMBERED)
    assert decode(encode(longest)) == longest
    assert decode(encode(longest)) is not decode(encode(longest))
