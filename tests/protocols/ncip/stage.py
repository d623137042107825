"""NCIP without a network: an `Exchange` over a real library, and the schemas to hold it against."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from protocols.answering import Services
from protocols.ncip.exchange import Exchange
from protocols.ncip.settings import NcipSettings, Partner
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


class Schemas:
    """The schema of each version."""

    def __init__(self, shared: Path) -> None:
        folder = shared / "data" / "ncip-schema"
        self._schemas = {
            name: etree.XMLSchema(file=str(folder / path))
            for name, path in {
                "2.0": "v2_0/ncip_v2_0.xsd",
                "2.01": "v2_01/ncip_v2_01.xsd",
                "2.02": "v2_02/ncip_v2_02.xsd",
                "version": "other/ncip_version.xsd",
            }.items()
        }

    def check(self, answer: bytes, version: str = "2.02") -> etree._Element:
        """The root of a valid answer; fails on any other."""
        root = etree.fromstring(answer)
        if root.tag == "NCIPVersionMessage":
            version = "version"
        schema = self._schemas[version]
        assert schema.validate(root), (schema.error_log, answer.decode())
        return root


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

    def answer(self, document: bytes) -> bytes:
        """The answer to a document, whatever it is."""
        answers: list[bytes] = []
        self.exchange.answer(document, answers.append)
        while not answers:
            self._ready.get(timeout=10)()
        while self._later:
            self._later.pop()()
        assert len(answers) == 1
        return answers[0]

    def ask(self, body: str) -> etree._Element:
        """The service response to a message of ours; it is valid, or the test fails."""
        root = self.schemas.check(self.answer(message(body)))
        assert root.tag == f"{N}NCIPMessage"
        return root[0]

    def close(self) -> None:
        self.services.close()
        self.library.database.close()


PARTNER = Partner("DK-710100", "DK-900101", "Interlibrary loan centre", sees_borrowers=True)
SETTINGS = NcipSettings(partners=(PARTNER,))


def text_of(element: Any, path: str) -> str | None:
    """The text at a path of local names below `element`."""
    found: str | None = element.findtext("/".join(N + name for name in path.split("/")))
    return found


def problem_types(response: etree._Element) -> Sequence[str]:
    return [str(each.text) for each in response.iter(f"{N}ProblemType")]
