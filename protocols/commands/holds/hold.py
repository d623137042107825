"""`tiro hold`: placing, changing and cancelling holds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import click

from circulation.holds.kinds import HoldKind
from protocols.commands.asking.asker import NULL, Asker
from protocols.commands.asking.described import Noun, Work
from protocols.commands.asking.pages import paged
from protocols.commands.shared.overriding import overriding
from protocols.commands.shared.values import CARD, DAY, ISIL, ITEM, PATRON, at_branch, flag

hold = Noun(
    "hold", help="Place and look after holds. The exit code is 1 where anything was refused."
)
_HOLD = click.argument("hold", metavar="HOLD_ID", type=int)
_FROM = click.option(
    "--from", "activates", type=DAY, help="The first day on which it may be served."
)


def _wanted(
    records: tuple[int, ...], items: tuple[str, ...], part: str, **wish: Any
) -> dict[str, Any]:
    wanted = [{"title": str(record), "part": part} for record in records]
    wanted += [{"item": barcode} for barcode in items]
    if not wanted:
        raise click.UsageError("name a title (--record) or an item (--item)")
    return wish | {"wanted": wanted}


hold.ask(
    "place",
    "place_hold_set",
    """Place a hold for PATRON on one or more titles or items.

    Several are placed all or none; of --kind parallel any one will do, serial is one after the
    other.
    """,
    CARD,
    click.option("--record", "records", type=int, multiple=True, help="A title, by its number."),
    click.option("--item", "items", multiple=True, metavar="BARCODE", help="Just this item."),
    click.option("--part", default="", help="Only this part of the titles, as of a periodical."),
    click.option(
        "--kind",
        type=click.Choice([kind.value for kind in HoldKind]),
        default=HoldKind.NORMAL.value,
        show_default=True,
    ),
    at_branch,
    click.option(
        "--pickup", "pickup_branch", type=ISIL, help="Where to fetch it.  [default: as they prefer]"
    ),
    _FROM,
    click.option(
        "--until", "interest_until", type=DAY, help="The last.  [default: as the rules have it]"
    ),
    click.option("--priority", type=int, default=0, help="The smaller goes first."),
    overriding,
    wish=_wanted,
)
hold.ask(
    "list",
    "list_holds",
    "List the open holds of PATRON, with their place in the queue and the days it may take.",
    PATRON,
    paged,
)


def _of_patron(operation: str) -> Work:
    """Return work that asks the operation, where it is the hold of that patron."""

    def ask(asker: Asker, patron: str, hold: int, **wish: Any) -> Any:
        found = asker.ask("list_holds", patron=patron)["holds"]
        if str(hold) not in {each["id"] for each in found}:
            raise click.ClickException(f"the patron has no hold {hold}")
        return asker.ask(operation, hold=hold, **wish)

    return ask


hold.ask(
    "change",
    "alter_hold list_holds",
    "Change a hold; it keeps its place in the queue.",
    PATRON,
    _HOLD,
    at_branch,
    click.option("--pickup", "pickup_branch", type=ISIL, help="Where to fetch it."),
    _FROM,
    click.option("--until", "interest_until", type=DAY, help="The last."),
    work=_of_patron("alter_hold"),
)


def _paused(first: date | None, last: date | None, end: bool, **wish: Any) -> dict[str, Any]:
    if end and (first or last):
        raise click.UsageError("--end has no days")
    begin = first or datetime.now().date()  # noqa: DTZ005  the wall's own day
    return wish | {"pause": NULL if end else {"first": begin, "last": last}}


hold.ask(
    "pause",
    "alter_hold list_holds",
    "Pass a hold over for some time; it keeps its place in the queue.",
    PATRON,
    _HOLD,
    at_branch,
    click.option("--from", "first", type=DAY, help="The first day of the pause.  [default: today]"),
    click.option("--until", "last", type=DAY, help="The last.  [default: until further notice]"),
    flag("--end", about="End the pause instead."),
    wish=_paused,
    work=_of_patron("alter_hold"),
)
hold.ask(
    "cancel",
    "end_hold list_holds",
    "End a hold.",
    PATRON,
    _HOLD,
    at_branch,
    flag("--unobtainable", about="Because the library cannot get it: say so."),
    work=_of_patron("end_hold"),
)
hold.ask(
    "move",
    "put_elsewhere",
    "Put a hold elsewhere in its queue: NUMBER 1 is the next to be served.",
    _HOLD,
    click.argument("number", type=click.IntRange(min=1)),
    at_branch,
    click.option("--why", required=True, help="Why; kept with the event, as who does it."),
)


def _one_title(title: int | None, item: str | None) -> dict[str, Any]:
    if (title is None) == (item is None):
        raise click.UsageError("name a title (--record) or an item of it (--item)")
    return {"title": title, "item": item}


@hold.doing(
    "queue",
    "show_queue show_item",
    click.option("--record", "title", type=int, help="The title, by its number."),
    click.option("--item", metavar="BARCODE", help="The title of this item."),
    wish=_one_title,
)
def _queue(asker: Asker, title: int | None, item: str | None) -> Any:
    """List the queue of a title: who is served when, and who is passed over and why."""
    if item is not None:
        title = asker.ask("show_item", item=item)["item"]["title_id"]
    return asker.ask("show_queue", title=title)


hold.ask(
    "unfillable",
    "show_hopeless",
    """List the holds that nothing can fill, and why: no copy is left that could serve them.

    They stay open until somebody gets another copy, or ends them with `tiro hold cancel
    --unobtainable`. The job `unfillable-holds` tells their patrons, once.
    """,
    click.option("--at", "branch", type=ISIL, help="To be fetched there.  [default: anywhere]"),
    paged,
)
hold.ask(
    "pick-list",
    "show_pick_list",
    "List what to fetch from the shelves of the branch.",
    at_branch,
    flag("--unmarked", about="Only what nobody has gone for."),
    paged,
)


def _fetched(give_up: bool, not_found: bool, **wish: Any) -> dict[str, Any]:
    return wish | {"done": "not_found" if not_found else "given_up" if give_up else "gone"}


hold.ask(
    "fetch",
    "fetch",
    "Mark an item of the pick list: somebody has gone to fetch it.",
    ITEM,
    at_branch,
    flag("--give-up", about="Take the mark off again."),
    flag("--not-found", about="It was not found: ask for another copy first."),
    wish=_fetched,
)


def _cleared(clear: bool, limit: int | None, cursor: str | None, **wish: Any) -> dict[str, Any]:
    if clear and (limit is not None or cursor is not None):
        raise click.UsageError("--clear takes all of it: no --limit, no --cursor")
    return wish | {"clear": clear, "limit": limit, "cursor": cursor}


@hold.doing(
    "shelf",
    "show_shelf clear",
    at_branch,
    flag("--to-go", about="Only what does not belong there any more."),
    flag("--clear", about="Take that off the shelf, and say where it goes."),
    paged,
    wish=_cleared,
)
def _shelf(asker: Asker, clear: bool, **page: Any) -> Any:
    """List what stands on the hold shelf of the branch, by number."""
    return asker.ask("clear") if clear else asker.ask("show_shelf", **page)
