"""What is remembered of a document reads as `decode` reads it, whatever stands in it."""

from __future__ import annotations

import pytest

from protocols.ncip.codec import Incoming, MalformedMessage, decode
from protocols.ncip.wire.remembered import LONGEST_IDENTIFIER, MOST, RememberedRequests
from tests.bench.bench_ncip import QUESTIONS

NAMESPACE = "http://www.niso.org/2008/ncip"
IDENTIFIERS = ("P0000001", "7", "x" * LONGEST_IDENTIFIER, "P0000001", "0101701234", "æ", "a b", "")


class Counting:
    """Reads documents, and counts how often."""

    def __init__(self) -> None:
        self.number = 0
        self.requests = RememberedRequests(self._decode)

    def _decode(self, document: bytes) -> Incoming:
        self.number += 1
        return decode(document)

    def is_read(self, document: bytes) -> bool:
        """Asks for it: is it read, not remembered?"""
        before = self.number
        self.requests.decode(document)
        return self.number > before


def message(body: str, prefix: str = "") -> str:
    name = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"
    return f'<{prefix}NCIPMessage {name}="{NAMESPACE}">{body}</{prefix}NCIPMessage>'


def user(value: str) -> str:
    return f"<UserId><UserIdentifierValue>{value}</UserIdentifierValue></UserId>"


def item(value: str) -> str:
    return f"<ItemId><ItemIdentifierValue>{value}</ItemIdentifierValue></ItemId>"


def prefixed(value: str) -> str:
    inner = f"<n:UserId><n:UserIdentifierValue>{value}</n:UserIdentifierValue></n:UserId>"
    return message(f"<n:LookupUser>{inner}</n:LookupUser>", "n:")


#: Each is a document with an identifier in it, and whether it is remembered at last.
DOCUMENTS = {
    **{
        each.name: (lambda value, e=each: e.document(1).replace("0000001", value), True)
        for each in QUESTIONS
    },
    "with a prefix": (prefixed, True),
    "an item": (lambda value: message(f"<LookupItem>{item(value)}</LookupItem>"), True),
    "a check-in": (
        lambda value: message(
            f"<CheckInItem>{item(value)}<ItemElementType>Location</ItemElementType></CheckInItem>"
        ),
        True,
    ),
    "the item of a check-out": (
        lambda value: message(f"<CheckOutItem>{user('P1')}{item(value)}</CheckOutItem>"),
        False,
    ),
    "a request's name": (
        lambda value: message(
            "<LookupRequest><RequestId><RequestIdentifierValue>"
            f"{value}</RequestIdentifierValue></RequestId></LookupRequest>"
        ),
        False,
    ),
    "a comment": (
        lambda value: message(f"<LookupUser><!-- {user(value)} -->{user('P1')}</LookupUser>"),
        False,
    ),
    "a section of text": (
        lambda value: message(
            f"<LookupUser><Ext><![CDATA[{user(value)}]]></Ext>{user('P1')}</LookupUser>"
        ),
        False,
    ),
    "the second of two users": (
        lambda value: message(f"<LookupUser>{user('')}{user(value)}</LookupUser>"),
        False,
    ),
    "a PIN": (
        lambda value: message(
            f"<LookupUser>{user(value)}<AuthenticationInput><AuthenticationInputData>1234"
            "</AuthenticationInputData><AuthenticationInputType>PIN</AuthenticationInputType>"
            "</AuthenticationInput></LookupUser>"
        ),
        False,
    ),
    "no service": (lambda value: message(f"<LookUp>{user(value)}</LookUp>"), False),
    "no end": (lambda value: f"<NCIPMessage><LookupUser>{user(value)}", False),
}


def outcome(read: object, document: bytes) -> object:
    try:
        return read(document)  # type: ignore[operator]
    except MalformedMessage as error:
        return error.problem, error.dialect


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_remembered_reads_as_what_is_read(name: str) -> None:
    document, is_remembered = DOCUMENTS[name]
    counting = Counting()
    for _ in range(3):
        for value in IDENTIFIERS:
            asked = document(value).encode()
            assert outcome(counting.requests.decode, asked) == outcome(decode, asked)
    try:
        assert counting.is_read(document("P0000009").encode()) is not is_remembered
    except MalformedMessage:
        assert not is_remembered


def test_a_document_is_remembered_when_it_has_come_twice() -> None:
    counting = Counting()
    document = QUESTIONS[0].document
    assert [counting.is_read(document(number).encode()) for number in range(4)] == [
        True,
        True,
        False,
        False,
    ]


def test_what_is_remembered_is_bounded() -> None:
    counting = Counting()
    for number in range(MOST + 1):
        body = f"<LookupUser>{user('P1')}<UserElementType>T{number}</UserElementType></LookupUser>"
        counting.requests.decode(message(body).encode())
    assert len(vars(counting.requests)["_known"]) == 1
