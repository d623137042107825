"""NCIP: the schemas that the classes of messages make, and messages as many systems write them.

Who has the schemas of the standard holds the classes against them (`test_layouts`). Here they are
written as schemas, so that answers are judged by libxml2 and not by the writer that made them. Of
alternatives each may be missing; all else is as the classes say.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any
from xml.sax.saxutils import escape

import protocols.ncip.codec  # noqa: F401 - all classes of messages
from protocols.ncip.models.elements import LAYOUTS, Row
from protocols.ncip.models.layouts import rows_in
from protocols.ncip.models.marks import (
    CODE,
    COUNT,
    FLAG,
    MANY,
    MOMENT,
    NUMBER,
    ONE,
    SOME,
    TEXT,
    V2,
    Version,
)
from protocols.ncip.models.services import ALL_SERVICES, NOTIFICATIONS, ONLY_VERSION_1, SERVICES
from protocols.ncip.wire.dialects import NAMESPACE, version_with
from tests.corpora.grammars import schema, write

_TYPES = {
    TEXT: "text",
    CODE: "text @t:Scheme?",
    MOMENT: "dateTime",
    COUNT: "nonNegativeInteger",
    NUMBER: "integer",
    FLAG: "empty",
}
_MESSAGES = sorted(ALL_SERVICES | {f"{name}Response" for name in ALL_SERVICES})
#: Which the tests widen version 1 by, as 1.01 has it.
_OF_1_01 = ("LookupRequest", "LookupRequestResponse")
_VERSION = """
NCIPVersionMessage: LookupVersionResponse @version
LookupVersionResponse: FromAgencyId, ToAgencyId, VersionSupported+, ServiceSupported*
FromAgencyId: UniqueAgencyId
ToAgencyId: UniqueAgencyId
UniqueAgencyId: Scheme, Value
"""


def make(folder: Path, chance: Random) -> None:
    """``ncip-schema`` and ``ncip-samples`` below a folder."""
    schemas = folder / "ncip-schema"
    for name, version in (("v2_0", (2, 0)), ("v2_01", (2, 1)), ("v2_02", (2, 2))):
        text = "\n".join(f"{each}: {model}" for each, model in _models(version).items())
        made = schema(text, NAMESPACE, attributes=("version", "Scheme"))
        write(schemas / name / f"ncip_{name}.xsd", made)
    write(schemas / "other" / "ncip_version.xsd", schema(_VERSION))
    write(schemas / "v1" / "ncip_v1_0.dtd", _dtd().encode())
    index = []
    for number, (entry, document) in enumerate(_messages(chance)):
        entry["file"] = f"{entry['service'].strip('()?') or 'none'}-{number:03}.xml"
        write(folder / "ncip-samples" / entry["file"], document)
        index.append(entry)
    write(folder / "ncip-samples" / "index.json", json.dumps(index, indent=1).encode())


# Schemas


def _models(version: Version) -> dict[str, str]:
    """Of every element of a version its content."""
    messages = [
        name
        for name in _MESSAGES
        if version >= V2 or version_with(name.removesuffix("Response"), version) == version
    ]
    if version < V2:
        messages += ["AuthenticateUser", "AuthenticateUserResponse"]
    root = " | ".join((*messages, "Problem"))
    found = {"NCIPMessage": f"{root} @{'version' if version < V2 else 't:version'}"}
    for kind in LAYOUTS:
        name = kind.__name__
        if version < V2 or name.removesuffix("Response") not in ONLY_VERSION_1:
            _describe(name if version >= V2 else "", kind, version, found)
    for name in messages:
        found.setdefault(name, "ResponseHeader?, Problem*")
    return found


def _describe(element: str, kind: type[Any], version: Version, found: dict[str, str]) -> None:
    name = element or kind.__name__
    if name in found:
        return
    found[name] = ""
    parts, within = [], ""
    for row in rows_in(kind, version, name):
        if row.within_1 and version < V2:
            if row.within_1 != within:
                within = row.within_1
                parts.append(f"{within}?")
                found[within] = ""
            found[within] += (", " if found[within] else "") + _particle(row, version)
        else:
            parts.append(_particle(row, version))
        child = row.element_in(version)
        if row.kind in LAYOUTS:
            _describe(child, row.kind, version, found)
        else:
            found.setdefault(child, _simple(row.kind, version))
    if name.endswith("Response") and name.removesuffix("Response") in SERVICES:
        at = 1 if parts and parts[0].startswith("ResponseHeader") else 0
        parts.insert(at, "Problem*" if version >= V2 else "Problem?")
    found[name] = "any" if name == "Ext" else ", ".join(parts)


def _particle(row: Row, version: Version) -> str:
    occurs = row.occurs_in(version)
    if row.choice:
        occurs = MANY if occurs in (SOME, MANY) else None
    return row.element_in(version) + ("?" if occurs is None else occurs.value.strip("1"))


def _simple(kind: Any, version: Version) -> str:
    return "Scheme, Value" if kind is CODE and version < V2 else _TYPES[kind]


#: Problems have another shape in version 1.
_PROBLEMS_1 = """
<!ELEMENT Problem (ProcessingError+ | MessagingError+)>
<!ELEMENT ProcessingError (ProcessingErrorType, ProcessingErrorElement*)>
<!ELEMENT MessagingError (MessagingErrorType, MessagingErrorElement?)>
<!ELEMENT ProcessingErrorType (Scheme, Value)>
<!ELEMENT MessagingErrorType (Scheme, Value)>
<!ELEMENT ProcessingErrorElement (ElementName, (ProcessingErrorElement | ProcessingErrorValue)*)>
<!ELEMENT MessagingErrorElement (ElementName, (MessagingErrorElement | MessagingErrorValue)*)>
"""


def _dtd() -> str:
    """Version 1.0."""
    models = _models((1, 0))
    answered = [f"{name}Response" for name in NOTIFICATIONS]
    lines = ["<!ATTLIST NCIPMessage version CDATA #REQUIRED>", _PROBLEMS_1]
    for name, model in models.items():
        if name == "NCIPMessage":
            words = model.partition("@")[0].strip().split(" | ")
            lines.append(f"<!ELEMENT {name} ({' | '.join(words)})>")
        elif name in answered:
            lines.append(f"<!ELEMENT {name} (ResponseHeader?, MessagingError*)>")
        elif name not in (*_OF_1_01, "RequestElementType", "Problem"):
            simple = {"empty": "EMPTY", "any": "ANY", "": "EMPTY"}
            is_text = model in {_TYPES[kind] for kind in (TEXT, MOMENT, COUNT, NUMBER)}
            content = "(#PCDATA)" if is_text else simple.get(model, f"({model})")
            lines.append(f"<!ELEMENT {name} {content}>")
    for name in ("Scheme", "Value", "ElementName", "ProcessingErrorValue", "MessagingErrorValue"):
        lines.append(f"<!ELEMENT {name} (#PCDATA)>")
    return "\n".join(lines)


# Messages


_DOCTYPE = '<!DOCTYPE NCIPMessage PUBLIC "-//NISO//NCIP DTD Version 1.0//EN" "{}">'
_OF_1 = "http://www.niso.org/ncip/v1_0/imp1/dtd/ncip_v1_0.dtd"
#: How systems write the version: the attribute, and what it means.
_WRITTEN: dict[str, tuple[Version, str]] = {
    "http://www.niso.org/schemas/ncip/v2_02/ncip_v2_02.xsd": ((2, 2), "2.02"),
    "2.02": ((2, 2), "2.02"),
    "http://www.niso.org/schemas/ncip/v2_01/imp1/xsd/ncip_v2_01.xsd": ((2, 1), "2.01"),
    "http://www.niso.org/schemas/ncip/v2_0/imp1/xsd/ncip_v2_0.xsd": ((2, 0), "2.0"),
    _OF_1: ((1, 0), "1.0"),
    "http://ncip.envisionware.com/documentation/ncip_v1_01.dtd": ((1, 1), "1.01"),
}
#: What is no message, or one of nothing that there is.
_ODD = {
    "(empty)": ("", "  "),
    "?": ("<NCIPMessage", "cough", "<a>&b;</a>", "<NCIPMessage>\x01</NCIPMessage>", "{}"),
    "Ext": ("<Ext><Other/></Ext>",),
    "DestroyItem": ("<DestroyItem/>",),
    "ItemRequest": ("<ItemRequest/>",),
}
_WORDS = {
    "UserIdentifierValue": ("21000000013", "P0000001", "u-77", "Müller"),
    "ItemIdentifierValue": ("39001000000017", "I0000001", "b/12"),
    "BibliographicRecordIdentifier": ("870970-12345678", "ocm00000047"),
    "AuthenticationInputData": ("hemmelig7", "geheim-42", "s3cr3t-one", "tom & jerry"),
    "AuthenticationInputType": ("PIN", "Password", "Barcode Id"),
    "AuthenticationDataFormatType": ("text/plain",),
    "FromSystemAuthentication": ("system-pass-1",),
    "FromAgencyAuthentication": ("agency-pass-2",),
    "AgencyId": ("DK-710100", "ABC", "Others Library"),
    "ItemElementType": ("Bibliographic Description", "Circulation Status", "Location"),
    "UserElementType": ("Name Information", "User Address Information", "User Privilege"),
    "RequestType": ("Hold", "Loan"),
    "RequestScopeType": ("Item", "Bibliographic Item"),
    "RequestedActionType": ("Hold For Pickup", "Circulate"),
}


def _messages(chance: Random) -> list[tuple[dict[str, Any], bytes]]:
    """Each with its entry of the index."""
    found = []
    kinds = {kind.__name__: kind for kind in LAYOUTS}
    for attribute, (version, name) in _WRITTEN.items():
        for service in sorted({*SERVICES} - ONLY_VERSION_1):
            if version_with(service, version) != version:
                continue
            for least in (True, True, False) if service in _OFTEN else (True, False):
                body = _element(service, kinds[service], version, chance, least)
                found.append(_entry(service, "request", body, attribute, name, chance))
            response = f"{service}Response"
            for _ in range(7 if service == "LookupUser" else 2):
                if response in kinds and version >= V2:
                    body = _element(response, kinds[response], version, chance, False)
                    found.append(_entry(response, "response", body, attribute, name, chance))
            if version >= V2:
                body = f"<{response}>{_problem(chance)}</{response}>"
                found.append(_entry(response, "response", body, attribute, name, chance))
    newest = next(iter(_WRITTEN))
    for service, bodies in _ODD.items():
        for body in bodies:
            if service == "?":
                entry = {"service": "?", "direction": "request", "wellformed": False}
                found.append(({**entry, "version": "?", "ns": None}, body.encode()))
            else:
                found.append(_entry(service, "request", body, newest, "2.02", chance))
    body = _element("LookupUser", kinds["LookupUser"], (2, 2), chance, True)
    found.append(_entry("LookupUser", "request", body, "5.6", "2.02", chance))
    return found


_OFTEN = frozenset(["LookupUser", "LookupItem", "CheckOutItem", "CheckInItem", "RenewItem"])


def _entry(
    service: str, direction: str, body: str, attribute: str, name: str, chance: Random
) -> tuple[dict[str, Any], bytes]:
    """A document around a service, by one of the habits that systems have."""
    is_1 = name[0] == "1"
    prefix = "" if is_1 else chance.choice(["", "", "ns1", "ncip"])
    if is_1:
        doctype = _DOCTYPE.format(attribute) if chance.random() < 0.7 else ""
        text = f'{doctype}<NCIPMessage version="{attribute}">{body}</NCIPMessage>'
    elif prefix:
        body = body.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
        text = (
            f'<{prefix}:NCIPMessage xmlns:{prefix}="{NAMESPACE}" '
            f'{prefix}:version="{attribute}">{body}</{prefix}:NCIPMessage>'
        )
    else:
        qualified = chance.choice(["", "n:"])
        text = (
            f'<NCIPMessage xmlns="{NAMESPACE}" xmlns:n="{NAMESPACE}" '
            f'{qualified}version="{attribute}">{body}</NCIPMessage>'
        )
    if chance.random() < 0.3:
        text = text.replace("><", ">\n  <")
    head = chance.choice(['<?xml version="1.0" encoding="UTF-8"?>', "<?xml version='1.0'?>\n", ""])
    entry = {
        "service": service,
        "direction": direction,
        "wellformed": True,
        "version": name,
        "ns": None if is_1 else NAMESPACE,
        "version_attr": attribute,
    }
    return entry, (head + text).encode()


def _problem(chance: Random) -> str:
    kind = chance.choice(["Unknown User", "Unknown Item", "Item Not Renewable"])
    return f"<Problem><ProblemType>{kind}</ProblemType></Problem>"


def _element(
    name: str, kind: type[Any], version: Version, chance: Random, least: bool, depth: int = 0
) -> str:
    """An element and its children; `least`: what has to be there alone."""
    parts, within, chosen = [], "", set()
    for row in rows_in(kind, version, name):
        occurs = row.occurs_in(version)
        needed = occurs in (ONE, SOME)
        if row.choice:
            needed = row.choice not in chosen
            if not needed and row.kind is not TEXT:
                continue
            chosen.add(row.choice)
        if not needed and (least or depth > 2 or chance.random() < 0.6):
            continue
        number = 1 if occurs not in (MANY, SOME) else chance.randint(1, 1 if least else 3)
        child = row.element_in(version)
        text = "".join(_child(child, row, version, chance, least, depth) for _ in range(number))
        if row.within_1 and version < V2 and row.within_1 != within:
            within = row.within_1
            text = f"<{within}>{text}</{within}>"
        parts.append(text)
    return f"<{name}>{''.join(parts)}</{name}>"


def _child(name: str, row: Row, version: Version, chance: Random, least: bool, depth: int) -> str:
    if row.kind in LAYOUTS:
        return _element(name, row.kind, version, chance, least, depth + 1)
    if row.kind is FLAG:
        return f"<{name}/>"
    value = {
        MOMENT: "2026-11-30T12:00:00Z",
        COUNT: str(chance.randint(1, 9)),
        NUMBER: str(chance.randint(0, 5000)),
    }.get(row.kind) or escape(chance.choice(_WORDS.get(name, ("one", "Æble", "two words"))))
    if row.kind is CODE and version < V2:
        value = f"<Scheme>http://example.org/{name.lower()}</Scheme><Value>{value}</Value>"
    return f"<{name}>{value}</{name}>"
