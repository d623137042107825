"""Records of a result set as a response carries them (Z39.50-2003, 3.2.3 and 3.3).

The form is chosen first: a record syntax, within it a format of `catalogue.formats`, and an
element set. Then records are added one by one until all are there or the agreed size is reached. A
record that cannot be given, for whatever reason, is replaced by a diagnostic of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from catalogue.formats import FULL, CannotRender, RecordFormat, record_formats
from catalogue.records import Record, fetch_records
from circulation.availability import holdings
from circulation.results import CirculationStatus
from protocols.answering import Context
from protocols.z3950 import messages as m
from protocols.z3950.association import Association, ResultSet
from protocols.z3950.ber import identifier_of, value
from protocols.z3950.diagnostics import Bib1, Refused, diagnostic
from protocols.z3950.holdings import holdings_text

log = logging.getLogger(__name__)

#: Record syntaxes (OID.5).
USMARC: Final = "1.2.840.10003.5.10"
SUTRS: Final = "1.2.840.10003.5.101"
XML: Final = "1.2.840.10003.5.109.10"

#: The format of each syntax: of XML, the one for who names no schema.
FORMAT_OF_SYNTAX: Final[dict[str, str]] = {USMARC: "marc21", SUTRS: "sutrs", XML: "marcxml"}

#: Records read from the database in one statement.
BATCH: Final = 50

#: Octets allowed for what surrounds a record: names, identifiers, lengths.
ENVELOPE: Final = 64

_GENERAL_STRING: Final = identifier_of(27, constructed=False, universal=True)


class PresentStatus(IntEnum):
    """How a Present went (3.2.3.1.11)."""

    SUCCESS = 0
    #: Not all: the next record would not fit into the message.
    PARTIAL_2 = 2
    FAILURE = 5


@dataclass(frozen=True, slots=True)
class Form:
    """How records are asked for: a syntax, the format that makes it, and an element set."""

    syntax: str
    format: RecordFormat
    element_set: str

    @property
    def shows_holdings(self) -> bool:
        """Do the record's items belong to it? A MARC record stays as it was loaded."""
        return self.syntax == SUTRS and self.element_set == FULL

    def external(self, record: Record, items: Sequence[CirculationStatus] = ()) -> m.External:
        """The record in this form, its items with it. Raises CannotRender."""
        rendered = self.format.render(record, self.element_set)
        if self.syntax == SUTRS:
            rendered += holdings_text(items)
            return m.External(m.SingleAsn1Type(value(_GENERAL_STRING, rendered)), SUTRS)
        return m.External(rendered, self.syntax)


@dataclass(frozen=True, slots=True)
class Page:
    """Records in a row: how many came, where the next one stands (0: nowhere), and how it went."""

    records: m.Records | None
    number: int
    following: int
    status: PresentStatus


def choose_form(
    syntax: str | None, composition: m.ElementSetNames | m.CompSpec | None, database: str
) -> Form:
    """The form that `preferredRecordSyntax` and `recordComposition` ask for. Raises Refused."""
    if isinstance(composition, m.CompSpec):
        return _form_of_specification(syntax, composition, database)
    name = _element_set_name(composition, database)
    return _form(syntax or USMARC, None, name)


def _element_set_name(names: m.ElementSetNames | None, database: str) -> str | None:
    if names is None or isinstance(names, str):
        return names
    for each in names:
        if each.db_name.lower() == database.lower():
            return each.esn
    return None


def _form_of_specification(syntax: str | None, spec: m.CompSpec, database: str) -> Form:
    """A CompSpec (3.2.3.1.6): the first of its syntaxes that we have, else the preferred one."""
    specification = spec.generic
    for each in spec.db_specific or ():
        if each.db.lower() == database.lower():
            specification = each.spec
    asked = spec.record_syntax or []
    known = next((each for each in asked if each in FORMAT_OF_SYNTAX), None)
    if asked and known is None and not spec.select_alternative_syntax:
        raise Refused(Bib1.SYNTAX_UNSUPPORTED, asked[0])
    syntax = known or syntax or USMARC
    if specification is None:
        return _form(syntax, None, None)
    if isinstance(specification.element_spec, m.External):
        raise Refused(
            Bib1.COMP_SPEC_UNSUPPORTED, specification.element_spec.direct_reference or "eSpec"
        )
    schema = specification.schema.value if specification.schema else None
    return _form(syntax, schema, specification.element_spec)


