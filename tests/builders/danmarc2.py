"""danMARC2 records for tests, written as people write them."""

from __future__ import annotations

import io

from catalogue.marc.danmarc2_lines import read_records
from catalogue.marc.iso2709 import fields, subfields


def a_danmarc2_record(*lines: str) -> bytes:
    """The record of some lines, such as ``245 00 *a Title``, as it is stored."""
    (found,) = read_records(io.BytesIO("\n".join(lines).encode()))
    assert found.refusal is None, found.refusal
    return found.data


def lines_of(data: bytes) -> list[str]:
    """The way back, without escapes."""
    return [
        f"{tag.decode()} {content[:2].decode()}"
        + "".join(f" *{code.decode()} {value.decode()}" for code, value in subfields(content))
        for tag, content in fields(data)
    ]
