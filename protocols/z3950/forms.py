"""The form in which records are asked for (Z39.50-2003, 3.2.3.1.5, 3.6): what may be chosen.

A form is a record syntax, within it a format of `catalogue.formats`, and an element set. In XML
the schema chooses the format; it comes in a CompSpec, or as many clients write it, as the name of
an element set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from catalogue.formats import FULL, RecordFormat, record_formats
from catalogue.records import Record
from circulation.results import CirculationStatus
from protocols.opac_xml import OPAC_XML, OPAC_XML_SCHEMA, opac_xml
from protocols.z3950 import messages as m
from protocols.z3950.ber import identifier_of, value
from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.generic_records import generic_record
from protocols.z3950.holdings import holdings_text
from protocols.z3950.opac_records import opac_record

#: Record syntaxes (OID.5).
UNIMARC: Final = "1.2.840.10003.5.1"
USMARC: Final = "1.2.840.10003.5.10"
DANMARC: Final = "1.2.840.10003.5.14"
SUTRS: Final = "1.2.840.10003.5.101"
OPAC: Final = "1.2.840.10003.5.102"
GRS_1: Final = "1.2.840.10003.5.105"
XML: Final = "1.2.840.10003.5.109.10"

#: The format of each syntax: of XML, the one for who names no schema; of GRS-1, which is made here,
#: one with the same element sets. A syntax whose format is not installed is not offered.
FORMAT_OF_SYNTAX: Final[dict[str, str]] = {
    UNIMARC: "unimarc",
    USMARC: "marc21",
    DANMARC: "danmarc2",
    SUTRS: "sutrs",
    OPAC: "marc21",
    GRS_1: "sutrs",
    XML: "marcxml",
}

_GENERAL_STRING: Final = identifier_of(27, constructed=False, universal=True)


@dataclass(frozen=True, slots=True)
class Form:
    """How records are asked for. `shows_items`: do the record's items belong to it?"""

    syntax: str
    format: RecordFormat
    element_set: str
    shows_items: bool = False

    def external(self, record: Record, items: Sequence[CirculationStatus] = ()) -> m.External:
        """The record in this form, its items with it. Raises CannotRender."""
        if self.syntax == GRS_1:
            generic = generic_record(record, self.element_set)
            return m.External(m.SingleAsn1Type(generic), GRS_1)
        rendered = self.format.render(record, self.element_set)
        if self.syntax == SUTRS:
            if self.shows_items:
                rendered += holdings_text(items)
            return m.External(m.SingleAsn1Type(value(_GENERAL_STRING, rendered)), SUTRS)
        if self.syntax == OPAC:
            whole = opac_record(m.External(rendered, USMARC), items)
            return m.External(m.SingleAsn1Type(whole), OPAC)
        if self.shows_items:
            rendered = opac_xml(rendered, items)
        return m.External(rendered, self.syntax)


def offered_syntaxes() -> list[str]:
    """The record syntaxes that can be asked for."""
    return [syntax for syntax, name in FORMAT_OF_SYNTAX.items() if name in record_formats()]


def choose_form(
    syntax: str | None, composition: m.ElementSetNames | m.CompSpec | None, database: str
) -> Form:
    """The form that `preferredRecordSyntax` and `recordComposition` ask for. Raises Refused."""
    if isinstance(composition, m.CompSpec):
        return _form_of_specification(syntax, composition, database)
    return _form(syntax or USMARC, None, element_set_name(composition, database))


def element_set_name(names: m.ElementSetNames | None, database: str) -> str | None:
    """The name that holds for a database; None where none is given."""
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
    offered = offered_syntaxes()
    known = next((each for each in asked if each in offered), None)
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
    shows_items = syntax == OPAC
    if schema is not None:
        named = _format_of_schema(schema) if syntax == XML else None
        if named is None:
            raise Refused(Bib1.SCHEMA_UNSUPPORTED, schema)
        form, shows_items = named
    element_set = element_set or FULL
    known = element_set.upper()
    if known in form.element_sets:
        return Form(syntax, form, known, shows_items or (syntax == SUTRS and known == FULL))
    # In XML the element set name is where many clients write the schema.
    named = _format_of_schema(element_set) if syntax == XML and schema is None else None
    if named is None:
        raise Refused(Bib1.ELEMENT_SET_NAME_NOT_VALID, element_set)
    form, shows_items = named
    return Form(syntax, form, FULL, shows_items)


def _format_of_schema(name: str) -> tuple[RecordFormat, bool] | None:
    """The XML format of a short name or schema URI in any case, and whether it shows items."""
    name = name.lower()
    formats = record_formats()
    if name in (OPAC_XML, OPAC_XML_SCHEMA):
        return formats["marcxml"], True
    for form in formats.values():
        if form.schema and name in (form.name, form.schema.lower()):
            return form, False
    return None
