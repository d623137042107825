"""The settings of a plan, for people who write one: of its head, and of the section of a kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from circulation.moving.plans import FieldPlan, Head, KindPlan

_HEAD: Final = {
    "source": "the name of the other system, by which its rows are known again",
    "encoding": "the encoding of the files: utf-8-sig, cp1252 (Windows), cp865 (DOS), utf-16",
    "dates": "the forms of dates, tried in this order, as %d/%m/%Y %H:%M; without them ISO 8601",
    "decimal": "the sign before decimals",
    "currency": "the currency of amounts",
    "timezone": "the zone of times that name none; without it that of the library",
    "empty": "cells that mean nothing, such as NULL or 0000-00-00",
    "values": "tables of values: a code of the other system to one of the library",
}
_KIND: Final = {
    "files": "the files, or patterns such as *.xml",
    "format": "how rows are written: csv, items in MARC records, or elements of XML",
    "delivery": "whole: what is not there is gone; changes: what is not there is unchanged",
    "least": "share of the rows of the last delivery below which a file is taken for broken",
    "key": "the columns by which a row is known again",
    "fields": "the fields of the kind, each with its column",
    "encoding": "the encoding of these files, where it is another than that of the plan",
    "delimiter": "the sign between cells",
    "quote": "the sign around cells; empty for none",
    "escape": "the sign before a quotation mark within a cell; empty where it is doubled",
    "has_apostrophes": "whether cells that a spreadsheet would compute begin with an apostrophe",
    "columns": "the names of the columns, of files without a header",
    "tag": "the field of a record that is an item; of XML the element that is a row",
    "only": "values of a column: other rows are left out",
    "unless": "values of a column: these rows are left out",
    "waived": "columns that nothing reads, and days as COLUMN: expired, that are right",
}
_FIELD: Final = {
    "column": "the column, or several in a list, which are joined; empty ones are left out",
    "optional": "whether a file may lack the column",
    "joined_by": "what stands between the cells of several columns",
    "constant": "the value of all rows, in place of a column",
    "values": "a table of values, or the name of one in [values]: `*` is any other code, and "
    "{code} in a value the code itself; a code that it lacks sets the row aside, an empty value is "
    "none",
    "by": "of a patron or an item: number (card, barcode), or key, as the other system knows it",
    "separator": "the sign between the values of a field that holds several",
    "newline": "what stands for the end of a line in an address",
}


class SettingTold(NamedTuple):
    """A setting of the head, or of the section of each kind."""

    section: str
    setting: str
    default: str
    told: str


def settings_told() -> list[SettingTold]:
    """Return the settings of the head, then those of a section."""
    return [*_told("", Head, _HEAD), *_told("KIND", KindPlan, _KIND)]


def field_options_told() -> list[SettingTold]:
    """Return the options of a source of a field."""
    return _told("FIELD", FieldPlan, _FIELD)


def _told(section: str, model: type[BaseModel], meanings: Mapping[str, str]) -> list[SettingTold]:
    return [
        SettingTold(section, name, _default(field.default), meanings[name])
        for name, field in model.model_fields.items()
        if name != "further"  # the sources that follow in a list
    ]


def _default(default: Any) -> str:
    if default is PydanticUndefined:
        return "needed"
    return json.dumps(default) if default not in ("", (), {}, None) else ""
