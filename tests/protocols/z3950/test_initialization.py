"""Init: what is agreed on, and who may come in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from protocols.z3950 import ber
from protocols.z3950 import messages as m
from protocols.z3950.association import Association
from protocols.z3950.codec import decode, encode
from protocols.z3950.initialization import OPTIONS, initialize
from protocols.z3950.settings import Z3950Settings

ALL_BITS = (1 << 22) - 1
INIT = m.InitializeRequest(0b111, ALL_BITS, 1 << 26, 1 << 26)


def agreed(request: m.InitializeRequest, **settings: object) -> m.InitializeResponse:
    answer = initialize(request, Association(Z3950Settings(**settings)))  # type: ignore[arg-type]
    assert isinstance(answer.response, m.InitializeResponse)
    assert answer.closing is not answer.response.result
    decoded = decode(encode(answer.response))
    assert decoded == answer.response
    return answer.response


def test_only_what_is_offered_is_agreed_on() -> None:
    assert agreed(INIT).options == OPTIONS
    assert [bit for bit in range(22) if OPTIONS >> bit & 1] == [0, 1, 2, 14, 21]


def test_only_what_is_asked_for_is_agreed_on() -> None:
    assert agreed(replace(INIT, options=0b10011)).options == 0b00011


@pytest.mark.parametrize(
    ("asked", "expected"), [(0b111, 0b111), (0b011, 0b011), (0b1111, 0b111), (0b1000, 0)]
)
def test_versions(asked: int, expected: int) -> None:
    response = agreed(replace(INIT, protocol_version=asked))
    assert response.protocol_version == expected
    assert response.result is (expected != 0)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [((1 << 26, 1 << 26), (1 << 20, 4 << 20)), ((16_384, 65_536), (16_384, 65_536)),
     ((0, 0), (1 << 20, 4 << 20)), ((65_536, 1_024), (65_536, 65_536))],
)  # fmt: skip
def test_sizes_are_the_smaller_of_both(asked: tuple[int, int], expected: tuple[int, int]) -> None:
    request = replace(INIT, preferred_message_size=asked[0], exceptional_record_size=asked[1])
    response = agreed(request)
    assert (response.preferred_message_size, response.exceptional_record_size) == expected


NAMED = [
    None,
    "user/password",
    "user/group/password",
    m.IdPass(None, "user", "password"),
    m.IdPass("group", "user", "password"),
    m.NULL,
    m.External(b"", "1.2.840.10003.8.1"),
]


@pytest.mark.parametrize("identification", NAMED)
def test_everybody_is_let_in_where_there_are_no_accounts(
    identification: m.IdAuthentication | None,
) -> None:
    assert agreed(replace(INIT, id_authentication=identification)).result


@pytest.mark.parametrize("identification", NAMED[1:5])
def test_accounts_let_in_who_knows_the_password(identification: m.IdAuthentication) -> None:
    request = replace(INIT, id_authentication=identification)
    assert agreed(request, accounts={"user": "password"}).result
    assert not agreed(request, accounts={"user": "another"}).result
    assert not agreed(request, accounts={"other": "password"}).result


@pytest.mark.parametrize("identification", [NAMED[0], *NAMED[5:], "user", m.IdPass("group"), "/"])
def test_accounts_keep_out_who_does_not(identification: m.IdAuthentication | None) -> None:
    request = replace(INIT, id_authentication=identification)
    response = agreed(request, accounts={"user": "password"})
    assert not response.result
    external = response.user_information_field
    assert external is not None
    assert external.direct_reference == "1.2.840.10003.10.3"
    assert isinstance(external.encoding, m.SingleAsn1Type)
    # The condition, 1011, as an INTEGER somewhere in the diagnostic.
    assert b"\x02" + ber.integer(1011) in external.encoding.value


def test_the_reason_of_a_refusal_is_other_information() -> None:
    """A response with the user information as its otherInfo decodes: its form is right."""
    refused = agreed(INIT, accounts={"user": "password"}).user_information_field
    assert refused is not None
    assert isinstance(refused.encoding, m.SingleAsn1Type)
    close = encode(m.Close(0))[3:] + refused.encoding.value
    message = decode(ber.value(b"\xbf\x30", close))
    assert isinstance(message, m.Close)
    assert message.other_info is not None
    (item,) = message.other_info
    assert isinstance(item.information, m.External)
    assert item.information.direct_reference == "1.2.840.10003.4.2"


def test_accounts_are_not_in_the_repr() -> None:
    assert "password" not in repr(Z3950Settings(accounts={"user": "password"}))
    assert "secret" not in repr(replace(INIT, id_authentication="user/secret"))
