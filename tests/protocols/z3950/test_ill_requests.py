"""Item orders that other libraries are to serve: what they want is read, and a partner is asked."""

from __future__ import annotations

import pytest

from circulation.interlending.asking import Wish
from circulation.interlending.lists import open_loans
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.states import BorrowingState
from protocols.z3950.diagnostics import Refused
from protocols.z3950.extended.ill_requests import ILL_APDU, ill_request_of
from protocols.z3950.messages.extended_services import ExtendedServicesRequest
from protocols.z3950.messages.packages import ItemOrderRequest, RequestedItem, ResultSetItem
from protocols.z3950.records.forms import XML
from protocols.z3950.wire.asn1 import External, SingleAsn1Type
from protocols.z3950.wire.ber import identifier_of, value
from tests.builders.circulation import a_patron
from tests.builders.interlending import a_partner
from tests.protocols.z3950.extended import ITEM_ORDER, Place, a_request, failure, send
from tests.protocols.z3950.pqf import search
from tests.protocols.z3950.test_extended_services import auxiliary_status, order

GENERAL_STRING, VISIBLE_STRING = 27, 26


def tagged(number: int, contents: bytes) -> bytes:
    return value(identifier_of(number, constructed=True), contents)


def string(number: int, text: str, kind: int = GENERAL_STRING) -> bytes:
    """An ILL-String under a tag."""
    universal = identifier_of(kind, constructed=False, universal=True)
    return tagged(number, value(universal, text.encode()))


def an_ill_request(
    title: str = "", author: str = "", isbn: str = "", issn: str = "", client: str = ""
) -> External:
    """An ILL-Request of ISO 10161-1 with what a requester cannot leave out, and these."""
    texts = ((3, author), (4, title), (18, isbn), (19, issn))
    item = b"".join(string(tag, text) for tag, text in texts if text)
    parts = [
        value(identifier_of(0, constructed=False), b"\x02"),
        tagged(1, string(1, "GROUP") + string(2, "1")),
        tagged(2, b""),
        value(identifier_of(5, constructed=False), b"\x01"),
        tagged(9, b"\x0a\x01\x01"),
        tagged(15, string(0, "Ida") + string(2, client, VISIBLE_STRING)) if client else b"",
        tagged(16, item),
        tagged(46, value(b"\x1b", b"a note")),
    ]
    request = value(b"\x61", b"".join(parts))
    return External(SingleAsn1Type(request), direct_reference=ILL_APDU)


def with_request(external: External, **fields: str) -> ExtendedServicesRequest:
    """As ZOOM sends it: a result set is named, whether there is one or not."""
    item = RequestedItem(ResultSetItem("default", 1), external)
    return a_request(ITEM_ORDER, ItemOrderRequest(item), **fields)


def loans(place: Place) -> list[InterlibraryLoan]:
    return place.circulation.read(open_loans)


def iso_18626(**texts: str) -> External:
    texts = {"title": "Vildanden", "author": "Ibsen", "patronId": "", "isbn": ""} | texts
    document = f"""<?xml version="1.0" encoding="UTF-8"?>
    <ISO18626Message xmlns="http://illtransactions.org/2013/iso18626"><request>
    <bibliographicInfo><title>{texts["title"]}</title><author>{texts["author"]}</author>
    <bibliographicItemId><bibliographicItemIdentifierCode>ISBN</bibliographicItemIdentifierCode>
    <bibliographicItemIdentifier>{texts["isbn"]}</bibliographicItemIdentifier>
    </bibliographicItemId></bibliographicInfo>
    <patronInfo><patronId>{texts["patronId"]}</patronId></patronInfo>
    </request></ISO18626Message>"""
    return External(document.encode(), direct_reference=XML)


MARCXML = External(
    b"<record xmlns='http://www.loc.gov/MARC21/slim'><leader>00000nam a2200000 i 4500</leader>"
    b"<controlfield tag='001'>x</controlfield><datafield tag='100' ind1='1' ind2=' '>"
    b"<subfield code='a'>Ibsen, Henrik</subfield></datafield><datafield tag='245' ind1='1' "
    b"ind2='0'><subfield code='a'>Vildanden</subfield></datafield></record>",
    direct_reference=XML,
)


