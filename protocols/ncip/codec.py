"""NCIP documents <-> messages, by the tables of `protocols.ncip.layouts`.

`decode` is lenient: elements in any order and under any prefix or namespace, unknown ones passed
over, empty ones taken as absent. It gives a message or raises `MalformedMessage`, for any bytes.
`encode` is strict: what it writes is valid by the schema of the version it is written in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from protocols.ncip.dialects import (
    DEFAULT,
    NAMESPACE,
    Dialect,
    dialect_of,
    version_digits,
)
from protocols.ncip.documents import MalformedDocument, parse_document
from protocols.ncip.layouts import CODE, COUNT, FLAG, LAYOUTS, MANY, MOMENT, ONE, SOME, TEXT, Row
from protocols.ncip.messages import (
    Code,
    InitiationHeader,
    LookupVersion,
    LookupVersionResponse,
    OtherService,
    Problem,
    Refusal,
    Request,
    Response,
)
from protocols.ncip.problems import ProblemType, problem
from protocols.ncip.services import ALL_SERVICES, SERVICES

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
#: What the version attribute of a LookupVersionResponse holds.
VERSION_SCHEMA = "http://www.niso.org/ncip/v1_0/imp1/xsd/ncip_version.xsd"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request, and how its answer is to be written."""

    request: Request
    dialect: Dialect


class MalformedMessage(Exception):
    """No request can be made of these bytes; `problem` is the answer, in `dialect`."""

    def __init__(self, problem: Problem, dialect: Dialect = DEFAULT) -> None:
        super().__init__(problem.problem_detail)
        self.problem = problem
        self.dialect = dialect


# Reading


def decode(data: bytes) -> Incoming:
    """The request in a document; raises MalformedMessage for anything else."""
    try:
        root = parse_document(data)
    except MalformedDocument as error:
        raise MalformedMessage(problem(ProblemType.INVALID_MESSAGE_SYNTAX, str(error))) from None
    name = _local(root)
    if name == "NCIPVersionMessage":
        return Incoming(_lookup_version(root), DEFAULT)
    if name != "NCIPMessage":
        raise MalformedMessage(
            problem(
                ProblemType.INVALID_MESSAGE_SYNTAX,
                "the document is not an NCIPMessage",
                element="NCIPMessage",
            )
        )
    version = _version_attribute(root)
    if not _is_version_2(root, version):
        return Incoming(_lookup_version(root), DEFAULT)
    dialect = dialect_of(version, root.prefix)
    return Incoming(_request(root, dialect), dialect)


def _request(root: etree._Element, dialect: Dialect) -> Request:
    children = [child for child in root if isinstance(child.tag, str)]
    if not children:
        raise MalformedMessage(
            problem(ProblemType.INVALID_MESSAGE_SYNTAX, "the message is empty", "NCIPMessage"),
            dialect,
        )
    body = children[0]
    service = _local(body)
    if len(children) > 1 and service != "Problem":
        raise MalformedMessage(
            problem(
                ProblemType.INVALID_MESSAGE_SYNTAX, "a message holds one service", "NCIPMessage"
            ),
            dialect,
        )
    if service == "LookupVersion":
        return _lookup_version(root)
    kind = SERVICES.get(service)
    if kind is not None:
        request: Request = read(kind, body)
        return request
    if service in ALL_SERVICES:
        header = next((child for child in body if _local(child) == "InitiationHeader"), None)
        return OtherService(service, None if header is None else read(InitiationHeader, header))
    if service == "Problem" or service.removesuffix("Response") in ALL_SERVICES:
        raise MalformedMessage(
            problem(ProblemType.PROTOCOL_ERROR, "a response to no request", service), dialect
        )
    if service == "Ext":
        raise MalformedMessage(
            problem(ProblemType.UNSUPPORTED_SERVICE, "no extension is known here", service), dialect
        )
    raise MalformedMessage(
        problem(ProblemType.UNKNOWN_ELEMENT, "there is no such service", service[:64]), dialect
    )


