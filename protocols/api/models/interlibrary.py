"""Interlibrary loans, and what partners are still to be told of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from circulation.interlending.kinds import WhyNot
from circulation.interlending.notices import Told, Waiting
from circulation.interlending.offers import offer_of
from circulation.interlending.remarks import Remark as KnownRemark
from circulation.interlending.remarks import RemarkKind
from circulation.interlending.rows import InterlibraryLoan as Known
from protocols.api.models.common import Isil, Number, PatronId, Request, Sentence, Why


class InterlibraryQuery(Request):
    """Those that a partner calls so, ended ones too; all that are under way, where none is said."""

    request: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class OwnersAnswer(Request):
    """What the owner has said of a renewal: lent `until` that day, or as long as the patron was
    promised, or `refused`."""

    until: date | None = None
    refused: bool = False


class PatronsWish(Request):
    """What a patron wants and we do not lend them: a title that is described, or a record of ours
    whose copies are not lent. `number` is an ISBN or ISSN, `partner` the agency that is asked, by
    default the first that takes requests."""

    patron: PatronId
    title: Annotated[str, Field(max_length=500)] = ""
    author: Annotated[str, Field(max_length=500)] = ""
    number: Annotated[str, Field(max_length=40)] = ""
    record: Number | None = None
    partner: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    pickup_branch: Isil | None = None
    needed_before: date | None = None


class CopySupplied(Request):
    """Where the copy can be fetched that another library has asked for; empty: it was sent."""

    url: Annotated[str, Field(max_length=1_000, pattern="^(https?://\\S+)?$")] = ""


class RequestRefused(Request):
    """Why another library does not get what it has asked for."""

    why: WhyNot
    note: Sentence = ""


class LetterToPartner(Request):
    """What the other library is to read."""

    note: Why


@dataclass(frozen=True, slots=True)
class InterlibraryRemark:
    """What somebody should read about an interlibrary loan: what the other library writes, its
    terms, what it did not take, what contradicts what we know."""

    id: str
    loan: str
    request: str
    partner: str
    role: str
    title: str
    at: datetime
    kind: RemarkKind
    text: str


@dataclass(frozen=True, slots=True)
class InterlibraryRemarks:
    """The oldest first."""

    remarks: tuple[InterlibraryRemark, ...]


@dataclass(frozen=True, slots=True)
class PartnerTold:
    """What a partner was told, or is to be: sent, given up, waits."""

    kind: str
    written: datetime
    became: str
    tries: int
    problem: str


@dataclass(frozen=True, slots=True)
class InterlibraryLoan:
    """A loan to another library (lender) or from one (borrower). `user` names the patron as the
    partner does, `case` the wish that it was begun for; `offer` are the terms of the other library
    that somebody may decide on."""

    id: str
    request: str
    partner: str
    role: str
    state: str
    barcode: str
    title: str
    patron: PatronId | None
    user: str
    due: datetime | None
    created: datetime
    case: str | None
    offer: str | None
    told: tuple[PartnerTold, ...]


@dataclass(frozen=True, slots=True)
class InterlibraryLoans:
    """The oldest first."""

    loans: tuple[InterlibraryLoan, ...]


@dataclass(frozen=True, slots=True)
class WaitingPartner:
    """How many notices wait for a partner, and how often one of them was tried."""

    partner: str
    notices: int
    tries: int


@dataclass(frozen=True, slots=True)
class WaitingPartners:
    """The partners that are still to be told something."""

    partners: tuple[WaitingPartner, ...]


def interlibrary_shown(
    loan: Known, patron: PatronId | None, told: Iterable[Told]
) -> InterlibraryLoan:
    return InterlibraryLoan(
        str(loan.id),
        loan.request_id,
        loan.partner,
        loan.role,
        loan.state_name,
        loan.barcode,
        loan.title,
        patron,
        loan.user,
        loan.due,
        loan.created,
        None if loan.case_id is None else str(loan.case_id),
        _offer(loan),
        tuple(
            PartnerTold(
                each.kind,
                each.written,
                "sent" if each.sent else "given up" if each.given_up else "waits",
                each.tries,
                each.problem,
            )
            for each in told
        ),
    )


def _offer(loan: Known) -> str | None:
    """Terms that may still be accepted or declined."""
    said = loan.said.get("offer")
    return None if said is None or loan.closed is not None else offer_of(said).text()


def remark_shown(found: KnownRemark) -> InterlibraryRemark:
    return InterlibraryRemark(
        str(found.id),
        str(found.interlibrary_loan_id),
        found.request_id,
        found.partner,
        found.role,
        found.title,
        found.at,
        found.kind,
        found.text,
    )


def waiting_shown(found: Iterable[Waiting]) -> WaitingPartners:
    return WaitingPartners(tuple(WaitingPartner(*each) for each in found))
