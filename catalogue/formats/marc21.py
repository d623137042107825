"""MARC 21 as it is exchanged: ISO 2709 in UTF-8, the stored bytes themselves where possible."""

from __future__ import annotations

from catalogue.formats import FULL, CannotRender, is_brief
from catalogue.formats.brief import brief_fields
from catalogue.marc.iso2709 import LONGEST_RECORD, build, fields, is_exchangeable, leader
from catalogue.records import Record


class Marc21:
    """The format ``marc21``: leader/09 is ``a``, since the bytes are UTF-8."""

    name = "marc21"
    media_type = "application/marc"
    schema = ""
    element_sets = frozenset({"F", "B"})

    def render(self, record: Record, element_set: str = FULL) -> bytes:
        """The whole record byte for byte, or a record of its brief fields.

        Raises CannotRender for a record that is not MARC 21, or too long for ISO 2709.
        """
        brief = is_brief(element_set)
        data = record.data
        if record.format != "marc21":
            raise CannotRender(f"a {record.format} record has no MARC 21 form")
        if brief:
            made = build(leader(data), brief_fields(fields(data)))
        elif data[9:10] == b"a":
            made = data
        else:
            made = data[:9] + b"a" + data[10:]
        if not is_exchangeable(made):
            raise CannotRender(
                f"a record of more than {LONGEST_RECORD} bytes, or with a field of more than 9999,"
                " has no ISO 2709 form"
            )
        return made


MARC21 = Marc21()
