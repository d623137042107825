"""What travels inside APDUs: any of it comes back from its octets as it was."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.z3950.codec import MalformedMessage, encode_value, read_value
from protocols.z3950.messages.structures import (
    CategoryList,
    DatabaseInfo,
    OpacRecord,
    OriginProposal,
    TaggedElement,
    TargetInfo,
    TargetResponse,
)
from protocols.z3950.wire.asn1 import Sequence
from tests.examples import examples
from tests.protocols.z3950.strategies import of_kind

#: Those that stand for themselves and not inside another.
WHOLE = [
    OpacRecord,
    TaggedElement,
    TargetInfo,
    DatabaseInfo,
    CategoryList,
    OriginProposal,
    TargetResponse,
]


@pytest.mark.parametrize("kind", WHOLE, ids=lambda kind: kind.__name__)
def test_any_structure_comes_back_from_its_octets(kind: type[Sequence]) -> None:
    @examples(25)
    @given(of_kind(kind), st.sampled_from([b"\x30", b"\xa1", b"\xbf\x64"]))
    def check(structure: Sequence, identifier: bytes) -> None:
        assert read_value(kind, encode_value(structure, identifier), identifier) == structure

    check()


@examples(300)
@given(st.sampled_from(WHOLE), st.binary(max_size=40))
def test_any_octets_are_a_structure_or_malformed(kind: type[Sequence], octets: bytes) -> None:
    for data in (octets, b"\x30" + bytes((len(octets),)) + octets):
        with contextlib.suppress(MalformedMessage):
            assert isinstance(read_value(kind, data), kind)


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x31\x00", b"\x30\x00\x00"])
def test_one_whole_value_of_the_right_tag_is_wanted(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        read_value(TargetResponse, data)
