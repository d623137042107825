"""SIP2 over HTTPS: the XML document around a message.

    <ns1:sip xmlns:ns1="http://axiell.com/Schema/sip.xsd" login="kiosk" password="...">
      <request>9900802.00</request>
    </ns1:sip>

The answer has ``response`` or ``error`` in place of ``request``, and no login (Guideline for using
SIP2 over https, biblstandard.dk, 16 December 2013). Clients look for the two elements by their
names without a prefix, so answers are written in one way only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

NAMESPACE: Final = "http://axiell.com/Schema/sip.xsd"
#: The longest document, in bytes: a message has some hundred.
DOCUMENT_BYTES: Final = 64 * 1024
#: The longest login or password, in characters.
CREDENTIAL_CHARACTERS: Final = 255

_ROOT: Final = f"{{{NAMESPACE}}}sip"
#: The schema has unqualified elements; some XML libraries write a prefix all the same.
_REQUEST: Final = ("request", f"{{{NAMESPACE}}}request")
_DTD: Final = "The document has a DTD, which is not taken."
_PARSER: Final = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    dtd_validation=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)


class NoEnvelope(Exception):
    """The bytes are no such document. The text says why, and quotes none of them."""


class Unusable(Exception):
    """The document is one, but nothing can be made of what stands in it. The text says why."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a document holds: whose message it is, and the message without any end of line."""

    login: str
    password: str = field(repr=False)
    message: str = field(repr=False)


def open_envelope(document: bytes) -> Envelope:
    """The login, the password and the message in `document`. Raises NoEnvelope or Unusable."""
    if len(document) > DOCUMENT_BYTES:
        raise NoEnvelope(f"The document is longer than {DOCUMENT_BYTES} bytes.")
    root = _root_of(document)
    if root.tag != _ROOT:
        raise NoEnvelope(f"The document is not an element sip of {NAMESPACE}.")
    requests = [each for each in root if each.tag in _REQUEST]
    if len(requests) != 1 or len(root) != 1 or len(requests[0]):
        raise NoEnvelope("The element sip holds one element request with a message, and no other.")
    login, password = root.get("login", ""), root.get("password", "")
    if not login or not password:
        raise Unusable("Login and password must be given as attributes of sip.")
    if max(len(login), len(password)) > CREDENTIAL_CHARACTERS:
        raise Unusable("Login or password is too long.")
    message = (requests[0].text or "").strip("\r\n\t ")
    if not message:
        raise Unusable("The element request is empty.")
    if "\r" in message or "\n" in message:
        raise Unusable("The element request holds more than one line: it is for one message.")
    return Envelope(login, password, message)


def answer_in(document: bytes) -> str:
    """The message in an answer. Raises Unusable with what stands in ``error``, and NoEnvelope."""
    root = _root_of(document)
    for each in root:
        if etree.QName(each).localname == "response":
            return (each.text or "").strip("\r\n")
        if etree.QName(each).localname == "error":
            raise Unusable(each.text or "")
    raise NoEnvelope("The answer holds neither a response nor an error.")


def request_document(login: str, password: str, message: str) -> bytes:
    """The document that asks."""
    attributes = f"login={quoteattr(login)} password={quoteattr(password)}"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<ns1:sip xmlns:ns1="{NAMESPACE}" {attributes}>'
        f"<request>{escape(message)}</request></ns1:sip>"
    ).encode()


def _root_of(document: bytes) -> etree._Element:
    if b"<!DOCTYPE" in document:
        raise NoEnvelope(_DTD)
    try:
        root = etree.fromstring(document, _PARSER)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        raise NoEnvelope("The document is not well-formed XML.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise NoEnvelope(_DTD)
    return root


def response_document(message: str) -> bytes:
    """The document that answers with a message of SIP2."""
    return _document("response", message)


def error_document(text: str) -> bytes:
    """The document that says why there is no answer."""
    return _document("error", text)


def _document(name: str, text: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<ns2:sip xmlns:ns2="{NAMESPACE}"><{name}>{escape(text)}</{name}></ns2:sip>'
    ).encode()
