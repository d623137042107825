"""What staff have to see to: one line of each list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from protocols.api.models.answers import Branch, Money, Patron
from protocols.api.models.common import Paging, Request


class ListPaging(Paging):
    """Which part of a list. It is that of the branch where the caller works."""


class PickPaging(Paging):
    """Which part of the pick list; `unmarked` those alone that nobody has gone for."""

    unmarked: bool = False


class ShelfPaging(Paging):
    """Which part of the hold shelf; `to_go` what does not belong there any more."""

    to_go: bool = False


class TransitPaging(ListPaging):
    """Which part of what is on its way to the branch: what was sent `days` ago or more."""

    days: Annotated[int, Field(ge=0, le=400)] = 7


class ClaimsPaging(ListPaging):
    """Which part of what is lost or claimed returned, or of one of the two."""

    mark: Literal["lost", "claimed_returned"] | None = None


class ConflictPaging(ListPaging):
    """Which part of the off-line acts; `settled` those that were done or settled, of 90 days."""

    settled: bool = False


class SettlingWish(Request):
    """An off-line act is settled, and why."""

    reason: Annotated[str, Field(max_length=500)] = ""


@dataclass(frozen=True, slots=True)
class TriedAct:
    """The result of trying an off-line act again; `why` it is open still."""

    state: Literal["open", "done"]
    reasons: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToFetch:
    """An item to fetch from its shelf. `fetched_by` has gone for it; `sought_by` did not find it
    there lately, at `sought`."""

    item: str
    title: str
    author: str
    location: str
    sublocation: str
    call_number: str
    hold: str
    pickup_branch: Branch
    fetched_by: str | None
    fetched_since: datetime | None
    sought_by: str | None
    sought: datetime | None


@dataclass(frozen=True, slots=True)
class PickList:
    """What is to be fetched, in the order of the shelves."""

    lines: tuple[ToFetch, ...]


class FetchWish(Request):
    """Somebody goes to fetch the item, does not any more, or has not found it on its shelf."""

    done: Literal["gone", "given_up", "not_found"]


@dataclass(frozen=True, slots=True)
class Fetching:
    """The line as it is now; None where nobody goes for the item any more."""

    line: ToFetch | None


@dataclass(frozen=True, slots=True)
class OnShelf:
    """An item on the hold shelf."""

    number: int
    item: str
    title: str
    hold: str
    deadline: datetime | None
    is_to_go: bool


@dataclass(frozen=True, slots=True)
class HoldShelf:
    """What stands there, by number."""

    lines: tuple[OnShelf, ...]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A loan beyond its due date, made at `branch`. A pupil may have the item: then the loan
    `is_lent_onward`. `patron` is null where the caller may not see them, as in all these lists."""

    item: str
    title: str
    due: datetime
    renewals: int
    patron: Patron | None
    branch: Branch
    checked_out: datetime
    is_lent_onward: bool


@dataclass(frozen=True, slots=True)
class OverdueLoans:
    """The oldest first."""

    lines: tuple[Overdue, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """An item that somebody answers for but cannot show, or that nobody can find. `branch` is
    where it was lent, or where it belongs."""

    item: str
    title: str
    since: datetime
    mark: str | None
    patron: Patron | None
    branch: Branch


@dataclass(frozen=True, slots=True)
class MissingItems:
    """The oldest first."""

    lines: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Late:
    """An item that should have arrived."""

    item: str
    title: str
    since: datetime
    from_branch: Branch | None
    to_branch: Branch | None
    reason: str


@dataclass(frozen=True, slots=True)
class LateTransits:
    """The oldest first."""

    lines: tuple[Late, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """An off-line act. `state`: ``open``, it could not be done and is tried again when its card or
    item exists; ``conflict``, it was done against the rules; ``done``, it was open until then;
    ``settled``, staff have seen to it, and `remark` says why
    (hidden where the patron is). `why` says the reasons in the
    language of the answer. `act`, `source`, `patron_identifier`, `amount` and the times are as they
    were reported; `tried` is when it was tried last, `settled` when it was done or settled."""

    id: str
    noted: datetime
    item: str
    title: str | None
    patron: Patron | None
    reasons: tuple[str, ...]
    why: tuple[str, ...]
    branch: Branch
    act: str | None
    patron_identifier: str | None
    happened: datetime | None
    due: datetime | None
    state: Literal["open", "conflict", "done", "settled"]
    source: str
    remark: str | None
    amount: str | None
    tried: datetime | None
    settled: datetime | None


@dataclass(frozen=True, slots=True)
class Conflicts:
    """The oldest first."""

    lines: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class Unwarned:
    """A debt that would block, of which nobody was warned. `state` and `why` tell how far the
    message (`notice`) has come; there is none where no rule sends any."""

    patron: Patron | None
    agency: str
    owed: Money
    since: datetime
    notice: str | None
    state: str | None
    why: str | None


@dataclass(frozen=True, slots=True)
class UnwarnedDebtors:
    """The oldest first."""

    lines: tuple[Unwarned, ...]


@dataclass(frozen=True, slots=True)
class BarredCard:
    """A card that is not to be lent to, and why."""

    card: str
    why: Literal["lost", "barred", "expired"]


@dataclass(frozen=True, slots=True)
class BarredCards:
    """By card."""

    lines: tuple[BarredCard, ...]


@dataclass(frozen=True, slots=True)
class Unsolved:
    """What a machine refused to a patron, and why: the desk goes on from there."""

    id: str
    at: datetime
    machine: str
    item: str
    title: str | None
    patron: Patron | None
    reasons: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnsolvedAtMachines:
    """The newest first, of half an hour; the last of each patron at each machine."""

    lines: tuple[Unsolved, ...]


@dataclass(frozen=True, slots=True)
class Hopeless:
    """A hold that nothing can fill, and why."""

    hold: str
    title_id: str
    title: str
    patron: Patron | None
    placed: datetime
    why: str
    author: str
    part: str
    pickup_branch: Branch
    interest_until: date


@dataclass(frozen=True, slots=True)
class HopelessHolds:
    """By title. A page may be empty and not the last."""

    lines: tuple[Hopeless, ...]