def _version_attribute(root: etree._Element) -> str:
    """The version attribute, qualified (as it should be), not qualified, or missing."""
    for name, value in root.attrib.items():
        if str(name).rpartition("}")[2] == "version":
            return str(value)
    return ""


def _is_version_2(root: etree._Element, version: str) -> bool:
    """The namespace decides; without one the version does, without that the look of the ids."""
    namespace = str(root.tag).rpartition("}")[0].lstrip("{")
    if namespace == NAMESPACE:
        return True
    digits = version_digits(version)
    if digits is not None:
        return digits[0] == 2
    if namespace:
        return False
    return not any(_local(element).startswith("Unique") for element in root.iter())


def _lookup_version(root: etree._Element) -> LookupVersion:
    """Who asks whom, in whatever version."""
    return LookupVersion(_agency(root, "FromAgencyId"), _agency(root, "ToAgencyId"))


def _agency(root: etree._Element, name: str) -> Code | None:
    for element in root.iter():
        if _local(element) == name:
            return next((_read_code(child) for child in element), None)
    return None


def _local(element: etree._Element) -> str:
    """The name of an element without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _read_text(element: etree._Element) -> str | None:
    if len(element):
        return "".join(str(part) for part in element.itertext()).strip() or None
    return (element.text or "").strip() or None


def _read_code(element: etree._Element) -> Code | None:
    """A value with its Scheme attribute, or the Scheme and Value elements of version 1."""
    scheme = next(
        (str(v).strip() for k, v in element.attrib.items() if str(k).endswith("Scheme")), ""
    )
    value = element
    for child in element:
        if _local(child) == "Value":
            value = child
        elif _local(child) == "Scheme":
            scheme = _read_text(child) or ""
    text = _read_text(value)
    return None if text is None else Code(text, scheme or None)


def _read_moment(element: etree._Element) -> datetime | None:
    """A time with its zone; None for what is no such time, as a local time of unknown place."""
    try:
        moment = datetime.fromisoformat(_read_text(element) or "")
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _read_count(element: etree._Element) -> int | None:
    text = _read_text(element) or ""
    return int(text) if text.isdecimal() and len(text) < 10 else None


_READERS: dict[Any, Callable[[etree._Element], Any]] = {
    TEXT: _read_text,
    CODE: _read_code,
    MOMENT: _read_moment,
    COUNT: _read_count,
    FLAG: lambda element: True,
}


def _reader(row: Row) -> Callable[[etree._Element], Any]:
    ready = _READERS.get(row.kind)
    return ready or (lambda element: read(row.kind, element))


_FIELDS: dict[type[Any], dict[str, tuple[str, bool, Callable[[etree._Element], Any]]]] = {
    kind: {row.element: (row.name, row.occurs in (MANY, SOME), _reader(row)) for row in rows}
    for kind, rows in LAYOUTS.items()
}


def read(kind: type[Any], element: etree._Element) -> Any:
    """An object of `kind` from its element: children in any order, unknown ones passed over.

    Of an element that may stand once, the first that says something counts.
    """
    fields = _FIELDS[kind]
    values: dict[str, Any] = {}
    for child in element:
        found = fields.get(_local(child))
        if found is None:
            continue
        name, is_repeatable, reader = found
        if is_repeatable:
            value = reader(child)
            if value is not None:
                values.setdefault(name, []).append(value)
        elif name not in values:
            value = reader(child)
            if value is not None:
                values[name] = value
    return kind(
        **{n: tuple(value) if isinstance(value, list) else value for n, value in values.items()}
    )


# Writing


def encode(response: Response, dialect: Dialect = DEFAULT) -> bytes:
    """The document of a response, in one line.

    Raises ValueError where the response lacks what its content model demands.
    """
    if isinstance(response, LookupVersionResponse):
        return _encode_versions(response)
    colon = f"{dialect.prefix}:" if dialect.prefix else ""
    attribute = colon or "ncip:"
    out = [DECLARATION, f"<{colon}NCIPMessage"]
    if not colon:
        out.append(f' xmlns="{NAMESPACE}"')
    out.append(f' xmlns:{attribute[:-1]}="{NAMESPACE}"')
    out.append(f' {attribute}version="{_attribute(dialect.version_attribute)}">')
    if isinstance(response, Refusal):
        _write_refusal(out, response, colon, attribute, dialect)
    else:
        _write(out, type(response).__name__, response, colon, attribute, dialect)
    out.append(f"</{colon}NCIPMessage>")
    return "".join(out).encode()


def _write_refusal(
    out: list[str], refusal: Refusal, colon: str, attribute: str, dialect: Dialect
) -> None:
    name = f"{colon}{refusal.service}Response"
    if refusal.service is not None:
        out.append(f"<{name}>")
        if refusal.response_header is not None:
            _write(out, "ResponseHeader", refusal.response_header, colon, attribute, dialect)
    for each in refusal.problem:
        _write(out, "Problem", each, colon, attribute, dialect)
    if refusal.service is not None:
        out.append(f"</{name}>")


def _write(
    out: list[str], element: str, value: Any, colon: str, attribute: str, dialect: Dialect
) -> None:
    """Appends `value`, an object with a layout, as `element`."""
    out.append(f"<{colon}{element}>")
    for name, child_element, kind, writer, is_needed, since in _COLUMNS[type(value)]:
        child = getattr(value, name)
        if child is None or child == ():
            if is_needed:
                raise ValueError(f"{element} lacks {child_element}")
            continue
        if since > dialect.version:
            continue
        for each in child if isinstance(child, tuple) else (child,):
            if writer is not None:
                tag = colon + child_element
                out.append(f"<{tag}>{writer(each)}</{tag}>")
            elif kind is CODE:
                scheme = f' {attribute}Scheme="{_attribute(each.scheme)}"' if each.scheme else ""
                tag = colon + child_element
                out.append(f"<{tag}{scheme}>{_text(each.value)}</{tag}>")
            else:
                _write(out, child_element, each, colon, attribute, dialect)
    out.append(f"</{colon}{element}>")


def _encode_versions(response: LookupVersionResponse) -> bytes:
    """By ncip_version.xsd, which has no namespace and the identifiers of version 1."""
    out = [DECLARATION, f'<NCIPVersionMessage version="{VERSION_SCHEMA}"><LookupVersionResponse>']
    for name, agency in (
        ("FromAgencyId", response.from_agency_id),
        ("ToAgencyId", response.to_agency_id),
    ):
        value, scheme = (agency.value, agency.scheme or "") if agency else ("", "")
        out.append(
            f"<{name}><UniqueAgencyId><Scheme>{_text(scheme)}</Scheme>"
            f"<Value>{_text(value)}</Value></UniqueAgencyId></{name}>"
        )
    out += [f"<VersionSupported>{_text(v)}</VersionSupported>" for v in response.version_supported]
    out += [f"<ServiceSupported>{_text(s)}</ServiceSupported>" for s in response.service_supported]
    out.append("</LookupVersionResponse></NCIPVersionMessage>")
    return "".join(out).encode()


_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _text(value: str) -> str:
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ILLEGAL.sub("", value).replace("\r", "&#13;")


def _attribute(value: str) -> str:
    value = _text(value).replace('"', "&quot;")
    return value.replace("\n", "&#10;").replace("\t", "&#9;")


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a time on the wire needs a zone")
    return value.isoformat(timespec="seconds")


_WRITERS: dict[Any, Callable[[Any], str]] = {
    TEXT: _text,
    MOMENT: _moment,
    COUNT: str,
    FLAG: lambda value: "",
}

#: For each class its rows as `_write` needs them: field, element, kind, writer of plain content,
#: whether an answer without it is wrong, first version.
_COLUMNS: dict[
    type[Any],
    tuple[tuple[str, str, Any, Callable[[Any], str] | None, bool, tuple[int, int]], ...],
] = {
    kind: tuple(
        (
            row.name,
            row.element,
            row.kind,
            _WRITERS.get(row.kind),
            row.occurs in (ONE, SOME) and not row.choice,
            row.since,
        )
        for row in rows
    )
    for kind, rows in LAYOUTS.items()
}
