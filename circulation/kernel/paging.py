"""Lists of rows by pages: from a place in the list on, for one branch or for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import signature
from typing import Any, Generic, NamedTuple, ParamSpec, TypedDict, TypeVar, cast

from sqlalchemy import ColumnElement, Select, or_

from catalogue.database import Transaction, many, taking

#: Lines of a page where the caller does not say, and the most that it may say.
PAGE = 100
MOST = 1_000
#: The limit of a list that has none: more lines than anybody has.
ALL = 2**31 - 1

P = ParamSpec("P")
Line = TypeVar("Line")


class Place(NamedTuple):
    """Where a page ended."""

    moment: Any  # a date, or a datetime where the list is ordered by one
    id: int


#: Before all there is.
START = Place(datetime(1900, 1, 1, tzinfo=UTC), 0)
#: Behind all there is: where a list begins that has the newest first.
END = Place(datetime(9999, 12, 31, tzinfo=UTC), 2**63 - 1)


class Order(NamedTuple, Generic[Line]):
    """The columns that a list is ordered by, that of its branch, and the place of a line."""

    moment: ColumnElement[Any]
    key: ColumnElement[int]
    branch: ColumnElement[Any]
    place_of: Callable[[Line], Place]
    start: Place = START


@dataclass(frozen=True, slots=True)
class Page(Generic[Line]):
    """Some lines of a list, and where the next page begins; `next` None: that was all."""

    lines: tuple[Line, ...]
    next: Place | None


class Asked(TypedDict, total=False):
    """What a page is asked for with: one branch (None: all), after which place, how many lines."""

    branch_id: int | None
    after: Place | None
    limit: int


class PagedList(Generic[P, Line]):
    """A list that is read by pages, of one branch or of all; see `paged`."""

    def __init__(
        self, body: Callable[P, Select[Any]], row: Callable[..., Line], order: Order[Line]
    ) -> None:
        moment, key, branch, self._place_of, self._start = order
        names = (*signature(body).parameters, "at", "after_id", "at_most")

        def chosen(*, at: Any, after_id: Any, at_most: Any, **given: Any) -> Select[Any]:
            # Said twice: the first condition is what an index can be walked by.
            beyond = (moment >= at, or_(moment > at, key > after_id))
            lines: Select[Any] = cast(Any, body)(**given)
            return lines.where(*beyond).order_by(moment, key).limit(at_most)

        @many(row)
        @taking(*names)
        def of_all(**given: Any) -> Select[Any]:
            return chosen(**given)

        @many(row)
        @taking(*names, "of_branch")
        def of_one(*, of_branch: Any, **given: Any) -> Select[Any]:
            return chosen(**given).where(branch == of_branch)

        self._of_all, self._of_branch = of_all, of_one

    def __call__(
        self,
        transaction: Transaction,
        branch_id: int | None = None,
        after: Place | None = None,
        limit: int = PAGE,
        *_: P.args,
        **given: P.kwargs,
    ) -> Page[Line]:
        at_most, (at, after_id) = min(max(limit, 1), MOST), after or self._start
        # One more than asked for: it tells whether there is a next page.
        asked = {**given, "at": at, "after_id": after_id, "at_most": at_most + 1}
        if branch_id is None:
            found = self._of_all(transaction, **asked)
        else:
            found = self._of_branch(transaction, of_branch=branch_id, **asked)
        lines = tuple(found[:at_most])
        return Page(lines, self._place_of(lines[-1]) if len(found) > at_most else None)


def paged(
    row: Callable[..., Line], order: Order[Line]
) -> Callable[[Callable[P, Select[Any]]], PagedList[P, Line]]:
    """Makes a list of a function that gives its lines, as `catalogue.database.many` does."""
    return lambda body: PagedList(body, row, order)
