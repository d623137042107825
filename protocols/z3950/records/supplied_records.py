"""Records that an origin supplies for Update: their text, and the records of ours that they
mean."""

from __future__ import annotations

import io
from typing import Final, NamedTuple

from pyroaring import BitMap

from catalogue.changes.replacing import last_change
from catalogue.database import Transaction
from catalogue.marc import marcxml
from catalogue.marc.checking import Refused as RefusedRecord
from catalogue.marc.checking import accept, control_number
from catalogue.marc.iso2709 import fields
from catalogue.records import Record, fetch_records, find_by_control_number
from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.messages.building_blocks import DateTime
from protocols.z3950.messages.packages import SuppliedRecord
from protocols.z3950.records.forms import DANMARC, UNIMARC, USMARC, XML
from protocols.z3950.wire.asn1 import External

#: The format in which each syntax is read; an XML record may say so itself.
_FORMAT_OF_SYNTAX: Final = {USMARC: "marc21", DANMARC: "danmarc2", UNIMARC: "unimarc"}


class Text(NamedTuple):
    """A record ready to be stored, in the syntax it came in."""

    syntax: str
    record_format: str
    data: bytes


def text_of(external: External | None) -> Text:
    """The text of a supplied record. Raises Refused."""
    if external is None:
        raise Refused(Bib1.PACKAGE_PARAMETER_MISSING, "record")
    syntax = external.direct_reference or USMARC
    octets = external.encoding if isinstance(external.encoding, bytes) else external.encoding.value
    record_format = _FORMAT_OF_SYNTAX.get(syntax)
    try:
        if record_format is not None:
            return Text(syntax, record_format, accept(octets, record_format))
        if syntax == XML:
            return _text_of_xml(octets)
    except RefusedRecord as error:
        raise Refused(Bib1.IMMEDIATE_EXECUTION_FAILED, str(error)) from error
    raise Refused(Bib1.SYNTAX_UNSUPPORTED, syntax)


def _text_of_xml(octets: bytes) -> Text:
    """The one record of a MARCXML or marcXchange document."""
    found = list(marcxml.read_records(io.BytesIO(octets)))
    if len(found) != 1:
        raise Refused(Bib1.IMMEDIATE_EXECUTION_FAILED, f"{len(found)} records in one document")
    [record] = found
    if record.refusal is not None:
        raise Refused(Bib1.IMMEDIATE_EXECUTION_FAILED, record.refusal)
    return Text(XML, record.record_format or "marc21", record.data)


def record_named(
    transaction: Transaction, supplied: SuppliedRecord, visible: BitMap | None
) -> Record:
    """The record of the database that is meant: by our number, by control number or, if neither is
    given, by the control number in the supplied record.

    Numbers are our own ids; strings and octets are control numbers. Raises Refused if there is none
    or more than one, and if the origin has seen another version.
    """
    named = supplied.record_id
    if isinstance(named, int):
        found = fetch_records(transaction, [named]) if 0 < named < 1 << 31 else []
    else:
        if named is None:
            named = control_number(text_of(supplied.record).data)
        elif isinstance(named, bytes):
            named = named.decode("utf-8", "replace")
        found = find_by_control_number(transaction, control_number=named) if named else []
    shown = [record for record in found if visible is None or record.id in visible]
    if len(shown) != 1:
        why = "more than one record is" if shown else "no record is"
        raise Refused(Bib1.IMMEDIATE_EXECUTION_FAILED, f"{why} {named}")
    _check_version(transaction, shown[0], supplied.supplemental_id)
    return shown[0]


def _check_version(
    transaction: Transaction, record: Record, seen: DateTime | str | External | None
) -> None:
    """Refuses to overwrite a version that the origin has not seen."""
    if isinstance(seen, DateTime):
        is_seen = last_change(transaction, record.id).strftime("%Y%m%d%H%M%S") <= seen.value[:14]
    elif isinstance(seen, str):
        is_seen = seen == _version_number(record.data)
    else:
        is_seen = seen is None or text_of(seen).data == record.data
    if not is_seen:
        raise Refused(Bib1.IMMEDIATE_EXECUTION_FAILED, "the record has changed since it was seen")


def _version_number(data: bytes) -> str | None:
    """MARC field 005: date and time of the latest transaction."""
    return next((content.decode() for tag, content in fields(data) if tag == b"005"), None)
