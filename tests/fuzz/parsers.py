"""Every parser of what comes from outside: what it is fed with, and what it may raise.

The one sentence that holds for each: any bytes give messages or the parser's own error, within a
second, in bounded memory.
"""

from __future__ import annotations

import io
import lzma
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import pymarc

from catalogue.loading.preparation import Batch, prepare
from catalogue.marc import danmarc2_lines, marcxml
from catalogue.marc.sources import Found
from catalogue.marc.splitting import split
from circulation.moving.kinds.table import FIELDS, KINDS
from circulation.moving.mapping import Mapper
from circulation.moving.off_line.files import NotOffLine, Origin, read_off_line
from circulation.moving.plans import Plan, read_plan
from circulation.moving.sources.opening import open_source
from circulation.moving.sources.rows import UnreadableFile
from circulation.moving.values import Formats
from circulation.patrons.identifiers import IdentifierKey
from protocols.cql.diagnostics import Refused as CqlRefused
from protocols.cql.parser import parse, written
from protocols.cql.translation import query_of as query_of_cql
from protocols.hosting.parameters import parameters_in
from protocols.hosting.proxy_protocol import HeaderMalformed, read_header
from protocols.iso18626 import codec as iso18626_codec
from protocols.iso18626.codes import Version
from protocols.ncip import codec as ncip_codec
from protocols.ncip.wire.framing import DocumentScanner, Unframeable
from protocols.sip2 import codec as sip2_codec
from protocols.sip2.wire import envelope
from protocols.sip2.wire.framing import FrameReader
from protocols.sip2.wire.text import Dialect as Sip2Dialect
from protocols.sru.parameters import decode as decode_parameters
from protocols.z3950.codec import MalformedMessage, decode, encode
from protocols.z3950.diagnostics import Refused as Z3950Refused
from protocols.z3950.messages.searching import SearchRequest
from protocols.z3950.queries.pqf import query
from protocols.z3950.queries.rpn import query_of as query_of_rpn
from protocols.z3950.wire.framing import ApduStream
from tests.builders.catalogue import a_record
from tests.crash.scripts import ncip
from tests.fuzz.ber_mutations import mutated_ber
from tests.fuzz.mutations import mutated
from tests.fuzz.xml_mutations import mutated_xml

#: Octets of one APDU, frame or document, as the servers have them.
LIMIT: Final = 1 << 20
#: When messages are confirmed.
_NOW: Final = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Parser:
    """`seeds` are read from the folder of samples, which may be None; `feed` takes one input and
    raises nothing. `mutate` changes a seed, with others at hand."""

    name: str
    seeds: Callable[[Path | None], list[bytes]]
    feed: Callable[[bytes], None]
    mutate: Callable[[bytes, Random, Sequence[bytes]], bytes] = mutated


