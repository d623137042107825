"""Arguments of a request -> what is asked; responses -> XML (clauses 3.1 to 3.3, and the schema).

Every response is valid by the schema OAI-PMH.xsd, what arguments it repeats included.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from catalogue.changes.numbering import moment_of, number_of
from catalogue.formats.xml_text import attribute, element, text
from protocols.oai.messages import (
    AnyRequest,
    AnyResponse,
    Asked,
    Entry,
    ErrorCode,
    Failed,
    GetRecord,
    Header,
    Identify,
    IdentifyResponse,
    ListIdentifiers,
    Listing,
    ListMetadataFormats,
    ListMetadataFormatsResponse,
    ListRecords,
    ListResponse,
    ListSets,
    ListSetsResponse,
    OaiError,
    Problem,
    Response,
)
from protocols.oai.tokens import PREFIX, SET, listing_of, token_of

NAMESPACE: Final = "http://www.openarchives.org/OAI/2.0/"
_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_IDENTIFIER_NAMESPACE: Final = "http://www.openarchives.org/OAI/2.0/oai-identifier"
_ONLY_TOKEN: Final = "resumptionToken"  # noqa: S105

_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(T(\d\d):(\d\d):(\d\d)Z)?", re.ASCII)
#: What may stand in an identifier, which is a URI.
_URI: Final = re.compile(r"[!#-;=?-\[\]_a-z~%]+")
#: Errors after which the arguments are not repeated (clause 3.2).
_NOT_REPEATED: Final = {ErrorCode.BAD_VERB, ErrorCode.BAD_ARGUMENT}
_LONGEST: Final = 2_000


def _bad(sentence: str) -> OaiError:
    return OaiError(Problem(ErrorCode.BAD_ARGUMENT, sentence))


# Requests

_Arguments = Mapping[str, str]


def _listing(given: _Arguments) -> Listing:
    if _ONLY_TOKEN in given:
        return listing_of(given[_ONLY_TOKEN])
    start, end = given.get("from"), given.get("until")
    if start and end and len(start) != len(end):
        raise _bad("from and until must have the same granularity.")
    first, last = _bound("from", start), _bound("until", end, is_end=True)
    if first is not None and last is not None and first > last:
        raise _bad("from is later than until.")
    return Listing(given["metadataPrefix"], given.get("set", ""), first or 0, last)


def _bound(name: str, written: str | None, *, is_end: bool = False) -> int | None:
    """The first number of the day or second, or the last."""
    if written is None:
        return None
    found = _DATE.fullmatch(written)
    try:
        if found is None:
            raise ValueError
        year, month, day, is_whole, *clock = found.groups()
        on = date(int(year), int(month), int(day))
        if is_whole is None:
            moment, step = datetime.combine(on, time(), UTC), timedelta(days=1)
        else:
            hour, minute, second = map(int, clock)
            moment = datetime.combine(on, time(hour, minute, second), UTC)
            step = timedelta(seconds=1)
        number = number_of(moment)
        length = step // timedelta(microseconds=1)
    except ValueError:
        raise _bad(f"{name} must be YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ.") from None
    return max(number + length - 1 if is_end else number, 0)


def _sets(given: _Arguments) -> ListSets:
    if _ONLY_TOKEN in given:
        sentence = "The list of sets comes whole, without resumption tokens."
        raise OaiError(Problem(ErrorCode.BAD_RESUMPTION_TOKEN, sentence))
    return ListSets()


_Made = Callable[[_Arguments], AnyRequest]
#: Verb -> the arguments that it needs, those that it may have, and what they mean.
_VERBS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...], _Made]]] = {
    "GetRecord": (
        ("identifier", "metadataPrefix"),
        (),
        lambda given: GetRecord(given["identifier"], given["metadataPrefix"]),
    ),
    "Identify": ((), (), lambda given: Identify()),
    "ListIdentifiers": (
        ("metadataPrefix",),
        ("from", "until", "set", _ONLY_TOKEN),
        lambda given: ListIdentifiers(_listing(given)),
    ),
    "ListMetadataFormats": (
        (),
        ("identifier",),
        lambda given: ListMetadataFormats(given.get("identifier")),
    ),
    "ListRecords": (
        ("metadataPrefix",),
        ("from", "until", "set", _ONLY_TOKEN),
        lambda given: ListRecords(_listing(given)),
    ),
    "ListSets": ((), (_ONLY_TOKEN,), _sets),
}


def decode(base_url: str, arguments: Iterable[tuple[str, str]]) -> Asked:
    """What the arguments ask for: a request, or the problems."""
    pairs = tuple(arguments)
    verbs = [value for name, value in pairs if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in _VERBS:
        said = "There must be one verb." if len(verbs) != 1 else "There is no such verb."
        return Asked(base_url, pairs, None, (Problem(ErrorCode.BAD_VERB, said),))
    needed, optional, make = _VERBS[verbs[0]]
    rest = [pair for pair in pairs if pair[0] != "verb"]
    try:
        given = _checked(rest, needed, optional)
        return Asked(base_url, pairs, make(given))
    except OaiError as error:
        return Asked(base_url, pairs, None, error.problems)


def _checked(
    pairs: Iterable[tuple[str, str]], needed: Iterable[str], optional: Iterable[str]
) -> _Arguments:
    known = {*needed, *optional}
    counts = Counter(name for name, _ in pairs)
    given = dict(pairs)
    sentences = [f"{name} is no argument of this verb." for name in counts if name not in known]
    sentences += [f"{name} is given twice." for name, number in counts.items() if number > 1]
    if _ONLY_TOKEN in given and _ONLY_TOKEN in known:
        if len(given) > 1:
            sentences.append("resumptionToken goes alone with the verb.")
    else:
        sentences += [f"{name} is missing." for name in needed if not given.get(name)]
    for name, pattern in (("metadataPrefix", PREFIX), ("set", SET), ("identifier", _URI)):
        value = given.get(name)
        if value is not None and not (len(value) <= _LONGEST and pattern.fullmatch(value)):
            sentences.append(f"{name} is not written as it must be.")
    if sentences:
        raise OaiError(*(Problem(ErrorCode.BAD_ARGUMENT, each) for each in sentences))
    return given


# Responses


def datestamp(number: int) -> str:
    """A change number as UTCdatetime, to the second."""
    return utc(moment_of(number))


def utc(moment: datetime) -> str:
    """A moment as UTCdatetime, to the second (clause 3.3)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def encode(asked: Asked, response: Response) -> bytes:
    """The document that is the answer."""
    body = response.body
    repeated = "".join(f' {name}="{attribute(value)}"' for name, value in asked.arguments)
    if isinstance(body, Failed) and any(each.code in _NOT_REPEATED for each in body.problems):
        repeated = ""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<OAI-PMH xmlns="{NAMESPACE}" xmlns:xsi="{_INSTANCE}" '
        f'xsi:schemaLocation="{NAMESPACE} {NAMESPACE}OAI-PMH.xsd">'
        f"<responseDate>{utc(response.date)}</responseDate>"
        f"<request{repeated}>{text(asked.base_url)}</request>"
    )
    verb = dict(asked.arguments).get("verb", "")
    return b"".join((head.encode(), *_body(asked, verb, body), b"</OAI-PMH>\n"))


