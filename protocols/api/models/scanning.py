"""The one box of a desk: any text comes in, and what it meant goes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from protocols.api.models.answers import Item
from protocols.api.models.common import Moment, PatronId, Request
from protocols.api.models.desk import AcceptedFee, CheckedIn, CheckedOut, OverrideWish, Renewed
from protocols.api.models.items import ItemStatus
from protocols.api.models.screen import PatronScreen
from protocols.api.models.searching import PatronHit
from protocols.api.models.titles import Title
from protocols.api.problems import ProblemReason

Command = Literal["undo", "done", "receipt", "return", "renew", "look", "confirm", "last_patron"]


class ScanWish(Request):
    """What was scanned or typed, and where: the `patron` who is open, the mode of the desk.

    In mode `desk` an item is lent to the open patron, else taken back; `return` and `drop` take it
    back (dated back with `at`), `renew` renews, `look` changes nothing, `pick` takes what was
    fetched. `happened` is when it was done, while the line was down: see POST /checkouts.
    One that is older than `backdate_days` is refused and put on the list of off-line acts.
    `override` and `accept_fee` go with an item that is lent or renewed.
    """

    text: Annotated[str, Field(min_length=1, max_length=500)]
    patron: PatronId | None = None
    mode: Literal["desk", "return", "renew", "look", "drop", "pick"] = "desk"
    at: Moment | None = None
    happened: Moment | None = None
    override: OverrideWish | None = None
    accept_fee: AcceptedFee | None = None


@dataclass(frozen=True, slots=True)
class Scanned:
    """What it was and what was done. `outcome` says which of the parts is there.

    `refused` has the reasons, `choice` both an item and a patron, `search` the first patrons and
    titles found.
    """

    outcome: Literal[
        "command",
        "checked_out",
        "checked_in",
        "renewed",
        "refused",
        "item",
        "patron",
        "choice",
        "titles",
        "search",
        "nothing",
    ]
    text: str
    command: Command | None = None
    checked_out: CheckedOut | None = None
    checked_in: CheckedIn | None = None
    renewed: Renewed | None = None
    item: Item | None = None
    status: ItemStatus | None = None
    patron: PatronScreen | None = None
    titles: tuple[Title, ...] = ()
    patrons: tuple[PatronHit, ...] = ()
    reasons: tuple[ProblemReason, ...] = ()
    loans: int | None = None
    overdue: int | None = None


class EndWish(Request):
    """The patron's session at the desk is over; `minutes`: with what came back so long ago."""

    patron: PatronId
    minutes: Annotated[int, Field(ge=0, le=24 * 60)] = 60


class SlipWish(Request):
    """A slip. Of a patron: the `receipt` of all loans and of what has come back, or what was lent
    (`loans`), handed in (`returns`, today at the desk's branch) or paid (`payment`) just now, or
    how the patron stands (`status`). Of a `group`, by its number or as that of the patron: what its
    members have on loan. Of an item: the `pickup` note, the `transit` slip, its `label` with call
    number and barcode. Of the desk's branch: the pick list, and the form for loans while nothing
    works (`emergency`). `minutes`: how long ago just now is."""

    kind: Literal[
        "receipt",
        "loans",
        "returns",
        "payment",
        "status",
        "group",
        "pickup",
        "transit",
        "label",
        "pick_list",
        "emergency",
    ]
    patron: PatronId | None = None
    group: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    item: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    minutes: Annotated[int, Field(ge=0, le=24 * 60)] = 60


@dataclass(frozen=True, slots=True)
class PrintJob:
    """What the workstation's printer is to print, and how that goes: `problem` is what was wrong
    with the last try."""

    id: str
    kind: str
    state: Literal["waiting", "printed", "given_up"]
    made: datetime
    problem: str


@dataclass(frozen=True, slots=True)
class PrintJobs:
    """The last jobs of the caller's workstation, the newest first. `printer` is its kind, ``none``
    where the browser has to print."""

    printer: str
    jobs: tuple[PrintJob, ...]


@dataclass(frozen=True, slots=True)
class Slip:
    """A slip in words, as lines of text. `big` is the number that the hand looks for, `barcode`
    that of the item which it is put into."""

    heading: str
    language: str
    lines: tuple[str, ...]
    big: str = ""
    barcode: str = ""
