"""How much was lent, renewed and returned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from protocols.api.models.common import Request
from protocols.api.models.sums import By


class LoansQuery(Request):
    """Of which days (`last` by default today), summed by what."""

    first: date
    last: date | None = None
    by: Annotated[tuple[By, ...], Field(min_length=1, max_length=7)] = ("kind",)


@dataclass(frozen=True, slots=True)
class LoansCounted:
    """One figure. What was not asked for is null."""

    number: int
    day: date | None
    branch: str | None
    kind: Literal["checked_out", "renewed", "checked_in"] | None
    material_group: str | None
    category: str | None
    age_band: str | None
    municipality: str | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures."""

    lines: tuple[LoansCounted, ...]
