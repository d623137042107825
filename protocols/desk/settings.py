"""The section ``[desk]`` of tiro.toml.

[desk]
enabled = false     # no desk in the browser; the API stays
public_page = false # no page for patrons at / either: the library has a site of its own
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ConfigDict


@dataclass(frozen=True)
class DeskSettings:
    """The pages at ``/desk`` and ``/`` of the common HTTP port."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    enabled: bool = True
    public_page: bool = True
