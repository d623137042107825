"""`tiro loan`: lending, taking back, renewing, for one item or a stack."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from circulation.calendars.due_dates import end_of_day, local_date
from protocols.commands.asking.answers import print_answer, print_stack
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.pages import paged, print_page
from protocols.commands.loans.returns import COMMANDS as RETURN_COMMANDS
from protocols.commands.loans.school import COMMANDS as SCHOOL_COMMANDS
from protocols.commands.shared.overriding import override_wish, overriding
from protocols.commands.shared.saying import as_json, silent
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, MOMENT, at_branch, several_barcodes


@click.group()
def loan() -> None:
    """Lend, take back and renew. The exit code is 1 where anything was refused."""


@loan.command()
@click.argument("patron")
@several_barcodes
@at_branch
@click.option("--no-block", is_flag=True, help="It has happened already: accept it all the same.")
@overriding
@silent
@as_json
@click.pass_obj
@asks("lend_stack")
def out(
    settings: Settings,
    patron: str,
    barcodes: tuple[str, ...],
    branch: str,
    no_block: bool,
    overridden: tuple[str, ...],
    why: str,
    batch: str | None,
    as_json: bool,
) -> None:
    """Lend one or more items to PATRON."""
    wish = {
        "card": patron,
        "items": barcodes,
        "happened": datetime.now(UTC) if no_block else None,
        "override": override_wish(overridden, why),
        "silent_batch": batch,
    }
    with asked(settings, branch) as asker:
        print_stack(asker.ask("lend_stack", **wish), as_json)


@loan.command("in")
@several_barcodes
@at_branch
@click.option(
    "--returned",
    type=MOMENT,
    help="When they came back, if that was before now: a day counts to its end, a time is the "
    "branch's.",
)
@as_json
@click.pass_obj
@asks("take_stack_back", "show_library")
def in_(
    settings: Settings,
    barcodes: tuple[str, ...],
    branch: str,
    returned: date | datetime | None,
    as_json: bool,
) -> None:
    """Take one or more items back, and say where each goes.

    What lay in the book drop is dated back with --returned: late fees are reckoned by that.
    """
    with asked(settings, branch) as asker:
        at = None if returned is None else _came(asker, branch, returned)
        print_stack(asker.ask("take_stack_back", items=barcodes, at=at), as_json)


def _came(asker: Asker, branch: str, returned: date | datetime) -> datetime:
    """When it came back; a mistake of the caller for a day, or a time, that has not come."""
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


@loan.command()
@several_barcodes
@at_branch
@overriding
@as_json
@click.pass_obj
@asks("prolong_stack")
def renew(
    settings: Settings,
    barcodes: tuple[str, ...],
    branch: str,
    overridden: tuple[str, ...],
    why: str,
    as_json: bool,
) -> None:
    """Renew the loans of one or more items, whoever has them."""
    wish = {"items": barcodes, "override": override_wish(overridden, why)}
    with asked(settings, branch) as asker:
        print_stack(asker.ask("prolong_stack", **wish), as_json)


@loan.command("list")
@click.argument("patron")
@click.option("--overdue", is_flag=True, help="Only what is overdue.")
@paged
@as_json
@click.pass_obj
@asks("list_loans")
def list_(
    settings: Settings,
    patron: str,
    overdue: bool,
    limit: int | None,
    cursor: str | None,
    as_json: bool,
) -> None:
    """List a patron's loans by due date, then what others have lent onward to them."""
    page = {"overdue": overdue, "limit": limit, "cursor": cursor}
    with asked(settings) as asker:
        found = asker.ask("list_loans", patron=asker.patron(patron), **page)
        print_page(asker, found, as_json)


def _doing(name: str, operation: str, about: str, **said: Any) -> None:
    """A command that does something with one loan."""

    @loan.command(name, help=about)
    @click.argument("barcode")
    @at_branch
    @as_json
    @click.pass_obj
    @asks(operation)
    def command(settings: Settings, barcode: str, branch: str, as_json: bool) -> None:
        with asked(settings, branch) as asker:
            print_answer(asker.ask(operation, item=barcode, **said), as_json)


_doing("claim", "set_state", "The borrower says that the item was returned.", to="claimed_returned")
_doing("unclaim", "set_state", "The borrower has the item after all.", to="claim_withdrawn")
_doing("lost", "set_state", "The item is lost: by its borrower, or in the house.", to="lost")
_doing(
    "found",
    "set_state",
    "What was lost has turned up with its borrower, or in the house.",
    to="found",
)
_doing("resume", "resume_loan", "A suspended loan goes on.")
_doing(
    "recall",
    "recall_loan",
    "Bring the due date of a loan forward, as far as the rules allow it.",
)


@loan.command()
@click.argument("barcode")
@click.argument("until", type=DAY)
@at_branch
@as_json
@click.pass_obj
@asks("suspend_loan")
def suspend(settings: Settings, barcode: str, until: date, branch: str, as_json: bool) -> None:
    """Stop the clock of a loan through the day UNTIL."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("suspend_loan", item=barcode, until=until), as_json)


@loan.command()
@click.argument("conflict", type=int)
@at_branch
@click.option("--reason", default="", help="What was done about it.")
@as_json
@click.pass_obj
@asks("settle")
def settle(settings: Settings, conflict: int, branch: str, reason: str, as_json: bool) -> None:
    """Take the act CONFLICT of `tiro list conflicts` off the list, as `tiro off-line settle`."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("settle", conflict=conflict, reason=reason), as_json)


for _command in (*SCHOOL_COMMANDS, *RETURN_COMMANDS):
    loan.add_command(_command)
