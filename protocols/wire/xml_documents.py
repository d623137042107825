"""Bytes from a stranger -> an XML tree, or `MalformedDocument`; in bounded time and memory.

No DTD is loaded, no entity is expanded, nothing is fetched. Unambiguous mistakes of real clients
are put right first: a wrong encoding declaration, control characters, bare ampersands, prefixes
that were never declared, which are taken for the `namespace` of the protocol.
"""

from __future__ import annotations

import codecs
import re
from itertools import islice

from lxml import etree

#: The largest request, in bytes; real ones have a few thousand.
DOCUMENT_BYTES = 256 * 1024
#: The most tags of a request: 500 identifiers of items have 4,000.
DOCUMENT_TAGS = 5_000
#: A request that is longer, or has more tags, is read in a thread, and only from callers that have
#: proven who they are. Only requests within these limits are put right before they are read.
PLAIN_BYTES = 32 * 1024
#: If there are more ampersands than this, bare ones are not put right.
FAULTS = 200
PLAIN_TAGS = 1_000
#: The header of a request that is not plain ends within this many bytes.
HEAD_BYTES = 8 * 1024
#: The largest answer from other systems, in bytes.
ANSWER_BYTES = 2 * 1024 * 1024
#: The deepest nesting of elements; a real message has about ten levels.
DEPTH = 64

_REPAIRS = 4

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_SINGLE_BYTE = re.compile(r"(iso-?8859-?\d{1,2}|latin-?\d|windows-125\d|cp125\d)", re.IGNORECASE)
_DECLARATION = re.compile(r"<\?xml\s[^>]{0,300}?\?>")
_ENCODING = re.compile(rb"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ILLEGAL_REFERENCE = re.compile(
    r"&#(?:0*(?:[0-8]|1[124-9]|2[0-9]|3[01])|x0*(?:[0-8bcef]|1[0-9a-f]));", re.IGNORECASE
)
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);)")
_UNDECLARED_PREFIX = re.compile(r"Namespace prefix ([A-Za-z_][\w.-]{0,39}) ")
_ROOT = re.compile(r"<[A-Za-z_][\w.:-]*")
_TOO_DEEP = etree.XPath(f"boolean({'/*' * (DEPTH + 1)})")


_PARSER = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    dtd_validation=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)


class MalformedDocument(Exception):
    """These bytes are not a document; the text says why, without quoting them."""


def is_plain(data: bytes) -> bool:
    """Is the document small enough to be read in no time, whatever it contains?"""
    return len(data) <= PLAIN_BYTES and data.count(b"<") <= PLAIN_TAGS


def parse_document(data: bytes, namespace: str = "") -> etree._Element:
    """The root of the request in `data`; raises MalformedDocument."""
    _measure(data)
    return _parsed(data, namespace)


def parse_answer(data: bytes, namespace: str = "") -> etree._Element:
    """The root of an answer to a request of ours; raises MalformedDocument."""
    if len(data) > ANSWER_BYTES:
        raise MalformedDocument(f"the answer is longer than {ANSWER_BYTES} bytes")
    return _parsed(data, namespace)


def parse_beginning(data: bytes) -> etree._Element | None:
    """The first element within the root of a document, as far as it is in the first `HEAD_BYTES`;
    None if there is none. The rest is not looked at. Raises MalformedDocument if the document is
    too long."""
    _measure(data)
    parser = etree.XMLPullParser(
        events=("start",),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        parser.feed(data[:HEAD_BYTES])
    except etree.XMLSyntaxError:
        return None
    events = parser.read_events()
    found: list[etree._Element] = [element for _, element in islice(events, 2)]  # type: ignore[misc]
    return found[1] if len(found) > 1 else None


def _measure(data: bytes) -> None:
    if len(data) > DOCUMENT_BYTES:
        raise MalformedDocument(f"the message is longer than {DOCUMENT_BYTES} bytes")
    if data.count(b"<") > DOCUMENT_TAGS:
        raise MalformedDocument(f"the message has more than {DOCUMENT_TAGS} tags")


def _parsed(data: bytes, namespace: str) -> etree._Element:
    root = _sound(data)
    if root is None:
        if len(data) > PLAIN_BYTES:
            raise MalformedDocument(
                "the message is not well-formed XML in UTF-8, and too long to put it right"
            )
        text = _text(data)
        if "<!ENTITY" in text:
            raise MalformedDocument("the message declares entities")
        root = _tree(text, namespace)
    # No more elements than may be open at a time cannot be nested too deeply.
    if data.count(b"<") > DEPTH and _TOO_DEEP(root):
        raise MalformedDocument(f"elements are nested more than {DEPTH} deep")
    return root


def _sound(data: bytes) -> etree._Element | None:
    """The root of a document in UTF-8 that needs no repair; None for any other."""
    if not data.startswith(b"<") or b"<!ENTITY" in data:
        return None
    declared = _ENCODING.match(data)
    if declared is not None and declared[1].lower() != b"utf-8":
        return None
    try:
        return etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError:
        return None


def _text(data: bytes) -> str:
    """The document as text without its XML declaration and without illegal characters."""
    data = data.lstrip(b" \t\r\n") if data[:2] != b"\x00<" else data
    encoding = ""
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            encoding = name
            break
    if not encoding:
        # A document that declares UTF-16 but begins like ASCII is UTF-8 from a string writer.
        declared = _ENCODING.match(data)
        name = declared[1].decode("ascii") if declared else ""
        encoding = name if _SINGLE_BYTE.fullmatch(name) else "utf-8"
    try:
        text = data.decode(encoding)
    except LookupError:
        raise MalformedDocument("the character encoding is not known") from None
    except UnicodeDecodeError:
        raise MalformedDocument(f"the message is not in {encoding}") from None
    text = text.lstrip("\ufeff \t\r\n")
    declaration = _DECLARATION.match(text)
    if declaration:
        text = text[declaration.end() :]
    if _ILLEGAL.search(text):
        text = _ILLEGAL.sub("", text)
    if "&#" in text:
        text = _ILLEGAL_REFERENCE.sub("", text)
    return text


def _tree(text: str, namespace: str) -> etree._Element:
    for _ in range(_REPAIRS):
        try:
            return etree.fromstring(text.encode(), _PARSER)
        except etree.XMLSyntaxError as error:
            repaired = _repaired(text, error, namespace)
            if repaired == text:
                raise MalformedDocument(_place(error)) from None
            text = repaired
    raise MalformedDocument("the message is not well-formed XML")


def _repaired(text: str, error: etree.XMLSyntaxError, namespace: str) -> str:
    """`text` with one unambiguous fault put right."""
    undeclared = _UNDECLARED_PREFIX.search(error.msg or "")
    if undeclared and namespace:
        root = _ROOT.search(text)
        if root and f"xmlns:{undeclared[1]}=" not in text:
            end = root.end()
            return f'{text[:end]} xmlns:{undeclared[1]}="{namespace}"{text[end:]}'
    elif "<![CDATA[" not in text and text.count("&") <= FAULTS:
        return _BARE_AMPERSAND.sub("&amp;", text)
    return text


def _place(error: etree.XMLSyntaxError) -> str:
    """Where the fault is. The parser's own words might quote the message and its secrets."""
    line, column = error.position
    return f"the message is not well-formed XML: line {line}, column {column}"
