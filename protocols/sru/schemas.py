"""The record schemas that can be asked for: every XML format of the catalogue, and two with items.

A schema is asked for by its short name or its identifier; case does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from catalogue.formats import RecordFormat, is_xml, record_formats
from catalogue.formats.native import NATIVE_XML
from catalogue.records import Record
from circulation.kernel.results import CirculationStatus
from protocols.cql.diagnostics import Refused, Srw
from protocols.records.opac_xml import OPAC_XML, OPAC_XML_SCHEMA, opac_xml
from protocols.sru.iso_holdings import ISO_HOLDINGS, ISO_HOLDINGS_SCHEMA, iso_holdings

_Items = Sequence[CirculationStatus]


@dataclass(frozen=True, slots=True)
class Schema:
    """A form of records. `render` raises CannotRender for a record that has no such form."""

    name: str
    identifiers: tuple[str, ...]
    render: Callable[[Record, _Items, datetime], bytes]
    shows_items: bool = False

    @property
    def identifier(self) -> str:
        """The one that we send."""
        return self.identifiers[0]


@cache
def record_schemas() -> Mapping[str, Schema]:
    """All schemas, ordered by their short names."""
    found = [_schema_of(each) for each in record_formats().values() if is_xml(each)]
    found.append(Schema(OPAC_XML, (OPAC_XML_SCHEMA,), _opac, shows_items=True))
    found.append(Schema(ISO_HOLDINGS, (ISO_HOLDINGS_SCHEMA,), iso_holdings, shows_items=True))
    return {each.name: each for each in sorted(found, key=lambda schema: schema.name)}


@cache
def _by_any_name() -> Mapping[str, Schema]:
    schemas = record_schemas()
    named = {name.lower(): each for each in schemas.values() for name in each.identifiers}
    return named | dict(schemas)


def schema_named(name: str) -> Schema:
    """The schema with a short name or identifier. Raises Refused."""
    schema = _by_any_name().get(name.lower())
    if schema is None:
        raise Refused(Srw.UNKNOWN_SCHEMA, name)
    return schema


def _schema_of(form: RecordFormat) -> Schema:
    return Schema(form.name, form.identifiers, lambda record, items, now: form.render(record))


def _opac(record: Record, items: _Items, now: datetime) -> bytes:
    return opac_xml(NATIVE_XML.render(record), items)
