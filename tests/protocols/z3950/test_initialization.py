"""Init: what is agreed on, and who may come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from protocols.z3950.association import Option
from protocols.z3950.charsets import NEGOTIATION, UTF_8
from protocols.z3950.codec import decode, encode, encode_value, read_value
from protocols.z3950.handling.initialization import OPTIONS
from protocols.z3950.messages.association import (
    Close,
    IdAuthentication,
    IdPass,
    InitializeRequest,
    InitializeResponse,
)
from protocols.z3950.messages.building_blocks import OtherInformationItem
from protocols.z3950.messages.structures import Iso2022, Iso10646, OriginProposal, TargetResponse
from protocols.z3950.session import Z3950Session
from protocols.z3950.settings import Account, Z3950Settings
from protocols.z3950.wire import ber
from protocols.z3950.wire.asn1 import NULL, External, SingleAsn1Type
from tests.builders.pins import hashed
from tests.protocols.z3950.library import Client, a_library

Agreed = Callable[..., InitializeResponse]
PASSWORD = hashed("password")
ALL_BITS = (1 << 22) - 1
INIT = InitializeRequest(0b111, ALL_BITS, 1 << 26, 1 << 26)


@pytest.fixture
def agreed(sqlite_url: str) -> Iterator[Agreed]:
    """Init on a real association: its response, once passwords are checked."""
    with a_library(sqlite_url, 0) as library:

        def agree(request: InitializeRequest, **settings: object) -> InitializeResponse:
            session = Z3950Session(Z3950Settings(**settings), 0.0)  # type: ignore[arg-type]
            response = Client(library.services, session).send(request)
            assert isinstance(response, InitializeResponse)
            assert session.closing is not response.result
            return response

        yield agree


def accounts(password: str = PASSWORD, user: str = "user", group: str = "") -> tuple[Account, ...]:
    return (Account("somebody", password), Account(user, password, group))


def test_only_what_is_offered_is_agreed_on(agreed: Agreed) -> None:
    assert agreed(INIT).options == OPTIONS
    offered = [bit for bit in range(22) if OPTIONS >> bit & 1]
    assert offered == [0, 1, 2, 4, 7, 8, 11, 14, 16, 17, 19, 21]


def test_version_2_has_no_segments(agreed: Agreed) -> None:
    assert not agreed(replace(INIT, protocol_version=0b011)).options & Option.SEGMENTATION_LEVEL_1


def test_only_what_is_asked_for_is_agreed_on(agreed: Agreed) -> None:
    assert agreed(replace(INIT, options=0b1011)).options == 0b0011


@pytest.mark.parametrize(
    ("asked", "expected"), [(0b111, 0b111), (0b011, 0b011), (0b1111, 0b111), (0b1000, 0)]
)
def test_versions(agreed: Agreed, asked: int, expected: int) -> None:
    response = agreed(replace(INIT, protocol_version=asked))
    assert response.protocol_version == expected
    assert response.result is (expected != 0)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [((1 << 26, 1 << 26), (1 << 20, 4 << 20)), ((16_384, 65_536), (16_384, 65_536)),
     ((0, 0), (1 << 20, 4 << 20)), ((65_536, 1_024), (65_536, 65_536))],
)  # fmt: skip
def test_sizes_are_the_smaller_of_both(
    agreed: Agreed, asked: tuple[int, int], expected: tuple[int, int]
) -> None:
    request = replace(INIT, preferred_message_size=asked[0], exceptional_record_size=asked[1])
    response = agreed(request)
    assert (response.preferred_message_size, response.exceptional_record_size) == expected


NAMED = [
    None,
    "user/password",
    "user/group/password",
    IdPass(None, "user", "password"),
    IdPass("group", "user", "password"),
    NULL,
    External(b"", direct_reference="1.2.840.10003.8.1"),
]


@pytest.mark.parametrize("identification", NAMED)
def test_everybody_is_let_in_where_there_are_no_accounts(
    agreed: Agreed,
    identification: IdAuthentication | None,
) -> None:
    assert agreed(replace(INIT, id_authentication=identification)).result


@pytest.mark.parametrize("identification", NAMED[1:5])
def test_accounts_let_in_who_knows_the_password(
    agreed: Agreed, identification: IdAuthentication
) -> None:
    request = replace(INIT, id_authentication=identification)
    assert agreed(request, accounts=accounts()).result
    assert not agreed(request, accounts=accounts(hashed("another"))).result
    assert not agreed(request, accounts=accounts(user="other")).result


@pytest.mark.parametrize(("number", "is_in"), [(1, False), (2, True), (3, False), (4, True)])
def test_an_account_may_ask_for_its_group(agreed: Agreed, number: int, is_in: bool) -> None:
    request = replace(INIT, id_authentication=NAMED[number])
    assert agreed(request, accounts=accounts(group="group")).result is is_in


KEPT_OUT = [NAMED[6], "user", "user/Password", IdPass("group", "user"), "/"]


@pytest.mark.parametrize("identification", KEPT_OUT)
def test_accounts_keep_out_who_is_somebody_else(
    agreed: Agreed, identification: IdAuthentication
) -> None:
    request = replace(INIT, id_authentication=identification)
    response = agreed(request, accounts=accounts())
    assert not response.result
    external = response.user_information_field
    assert external is not None
    assert external.direct_reference == "1.2.840.10003.10.3"
    assert isinstance(external.encoding, SingleAsn1Type)
    # The condition, 1011, as an INTEGER somewhere in the diagnostic.
    assert b"\x02" + ber.INTEGERS[1011] in external.encoding.value


@pytest.mark.parametrize("identification", [None, NULL, "", IdPass(), IdPass("group")])
def test_who_names_nobody_may_search_unless_the_settings_say_otherwise(
    agreed: Agreed, identification: IdAuthentication | None
) -> None:
    request = replace(INIT, id_authentication=identification)
    assert agreed(request, accounts=accounts()).result
    assert not agreed(request, accounts=accounts(), require_account=True).result
    assert not agreed(request, require_account=True).result


def test_who_has_come_in_is_known_to_the_association(sqlite_url: str) -> None:
    with a_library(sqlite_url, 0) as library:
        init = replace(INIT, id_authentication="user/password")
        client = library.client(init, accounts=accounts())
        assert client.session.association.account == accounts()[1]
        assert library.client(accounts=accounts()).session.association.account is None


def test_the_reason_of_a_refusal_is_other_information(agreed: Agreed) -> None:
    """A response with the user information as its otherInfo decodes: its form is right."""
    refused = agreed(INIT, require_account=True).user_information_field
    assert refused is not None
    assert isinstance(refused.encoding, SingleAsn1Type)
    close = encode(Close(0))[3:] + refused.encoding.value
    message = decode(ber.value(b"\xbf\x30", close))
    assert isinstance(message, Close)
    assert message.other_info is not None
    (item,) = message.other_info
    assert isinstance(item.information, External)
    assert item.information.direct_reference == "1.2.840.10003.4.2"


def test_accounts_are_not_in_the_repr() -> None:
    assert PASSWORD not in repr(Z3950Settings(accounts=accounts()))
    assert "secret" not in repr(replace(INIT, id_authentication="user/secret"))


# Character sets

UTF_16 = "1.0.10646.1.0.5"


@pytest.mark.parametrize(
    ("proposal", "response"),
    [
        (
            OriginProposal([Iso10646(UTF_16), Iso10646(UTF_8)], ["dan"], True),
            TargetResponse(Iso10646(UTF_8), "eng", True),
        ),
        (OriginProposal([Iso10646(UTF_8)]), TargetResponse(Iso10646(UTF_8))),
        (
            OriginProposal([Iso2022(b"\xa1\x00"), Iso10646(UTF_16)], None, True),
            TargetResponse(NULL, None, False),
        ),
        (OriginProposal(None, ["eng"]), TargetResponse(None, "eng")),
    ],
)
def test_utf_8_is_agreed_on_where_it_is_proposed(
    agreed: Agreed, proposal: OriginProposal, response: TargetResponse
) -> None:
    octets = encode_value(proposal, b"\xa1")
    proposed = External(SingleAsn1Type(octets), direct_reference=NEGOTIATION)
    by_item = replace(INIT, other_info=[OtherInformationItem(proposed)])
    for request in (by_item, replace(INIT, user_information_field=proposed)):
        (item,) = agreed(request).other_info or ()
        assert isinstance(item.information, External)
        assert item.information.direct_reference == NEGOTIATION
        assert isinstance(item.information.encoding, SingleAsn1Type)
        assert read_value(TargetResponse, item.information.encoding.value, b"\xa2") == response


@pytest.mark.parametrize(
    "external",
    [
        External(b"octets", direct_reference=NEGOTIATION),
        External(SingleAsn1Type(b"\xa1\x02\x04\x00"), direct_reference=NEGOTIATION),
        External(SingleAsn1Type(b"\x30\x00"), direct_reference=NEGOTIATION),
        External(b"octets", direct_reference="1.2.3"),
    ],
)
def test_what_is_no_proposal_is_passed_over(agreed: Agreed, external: External) -> None:
    assert agreed(replace(INIT, user_information_field=external)).other_info is None
