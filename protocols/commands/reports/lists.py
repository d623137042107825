"""`tiro list`: what staff have to see to, by pages."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import click

from catalogue.database import Transaction
from circulation.holds.work_lists import Slice, fetch_page, shelf_page
from circulation.kernel.paging import MOST, PAGE, Page, Place
from circulation.kernel.results import LoanMark
from circulation.kernel.set_up import all_branches
from circulation.loans import work_lists
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.holds.work import to_fetch
from protocols.commands.shared.library import Library, as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL

#: What a list is asked for besides the transaction and the library.
Asked = dict[str, Any]
#: One page: its lines as facts, and the place after which the next begins.
Found = tuple[list[dict[str, Any]], Any]


def _option_at(required: bool) -> Callable[[Any], Any]:
    missing = "" if required else "  [default: all]"
    return click.option(
        "--at", "branch", type=ISIL, required=required, help=f"Of this branch.{missing}"
    )


@click.group("list")
def lists() -> None:
    """List what is to be done, the oldest first.

    A page has --limit lines; where there are more, --after with the word that is printed at the
    end gives the next. With --json the answer is an object of `lines` and `next`.
    """


def _listing(
    name: str,
    about: str,
    page: Callable[[Library, Transaction, Asked], Found],
    *,
    needs_branch: bool = False,
    options: tuple[Callable[[Any], Any], ...] = (),
) -> None:
    """Adds a command for a list."""

    def command(
        settings: Settings,
        branch: str | None,
        limit: int,
        after: str | None,
        as_json: bool,
        **more: Any,
    ) -> None:
        with opened(settings) as library:
            branch_id = None if branch is None else library.desk(branch).branch_id
            asked = {"branch_id": branch_id, "limit": limit, "after": _read_word(after)} | more
            lines, following = library.read(lambda transaction: page(library, transaction, asked))
            library.listed(lines)
        word = None if following is None else _word(following)
        if as_json:
            say({"lines": lines, "next": word}, as_json)
            return
        say(lines, as_json)
        if word is not None:
            click.echo(f"\nmore: --after {word}")

    decorators: tuple[Callable[[Any], Any], ...] = (
        click.pass_obj,
        as_json,
        click.option("--after", metavar="WORD", help="Go on where a page has ended."),
        click.option("--limit", type=click.IntRange(1, MOST), default=PAGE),
        *options,
        _option_at(needs_branch),
        lists.command(name, help=about),
    )
    decorated: Any = command
    for decorate in decorators:
        decorated = decorate(decorated)


def _word(place: tuple[Any, ...]) -> str:
    """A place as one word for the command line."""
    told = [each.isoformat() if isinstance(each, datetime) else each for each in place]
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def _read_word(word: str | None) -> Any:
    if word is None:
        return None
    try:
        read = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
        if isinstance(read[-1], int):
            return Place(datetime.fromisoformat(read[0]), read[1])
        return tuple(str(each) for each in read)
    except (binascii.Error, ValueError, TypeError, LookupError) as error:
        raise click.UsageError(f"--after {word}: no page has ended there") from error


def _isils(transaction: Transaction) -> dict[int, str]:
    return {branch.id: branch.isil for branch in all_branches(transaction)}


def _overdue(library: Library, transaction: Transaction, asked: Asked) -> Found:
    page = work_lists.overdue_loans(transaction, now=library.now, **asked)
    isils = _isils(transaction)
    lines = [
        {
            "item": line.barcode,
            "title": line.title,
            "due": line.due,
            "lent": line.checked_out,
            "renewals": line.renewals,
            "at": isils[line.branch_id],
            "patron": line.patron_name,
            "lent_onward": line.co_patron_id is not None,
        }
        for line in page.lines
    ]
    return lines, page.next


def _missing_lines(transaction: Transaction, page: Page[work_lists.MissingItem]) -> Found:
    isils = _isils(transaction)
    lines = [
        {
            "item": line.barcode,
            "title": line.title,
            "state": line.mark.value if line.mark else "missing",
            "since": line.since,
            "at": isils[line.branch_id],
            "patron": line.patron_name,
        }
        for line in page.lines
    ]
    return lines, page.next


def _marked(mark: LoanMark) -> Callable[[Library, Transaction, Asked], Found]:
    def page(library: Library, transaction: Transaction, asked: Asked) -> Found:
        found = work_lists.lost_and_claimed(transaction, mark=mark, **asked)
        return _missing_lines(transaction, found)

    return page


def _missing(library: Library, transaction: Transaction, asked: Asked) -> Found:
    return _missing_lines(transaction, work_lists.items_missing(transaction, **asked))


def _transits(library: Library, transaction: Transaction, asked: Asked) -> Found:
    days = asked.pop("days")
    page = work_lists.transits_overdue(
        transaction, sent_before=library.now - timedelta(days=days), **asked
    )
    isils = _isils(transaction)
    lines = [
        {
            "item": line.barcode,
            "title": line.title,
            "since": line.since,
            "from": isils[line.from_branch_id],
            "to": isils[line.to_branch_id],
            "reason": line.reason,
        }
        for line in page.lines
    ]
    return lines, page.next


def _conflicts(library: Library, transaction: Transaction, asked: Asked) -> Found:
    page = work_lists.no_block_conflicts(transaction, **asked)
    isils = _isils(transaction)
    lines = [
        {
            "conflict": line.id,
            "item": line.barcode,
            "title": line.title,
            "noted": line.noted,
            "at": isils[line.branch_id],
            "patron": line.patron_name or line.patron_identifier,
            "overridden": [reason.name for reason in line.reasons],
            "reported": line.act,
            "happened": line.happened,
            "due": line.due,
        }
        for line in page.lines
    ]
    return lines, page.next


def _fetch(library: Library, transaction: Transaction, asked: Asked) -> Found:
    page = fetch_page(transaction, now=library.now, **asked)
    return [to_fetch(line) for line in page.lines], page.next


def _shelf(library: Library, transaction: Transaction, asked: Asked) -> Found:
    page: Slice[Any] = shelf_page(transaction, now=library.now, **asked)
    lines = [
        {
            "number": line.number,
            "item": line.item,
            "title": line.hold.title,
            "until": line.deadline,
            "hold": line.hold.id,
        }
        for line in page.lines
    ]
    return lines, page.next


_listing("overdue", "Loans beyond their due date.", _overdue)
_listing("fetch", "What to fetch from the shelves for holds.", _fetch, needs_branch=True)
_listing("shelf", "What does not belong on the hold shelf any more.", _shelf, needs_branch=True)
_listing(
    "transits",
    "Items on their way for too long; --at is where they should arrive.",
    _transits,
    options=(click.option("--days", type=click.IntRange(0), default=3, show_default=True),),
)
_listing(
    "conflicts",
    "Loans taken off line against the rules; settle them with `tiro loan settle`.",
    _conflicts,
)
_listing("lost", "Loans of lost items.", _marked(LoanMark.LOST))
_listing(
    "claimed",
    "Loans of items that the borrower says were returned.",
    _marked(LoanMark.CLAIMED_RETURNED),
)
_listing("missing", "Items that are not on loan and cannot be found.", _missing)


@lists.command()
@_option_at(required=True)
@as_json
@click.pass_obj
@asks("show_unwarned")
def unwarned(settings: Settings, branch: str, as_json: bool) -> None:
    """Debts that would block, but no warning has reached anybody.

    `tiro notices resend` it when there is an address, or decide with `tiro patron block`.
    """
    with asked(settings, branch) as asker:
        print_answer(asker.ask("show_unwarned"), as_json)
