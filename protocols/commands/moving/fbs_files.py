"""What FBS tells of patrons, as the files of a delivery: what each row of them has.

FBS tells nothing of copies that are on the shelf, of the branch of a debt, and of which copy waits
for whom: items come with the records, debts stand where the patron fetches holds, and a hold that
is ready is set aside, to be placed on its shelf by hand or fetched before the day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from circulation.kernel.spreadsheets import TableWriter
from circulation.moving.reports import new_file

FILES: Final[Mapping[str, Sequence[str]]] = {
    "patrons": (
        *("id", "card", "branch", "name", "birthday", "email", "phone", "address", "street"),
        *("postal_code", "city", "country", "language", "blocks", "blocked_since", "keeps_history"),
    ),
    "loans": ("id", "patron", "item", "record", "loan_date", "due_date"),
    "holds": (
        *("id", "patron", "record", "part", "pickup_branch", "placed", "expiry", "position"),
        *("paused_from", "paused_to"),
    ),
    "debts": ("id", "patron", "branch", "type", "remaining", "created", "item", "reason"),
}
#: What is set aside: where it stood in the list of patrons, and why; never of whom.
ASIDE: Final = ("line", "kind", "id", "reason")


class Aside(NamedTuple):
    """Something that is in no file."""

    line: int
    kind: str
    id: str
    reason: str


class Fetched(NamedTuple):
    """All of one patron: rows by the name of their file, and what is set aside."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    aside: Sequence[Aside]


def rows_of(
    line: int,
    card: str,
    patron: Mapping[str, Any],
    loans: Iterable[Mapping[str, Any]],
    reservations: Iterable[Mapping[str, Any]],
    fees: Iterable[Mapping[str, Any]],
) -> Fetched:
    """The rows of a patron. What FBS does not tell enough of is set aside."""
    number = patron["patronId"]
    aside: list[Aside] = []
    away = patron.get("onHold") or {}
    holds = []
    for each in reservations:
        wrong = _wrong_with_hold(each)
        if wrong:
            aside.append(Aside(line, "holds", str(each.get("reservationId")), wrong))
        else:
            holds.append(_hold(number, each, away))
    lent = []
    for each in loans:
        details = each.get("loanDetails") or {}
        if details.get("loanType", "loan") != "loan":
            why = "it is lent for another library"
            aside.append(Aside(line, "loans", str(details.get("loanId")), why))
        else:
            lent.append(_loan(number, details))
    rows = {
        "patrons": [_patron(card, patron)],
        "loans": lent,
        "holds": holds,
        "debts": [_debt(number, patron, each) for each in fees],
    }
    return Fetched(rows, aside)


def _wrong_with_hold(told: Mapping[str, Any]) -> str:
    state = told.get("state")
    if state == "readyForPickup":
        return "it is ready, and which copy that is, is not told"
    if state == "interLibraryReservation":
        return "it is asked for at another library"
    return "" if told.get("recordId") else "its title is not told"


def _patron(card: str, told: Mapping[str, Any]) -> dict[str, Any]:
    address = told.get("address") or {}
    blocks = told.get("blockStatus") or []
    return {
        "id": told["patronId"],
        "card": card,
        "branch": told.get("preferredPickupBranch"),
        "name": told.get("name"),
        "birthday": told.get("birthday"),
        "email": told.get("emailAddress"),
        "phone": told.get("phoneNumber"),
        "address": address.get("coName"),
        "street": address.get("street"),
        "postal_code": address.get("postalCode"),
        "city": address.get("city"),
        "country": address.get("country"),
        "language": told.get("preferredLanguage"),
        "blocks": ";".join(map(_block, blocks)),
        "blocked_since": next((each.get("blockedSince") for each in blocks), None),
        "keeps_history": "1" if told.get("keepLoanHistoricalData") else "0",
    }


def _block(told: Mapping[str, Any]) -> str:
    """Return the code of a block, with its message as a plan reads it."""
    message = str(told.get("message") or "").replace(";", ",").strip()
    return f"{told.get('blockedReason')}: {message}" if message else str(told.get("blockedReason"))


def _loan(number: int, told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": told.get("loanId"),
        "patron": number,
        "item": told.get("materialItemNumber"),
        "record": told.get("recordId"),
        "loan_date": told.get("loanDate"),
        "due_date": told.get("dueDate"),
    }


def _hold(number: int, told: Mapping[str, Any], away: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": told.get("reservationId"),
        "patron": number,
        "record": told.get("recordId"),
        "part": (told.get("periodical") or {}).get("displayText"),
        "pickup_branch": told.get("pickupBranch"),
        "placed": told.get("dateOfReservation"),
        "expiry": told.get("expiryDate"),
        "position": told.get("numberInQueue"),
        "paused_from": away.get("from"),
        "paused_to": away.get("to"),
    }


def _debt(number: int, patron: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    materials = told.get("materials") or [{}]
    return {
        "id": told.get("feeId"),
        "patron": number,
        "branch": patron.get("preferredPickupBranch"),
        "type": told.get("type"),
        "remaining": f"{told.get('amount', 0):.2f}",
        "created": told.get("creationDate"),
        "item": materials[0].get("materialItemNumber"),
        "reason": told.get("reasonMessage"),
    }


def write_files(folder: Path, fetched: Iterator[Mapping[str, Any]]) -> dict[str, int]:
    """Writes all files of a delivery, each there as a whole or not at all; gives how many rows each
    has. They are for their owner alone."""
    counts = dict.fromkeys((*FILES, "set_aside"), 0)
    with (
        new_file(folder / "patrons.csv") as patrons,
        new_file(folder / "loans.csv") as loans,
        new_file(folder / "holds.csv") as holds,
        new_file(folder / "debts.csv") as debts,
        new_file(folder / "not-fetched.csv") as aside,
    ):
        files = {"patrons": patrons, "loans": loans, "holds": holds, "debts": debts}
        writers = {}
        for name, file in files.items():
            Path(file.name).chmod(0o600)
            writers[name] = TableWriter(file, FILES[name])
        left = TableWriter(aside, ASIDE)
        for each in fetched:
            for name, writer in writers.items():
                for row in each["rows"].get(name, ()):
                    writer.write_named(row)
                    counts[name] += 1
            for line in each["aside"]:
                left.write(line)
                counts["set_aside"] += 1
    return counts