def _body(asked: Asked, verb: str, body: AnyResponse) -> Iterable[bytes]:
    if isinstance(body, Failed):
        for problem in body.problems:
            yield f'<error code="{problem.code.value}">{text(problem.text)}</error>'.encode()
        return
    yield f"<{verb}>".encode()
    if isinstance(body, IdentifyResponse):
        yield _identify(body, asked.base_url).encode()
    elif isinstance(body, ListMetadataFormatsResponse):
        for each in body.formats:
            written = (
                element("metadataPrefix", each.prefix),
                element("schema", each.schema),
                element("metadataNamespace", each.namespace),
            )
            yield f"<metadataFormat>{''.join(written)}</metadataFormat>".encode()
    elif isinstance(body, ListSetsResponse):
        for one in body.sets:
            named = element("setSpec", one.spec) + f"<setName>{text(one.name)}</setName>"
            yield f"<set>{named}</set>".encode()
    elif isinstance(body, ListResponse):
        for entry in body.entries:
            yield _header(entry.header) if verb == "ListIdentifiers" else _record(entry)
        yield _resumption(body).encode()
    else:
        yield _record(body.entry)
    yield f"</{verb}>".encode()


def _identify(body: IdentifyResponse, base_url: str) -> str:
    described = (
        f'<oai-identifier xmlns="{_IDENTIFIER_NAMESPACE}" '
        f'xsi:schemaLocation="{_IDENTIFIER_NAMESPACE} {NAMESPACE}oai-identifier.xsd">'
        + element("scheme", "oai")
        + element("repositoryIdentifier", body.namespace)
        + element("delimiter", ":")
        + element("sampleIdentifier", f"oai:{body.namespace}:1")
        + "</oai-identifier>"
    )
    return (
        element("repositoryName", body.name)
        + element("baseURL", base_url)
        + element("protocolVersion", "2.0")
        + element("adminEmail", body.admin_email)
        + element("earliestDatestamp", datestamp(body.earliest))
        + element("deletedRecord", "persistent")
        + element("granularity", "YYYY-MM-DDThh:mm:ssZ")
        + f"<description>{described}</description>"
    )


def _header(header: Header) -> bytes:
    status = ' status="deleted"' if header.is_deleted else ""
    return (
        f"<header{status}><identifier>{text(header.identifier)}</identifier>"
        f"<datestamp>{datestamp(header.number)}</datestamp>"
        f"{''.join(element('setSpec', each) for each in header.sets)}</header>"
    ).encode()


def _record(entry: Entry) -> bytes:
    if entry.metadata is None:
        return b"<record>" + _header(entry.header) + b"</record>"
    return b"".join(
        (b"<record>", _header(entry.header), b"<metadata>", entry.metadata, b"</metadata></record>")
    )


def _resumption(body: ListResponse) -> str:
    """A list that comes in parts says so in each; the last has an empty token (clause 3.5)."""
    if body.goes_on is None and not body.cursor:
        return ""
    token = "" if body.goes_on is None else text(token_of(body.goes_on))
    return f'<resumptionToken cursor="{body.cursor}">{token}</resumptionToken>'
