"""`tiro hold`: placing, changing and cancelling holds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import click

from circulation.holds.kinds import HoldKind
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.asker import NULL, Asker
from protocols.commands.asking.pages import paged, print_page
from protocols.commands.holds.work import COMMANDS
from protocols.commands.shared.overriding import override_wish, overriding
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL, at_branch

_KINDS = click.Choice([kind.value for kind in HoldKind])


@click.group()
def hold() -> None:
    """Place and look after holds. The exit code is 1 where anything was refused."""


@hold.command()
@click.argument("patron")
@click.option("--record", "records", type=int, multiple=True, help="A title, by its number.")
@click.option("--item", "items", multiple=True, metavar="BARCODE", help="Just this item.")
@click.option("--part", default="", help="Only this part of the titles, as of a periodical.")
@click.option("--kind", type=_KINDS, default=HoldKind.NORMAL.value, show_default=True)
@at_branch
@click.option(
    "--pickup", "pickup_branch", type=ISIL, help="Where to fetch it.  [default: as they prefer]"
)
@click.option("--from", "activates", type=DAY, help="The first day on which it may be served.")
@click.option(
    "--until", "interest_until", type=DAY, help="The last.  [default: as the rules have it]"
)
@click.option("--priority", type=int, default=0, help="The smaller goes first.")
@overriding
@as_json
@click.pass_obj
@asks("place_hold_set")
def place(
    settings: Settings,
    /,
    patron: str,
    records: tuple[int, ...],
    items: tuple[str, ...],
    part: str,
    branch: str,
    overridden: tuple[str, ...],
    why: str,
    as_json: bool,
    **wish: Any,
) -> None:
    """Place a hold for PATRON on one or more titles or items.

    Several are placed all or none; of --kind parallel any one will do, serial is one after the
    other.
    """
    wanted = [{"title": str(record), "part": part} for record in records]
    wanted += [{"item": barcode} for barcode in items]
    if not wanted:
        raise click.UsageError("name a title (--record) or an item (--item)")
    wish |= {"card": patron, "wanted": wanted, "override": override_wish(overridden, why)}
    with asked(settings, branch) as asker:
        print_answer(asker.ask("place_hold_set", **wish), as_json)


@hold.command("list")
@click.argument("patron")
@paged
@as_json
@click.pass_obj
@asks("list_holds")
def list_(
    settings: Settings, patron: str, limit: int | None, cursor: str | None, as_json: bool
) -> None:
    """List the open holds of PATRON, with their place in the queue and the days it may take."""
    with asked(settings) as asker:
        found = asker.ask("list_holds", patron=asker.patron(patron), limit=limit, cursor=cursor)
        print_page(asker, found, as_json)


def _must_hold(asker: Asker, card: str, hold_id: int) -> None:
    """Raises click.ClickException where it is not the hold of that patron."""
    found = asker.ask("list_holds", patron=asker.patron(card))["holds"]
    if str(hold_id) not in {each["id"] for each in found}:
        raise click.ClickException(f"the patron has no hold {hold_id}")


@hold.command()
@click.argument("patron")
@click.argument("hold_id", type=int)
@at_branch
@click.option("--pickup", "pickup_branch", type=ISIL, help="Where to fetch it.")
@click.option("--from", "activates", type=DAY, help="The first day on which it may be served.")
@click.option("--until", "interest_until", type=DAY, help="The last.")
@as_json
@click.pass_obj
@asks("alter_hold", "list_holds")
def change(
    settings: Settings, /, patron: str, hold_id: int, branch: str, as_json: bool, **changes: Any
) -> None:
    """Change a hold; it keeps its place in the queue."""
    with asked(settings, branch) as asker:
        _must_hold(asker, patron, hold_id)
        print_answer(asker.ask("alter_hold", hold=hold_id, **changes), as_json)


@hold.command()
@click.argument("patron")
@click.argument("hold_id", type=int)
@at_branch
@click.option("--from", "first", type=DAY, help="The first day of the pause.  [default: today]")
@click.option("--until", "last", type=DAY, help="The last.  [default: until further notice]")
@click.option("--end", is_flag=True, help="End the pause instead.")
@as_json
@click.pass_obj
@asks("alter_hold", "list_holds")
def pause(
    settings: Settings,
    patron: str,
    hold_id: int,
    branch: str,
    first: date | None,
    last: date | None,
    end: bool,
    as_json: bool,
) -> None:
    """Pass a hold over for some time; it keeps its place in the queue."""
    if end and (first or last):
        raise click.UsageError("--end has no days")
    begin = first or datetime.now().date()  # noqa: DTZ005  the wall's own day
    wish = NULL if end else {"first": begin, "last": last}
    with asked(settings, branch) as asker:
        _must_hold(asker, patron, hold_id)
        print_answer(asker.ask("alter_hold", hold=hold_id, pause=wish), as_json)


@hold.command()
@click.argument("patron")
@click.argument("hold_id", type=int)
@at_branch
@click.option("--unobtainable", is_flag=True, help="Because the library cannot get it: say so.")
@as_json
@click.pass_obj
@asks("end_hold", "list_holds")
def cancel(
    settings: Settings, patron: str, hold_id: int, branch: str, unobtainable: bool, as_json: bool
) -> None:
    """End a hold."""
    with asked(settings, branch) as asker:
        _must_hold(asker, patron, hold_id)
        answer = asker.ask("end_hold", hold=hold_id, unobtainable=unobtainable)
    print_answer(answer, as_json)


@hold.command()
@click.argument("hold_id", type=int)
@click.argument("number", type=click.IntRange(min=1))
@at_branch
@click.option("--why", required=True, help="Why; kept with the event, as who does it.")
@as_json
@click.pass_obj
@asks("put_elsewhere")
def move(
    settings: Settings, hold_id: int, number: int, branch: str, why: str, as_json: bool
) -> None:
    """Put a hold elsewhere in its queue: NUMBER 1 is the next to be served."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("put_elsewhere", hold=hold_id, number=number, why=why), as_json)


@hold.command()
@click.option("--record", type=int, help="The title, by its number.")
@click.option("--item", "barcode", metavar="BARCODE", help="The title of this item.")
@as_json
@click.pass_obj
@asks("show_queue", "show_item")
def queue(settings: Settings, record: int | None, barcode: str | None, as_json: bool) -> None:
    """List the queue of a title: who is served when, and who is passed over and why."""
    if (record is None) == (barcode is None):
        raise click.UsageError("name a title (--record) or an item of it (--item)")
    with asked(settings) as asker:
        title = record
        if barcode is not None:
            title = asker.ask("show_item", item=barcode)["item"]["title_id"]
        print_answer(asker.ask("show_queue", title=title), as_json)


for _command in COMMANDS:
    hold.add_command(_command)
