"""ISO 18626: the schemas of both versions by the table of elements, and messages of either."""

from __future__ import annotations

from pathlib import Path
from random import Random
from xml.sax.saxutils import escape

from lxml import etree
from lxml.builder import ElementMaker

from protocols.iso18626.codes import (
    NAMESPACE,
    ONLY_2021,
    Action,
    ErrorType,
    ReasonForMessage,
    RequestType,
    ServiceType,
    Status,
    Version,
)
from protocols.iso18626.layouts import layout_of
from tests.corpora.grammars import XSD, write

_E = ElementMaker(namespace=XSD, nsmap={"xs": XSD, "t": NAMESPACE})
_MESSAGES = ("request", "supplyingAgencyMessage", "requestingAgencyMessage")
_TIMES = frozenset(
    [
        "timestamp",
        "timestampReceived",
        "lastChange",
        "dateSent",
        "dueDate",
        "expectedDeliveryDate",
        "needBeforeDate",
        "retryBefore",
        "retryAfter",
        "startDate",
        "endDate",
    ]
)
_CLOSED: dict[str, list[str]] = {
    "action": [each.value for each in Action],
    "reasonForMessage": [each.value for each in ReasonForMessage],
    "status": [each.value for each in Status],
    "requestType": [each.value for each in RequestType],
    "serviceType": [each.value for each in ServiceType],
    "messageStatus": ["OK", "ERROR"],
    "errorType": [each.value for each in ErrorType],
}
_YES = {"answerYesNo", "sendToPatron", "anyEdition", "insurance", "insuranceThirdParty"}
_WORDS = {
    "agencyIdType": ("ISIL",),
    "agencyIdValue": ("DK-710100", "DK-900100", "DK-820010"),
    "title": ("Njals saga", "Pan", "Æblet & ormen"),
    "author": ("Hamsun, Knut", "Ukendt"),
    "monetaryValue": ("0", "12.50", "75"),
    "currencyCode": ("DKK", "EUR"),
    "sortOrder": ("1", "2"),
    "supplyingAgencyRequestId": ("4711", "12"),
    "messageStatus": ("OK",),
    "bibliographicItemIdentifierCode": ("ISBN", "ISSN"),
    "sentToPatron": ("true", "false"),
    "preferredEdition": ("MostRecentEdition", "ThisEdition"),
    "requestSubType": ("PatronRequest", "TransferRequest", "BookingRequest"),
    "bibliographicItemIdentifier": ("9788700000018", "0105-1234"),
}


def make(folder: Path, chance: Random) -> None:
    """``ncip-schema/iso18626`` and ``iso18626-samples`` below a folder."""
    for version, name in ((Version.V1_2, "v1_2"), (Version.V2021, "2021-2")):
        write(folder / f"ncip-schema/iso18626/ISO-18626-{name}.xsd", _schema(version))
    for name, document in _samples(chance).items():
        write(folder / "iso18626-samples" / name, document.encode())


def _schema(version: Version) -> bytes:
    kinds = [*_MESSAGES, *(f"{name}Confirmation" for name in _MESSAGES)]
    parts = [_declared(name, "", version) for name in kinds]
    root = _E.element(
        _E.complexType(
            _E.choice(*parts),
            _E.attribute(ref="t:version", use="required"),
            _E.anyAttribute(processContents="lax", namespace="##other"),
        ),
        name="ISO18626Message",
    )
    schema = _E.schema(
        _E.attribute(name="version", type="xs:string"),
        _E.attribute(name="scheme", type="xs:string"),
        root,
        targetNamespace=NAMESPACE,
        elementFormDefault="qualified",
    )
    return etree.tostring(schema, pretty_print=True)


