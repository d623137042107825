"""Parameters of extended services and task packages: any comes back from its octets as it was."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.z3950.codec import MalformedMessage, encode_value, read_value
from protocols.z3950.messages.packages import (
    ItemOrderRequest,
    ItemOrderTaskPackage,
    RequestedItem,
    ResultSetItem,
    TaskPackage,
    UpdateRequest,
    UpdateTaskPackage,
)
from protocols.z3950.wire.asn1 import Sequence
from protocols.z3950.wire.ber import identifier_of
from tests.examples import examples
from tests.protocols.z3950.forms import in_form
from tests.protocols.z3950.strategies import of_kind

ES_REQUEST = identifier_of(1, constructed=True)
WHOLE = [
    TaskPackage,
    UpdateRequest,
    UpdateTaskPackage,
    ItemOrderRequest,
    ItemOrderTaskPackage,
]


@pytest.mark.parametrize("kind", WHOLE, ids=lambda kind: kind.__name__)
def test_any_package_comes_back_from_its_octets(kind: type[Sequence]) -> None:
    @examples(25)
    @given(of_kind(kind))
    def check(package: Sequence) -> None:
        octets = encode_value(package, ES_REQUEST)
        assert read_value(kind, octets, ES_REQUEST) == package
        assert read_value(kind, in_form(octets, is_definite=False), ES_REQUEST) == package

    check()


@examples(200)
@given(st.sampled_from(WHOLE), st.binary(max_size=60))
def test_any_octets_are_a_package_or_malformed(kind: type[Sequence], octets: bytes) -> None:
    for data in (octets, b"\xa1" + bytes((len(octets),)) + octets):
        with contextlib.suppress(MalformedMessage):
            assert isinstance(read_value(kind, data, ES_REQUEST), kind)


#: As yaz-client 5.34 sends them: `update replace "ab c" <FILE`, `itemorder none 1`.
UPDATE_OF_YAZ = bytes.fromhex(
    "a140a110300e8101028209636174616c6f677565a22c302a3028a10683046162"
    "2063a41e06082a8648ce13056d0a81123c7265636f72643e613c2f7265636f72"
    "643e"
)
ORDER_OF_YAZ = bytes.fromhex("a110a1023000a20a3008a106810131820101")


def test_what_yaz_sends_is_understood() -> None:
    update = read_value(UpdateRequest, UPDATE_OF_YAZ, ES_REQUEST)
    assert (update.to_keep.action, update.to_keep.database_name) == (2, "catalogue")
    [supplied] = update.not_to_keep
    assert supplied.record_id == b"ab c"
    assert supplied.record is not None
    assert supplied.record.direct_reference == "1.2.840.10003.5.109.10"
    order = read_value(ItemOrderRequest, ORDER_OF_YAZ, ES_REQUEST)
    assert order.not_to_keep == RequestedItem(ResultSetItem("1", 1))
    for kind, octets in ((update, UPDATE_OF_YAZ), (order, ORDER_OF_YAZ)):
        assert encode_value(kind, ES_REQUEST) == octets
