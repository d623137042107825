"""What the readers of files give: a record, or what is found in place of one."""

from __future__ import annotations

from typing import NamedTuple


class FoundRecord(NamedTuple):
    """A record of a file that is not ISO 2709: its ISO 2709 form in UTF-8, or the bytes as found
    and why they have none. `offset` is in bytes from the beginning of the (unpacked) file."""

    offset: int
    data: bytes
    record_format: str | None
    refusal: str | None