def _form(syntax: str, schema: str | None, element_set: str | None) -> Form:
    name = FORMAT_OF_SYNTAX.get(syntax)
    formats = record_formats()
    if name is None or name not in formats:
        raise Refused(Bib1.SYNTAX_UNSUPPORTED, syntax)
    form = formats[name]
    if schema is not None:
        named = _format_of_schema(schema) if syntax == XML else None
        if named is None:
            raise Refused(Bib1.SCHEMA_UNSUPPORTED, schema)
        form = named
    element_set = element_set or FULL
    if element_set.upper() in form.element_sets:
        return Form(syntax, form, element_set.upper())
    # In XML the element set name is where many clients write the schema.
    named = _format_of_schema(element_set) if syntax == XML and schema is None else None
    if named is None:
        raise Refused(Bib1.ELEMENT_SET_NAME_NOT_VALID, element_set)
    return Form(syntax, named, FULL)


def _format_of_schema(name: str) -> RecordFormat | None:
    """The XML format of a short name or schema URI, in any case."""
    name = name.lower()
    for form in record_formats().values():
        if form.schema and name in (form.name, form.schema.lower()):
            return form
    return None


def take_page(
    context: Context,
    found: ResultSet,
    start: int,
    number: int,
    form: Form,
    caller: Association,
) -> Page:
    """The `number` records from position `start` (from 1) on, as many as fit into a message.

    The positions must exist. A record alone may have the exceptional size; among others, one
    over the preferred size is replaced by a diagnostic (3.3.3).
    """
    taken: list[m.NamePlusRecord] = []
    size = 0
    status = PresentStatus.SUCCESS
    for position in range(start - 1, start - 1 + number, BATCH):
        ids = list(found.records[position : min(position + BATCH, start - 1 + number)])
        by_id = {record.id: record for record in fetch_records(context.transaction, ids)}
        items = _holdings(context, ids) if form.shows_holdings else {}
        for record_id in ids:
            entry, entry_size = _entry(
                by_id.get(record_id), items.get(record_id, ()), found, form, caller, number == 1
            )
            if size + entry_size > caller.preferred_message_size and taken:
                status = PresentStatus.PARTIAL_2
                break
            taken.append(entry)
            size += entry_size
        if status is not PresentStatus.SUCCESS:
            break
    following = start + len(taken)
    return Page(
        m.ResponseRecords(taken),
        len(taken),
        following if following <= len(found.records) else 0,
        status,
    )


def _holdings(context: Context, ids: Sequence[int]) -> Mapping[int, Sequence[CirculationStatus]]:
    return holdings(context.circulation, context.transaction, record_ids=ids, now=context.now)


def _entry(
    record: Record | None,
    items: Sequence[CirculationStatus],
    found: ResultSet,
    form: Form,
    caller: Association,
    is_alone: bool,
) -> tuple[m.NamePlusRecord, int]:
    """One record, or the diagnostic in its place, and about how many octets it takes."""
    try:
        if record is None:
            raise Refused(Bib1.RECORD_DELETED)
        external = form.external(record, items)
        encoding = external.encoding
        size = len(encoding if isinstance(encoding, bytes) else encoding.value) + ENVELOPE
        if size > caller.exceptional_record_size:
            raise Refused(Bib1.RECORD_OVER_MAXIMUM_SIZE, str(size))
        if size > caller.preferred_message_size and not is_alone:
            raise Refused(Bib1.RECORD_OVER_PREFERRED_SIZE, str(size))
        return m.NamePlusRecord(external, found.database), size
    except Refused as error:
        refused = error
    except CannotRender:
        refused = Refused(Bib1.NOT_AVAILABLE_IN_SYNTAX, form.syntax)
    except Exception:  # whatever is wrong with one record, the others are given
        log.exception("record %s cannot be given as %s", record and record.id, form.format.name)
        refused = Refused(Bib1.SYSTEM_ERROR_IN_PRESENTING)
    surrogate = m.SurrogateDiagnostic(diagnostic(refused, caller.version))
    return m.NamePlusRecord(surrogate, found.database), ENVELOPE
