"""A record on its way into the catalogue: checked, described, and with an id."""

from __future__ import annotations

from typing import NamedTuple

from catalogue.index.describing import Description


class Made(NamedTuple):
    """A record to store. `data` is empty on the way from a worker where it is what was found,
    byte for byte; `loading.preparation` puts it back."""

    id: int
    position: int
    record_format: str
    description: Description
    data: bytes
