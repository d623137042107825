"""Titles: what is searched for, and what is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from protocols.api.models.answers import Branch
from protocols.api.models.common import Paging
from protocols.api.models.items import ItemStatus

#: An address is at most 16 KB long, and a letter may take twelve bytes of it.
_TEXT = Annotated[str, Field(max_length=200)]


class TitleSearch(Paging):
    """What is looked for: words (`q`), or a query in CQL. `at` is a branch, an agency or a
    consortium whose catalogue is searched. `facets` says how many values of each are counted;
    with `availability` each title says what can be had of it now."""

    q: _TEXT | None = None
    cql: Annotated[str, Field(max_length=500)] | None = None
    at: Annotated[str, Field(max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    facets: Annotated[int, Field(ge=0, le=50)] = 0
    availability: bool = False


@dataclass(frozen=True, slots=True)
class CopiesThere:
    """Copies of one kind at a branch, those that cannot be found left out; `available` stand on
    their shelves."""

    branch: Branch
    material_group: str
    copies: int
    available: int


@dataclass(frozen=True, slots=True)
class Availability:
    """What can be had of a title now, and how many wait for it."""

    open_holds: int
    places: tuple[CopiesThere, ...]


@dataclass(frozen=True, slots=True)
class Title:
    """A title as a list shows it. `availability` where it was asked for."""

    id: str
    title: str
    author: str
    year: int | None
    control_number: str | None
    availability: Availability | None = None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, how many of the titles found have it, and the search in CQL that narrows to them."""

    text: str
    hits: int
    cql: str


@dataclass(frozen=True, slots=True)
class Facet:
    """The commonest values of an index."""

    index: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class TitlesFound:
    """A page of what was found, and how many there are in all."""

    total: int
    titles: tuple[Title, ...]
    facets: tuple[Facet, ...]


@dataclass(frozen=True, slots=True)
class TitleShown:
    """A title with its copies. `lines` is the record for people to read."""

    id: str
    title: str
    author: str
    year: int | None
    control_number: str | None
    lines: tuple[str, ...]
    open_holds: int
    copies: tuple[ItemStatus, ...]
