"""`tiro loan`: lending, taking back, renewing, for one item or a stack."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import click

from catalogue.database import Transaction
from circulation.accounts.loans import LoanPage, patron_loans
from circulation.calendars.due_dates import end_of_day
from circulation.holds.recalls import recall
from circulation.kernel.act import Act
from circulation.kernel.results import CheckedOut, Desk, Refused
from circulation.loans import lost
from circulation.loans.batches import check_in_stack, check_out_stack, renew_stack
from circulation.loans.conflicts import settle_conflict
from circulation.notices.kinds import Basis
from circulation.staff.lookups import Seen
from protocols.commands.loans.answers import say_all
from protocols.commands.loans.returns import COMMANDS as RETURN_COMMANDS
from protocols.commands.loans.school import COMMANDS as SCHOOL_COMMANDS
from protocols.commands.shared.library import Library, as_json, opened, refusal_of, say, silent
from protocols.commands.shared.overriding import override_of, overriding
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
    with opened(settings) as library:
        desk = library.desk(branch)
        override = override_of(library, desk, overridden, why)

        def lend(transaction: Transaction) -> list[CheckedOut | Refused]:
            answers = check_out_stack(
                library.act(transaction, desk),
                patron=patron,
                barcodes=barcodes,
                no_block=no_block,
                overriding=override,
            )
            lent = [each.loan.id for each in answers if isinstance(each, CheckedOut)]
            library.keep_silent(transaction, batch, Basis.LOANS, lent)
            return answers

        answers = library.write(lend)
        say_all(library, barcodes, answers, as_json)


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
    with opened(settings) as library:
        desk = library.desk(branch)
        came = None if returned is None else _came(library, desk, returned)
        answers = library.perform(desk, check_in_stack, barcodes=barcodes, returned=came)
        say_all(library, barcodes, answers, as_json)


def _came(library: Library, desk: Desk, returned: date | datetime) -> datetime:
    """When it came back; a mistake of the caller for a day, or a time, that has not come."""
    timezone = library.read(library.circulation.current_set_up).branches[desk.branch_id].timezone
    if isinstance(returned, datetime):
        moment = returned if returned.tzinfo else returned.replace(tzinfo=ZoneInfo(timezone))
        has_come = moment <= library.now
    else:
        moment = min(end_of_day(returned, timezone), library.now)
        has_come = returned <= library.today(desk)
    if not has_come:
        raise click.UsageError(f"--returned: {returned.isoformat()} has not come yet")
    return moment.astimezone(UTC)


@loan.command()
@several_barcodes
@at_branch
@overriding
@as_json
@click.pass_obj
def renew(
    settings: Settings,
    barcodes: tuple[str, ...],
    branch: str,
    overridden: tuple[str, ...],
    why: str,
    as_json: bool,
) -> None:
    """Renew the loans of one or more items, whoever has them."""
    with opened(settings) as library:
        override = override_of(library, library.desk(branch), overridden, why)
        answers = library.perform(branch, renew_stack, barcodes=barcodes, overriding=override)
        say_all(library, barcodes, answers, as_json)


@loan.command("list")
@click.argument("patron")
@click.option("--overdue", is_flag=True, help="Only what is overdue.")
@as_json
@click.pass_obj
def list_(settings: Settings, patron: str, overdue: bool, as_json: bool) -> None:
    """List a patron's loans by due date, then what others have lent onward to them."""
    with opened(settings) as library:
        library.patron(patron, Seen.LOANS)
        found = library.read(
            lambda transaction: patron_loans(
                library.act(transaction), patron=patron, page=LoanPage(only_overdue=overdue)
            )
        )
    assert not isinstance(found, Refused)
    say(
        [
            {
                "item": each.item.barcode,
                "title": each.item.title,
                "lent": each.loan.checked_out,
                "due": each.loan.due,
                "renewals": each.loan.renewals,
                "overdue": each.is_overdue,
                "recalled": each.is_recalled,
                "lent_onward_to": each.lent_onward_to.name if each.lent_onward_to else None,
                "lent_onward_by": each.lent_onward_by.name if each.lent_onward_by else None,
            }
            for each in found.loans
        ],
        as_json,
    )


def _marking(name: str, verb: lost.MarkingVerb, about: str) -> None:
    @loan.command(name, help=about)
    @click.argument("barcode")
    @at_branch
    @as_json
    @click.pass_obj
    def command(settings: Settings, barcode: str, branch: str, as_json: bool) -> None:
        _mark(settings, verb, barcode, branch, as_json)


def _mark(
    settings: Settings, verb: lost.MarkingVerb, barcode: str, branch: str, as_json: bool
) -> None:
    with opened(settings) as library:
        answer = library.perform(branch, verb, item=barcode)
        say_all(library, (barcode,), (answer,), as_json)


_marking("claim", lost.claim_returned, "The borrower says that the item was returned.")
_marking("unclaim", lost.withdraw_claim, "The borrower has the item after all.")
_marking("lost", lost.declare_lost, "The item is lost: by its borrower, or in the house.")
_marking("found", lost.find, "What was lost has turned up with its borrower, or in the house.")
_marking("resume", lost.resume, "A suspended loan goes on.")


@loan.command()
@click.argument("barcode")
@click.argument("until", type=DAY)
@at_branch
@as_json
@click.pass_obj
def suspend(settings: Settings, barcode: str, until: date, branch: str, as_json: bool) -> None:
    """Stop the clock of a loan through the day UNTIL."""

    def suspended(act: Act, *, item: str) -> lost.Marked | Refused:
        return lost.suspend(act, item=item, until=until)

    try:
        _mark(settings, suspended, barcode, branch, as_json)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@loan.command("recall")
@click.argument("barcode")
@at_branch
@as_json
@click.pass_obj
def recall_(settings: Settings, barcode: str, branch: str, as_json: bool) -> None:
    """Bring the due date of a loan forward, as far as the rules allow it."""
    with opened(settings) as library:
        answer = library.perform(branch, recall, item=barcode)
    if isinstance(answer, Refused):
        say([{"item": barcode} | refusal_of(answer)], as_json)
        raise click.exceptions.Exit(1)
    say([{"item": answer.item, "due": answer.due, "was_due": answer.previous_due}], as_json)


@loan.command()
@click.argument("conflict", type=int)
@at_branch
@as_json
@click.pass_obj
def settle(settings: Settings, conflict: int, branch: str, as_json: bool) -> None:
    """Take a CONFLICT of `tiro list conflicts` off the list: it was dealt with."""
    with opened(settings) as library:
        desk = library.desk(branch)
        settled = library.write(
            lambda transaction: settle_conflict(library.act(transaction, desk), conflict)
        )
    say({"conflict": conflict, "was_open": settled}, as_json)


for _command in (*SCHOOL_COMMANDS, *RETURN_COMMANDS):
    loan.add_command(_command)
