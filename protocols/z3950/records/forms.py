"""The form in which records are asked for (Z39.50-2003, 3.2.3.1.5, 3.6): what may be chosen.

A form is a record syntax, within it a format of `catalogue.formats`, and an element set. Formats
are known only by their identifiers. In XML the schema chooses the format; it comes in a CompSpec
or, from many clients, as the name of an element set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from catalogue.formats import (
    FULL,
    UTF_8,
    RecordFormat,
    formats_known_as,
    is_xml,
    record_formats,
)
from catalogue.formats.native import NATIVE_MARC, NATIVE_XML, in_charset, native_marc
from catalogue.records import Record
from circulation.kernel.results import CirculationStatus
from protocols.records.opac_xml import OPAC_XML, OPAC_XML_SCHEMA, opac_xml
from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.messages.retrieval import CompSpec, ElementSetNames
from protocols.z3950.records.generic_records import generic_record
from protocols.z3950.records.holdings import holdings_text
from protocols.z3950.records.opac_records import opac_record
from protocols.z3950.wire.asn1 import External, SingleAsn1Type
from protocols.z3950.wire.ber import identifier_of, value

#: Record syntaxes (OID.5). Those of formats are among their identifiers; the others are made here.
UNIMARC: Final = "1.2.840.10003.5.1"
USMARC: Final = "1.2.840.10003.5.10"
DANMARC: Final = "1.2.840.10003.5.14"
SUTRS: Final = "1.2.840.10003.5.101"
OPAC: Final = "1.2.840.10003.5.102"
GRS_1: Final = "1.2.840.10003.5.105"
XML: Final = "1.2.840.10003.5.109.10"
_MADE_HERE: Final = (OPAC, GRS_1, XML)
_SYNTAXES: Final = "1.2.840.10003.5."

_GENERAL_STRING: Final = identifier_of(27, constructed=False, universal=True)


@dataclass(frozen=True, slots=True)
class Form:
    """How records are asked for. `shows_items`: are the record's items part of it? Without a
    `syntax` each record comes in its own. `charset` is that of MARC inside OPAC records.
    """

    syntax: str
    format: RecordFormat
    element_set: str
    shows_items: bool = False
    charset: str = UTF_8

    def external(self, record: Record, items: Sequence[CirculationStatus] = ()) -> External:
        """The record in this form, with its items. Raises CannotRender."""
        if self.syntax == GRS_1:
            generic = generic_record(record, self.element_set)
            return External(SingleAsn1Type(generic), direct_reference=GRS_1)
        if self.format is NATIVE_MARC:
            marc = native_marc(record, self.charset)
            external = External(
                marc.render(record, self.element_set), direct_reference=marc.identifiers[0]
            )
            if self.syntax == OPAC:
                return External(SingleAsn1Type(opac_record(external, items)), direct_reference=OPAC)
            return external
        rendered = self.format.render(record, self.element_set)
        if self.syntax == SUTRS:
            if self.shows_items:
                rendered += holdings_text(items)
            return External(
                SingleAsn1Type(value(_GENERAL_STRING, rendered)), direct_reference=SUTRS
            )
        if self.shows_items:
            rendered = opac_xml(rendered, items)
        return External(rendered, direct_reference=self.syntax)


def offered_syntaxes() -> list[str]:
    """The record syntaxes that can be asked for."""
    known = [name for each in record_formats().values() for name in each.identifiers]
    return [*dict.fromkeys(name for name in known if name.startswith(_SYNTAXES)), *_MADE_HERE]


def choose_form(
    syntax: str | None,
    composition: ElementSetNames | CompSpec | None,
    database: str,
    charset: str = UTF_8,
) -> Form:
    """The form that `preferredRecordSyntax` and `recordComposition` ask for. Raises Refused.

    ISO 2709 comes in `charset` if there is a format that has it.
    """
    if isinstance(composition, CompSpec):
        return _form_of_specification(syntax, composition, database, charset)
    return _form(syntax, None, element_set_name(composition, database), charset)


def element_set_name(names: ElementSetNames | None, database: str) -> str | None:
    """The name that applies to a database; None if none is given."""
    if names is None or isinstance(names, str):
        return names
    for each in names:
        if each.db_name.lower() == database.lower():
            return each.esn
    return None


def _form_of_specification(syntax: str | None, spec: CompSpec, database: str, charset: str) -> Form:
    """A CompSpec (3.2.3.1.6): the first of its syntaxes that we have, else the preferred one."""
    specification = spec.generic
    for each in spec.db_specific or ():
        if each.db.lower() == database.lower():
            specification = each.spec
    asked = spec.record_syntax or []
    offered = offered_syntaxes()
    known = next((each for each in asked if each in offered), None)
    if asked and known is None and not spec.select_alternative_syntax:
        raise Refused(Bib1.SYNTAX_UNSUPPORTED, asked[0])
    syntax = known or syntax
    if specification is None:
        return _form(syntax, None, None, charset)
    if isinstance(specification.element_spec, External):
        raise Refused(
            Bib1.COMP_SPEC_UNSUPPORTED, specification.element_spec.direct_reference or "eSpec"
        )
    schema = specification.schema.value if specification.schema else None
    return _form(syntax, schema, specification.element_spec, charset)


@lru_cache(maxsize=256)
def _form(syntax: str | None, schema: str | None, element_set: str | None, charset: str) -> Form:
    form = _format_of_syntax(syntax, charset)
    shows_items = syntax == OPAC
    if schema is not None:
        named = _format_of_schema(schema) if syntax == XML else None
        if named is None and not _is_schema_of(schema, form):
            raise Refused(Bib1.SCHEMA_UNSUPPORTED, schema)
        form, shows_items = named or (form, shows_items)
    element_set = element_set or FULL
    known = element_set.upper()
    if known in form.element_sets:
        shows_items = shows_items or (syntax == SUTRS and known == FULL)
        return Form(syntax or "", form, known, shows_items, charset)
    # In XML the element set name is where many clients write the schema.
    named = _format_of_schema(element_set) if syntax == XML and schema is None else None
    if named is None:
        raise Refused(Bib1.ELEMENT_SET_NAME_NOT_VALID, element_set)
    form, shows_items = named
    return Form(XML, form, FULL, shows_items, charset)


def _format_of_syntax(syntax: str | None, charset: str) -> RecordFormat:
    """The format if no schema is named. Raises Refused."""
    if syntax is None or syntax in (OPAC, GRS_1):
        return NATIVE_MARC
    if syntax == XML:
        return NATIVE_XML
    known = formats_known_as(syntax)
    if not known:
        raise Refused(Bib1.SYNTAX_UNSUPPORTED, syntax)
    return in_charset(known, charset)


def _is_schema_of(name: str, form: RecordFormat) -> bool:
    """Outside XML a syntax has a single schema: itself."""
    return name.lower() in form.identifiers


def _format_of_schema(name: str) -> tuple[RecordFormat, bool] | None:
    """The XML format with a name or identifier, whatever its case, and whether it shows items."""
    if name.lower() in (OPAC_XML, OPAC_XML_SCHEMA):
        return NATIVE_XML, True
    found = [each for each in formats_known_as(name) if is_xml(each)]
    return (found[0], False) if found else None
