"""`tiro loan`: lending, taking back, renewing, for one item or a stack."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import click

from circulation.calendars.due_dates import end_of_day, local_date
from protocols.commands.asking.answers import print_stack
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.described import Noun
from protocols.commands.asking.pages import paged
from protocols.commands.shared.overriding import overriding
from protocols.commands.shared.saying import silent
from protocols.commands.shared.values import (
    CARD,
    DAY,
    ITEM,
    MOMENT,
    PATRON,
    at_branch,
    flag,
    several_items,
)

loan = Noun(
    "loan", help="Lend, take back and renew. The exit code is 1 where anything was refused."
)


def _lent(no_block: bool, **wish: Any) -> dict[str, Any]:
    return wish | {"happened": datetime.now(UTC) if no_block else None}


loan.ask(
    "out",
    "lend_stack",
    "Lend one or more items to PATRON.",
    CARD,
    several_items,
    at_branch,
    flag("--no-block", about="It has happened already: accept it all the same."),
    overriding,
    silent,
    wish=_lent,
    printer=print_stack,
)


@loan.doing(
    "in",
    "take_stack_back show_library",
    several_items,
    at_branch,
    click.option(
        "--returned",
        type=MOMENT,
        help="When they came back, if that was before now: a day counts to its end, a time is the "
        "branch's.",
    ),
    printer=print_stack,
)
def take_back(asker: Asker, items: tuple[str, ...], returned: date | datetime | None) -> Any:
    """Take one or more items back, and say where each goes.

    What lay in the book drop is dated back with --returned: late fees are reckoned by that.
    """
    at = None if returned is None else _came(asker, returned)
    return asker.ask("take_stack_back", items=items, at=at)


def _came(asker: Asker, returned: date | datetime) -> datetime:
    """When it came back; a mistake of the caller for a day, or a time, that has not come."""
    branch = click.get_current_context().params["branch"]
    branches = asker.ask("show_library")["branches"]
    timezone = next(each["timezone"] for each in branches if each["isil"] == branch)
    now = datetime.now(UTC)
    if isinstance(returned, datetime):
        moment = returned if returned.tzinfo else returned.replace(tzinfo=ZoneInfo(timezone))
        has_come = moment <= now
    else:
        moment = min(end_of_day(returned, timezone), now)
        has_come = returned <= local_date(now, timezone)
    if not has_come:
        raise click.UsageError(f"--returned: {returned.isoformat()} has not come yet")
    return moment.astimezone(UTC)


loan.ask(
    "renew",
    "prolong_stack",
    "Renew the loans of one or more items, whoever has them.",
    several_items,
    at_branch,
    overriding,
    printer=print_stack,
)
loan.ask(
    "list",
    "list_loans",
    "List a patron's loans by due date, then what others have lent onward to them.",
    PATRON,
    flag("--overdue", about="Only what is overdue."),
    paged,
)
for _name, _to, _about in (
    ("claim", "claimed_returned", "The borrower says that the item was returned."),
    ("unclaim", "claim_withdrawn", "The borrower has the item after all."),
    ("lost", "lost", "The item is lost: by its borrower, or in the house."),
    ("found", "found", "What was lost has turned up with its borrower, or in the house."),
):
    loan.ask(_name, "set_state", _about, ITEM, at_branch, to=_to)
for _name, _operation, _about in (
    ("resume", "resume_loan", "A suspended loan goes on."),
    (
        "recall",
        "recall_loan",
        "Bring the due date of a loan forward, as far as the rules allow it.",
    ),
    (
        "bill",
        "bill",
        "Charge the borrower of an item, overdue or lost, for not returning it, by the rules.",
    ),
    (
        "back",
        "give_back_to_borrower",
        "The teacher has an item back from the pupil; the loan goes on.",
    ),
):
    loan.ask(_name, _operation, _about, ITEM, at_branch)
loan.ask(
    "suspend",
    "suspend_loan",
    "Stop the clock of a loan through the day UNTIL.",
    ITEM,
    click.argument("until", type=DAY),
    at_branch,
)
loan.ask(
    "settle",
    "settle",
    "Take the act CONFLICT of `tiro list conflicts` off the list, as `tiro off-line settle`.",
    click.argument("conflict", type=int),
    at_branch,
    click.option("--reason", default="", help="What was done about it."),
)
loan.ask(
    "receipt",
    "give_receipt",
    """Give PATRON a receipt for what they handed in here today, and keep that it was offered.

    Danish law asks for it before compensation can be collected.
    """,
    CARD,
    at_branch,
)


def _pupils_in(file: TextIO, **wish: Any) -> dict[str, Any]:
    """Read card and barcode of each line. Raises click.UsageError."""
    pupils = []
    for number, line in enumerate(file, start=1):
        words = line.replace(";", " ").replace(",", " ").split()
        if words and len(words) != 2:
            raise click.UsageError(f"line {number}: a card and a barcode, and nothing else")
        pupils += [{"card": words[0], "item": words[1]}] if words else []
    return wish | {"pupils": pupils}


loan.ask(
    "class",
    "lend_to_class",
    """Lend a class its books: FILE (- for standard input) has a line for each, with the pupil's
    card and the barcode.""",
    click.argument("file", type=click.File("r", encoding="utf-8")),
    at_branch,
    wish=_pupils_in,
    printer=print_stack,
)
loan.ask(
    "onward",
    "lend_to_pupil",
    "What a teacher has on loan goes to PATRON, a pupil. The loan stays the teacher's.",
    ITEM,
    CARD,
    at_branch,
)
