"""Stored records as pymarc's objects: a second opinion of what is stored."""

from __future__ import annotations

import pymarc

from catalogue.marc.iso2709 import SUBFIELD, fields, leader, subfields


def parse(record_format: str, data: bytes) -> pymarc.Record:
    """A stored record as a `pymarc.Record`, long ones too.

    In ``danmarc2`` every field is a data field, 001 included; elsewhere a field is a control
    field when it has no subfields.
    """
    record = pymarc.Record()
    record.leader = pymarc.Leader(leader(data).decode("ascii"))
    for tag, content in fields(data):
        name = tag.decode("ascii")
        if SUBFIELD not in content and record_format != "danmarc2":
            field = pymarc.Field(name, data=content.decode("utf-8"))
        else:
            field = pymarc.Field(
                name,
                indicators=pymarc.Indicators(*content[:2].decode("ascii").ljust(2)),
                subfields=[
                    pymarc.Subfield(code.decode("utf-8"), value.decode("utf-8"))
                    for code, value in subfields(content)
                ],
            )
        record.add_field(field)  # type: ignore[no-untyped-call]
    return record
