"""Records of MARC with items in them."""

from __future__ import annotations

from collections.abc import Mapping

import pymarc


def records(tag: str, *items: Mapping[str, str]) -> bytes:
    """The titles t1 and t2, the items of each in fields with that tag; several values of one
    subfield are parted by strokes."""
    data = b""
    for name in ("t1", "t2"):
        record = pymarc.Record(force_utf8=True)
        record.add_field(pymarc.Field(tag="001", data=name))
        title = [pymarc.Subfield("a", f"Title {name}")]
        record.add_field(pymarc.Field("245", pymarc.Indicators("1", "0"), title))
        for item in items:
            if item["title"] == name:
                its = [
                    pymarc.Subfield(code, value)
                    for code, values in item.items()
                    if code != "title"
                    for value in values.split("|")
                    if value
                ]
                record.add_field(pymarc.Field(tag, pymarc.Indicators(" ", " "), its))
        data += record.as_marc()
    return data
