"""What the readers of files give: one record, or what stands where one should."""

from __future__ import annotations

from typing import NamedTuple


class FoundRecord(NamedTuple):
    """A record of a file that is not ISO 2709: its ISO 2709 form in UTF-8, or why it has none with
    the bytes as found. `offset` counts bytes from the beginning of the (unpacked) file."""

    offset: int
    data: bytes
    record_format: str | None
    refusal: str | None
