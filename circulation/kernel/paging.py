"""Lists of rows by pages: from a place in the list on, for one branch or for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Select, bindparam, or_

from catalogue.database import Moment, Transaction, many

#: Lines of a page where the caller does not say, and the most that it may say.
PAGE = 100
MOST = 1_000

Line = TypeVar("Line")


class Place(NamedTuple):
    """Where a page ended."""

    moment: datetime
    id: int


#: Before all there is.
_START = Place(datetime(1900, 1, 1, tzinfo=UTC), 0)


@dataclass(frozen=True, slots=True)
class Page(Generic[Line]):
    """Some lines of a list, and where the next page begins; `next` None: that was all."""

    lines: tuple[Line, ...]
    next: Place | None


class PagedList(Generic[Line]):
    """The two statements of a list: for one branch, and for all."""

    def __init__(
        self,
        chosen: Select[Any],
        *,
        moment: Any,
        key: Any,
        branch: Any,
        row: Callable[..., Line],
        parameters: tuple[str, ...] = (),
    ) -> None:
        at = bindparam("place_moment", type_=Moment)
        # Said twice: the first condition is what an index can be walked by.
        beyond = (moment >= at, or_(moment > at, key > bindparam("place_id")))
        ordered = chosen.where(*beyond).order_by(moment, key).limit(bindparam("at_most"))
        place = ("place_moment", "place_id", "at_most")
        self._of_all = many(ordered, row, *parameters, *place)
        of_branch = ordered.where(branch == bindparam("branch_id"))
        self._of_branch = many(of_branch, row, *parameters, *place, "branch_id")

    def page(
        self,
        transaction: Transaction,
        *values: Any,
        branch_id: int | None,
        after: Place | None,
        limit: int,
        place_of: Callable[[Line], Place],
    ) -> Page[Line]:
        at_most = min(max(limit, 1), MOST)
        # One more than asked for: it tells whether there is a next page.
        arguments = (*values, *(after or _START), at_most + 1)
        if branch_id is None:
            found = self._of_all(transaction, *arguments)
        else:
            found = self._of_branch(transaction, *arguments, branch_id)
        lines = tuple(found[:at_most])
        return Page(lines, place_of(lines[-1]) if len(found) > at_most else None)
