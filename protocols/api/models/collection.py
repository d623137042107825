"""Debts that were handed over for collection, and the files for the debtor system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from circulation.dunning.claim_lists import ClaimLine
from circulation.dunning.claims import Claim as KnownClaim
from circulation.dunning.collection_files import CollectionFile as KnownFile
from circulation.dunning.collection_files import FileLine
from protocols.api.models.common import Paging, PatronId, Request, Why


class ClaimPaging(Paging):
    """Which part of the claims; `all`: also those that are closed."""

    all: bool = False


class ClaimWithdrawal(Request):
    """Why a debt is called back; the debtor system is told it."""

    why: Why


@dataclass(frozen=True, slots=True)
class ClaimTold:
    """What the debtor system was told of a claim; not yet, where it stands in no `file`."""

    action: str
    amount: int
    at: datetime
    reason: str
    file: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A debt that was handed over; `amount` is what the debtor system was last to be told."""

    id: str
    charge: str
    patron: PatronId | None
    kind: str
    amount: int
    currency: str
    opened: datetime
    closed: datetime | None
    reason: str
    told: tuple[ClaimTold, ...]


@dataclass(frozen=True, slots=True)
class Claims:
    """The oldest first."""

    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class CollectionFile:
    """A file for the debtor system, by whom it was written, and how many lines it had then."""

    id: str
    written: datetime
    by: str
    lines: int


@dataclass(frozen=True, slots=True)
class CollectionFiles:
    """The oldest first."""

    files: tuple[CollectionFile, ...]


@dataclass(frozen=True, slots=True)
class CollectionRecords:
    """A file with its records, fields by name; those of persons who were erased are left out. The
    debtor's national number stands in it, where the installation keeps it."""

    file: CollectionFile
    records: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class CollectionExport:
    """The file that was written; null where the debtor system was told of everything."""

    exported: CollectionRecords | None


def claim_shown(claim: KnownClaim, lines: tuple[ClaimLine, ...], patron: PatronId | None) -> Claim:
    return Claim(
        str(claim.id),
        str(claim.charge_id),
        patron,
        claim.kind.value,
        claim.amount,
        claim.currency,
        claim.opened,
        claim.closed,
        claim.reason,
        tuple(
            ClaimTold(
                each.action.value,
                each.amount,
                each.at,
                each.reason,
                None if each.file_id is None else str(each.file_id),
            )
            for each in lines
        ),
    )


def file_shown(file: FileLine) -> CollectionFile:
    return CollectionFile(str(file.id), file.at, file.actor, file.lines)


def records_shown(file: KnownFile) -> CollectionRecords:
    shown = CollectionFile(str(file.id), file.at, file.actor, len(file.records))
    return CollectionRecords(shown, file.records)
