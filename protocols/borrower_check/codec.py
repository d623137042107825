"""SOAP envelopes with a borrower check in them: bytes <-> messages."""

from __future__ import annotations

from typing import Final

from lxml import etree

from protocols.borrower_check.messages import (
    ENVELOPES,
    NAMESPACE,
    BorrowerCheckRequest,
    Status,
)
from protocols.wire.xml_documents import PLAIN_BYTES, MalformedDocument, parse_document

_OURS: Final = {NAMESPACE, ""}  # clients leave it out
_LONGEST: Final = 200


class MalformedRequest(Exception):
    """These bytes are no borrower check; the text says why, without quoting them."""


def decode(data: bytes) -> BorrowerCheckRequest:
    """Raises MalformedRequest."""
    if len(data) > PLAIN_BYTES:
        raise MalformedRequest(f"a request has at most {PLAIN_BYTES} bytes")
    try:
        root = parse_document(data)
    except MalformedDocument as error:
        raise MalformedRequest(str(error)) from None
    envelope = etree.QName(root).namespace or ""
    if etree.QName(root).localname != "Envelope" or envelope not in ENVELOPES:
        raise MalformedRequest("this is no SOAP envelope")
    body = root.find(f"{{{envelope}}}Body")
    asked = None if body is None else next(iter(body), None)
    if asked is None or etree.QName(asked).localname != "borrowerCheckRequest":
        raise MalformedRequest("there is no borrowerCheckRequest in the body")
    found: dict[str, str] = {}
    for each in asked:
        name = etree.QName(each)
        text = (each.text or "").strip()
        if (name.namespace or "") not in _OURS or len(each):
            raise MalformedRequest("this is no borrowerCheckRequest")
        if name.localname in found or len(text) > _LONGEST:
            raise MalformedRequest(f"{name.localname[:40]} cannot be read")
        found[name.localname] = text
    return BorrowerCheckRequest(
        found.get("serviceRequester", ""),
        found.get("libraryCode", ""),
        found.get("userId", ""),
        found.get("userPincode"),
        envelope,
    )


def encode(request: BorrowerCheckRequest, status: Status) -> bytes:
    """The answer, which repeats whom it is about, as the schema wants it."""
    return _in_envelope(
        request.envelope,
        "borrowerCheckResponse",
        {"userId": request.user_id, "requestStatus": status.value},
    )


def encode_fault(text: str) -> bytes:
    """What is told of bytes that are no request (SOAP 1.1, 4.4)."""
    envelope = ENVELOPES[0]
    root = etree.Element(f"{{{envelope}}}Envelope", nsmap={"soap": envelope})
    fault = etree.SubElement(etree.SubElement(root, f"{{{envelope}}}Body"), f"{{{envelope}}}Fault")
    etree.SubElement(fault, "faultcode").text = "soap:Client"
    etree.SubElement(fault, "faultstring").text = text
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _in_envelope(envelope: str, name: str, told: dict[str, str]) -> bytes:
    names = {"soap": envelope, "borchk": NAMESPACE}
    root = etree.Element(f"{{{envelope}}}Envelope", nsmap=names)
    body = etree.SubElement(root, f"{{{envelope}}}Body")
    answer = etree.SubElement(body, f"{{{NAMESPACE}}}{name}")
    for each, text in told.items():
        etree.SubElement(answer, f"{{{NAMESPACE}}}{each}").text = text
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
