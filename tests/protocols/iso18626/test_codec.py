"""Reading what other systems write, and writing what is valid."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from protocols.iso18626.codec import (
    KINDS,
    confirmation_of,
    decode,
    decode_confirmation,
    encode,
    encode_confirmation,
)
from protocols.iso18626.codes import (
    Action,
    ReasonForMessage,
    RequestType,
    ServiceType,
    Status,
    Version,
)
from protocols.iso18626.messages import (
    Address,
    AgencyId,
    BibliographicInfo,
    Code,
    Costs,
    DeliveryInfo,
    Error,
    Header,
    Identifier,
    MalformedMessage,
    Message,
    Request,
    RequestingAgencyMessage,
    RetryInfo,
    ServiceInfo,
    SupplyingAgencyMessage,
)
from protocols.iso18626.writing import Unwritable
from tests.protocols.iso18626.schemas import Schemas, samples

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
DUE = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
HEADER = Header(
    AgencyId("DK-900100"),
    AgencyId("DK-710100"),
    NOW,
    "REQ-1",
    "4711",
    "tiro",
    "open sesame",
)
FIRST = Header(
    AgencyId("DK-900100"), AgencyId("DK-710100"), NOW, "REQ-1", "", "tiro", "open sesame"
)
SAID = Header(AgencyId("DK-900100"), AgencyId("DK-710100"), NOW, "REQ-1", "4711")
REQUEST = Request(
    FIRST,
    BibliographicInfo(
        "R1",
        "Njals saga",
        "Ukendt",
        "En saga",
        "2. udgave",
        "Brenna",
        "Nogen",
        "3",
        "1",
        "5-9",
        (Identifier("9788700000018", Code("ISBN", "urn:isbn")),),
        (Identifier("12345678", Code("FAUST")),),
    ),
    ServiceInfo(RequestType.RETRY, "REQ-0", ServiceType.COPY_OR_LOAN, "Normal", DUE, "Skynd dig"),
    "1975",
    (
        Address(("Torvet 1", "2. sal", "5000 Odense")),
        Address(electronic="ill@example.org", electronic_type="Email"),
    ),
    "Odense Bibliotekerne",
    Costs(Decimal("120.50"), "DKK"),
)
FROM_SUPPLIER = SupplyingAgencyMessage(
    SAID,
    ReasonForMessage.STATUS_CHANGE,
    Status.LOANED,
    NOW,
    True,
    "God tur",
    "NotHeld",
    "OnLoan",
    NOW,
    DUE,
    DeliveryInfo(NOW, ("I1",), "", "Mail", ("LibraryUseOnly",), Costs(Decimal("10"), "DKK")),
    RetryInfo((), Costs(Decimal("75"), "DKK"), NOW, DUE),
    AgencyId("DK-900101"),
)
FROM_REQUESTER = RequestingAgencyMessage(HEADER, Action.SHIPPED_RETURN, "Tak for lån")
MESSAGES: tuple[Message, ...] = (
    REQUEST,
    FROM_SUPPLIER,
    FROM_REQUESTER,
    Request(FIRST, BibliographicInfo()),
    SupplyingAgencyMessage(SAID, ReasonForMessage.NOTIFICATION, Status.WILL_SUPPLY, NOW),
    *(
        SupplyingAgencyMessage(SAID, ReasonForMessage.STATUS_CHANGE, each, NOW)
        for each in Status
        if each not in (Status.HOLD_RETURN, Status.RELEASE_HOLD_RETURN)
    ),
)


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("message", MESSAGES)
def test_what_is_written_is_valid_and_read_as_it_was(
    message: Message, version: Version, schemas: Schemas
) -> None:
    document = encode(message, version)
    schemas.check(document, version)
    assert decode(document).message == message


def test_children_may_come_in_any_order_and_under_any_namespace() -> None:
    text = encode(FROM_SUPPLIER, Version.V1_2).decode()
    header = re.search(r"<header>.*</header>", text)
    assert header is not None
    moved = text.replace(header[0], "").replace("</statusInfo>", f"</statusInfo>{header[0]}")
    bare = moved.replace('xmlns="http://illtransactions.org/2013/iso18626"', "", 1)
    assert decode(bare.encode()).message == FROM_SUPPLIER
    assert decode(bare.replace("ill:version", "version").encode()).message == FROM_SUPPLIER


def test_all_that_2021_adds() -> None:
    said = SupplyingAgencyMessage(
        SAID,
        ReasonForMessage.REQUEST_RESPONSE,
        Status.COPY_COMPLETED,
        NOW,
        delivery_info=DeliveryInfo(NOW, ("I1", "I2"), "https://example.org/1", "", ("a", "b")),
        retry_info=RetryInfo(("NoReproduction",)),
    )
    assert decode(encode(said, Version.V2021)).message == said
    told = decode(encode(said, Version.V1_2)).message
    assert isinstance(told, SupplyingAgencyMessage)
    assert told.note == "URL: https://example.org/1"
    with pytest.raises(Unwritable):
        encode(RequestingAgencyMessage(HEADER, Action.LOST), Version.V1_2)
    assert decode(encode(RequestingAgencyMessage(HEADER, Action.LOST), Version.V2021))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-12-31T00:00:00Z", DUE),
        ("2026-12-31T00:00:00+01:00", DUE),
        ("2026-12-31T12:00:00+01:00", datetime(2026, 12, 31, 11, tzinfo=UTC)),
        ("2026-12-31T12:00:00", datetime(2026, 12, 31, 11, tzinfo=UTC)),
        ("2026-12-31", DUE),
        ("0001-01-01T00:00:00Z", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_due_date_ends_its_day_at_the_branch(written: str, read: datetime | None) -> None:
    document = encode(FROM_SUPPLIER, Version.V1_2).decode()
    changed = re.sub("(?<=<dueDate>)[^<]*", written, document)
    message = decode(changed.encode(), ZoneInfo("Europe/Copenhagen")).message
    assert isinstance(message, SupplyingAgencyMessage)
    assert message.due_date == read


@pytest.mark.parametrize(
    ("found", "instead", "kind", "error"),
    [
        ("ShippedReturn", "Dance", "requestingAgencyMessage", "UnsupportedActionType"),
        ("REQ-1", "", "requestingAgencyMessage", "UnrecognisedDataValue"),
        ("REQ-1", "x" * 300, "requestingAgencyMessage", "UnrecognisedDataValue"),
        ("DK-710100", " ", "requestingAgencyMessage", "UnrecognisedDataValue"),
        ("header>", "head>", "requestingAgencyMessage", "UnrecognisedDataElement"),
        ("ISO18626Message", "Letter", "request", "BadlyFormedMessage"),
        ("requestingAgencyMessage>", "whisper>", "request", "UnrecognisedDataElement"),
        ("</action>", "", "requestingAgencyMessage", "BadlyFormedMessage"),
        (
            "<ISO18626Message",
            '<!DOCTYPE a [<!ENTITY b "c">]><ISO18626Message',
            "requestingAgencyMessage",
            "BadlyFormedMessage",
        ),
    ],
)
def test_what_is_wrong_is_said_in_the_right_confirmation(
    found: str, instead: str, kind: str, error: str
) -> None:
    document = encode(FROM_REQUESTER, Version.V1_2).decode()
    with pytest.raises(MalformedMessage) as caught:
        decode(document.replace(found, instead).encode())
    assert (caught.value.kind, caught.value.error.error_type) == (kind, error)


@pytest.mark.parametrize(
    ("found", "instead", "error"),
    [
        ("StatusChange", "Gossip", "UnsupportedReasonForMessageType"),
        (">Loaned<", ">Eaten<", "UnrecognisedDataValue"),
        (">Loaned<", "><", "UnrecognisedDataValue"),
    ],
)
def test_what_a_supplier_cannot_say(found: str, instead: str, error: str) -> None:
    document = encode(FROM_SUPPLIER, Version.V1_2).decode()
    with pytest.raises(MalformedMessage) as caught:
        decode(document.replace(found, instead).encode())
    assert caught.value.error.error_type == error


def test_an_open_code_is_never_refused() -> None:
    document = encode(FROM_SUPPLIER, Version.V1_2).decode().replace("NotHeld", "transfer")
    message = decode(document.encode()).message
    assert isinstance(message, SupplyingAgencyMessage)
    assert message.reason_unfilled == "transfer"


#: What crosslink sends to see whether it is refused, and what confirms or is no message.
REFUSED = {
    # Requests to which a form or a program adds the ids, and a template with names for values.
    "crosslink__example.xml",
    "crosslink__request-mock-error.xml",
    "crosslink__request-mock-multiple.xml",
    "crosslink__request-mock-unfilled.xml",
    "mod-rs__patronRequestRetry.xml",
    "mod-rs__supplyingAgencyMessage_statusChange.xml",
    "crosslink__msg-invalid.xml",
    "crosslink__reqmsg-invalid-action.xml",
    "crosslink__reqmsg-no-reqid.xml",
    "crosslink__request-no-reqid.xml",
    "crosslink__supmsg-invalid-reason.xml",
    "crosslink__supmsg-invalid-status.xml",
    "crosslink__supmsg-no-reqid.xml",
}


def test_all_samples(shared: Path, schemas: Schemas) -> None:
    """Each is read, or refused in a confirmation of its kind; both are valid in its version."""
    found = samples(shared)
    assert len(found) >= 82
    wrong = {name for name in found if name in REFUSED or name.startswith("refused-")}
    refused = set()
    for name, data in found.items():
        if b"Confirmation>" in data and name not in wrong:
            assert decode_confirmation(data) is not None, name
        try:
            read = decode(data)
            header, kind, version, error = read.message.header, "", read.version, None
            kind = KINDS[
                (Request, SupplyingAgencyMessage, RequestingAgencyMessage).index(type(read.message))
            ]
        except MalformedMessage as malformed:
            refused.add(name)
            kind, version, error = malformed.kind, malformed.version, malformed.error
            header = malformed.header  # type: ignore[assignment]
        said = confirmation_of(kind, header, timestamp=NOW, timestamp_received=NOW, error=error)
        document = encode_confirmation(said, version)
        for each in Version:  # nothing in one is foreign to the other
            schemas.check(document, each)
        assert decode_confirmation(document) == said
    assert {name for name in refused if b"Confirmation>" not in found[name]} == wrong


def test_a_confirmation_counts_by_its_status() -> None:
    said = confirmation_of(
        "request", HEADER, timestamp=NOW, timestamp_received=NOW, error=Error("x", "y")
    )
    document = encode_confirmation(said, Version.V1_2)
    own = document.replace(b">x<", b">UnableToFindRequest<")
    read = decode_confirmation(own)
    assert read is not None
    assert read.error == Error("UnableToFindRequest", "y")
    assert decode_confirmation(document.replace(b"ERROR", b"PERHAPS")) is None
    assert decode_confirmation(b"<html>It works!</html>") is None
    assert decode_confirmation(b"no XML") is None