@pytest.mark.parametrize(
    ("external", "wish", "client"),
    [
        (an_ill_request("Vildanden"), Wish(title="Vildanden"), ""),
        (
            an_ill_request("Vildanden", "Ibsen, Henrik", "9788700000018", client="P7"),
            Wish(title="Vildanden", author="Ibsen, Henrik", number="9788700000018"),
            "P7",
        ),
        (an_ill_request(issn="1234-5679"), Wish(number="1234-5679"), ""),
        (an_ill_request("Bøger på hylden"), Wish(title="Bøger på hylden"), ""),
        (an_ill_request(), Wish(), ""),
        (
            iso_18626(isbn="9788700000018", patronId="P7"),
            Wish(title="Vildanden", author="Ibsen", number="9788700000018"),
            "P7",
        ),
        (MARCXML, Wish(title="Vildanden", author="Ibsen, Henrik"), ""),
    ],
)
def test_what_is_wanted_is_read(external: External, wish: Wish, client: str) -> None:
    assert ill_request_of(external) == (wish, client)


@pytest.mark.parametrize(
    ("external", "condition"),
    [
        (External(b"x"), 1002),
        (External(b"x", direct_reference="1.2.3"), 1009),
        (External(b"<order/>", direct_reference=XML), 1009),
        (External(b"<order", direct_reference=XML), 224),
        (
            External(
                b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
                direct_reference=XML,
            ),
            224,
        ),
        (External(SingleAsn1Type(b""), direct_reference=ILL_APDU), 224),
        (External(SingleAsn1Type(b"\x61\x7f\x00"), direct_reference=ILL_APDU), 224),
        (External(SingleAsn1Type(b"\x62\x00"), direct_reference=ILL_APDU), 224),
        (External(SingleAsn1Type(b"\x61\x04\xb0\x02\xa4\x7f"), direct_reference=ILL_APDU), 224),
    ],
)
def test_what_is_no_request_is_refused_by_its_condition(external: External, condition: int) -> None:
    with pytest.raises(Refused) as caught:
        ill_request_of(external)
    assert caught.value.condition == condition


def test_any_octets_are_read_or_refused() -> None:
    """Each prefix and each single wrong octet of a request."""
    external = an_ill_request("Vildanden", "Ibsen", client="P7")
    assert isinstance(external.encoding, SingleAsn1Type)
    whole = external.encoding.value
    spoilt = [whole[:length] for length in range(len(whole))]
    spoilt += [
        whole[:at] + bytes([octet]) + whole[at + 1 :]
        for at in range(len(whole))
        for octet in (0, 0x1F, 0x7F, 0x80, 0xA4, 0xFF)
    ]
    refused = []
    for octets in spoilt:
        try:
            ill_request_of(External(SingleAsn1Type(octets), direct_reference=ILL_APDU))
        except Refused as error:
            refused.append(error.condition)
    assert set(refused) == {224}


def test_a_partner_is_asked(place: Place) -> None:
    a_partner(place.circulation)
    card = a_patron(place.circulation)
    client = place.client("broker")
    response = send(client, with_request(an_ill_request("Vildanden", "Ibsen"), user_id=card))
    assert response.operation_status == 1
    assert auxiliary_status(response) == 3  # forwarded
    [loan] = loans(place)
    assert (loan.title, loan.author, loan.user) == ("Vildanden", "Ibsen", card)
    assert loan.state is BorrowingState.ASKED


def test_it_may_be_for_the_client_that_the_request_names(place: Place) -> None:
    a_partner(place.circulation)
    card = a_patron(place.circulation)
    send(place.client("broker"), with_request(iso_18626(patronId=card)))
    assert [loan.user for loan in loans(place)] == [card]


def test_a_request_that_names_no_title_means_the_record(place: Place) -> None:
    a_partner(place.circulation)
    card = a_patron(place.circulation)
    client = place.client("broker")
    client.search(search("@attr 1=4 soil"))
    assert send(client, with_request(an_ill_request(), user_id=card)).operation_status == 1
    assert [loan.title for loan in loans(place)] == ["Soil and water"]


def test_what_we_cannot_keep_for_the_patron_is_asked_for_elsewhere(place: Place) -> None:
    card = a_patron(place.circulation)
    client = place.client("broker")
    client.search(search("@attr 1=1003 tolkien"))
    assert failure(send(client, order(user=card)))[0] == 224
    a_partner(place.circulation)
    response = send(client, order(user=card))
    assert auxiliary_status(response) == 3
    assert [loan.title for loan in loans(place)] == ["Smith of Wootton Major"]
    send(client, order(user=card))
    assert len(loans(place)) == 1  # the same wish again is the same loan


def test_without_a_partner_it_says_so(place: Place) -> None:
    card = a_patron(place.circulation)
    response = send(place.client("broker"), with_request(iso_18626(), user_id=card))
    assert failure(response) == (224, "no partner takes requests for loans")
    assert loans(place) == []


def test_a_patron_whom_nobody_knows_is_told_so(place: Place) -> None:
    a_partner(place.circulation)
    response = send(place.client("broker"), with_request(iso_18626(), user_id="P404"))
    assert failure(response) == (222, "no patron has this identifier")