def _transcripts(protocol: str) -> Iterator[bytes]:
    """What clients say in the transcripts."""
    for path in sorted((Path(__file__).parent.parent / "transcripts" / protocol).rglob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("> "):
                yield line[2:].encode()


# SIP2


def _sip2_seeds(samples: Path | None) -> list[bytes]:
    return [line + b"\r" for line in dict.fromkeys(_transcripts("sip2"))]


def _feed_sip2(data: bytes) -> None:
    reader = FrameReader(8192, lambda name, number: None)
    reader.feed(data)
    while (frame := reader.take()) is not None:
        sip2_codec.masked(frame)
        opened = sip2_codec.open_frame(frame)
        with suppress(sip2_codec.MalformedMessage):
            message = sip2_codec.decode(opened.body, Sip2Dialect(), [])
            sip2_codec.encode(message, Sip2Dialect())


def _envelope_seeds(samples: Path | None) -> list[bytes]:
    messages = [line.decode() for line in dict.fromkeys(_transcripts("sip2"))]
    asked = [envelope.request_document("kiosk", "open sesame", each) for each in messages]
    return [*asked, envelope.response_document("98YYYYYY"), envelope.error_document("no <&> it is")]


def _feed_envelope(data: bytes) -> None:
    for read in (envelope.open_envelope, envelope.answer_in):
        with suppress(envelope.NoEnvelope, envelope.Unusable):
            read(data)


# Z39.50


_QUERIES: Final = (
    "@and @attr 1=4 soil @attr 1=1003 smith",
    '@attr 1=7 @attr 5=1 "978"',
    "@prox 0 3 0 2 k 2 @attr 1=4 soil @attr 1=4 water",
    "@not @or @set one @attr 1=12 7 @attr 2=3 @attr 4=109 @attr 1=31 1990",
)


def _z3950_seeds(samples: Path | None) -> list[bytes]:
    found = [
        encode(SearchRequest(0, 1, 0, True, "default", ["catalogue"], query(text)))
        for text in _QUERIES
    ]
    if samples is not None:
        found += [
            path.read_bytes() for path in sorted((samples / "data/z3950-apdus").glob("*.ber"))
        ]
    return found


def _feed_z3950(data: bytes) -> None:
    stream = ApduStream(LIMIT)
    try:
        stream.feed(data)
        while (apdu := stream.next_apdu()) is not None:
            message = decode(apdu)
            encode(message)
            if isinstance(message, SearchRequest):
                with suppress(Z3950Refused):
                    query_of_rpn(message.query, {})
    except MalformedMessage:
        return


# SRU and CQL


def _cql_seeds(samples: Path | None) -> list[bytes]:
    queries = (
        'dc.title = "soil and water" and dc.creator any "smith berg" sortBy dc.title',
        '> dc = "info:srw/context-set/1/dc-v1.1" dc.date within "1990 2001" not (a or b prox c)',
        'title =/regexp/relevant "s.il*" prox/unit=word/distance<=3 wat?r',
        'cql.serverChoice adj "^soil*" or rec.id == "7\\"8"',
    )
    asked = [
        b"operation=searchRetrieve&version=1.2&maximumRecords=3&query=" + query.encode()
        for query in queries
    ]
    return [*(query.encode() for query in queries), *asked, *_transcripts("sru")]


def _feed_cql(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with suppress(CqlRefused):
        read = parse(text)
        with suppress(CqlRefused):
            query_of_cql(read.tree)
        parse(written(read))
    with suppress(ValueError):
        decode_parameters("catalogue", "http://127.0.0.1/sru", parameters_in(data), text[:40])


# NCIP


def _ncip_seeds(samples: Path | None) -> list[bytes]:
    acts = ncip(0)
    found = [next(acts).request for _ in range(4)]
    if samples is not None:
        paths = sorted((samples / "data/ncip-samples").rglob("*.xml"))
        found += [data for path in paths if len(data := path.read_bytes()) < 20_000]
    return found


def _feed_ncip(data: bytes) -> None:
    with suppress(Unframeable):
        scanner = DocumentScanner()
        scanner.feed(data)
        while scanner.next_document() is not None:
            pass
    for read in (ncip_codec.decode, ncip_codec.decode_response):
        with suppress(ncip_codec.MalformedMessage):
            read(data)


# ISO 18626


def _iso18626_seeds(samples: Path | None) -> list[bytes]:
    header = (
        b"<header><requestingAgencyId><agencyIdValue>DK-710100</agencyIdValue></requestingAgencyId>"
        b"<requestingAgencyRequestId>1</requestingAgencyRequestId></header>"
    )
    message = (
        b"<requestingAgencyMessage>%b<action>Renew</action></requestingAgencyMessage>" % header
    )
    found = [b"<ISO18626Message>%b</ISO18626Message>" % message]
    if samples is not None:
        folder = samples / "data/iso18626-samples"
        found += [path.read_bytes() for path in sorted(folder.glob("*.xml"))]
    return found


def _feed_iso18626(data: bytes) -> None:
    """Whatever it is, there is a confirmation of it; and what was read can be written."""
    kind, header, error, read = iso18626_codec.REQUEST, None, None, None
    try:
        read = iso18626_codec.decode(data)
        header = read.message.header
    except iso18626_codec.MalformedMessage as malformed:
        kind, header, error = malformed.kind, malformed.header, malformed.error
    said = iso18626_codec.confirmation_of(
        kind, header, timestamp=_NOW, timestamp_received=_NOW, error=error
    )
    confirmed = iso18626_codec.encode_confirmation(said, Version.V1_2)
    assert iso18626_codec.decode_confirmation(confirmed) is not None
    iso18626_codec.decode_confirmation(data)


# MARC


def _marc_seeds(samples: Path | None) -> list[bytes]:
    found = [a_record("Soil", "Smith, Anna", "9788700000018", ["Water"], control_number="1")]
    if samples is None:
        return found
    folder = samples / "data/marc"
    for path in sorted(folder.glob("*.mrc.xz")):
        with lzma.open(path) as file:
            found += [piece + b"\x1d" for piece in file.read(60_000).split(b"\x1d")[:-1]][:25]
    found += [path.read_bytes()[:20_000] for path in sorted((folder / "broken").iterdir())]
    return found


def _feed_marc(data: bytes) -> None:
    for record_format in ("marc21", "danmarc2", "unimarc"):
        found = [
            Found(number, piece.offset, piece.data, None, None)
            for number, piece in enumerate(split(io.BytesIO(data)), 1)
        ]
        prepare(Batch(found, record_format, 1))


def _marc_text_seeds(samples: Path | None) -> list[bytes]:
    found = [
        (
            b'<collection xmlns="http://www.loc.gov/MARC21/slim"><record>'
            b'<leader>00000nam a2200000 i 4500</leader><controlfield tag="001">1</controlfield>'
            b'<datafield tag="245" ind1="1" ind2="0"><subfield code="a">Soil</subfield>'
            b"</datafield></record></collection>"
        ),
        b"001 00 *a1*b870970*fa\n245 00 *aPeters jul*eJohan Krohn\n652 00 *m86-1\n",
    ]
    if samples is not None:
        folder = samples / "data/marc"
        for path in sorted(folder.glob("danmarc2.*.xz")):
            with lzma.open(path) as file:
                found.append(file.read(6_000))
    return found


def _feed_marc_text(data: bytes) -> None:
    for read in (marcxml.read_records, danmarc2_lines.read_records):
        for _ in read(io.BytesIO(data)):
            pass


# What other systems have


_MOVED: Final = """
source = "old"
[patrons]
files = "x"
key = "id"
[patrons.fields]
card = "id"
home_branch = "branch"
category = "type"
name = "name"
birth_date = "born"
[items]
files = "x"
format = "marc"
tag = "876"
key = "p"
fields = { barcode = "p", record = "001", branch = "852b", call_number = "h[2]", price = "g" }
[members]
files = "x"
format = "xml"
tag = "InstitutionPerson"
key = "UNILogin/UserId"
[members.fields]
login = "UNILogin/UserId"
home_branch = "../InstitutionNumber"
category = "Student/Role"
given_name = "Person/FirstName"
family_name = "Person/FamilyName"
is_protected = "Person/@protected"
group = "../Group[GroupId = $row/Student/MainGroupId]/GroupName"
"""


@cache
def _moved_plan() -> Plan:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "plan.toml"
        path.write_text(_MOVED, encoding="utf-8")
        return read_plan(path, FIELDS)


def _moved_seeds(samples: Path | None) -> list[bytes]:
    record = pymarc.Record(force_utf8=True)
    record.add_field(pymarc.Field(tag="001", data="t1"))
    for tag, pairs in (
        ("852", (("8", "1"), ("b", "MAIN"))),
        ("876", (("8", "1"), ("p", "B1"), ("h", "a"), ("h", "b"), ("g", "29,95"))),
    ):
        its = [pymarc.Subfield(code, value) for code, value in pairs]
        record.add_field(pymarc.Field(tag, pymarc.Indicators(" ", " "), its))
    at = "2026-11-25 10:11:12 123"
    return [
        record.as_marc() * 3,
        'id,branch,type,name,born\n1,MAIN,A,"Ida ""Ø""\nØrsted",1980-05-12\n2,,,,\n'.encode(),
        (
            b"<e><I><InstitutionNumber>1</InstitutionNumber><Group><GroupId>g</GroupId><GroupName>7B"
            b"</GroupName></Group><InstitutionPerson><UNILogin><UserId>ida</UserId></UNILogin>"
            b'<Person protected="true"><FirstName>Ida</FirstName></Person><Student>'
            b"<Role>Elev</Role><MainGroupId>g</MainGroupId></Student></InstitutionPerson></I></e>"
        ),
        f"Version=1.0\tGenerator=a\n{at}\tissue\tP1\tB1\n{at}\tpayment\tP1\t2.50\n".encode(),
        (
            b'{"timestamp": 1795600000, "type": "checkout", "barcode": "B1",'
            b' "patron_barcode": "P1", "due_date": "2026-12-24"}\n'
            b'{"timestamp": "1e9", "type": "checkin", "barcode": "B1"}\n'
        ),
    ]


def _feed_moved(data: bytes) -> None:
    formats = Formats({"MAIN": 1}, "Europe/Copenhagen", date(2026, 11, 25))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        path.write_bytes(data)
        plan = _moved_plan().model_copy(update={"folder": Path(folder)})
        for name, kind in plan.kinds.items():
            mapper = Mapper(plan, KINDS[name], formats, IdentifierKey(b"k" * 16))
            with suppress(UnreadableFile):
                source = open_source(path, plan, kind)
                mapper.begin(source.columns)
                for line in source.lines():
                    if mapper.is_wanted(line):
                        mapper.arrival("x", line)
        with suppress(NotOffLine):
            read_off_line(path, Origin(1, "Europe/Copenhagen"))


# The PROXY protocol


def _proxy_seeds(samples: Path | None) -> list[bytes]:
    return [
        b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 6001\r\n9900802.00\r",
        b"PROXY TCP6 2001:db8::1 2001:db8::2 5000 6001\r\n",
        b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x13\x88\x17\x71",
    ]


def _feed_proxy(data: bytes) -> None:
    with suppress(HeaderMalformed):
        read_header(data)


PARSERS: Final = {
    parser.name: parser
    for parser in (
        Parser("sip2", _sip2_seeds, _feed_sip2),
        Parser("sip2-https", _envelope_seeds, _feed_envelope, mutated_xml),
        Parser("z3950", _z3950_seeds, _feed_z3950, mutated_ber),
        Parser("cql", _cql_seeds, _feed_cql),
        Parser("ncip", _ncip_seeds, _feed_ncip, mutated_xml),
        Parser("iso18626", _iso18626_seeds, _feed_iso18626, mutated_xml),
        Parser("marc", _marc_seeds, _feed_marc),
        Parser("marc-text", _marc_text_seeds, _feed_marc_text, mutated_xml),
        Parser("moving", _moved_seeds, _feed_moved),
        Parser("proxy", _proxy_seeds, _feed_proxy),
    )
}
