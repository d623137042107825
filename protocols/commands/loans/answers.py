"""What the loan commands say of each item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedIn, CheckedOut, Refused, Renewed
from circulation.loans import lost
from protocols.commands.shared.library import Library, end_by, refusal_of, say
from protocols.commands.shared.unknown import near_items


def say_all(
    library: Library,
    barcodes: Sequence[str],
    answers: Sequence[CheckedOut | CheckedIn | Renewed | lost.Marked | Refused],
    json_wanted: bool,
) -> None:
    """What became of each item; the exit code is 1 where anything was refused."""
    say(
        [
            {"item": barcode} | _facts(answer) | _near(library, barcode, answer)
            for barcode, answer in zip(barcodes, answers, strict=True)
        ],
        json_wanted,
    )
    end_by(answers)


def say_one(facts: dict[str, Any], answer: object, json_wanted: bool) -> None:
    """What became of one thing, or why not: then the exit code is 1."""
    if isinstance(answer, Refused):
        say(facts | refusal_of(answer), json_wanted)
        raise click.exceptions.Exit(1)
    say(facts, json_wanted)


def _near(library: Library, barcode: str, answer: object) -> dict[str, Any]:
    """What may have been meant, where no item has the barcode."""
    if not isinstance(answer, Refused) or Reason.ITEM_UNKNOWN not in answer.reasons:
        return {}
    found = library.read(lambda transaction: near_items(transaction, barcode))
    return {"did_you_mean": found} if found else {}


def _facts(
    answer: CheckedOut | CheckedIn | Renewed | lost.Marked | Refused,
) -> dict[str, Any]:
    if isinstance(answer, Refused):
        title = {"title": answer.item.title} if answer.item else {}
        return title | refusal_of(answer)
    facts: dict[str, Any] = {"title": answer.item.title}
    if isinstance(answer, CheckedIn):
        held = answer.held_for
        return facts | {
            "was_on_loan": answer.was_on_loan,
            "was_overdue": answer.was_overdue,
            "goes": answer.destination.value,
            "to": answer.to_branch.isil,
            "pickup_number": held.number if held else None,
            "stay": f"{answer.stay.kind.value} {answer.stay.name}".strip() if answer.stay else None,
        }
    if isinstance(answer, lost.Marked):
        return facts | {
            "state": answer.state.value,
            "due": answer.loan.due if answer.loan else None,
        }
    return facts | {
        "due": answer.loan.due,
        "renewals": answer.loan.renewals,
        "overridden": [refusal.reason.name for refusal in answer.overridden],
    }