def _declared(name: str, parent: str, version: Version, **occurs: str) -> etree._Element:
    layout = layout_of(version, parent, name)
    if layout is not None:
        children = [
            _declared(
                child.name,
                name,
                version,
                minOccurs=str(int(child.is_needed)),
                maxOccurs="unbounded" if child.is_many else "1",
            )
            for child in layout
        ]
        return _E.element(_E.complexType(_E.sequence(*children)), name=name, **occurs)
    if name in _TIMES:
        return _E.element(name=name, type="xs:dateTime", **occurs)
    if name in _CLOSED:
        values = [_E.enumeration(value=value) for value in _allowed(name, version)]
        kind = _E.simpleType(_E.restriction(*values, base="xs:string"))
        return _E.element(kind, name=name, **occurs)
    extension = _E.extension(_E.attribute(ref="t:scheme"), base="xs:string")
    return _E.element(_E.complexType(_E.simpleContent(extension)), name=name, **occurs)


def _allowed(name: str, version: Version) -> list[str]:
    newer = {each.value for each in ONLY_2021}
    return [each for each in _CLOSED[name] if version is Version.V2021 or each not in newer]


# Messages


def _samples(chance: Random) -> dict[str, str]:
    """By the name of the file: of either version messages and confirmations, and what is wrong."""
    found = {}
    for version in Version:
        for name in _MESSAGES:
            for number in range(20 if version is Version.V1_2 else 8):
                body = _element(name, "", version, chance, least=number % 2 == 0)
                found[f"{name}-{version.value}-{number:02}.xml"] = _document(body, version, chance)
        for name in (f"{each}Confirmation" for each in _MESSAGES):
            body = _element(name, "", version, chance, least=False)
            found[f"{name}-{version.value}.xml"] = _document(body, version, chance)
    whole = {name: text for name, text in found.items() if "1.2-00" in name}
    for name, text in whole.items():
        for element in ("requestingAgencyRequestId", "action", "reasonForMessage"):
            if f"{element}>" in text:
                without = _without(text, element)
                found[f"refused-no-{element}-{name}"] = without
    for name in ("action", "reasonForMessage", "status"):
        source = "requesting" if name == "action" else "supplying"
        text = whole[f"{source}AgencyMessage-1.2-00.xml"]
        start = text.index(f"{name}>") + len(name) + 1
        found[f"refused-{name}.xml"] = text[:start] + "Whatever" + text[text.index("</", start) :]
    return found


def _without(text: str, element: str) -> str:
    """The document without the text of one element, with whatever prefix."""
    start = text.index(f"{element}>") + len(element) + 1
    return text[:start] + text[text.index("</", start) :]


def _document(body: str, version: Version, chance: Random) -> str:
    prefix = chance.choice(["", "", "ill"])
    if prefix:
        body = body.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
    colon = f"{prefix}:" if prefix else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{colon}ISO18626Message '
        f'{"xmlns:ill" if prefix else "xmlns"}="{NAMESPACE}" xmlns:v="{NAMESPACE}" '
        f'v:version="{version.value}">{body}</{colon}ISO18626Message>'
    )


def _element(name: str, parent: str, version: Version, chance: Random, *, least: bool) -> str:
    layout = layout_of(version, parent, name)
    if layout is None:
        return f"<{name}>{escape(_text(name, version, chance))}</{name}>"
    parts = []
    if name == "address":  # one or the other
        layout = (chance.choice(layout)._replace(is_needed=True),)
    for child in layout:
        if child.name == "errorData":
            continue
        if child.is_needed or child.name == "title" or not (least or chance.random() < 0.5):
            number = chance.randint(1, 2) if child.is_many and not least else 1
            parts += [
                _element(child.name, name, version, chance, least=least) for _ in range(number)
            ]
    return f"<{name}>{''.join(parts)}</{name}>"


def _text(name: str, version: Version, chance: Random) -> str:
    if name in _TIMES:
        return f"2026-11-{chance.randint(1, 30):02}T10:00:00Z"
    if name == "requestingAgencyRequestId":
        return f"REQ-{chance.randrange(40)}"
    if name in _YES:
        return chance.choice(["Y", "N"])
    return chance.choice(_WORDS.get(name) or _any_of(name, version))


def _any_of(name: str, version: Version) -> list[str]:
    return _allowed(name, version) if name in _CLOSED else ["one", "two words", "Ærø"]
