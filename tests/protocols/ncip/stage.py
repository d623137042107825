"""NCIP without a network: an `Exchange` over a real library, and the schemas to hold it against."""

from __future__ import annotations

import io
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from protocols.hosting.answering import Services
from protocols.hosting.arrivals import UNTOLD, Arrival
from protocols.ncip.exchange import Exchange
from protocols.ncip.models.services import SERVICES
from protocols.ncip.settings import NcipSettings, Partner
from protocols.ncip.wire.dialects import version_digits
from tests.builders.circulation import Library

NAMESPACE = "http://www.niso.org/2008/ncip"
N = f"{{{NAMESPACE}}}"
VERSION = "http://www.niso.org/schemas/ncip/v2_02/ncip_v2_02.xsd"
HEADER = """<InitiationHeader><FromAgencyId><AgencyId>DK-710100</AgencyId></FromAgencyId>\
<ToAgencyId><AgencyId>DK-900100</AgencyId></ToAgencyId></InitiationHeader>"""


def message(body: str, version: str = VERSION) -> bytes:
    """A well-behaved NCIPMessage around `body`."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><NCIPMessage xmlns="{NAMESPACE}" '
        f'xmlns:ncip="{NAMESPACE}" ncip:version="{version}">{body}</NCIPMessage>'
    ).encode()


def user(identifier: str) -> str:
    return f"<UserId><UserIdentifierValue>{identifier}</UserIdentifierValue></UserId>"


def item(barcode: str) -> str:
    return f"<ItemId><ItemIdentifierValue>{barcode}</ItemIdentifierValue></ItemId>"


def typed(kind: str, data: str) -> str:
    return (
        f"<AuthenticationInput><AuthenticationInputData>{data}</AuthenticationInputData>"
        "<AuthenticationDataFormatType>text/plain</AuthenticationDataFormatType>"
        f"<AuthenticationInputType>{kind}</AuthenticationInputType></AuthenticationInput>"
    )


def elements(kind: str, *names: str) -> str:
    return "".join(f"<{kind}>{name}</{kind}>" for name in names)


#: What 1.01 has beyond the DTD of 1.0, by its samples and the model of 2.0.
_LOOKUP_REQUEST_1 = """
<!ELEMENT LookupRequest (InitiationHeader, (((UniqueUserId | AuthenticationInput+), UniqueItemId,
    RequestType) | UniqueRequestId), RequestElementType*, ItemElementType*, UserElementType*)>
<!ELEMENT RequestElementType (Scheme, Value)>
<!ELEMENT LookupRequestResponse (ResponseHeader, (Problem | ((UniqueItemId | (UniqueRequestId,
    UniqueItemId?)), UniqueUserId?, RequestType?, RequestScopeType?, RequestStatusType?,
    HoldQueuePosition?, ShippingInformation?, EarliestDateNeeded?, NeedBeforeDate?, PickupDate?,
    PickupExpiryDate?, DateOfUserRequest?, DateAvailable?, AcknowledgedFeeAmount?,
    ItemOptionalFields?, UserOptionalFields?)))>
"""


class Schemas:
    """The DTD and the schemas of all versions."""

    def __init__(self, shared: Path) -> None:
        folder = shared / "data" / "ncip-schema"
        self._schemas: dict[str, etree.XMLSchema | etree.DTD] = {
            name: etree.XMLSchema(file=str(folder / path))
            for name, path in {
                "2.0": "v2_0/ncip_v2_0.xsd",
                "2.01": "v2_01/ncip_v2_01.xsd",
                "2.02": "v2_02/ncip_v2_02.xsd",
                "version": "other/ncip_version.xsd",
            }.items()
        }
        dtd = (folder / "v1" / "ncip_v1_0.dtd").read_text(encoding="utf-8")
        self._schemas["1.0"] = etree.DTD(io.StringIO(dtd))
        widened = dtd.replace("(AcceptItem |", "(LookupRequest | LookupRequestResponse |", 1)
        self._schemas["1.01"] = etree.DTD(io.StringIO(widened + _LOOKUP_REQUEST_1))

    def check(self, answer: bytes, version: str | None = None) -> etree._Element:
        """The root of an answer that is valid by what it says it is; fails on any other."""
        root = etree.fromstring(answer)
        schema = self._schemas[version or version_of(root)]
        assert schema.validate(root), (schema.error_log, answer.decode())
        return root

    def allows(self, root: etree._Element, version: str) -> bool:
        """Is a document valid by the schema of a version?"""
        return bool(self._schemas[version].validate(root))


def version_of(root: etree._Element) -> str:
    """The schema that an answer is held against."""
    if root.tag == "NCIPVersionMessage":
        return "version"
    service = str(root[0].tag).rpartition("}")[2].removesuffix("Response")
    if root.tag == "NCIPMessage":
        return "1.01" if service == "LookupRequest" else "1.0"
    digits = version_digits(root.get(f"{N}version", ""))
    assert digits is not None
    # LookupItemSet is answered in messages of any version 2, as it is asked.
    return "2.02" if service == "LookupItemSet" else {0: "2.0", 1: "2.01", 2: "2.02"}[digits[1]]


@dataclass
class Stage:
    """A library, its partners, and `ask`."""

    library: Library
    settings: NcipSettings
    schemas: Schemas
    _ready: queue.SimpleQueue[Callable[[], object]] = field(default_factory=queue.SimpleQueue)
    _later: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.services = Services(
            self.library.database,
            self.library.circulation,
            clock=lambda: self.library.now,
            call_from_thread=self._ready.put,
            call_later=lambda delay, function: self._later.append(function),
        )
        self.use(self.settings)

    def use(self, settings: NcipSettings) -> None:
        """Answers by these settings from now on."""
        self.settings = settings
        self.exchange = Exchange(settings, self.services)

    def answer(self, document: bytes, arrival: Arrival = UNTOLD) -> bytes:
        """The answer to a document, whatever it is."""
        answers: list[bytes] = []
        self.exchange.answer(document, answers.append, arrival)
        while not answers:
            self.turn()
        while self._later:
            self._later.pop()()
        assert len(answers) == 1
        return answers[0]

    def turn(self) -> None:
        """Waits for something to be done in a thread, and does what was to follow it."""
        self._ready.get(timeout=10)()

    def ask(self, body: str) -> etree._Element:
        """The service response to a message of ours; it is valid, or the test fails."""
        root = self.schemas.check(self.answer(message(body)))
        assert root.tag == f"{N}NCIPMessage"
        return root[0]

    def close(self) -> None:
        self.services.close()
        self.library.database.close()


#: It may do everything for everybody; what others may is in test_authority.py.
PARTNER = Partner(
    "DK-710100",
    "DK-900101",
    "Interlibrary loan centre",
    services=tuple(SERVICES),
    serves=("*",),
    sees_borrowers=True,
)
SETTINGS = NcipSettings(partners=(PARTNER,))


def text_of(element: Any, path: str) -> str | None:
    """The text at a path of local names below `element`."""
    found: str | None = element.findtext("/".join(N + name for name in path.split("/")))
    return found


def problem_types(response: etree._Element) -> Sequence[str]:
    """The problem types of an answer, in either version."""
    return [str(each.text) for each in response.iter(f"{N}ProblemType")] + [
        str(each.findtext("Value"))
        for each in response.iter("MessagingErrorType", "ProcessingErrorType")
    ]


def service_of(answer: etree._Element) -> str | None:
    """The service that an answer is of; None for one that cannot tell it."""
    name = str(answer[0].tag).rpartition("}")[2]
    return name.removesuffix("Response") if name.endswith("Response") else None
