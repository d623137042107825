"""NCIP documents <-> messages: the frame around the work of `reading` and `writing`.

`decode` is lenient: any bytes give a request or raise `MalformedMessage`. `encode` is strict: its
output is valid by the DTD or schema of its version. `decode_response` is for clients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import lru_cache
from typing import Any

from lxml import etree

from protocols.ncip.messages import (
    Code,
    InitiationHeader,
    LookupVersion,
    LookupVersionResponse,
    OtherService,
    Problem,
    Refusal,
    Request,
    ResponseHeader,
)
from protocols.ncip.models.elements import LAYOUTS
from protocols.ncip.models.services import ALL_SERVICES, NOTIFICATIONS, ONLY_VERSION_1, SERVICES
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem
from protocols.ncip.wire.dialects import (
    DEFAULT,
    NAMESPACE,
    Dialect,
    dialect_of,
    dialect_of_version_1,
    version_digits,
    version_with,
)
from protocols.ncip.wire.reading import attribute_of, local_name, read, read_code
from protocols.ncip.wire.version_1 import read_problems, write_problems
from protocols.ncip.wire.writing import ATTRIBUTE, attribute, text, write
from protocols.wire.moments import LocalTime
from protocols.wire.xml_documents import (
    MalformedDocument,
    parse_answer,
    parse_beginning,
    parse_document,
)

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
#: The version attribute of a LookupVersionResponse.
VERSION_SCHEMA = "http://www.niso.org/ncip/v1_0/imp1/xsd/ncip_version.xsd"

_LONGEST_NAME = 64
#: Characters of a RequestIdentifierValue.
LONGEST_REQUEST_ID = 255
_HEADS = 256


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request, and how to write its answer. `has_local_times`: it holds times without a zone,
    which were taken as UTC; `decode` reads them correctly if it is given the zone.
    """

    request: Request
    dialect: Dialect
    has_local_times: bool = False


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is read of a large request before its sender is known."""

    service: str
    header: InitiationHeader | None
    dialect: Dialect


class MalformedMessage(Exception):
    """These bytes are not a request; `problem` is the answer, in `dialect`."""

    def __init__(self, problem: Problem, dialect: Dialect = DEFAULT) -> None:
        super().__init__(problem.problem_detail)
        self.problem = problem
        self.dialect = dialect


# Reading


def decode_beginning(data: bytes) -> Beginning:
    """The service of a large request and its header; raises MalformedMessage.

    It takes the same time whatever follows. The header must be the first element of the service, as
    in the standard, and end within `HEAD_BYTES`.
    """
    try:
        body = parse_beginning(data)
    except MalformedDocument as error:
        raise MalformedMessage(problem(ProblemType.INVALID_MESSAGE_SYNTAX, str(error))) from None
    root = None if body is None else body.getparent()
    dialect = None if root is None or local_name(root) != "NCIPMessage" else _dialect(root)
    if body is None or dialect is None:
        why = "the message is too long to be read without a header at its beginning"
        raise MalformedMessage(problem(ProblemType.INVALID_MESSAGE_SYNTAX, why))
    service = local_name(body)
    if service not in SERVICES:
        raise MalformedMessage(_no_service(service), dialect)
    version = version_with(service, dialect.version)
    if version is not None and version != dialect.version:
        dialect = replace(dialect, version=version)
    found = next((child for child in body if local_name(child) == "InitiationHeader"), None)
    # Whatever follows a header shows that it has ended.
    header = None
    if found is not None and found.getnext() is not None:
        header = read(InitiationHeader, found, LocalTime())
    return Beginning(service, header, dialect)


def decode(data: bytes, zone: tzinfo | None = None) -> Incoming:
    """The request in a document; raises MalformedMessage for anything else.

    `zone` applies to times without one.
    """
    root = _root(data)
    if local_name(root) == "NCIPVersionMessage":
        return Incoming(_lookup_version(root), DEFAULT)
    dialect = _dialect(root)
    if dialect is None:
        return Incoming(_lookup_version(root), DEFAULT)
    body = _body(root, dialect)
    service = local_name(body)
    if service == "LookupVersion":
        return Incoming(_lookup_version(root), DEFAULT)
    if service not in ALL_SERVICES and service not in ONLY_VERSION_1:
        raise MalformedMessage(_no_service(service), dialect)
    version = version_with(service, dialect.version)
    if version is None:
        raise MalformedMessage(
            problem(ProblemType.UNSUPPORTED_SERVICE, "this version has no such service", service)
        )
    if version != dialect.version:
        dialect = replace(dialect, version=version)
    local = LocalTime(zone)
    request = _request(service, body, local)
    _must_be_short(request, dialect)
    if dialect.is_version_1:
        dialect = replace(dialect, agency=_asked_agency(request))
    return Incoming(request, dialect, local.met)


def _must_be_short(request: Any, dialect: Dialect) -> None:
    """The name of a request is kept, and told as it came. Raises MalformedMessage."""
    its = getattr(request, "request_id", None)
    if its is not None and len(its.request_identifier_value or "") > LONGEST_REQUEST_ID:
        why = f"longer than {LONGEST_REQUEST_ID} characters"
        wrong = problem(ProblemType.INVALID_MESSAGE_SYNTAX, why, "RequestIdentifierValue")
        raise MalformedMessage(wrong, dialect)


def decode_response(data: bytes) -> tuple[Any, Dialect]:
    """The response in a document, as an object of `protocols.ncip.models`, and its dialect.

    A response with nothing but Problems is a `Refusal`, and so is an empty one, to a notification,
    without a Problem. Raises MalformedMessage if the document holds no response known here.
    """
    root = _root(data, parse_answer)
    if local_name(root) == "NCIPVersionMessage":
        return _versions_in(root), DEFAULT
    dialect = _dialect(root) or DEFAULT
    children = [child for child in root if isinstance(child.tag, str)]
    if children and all(local_name(child) == "Problem" for child in children):
        return Refusal(None, _problems_in(root, dialect)), dialect
    body = _body(root, dialect)
    name = local_name(body)
    service = name.removesuffix("Response")
    found = _problems_in(body, dialect)
    header = next((each for each in body if local_name(each) == "ResponseHeader"), None)
    kind = next((kind for kind in LAYOUTS if kind.__name__ == name), None)
    is_acknowledgement = kind is None and name != service and service in NOTIFICATIONS
    if found or is_acknowledgement:
        read_header = None if header is None else read(ResponseHeader, header, LocalTime())
        return Refusal(service, found, read_header), dialect
    if kind is None or name == service:
        raise MalformedMessage(
            problem(ProblemType.UNKNOWN_ELEMENT, "no response", name[:_LONGEST_NAME]), dialect
        )
    return read(kind, body, LocalTime()), dialect


def _root(
    data: bytes, parse: Callable[[bytes, str], etree._Element] = parse_document
) -> etree._Element:
    try:
        root = parse(data, NAMESPACE)
    except MalformedDocument as error:
        raise MalformedMessage(problem(ProblemType.INVALID_MESSAGE_SYNTAX, str(error))) from None
    if local_name(root) not in ("NCIPMessage", "NCIPVersionMessage"):
        raise MalformedMessage(
            problem(
                ProblemType.INVALID_MESSAGE_SYNTAX,
                "the document is not an NCIPMessage",
                element="NCIPMessage",
            )
        )
    return root


def _dialect(root: etree._Element) -> Dialect | None:
    """The dialect of a message; None for a version that is not spoken here.

    The namespace decides, else the version attribute, else the document type, and finally the names
    of the identifiers.
    """
    version = attribute_of(root, "version") or ""
    namespace = str(root.tag).rpartition("}")[0].lstrip("{")
    if namespace == NAMESPACE:
        return dialect_of(version, root.prefix)
    digits = version_digits(version)
    if namespace or (digits is not None and digits[0] > 2):
        return None
    document: Any = root.getroottree().docinfo
    if digits is None:
        digits = version_digits(document.system_url or "")
    if digits is None:
        digits = (1, 0) if _looks_like_version_1(root) else (2, 2)
    if digits[0] == 1:
        return dialect_of_version_1(version, document.public_id, document.system_url)
    return dialect_of(version, root.prefix)


def _looks_like_version_1(root: etree._Element) -> bool:
    return any(
        name.startswith("Unique") or name == "Value" for name in map(local_name, root.iter())
    )


def _body(root: etree._Element, dialect: Dialect) -> etree._Element:
    """The element of the single service in a message."""
    children = [child for child in root if isinstance(child.tag, str)]
    if not children:
        raise MalformedMessage(
            problem(ProblemType.INVALID_MESSAGE_SYNTAX, "the message is empty", "NCIPMessage"),
            dialect,
        )
    if len(children) > 1 and local_name(children[0]) != "Problem":
        raise MalformedMessage(
            problem(
                ProblemType.INVALID_MESSAGE_SYNTAX, "a message holds one service", "NCIPMessage"
            ),
            dialect,
        )
    return children[0]


def _no_service(name: str) -> Problem:
    if name == "Problem" or name.removesuffix("Response") in ALL_SERVICES | ONLY_VERSION_1:
        return problem(ProblemType.PROTOCOL_ERROR, "a response to no request", name)
    if name == "Ext":
        return problem(ProblemType.UNSUPPORTED_SERVICE, "no extension is known here", name)
    return problem(ProblemType.UNKNOWN_ELEMENT, "there is no such service", name[:_LONGEST_NAME])


def _request(service: str, body: etree._Element, local: LocalTime) -> Request:
    kind = SERVICES.get(service)
    if kind is not None:
        request: Request = read(kind, body, local)
        return request
    header = next((child for child in body if local_name(child) == "InitiationHeader"), None)
    return OtherService(service, None if header is None else read(InitiationHeader, header, local))


def _asked_agency(request: Any) -> Code | None:
    """The agency that is asked, as the caller writes it; at least its scheme."""
    header: InitiationHeader | None = request.initiation_header
    if header is None:
        return None
    asked = header.to_agency_id.agency_id if header.to_agency_id else None
    if asked is not None:
        return asked
    asking = header.from_agency_id.agency_id if header.from_agency_id else None
    return None if asking is None else Code("", asking.scheme)


def _lookup_version(root: etree._Element) -> LookupVersion:
    """Who asks whom, in whatever version."""
    return LookupVersion(_agency(root, "FromAgencyId"), _agency(root, "ToAgencyId"))


def _agency(root: etree._Element, name: str) -> Code | None:
    for element in root.iter():
        if local_name(element) == name:
            return next((read_code(child) for child in element), None)
    return None


def _problems_in(body: etree._Element, dialect: Dialect) -> tuple[Problem, ...]:
    if dialect.is_version_1:
        return read_problems(body)
    return tuple(read(Problem, each, LocalTime()) for each in body if local_name(each) == "Problem")


def _versions_in(root: etree._Element) -> LookupVersionResponse:
    said: dict[str, list[str]] = {"VersionSupported": [], "ServiceSupported": []}
    for element in root.iter():
        name = local_name(element)
        if name in said:
            said[name].append((element.text or "").strip())
    return LookupVersionResponse(
        _agency(root, "FromAgencyId"),
        _agency(root, "ToAgencyId"),
        tuple(said["VersionSupported"]),
        tuple(said["ServiceSupported"]),
    )


# Writing


def encode(message: Any, dialect: Dialect = DEFAULT) -> bytes:
    """The document of a message, in one line.

    Raises ValueError if the message lacks what its content model demands. What version 1 has no
    word for, such as a Problem without a service, is written in the newest version.
    """
    if isinstance(message, LookupVersionResponse):
        return _encode_versions(message)
    if isinstance(message, Refusal) and message.service is None and dialect.is_version_1:
        dialect = DEFAULT
    out: list[str] = []
    if isinstance(message, Refusal):
        _write_refusal(out, message, dialect)
    else:
        write(message, type(message).__name__, out.append, dialect)
    out.append("</NCIPMessage>")
    body = "".join(out)
    if dialect.is_version_1:
        return (_head_1(dialect.version_attribute, dialect.doctype) + body).encode()
    prefix = dialect.prefix
    if ATTRIBUTE in body:
        body = body.replace(ATTRIBUTE, f"{prefix or 'ncip'}:")
    if prefix:
        body = body.replace("<", f"<{prefix}:").replace(f"<{prefix}:/", f"</{prefix}:")
    return (_head(dialect.version_attribute, prefix) + body).encode()


@lru_cache(_HEADS)
def _head(version: str, prefix: str) -> str:
    colon = f"{prefix}:" if prefix else ""
    default = "" if prefix else f' xmlns="{NAMESPACE}"'
    word = prefix or "ncip"
    return (
        f"{DECLARATION}<{colon}NCIPMessage{default}"
        f' xmlns:{word}="{NAMESPACE}" {word}:version="{attribute(version)}">'
    )


@lru_cache(_HEADS)
def _head_1(version: str, doctype: str) -> str:
    declared = f"<!DOCTYPE NCIPMessage {doctype}>" if doctype else ""
    return f'{DECLARATION}{declared}<NCIPMessage version="{attribute(version)}">'


def _write_refusal(out: list[str], refusal: Refusal, dialect: Dialect) -> None:
    if refusal.service is not None:
        out.append(f"<{refusal.service}Response>")
        if refusal.response_header is not None:
            write(refusal.response_header, "ResponseHeader", out.append, dialect)
    if dialect.is_version_1:
        write_problems(refusal.service or "", refusal.problem, out.append, dialect)
    else:
        for each in refusal.problem:
            write(each, "Problem", out.append, dialect)
    if refusal.service is not None:
        out.append(f"</{refusal.service}Response>")


def _encode_versions(response: LookupVersionResponse) -> bytes:
    """By ncip_version.xsd, which has no namespace and the identifiers of version 1."""
    out = [DECLARATION, f'<NCIPVersionMessage version="{VERSION_SCHEMA}"><LookupVersionResponse>']
    for name, agency in (
        ("FromAgencyId", response.from_agency_id),
        ("ToAgencyId", response.to_agency_id),
    ):
        value, scheme = (agency.value, agency.scheme or "") if agency else ("", "")
        out.append(
            f"<{name}><UniqueAgencyId><Scheme>{text(scheme)}</Scheme>"
            f"<Value>{text(value)}</Value></UniqueAgencyId></{name}>"
        )
    out += [f"<VersionSupported>{text(v)}</VersionSupported>" for v in response.version_supported]
    out += [f"<ServiceSupported>{text(s)}</ServiceSupported>" for s in response.service_supported]
    out.append("</LookupVersionResponse></NCIPVersionMessage>")
    return "".join(out).encode()
