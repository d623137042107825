"""`tiro hold pick-list`, `fetch`, `shelf` and `unfillable`: the work that holds make."""

from __future__ import annotations

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.pages import paged, print_page
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL, at_branch


@click.command()
@click.option("--at", "branch", type=ISIL, help="To be fetched there.  [default: anywhere]")
@paged
@as_json
@click.pass_obj
@asks("show_hopeless")
def unfillable(
    settings: Settings,
    branch: str | None,
    limit: int | None,
    cursor: str | None,
    as_json: bool,
) -> None:
    """List the holds that nothing can fill, and why: no copy is left that could serve them.

    They stay open until somebody gets another copy, or ends them with `tiro hold cancel
    --unobtainable`. The job `unfillable-holds` tells their patrons, once.
    """
    with asked(settings, branch) as asker:
        print_page(asker, asker.ask("show_hopeless", limit=limit, cursor=cursor), as_json)


@click.command("pick-list")
@at_branch
@click.option("--unmarked", is_flag=True, help="Only what nobody has gone for.")
@paged
@as_json
@click.pass_obj
@asks("show_pick_list")
def pick_list_(
    settings: Settings,
    branch: str,
    unmarked: bool,
    limit: int | None,
    cursor: str | None,
    as_json: bool,
) -> None:
    """List what to fetch from the shelves of the branch."""
    page = {"unmarked": unmarked, "limit": limit, "cursor": cursor}
    with asked(settings, branch) as asker:
        print_page(asker, asker.ask("show_pick_list", **page), as_json)


@click.command()
@click.argument("barcode")
@at_branch
@click.option("--give-up", is_flag=True, help="Take the mark off again.")
@click.option("--not-found", is_flag=True, help="It was not found: ask for another copy first.")
@as_json
@click.pass_obj
@asks("fetch")
def fetch(
    settings: Settings, barcode: str, branch: str, give_up: bool, not_found: bool, as_json: bool
) -> None:
    """Mark an item of the pick list: somebody has gone to fetch it."""
    with asked(settings, branch) as asker:
        done = "not_found" if not_found else "given_up" if give_up else "gone"
        print_answer(asker.ask("fetch", item=barcode, done=done), as_json)


@click.command()
@at_branch
@click.option("--to-go", is_flag=True, help="Only what does not belong there any more.")
@click.option("--clear", is_flag=True, help="Take that off the shelf, and say where it goes.")
@paged
@as_json
@click.pass_obj
@asks("show_shelf", "clear")
def shelf(
    settings: Settings,
    branch: str,
    to_go: bool,
    clear: bool,
    limit: int | None,
    cursor: str | None,
    as_json: bool,
) -> None:
    """List what stands on the hold shelf of the branch, by number."""
    if clear and (limit is not None or cursor is not None):
        raise click.UsageError("--clear takes all of it: no --limit, no --cursor")
    with asked(settings, branch) as asker:
        if clear:
            print_answer(asker.ask("clear"), as_json)
            return
        page = {"to_go": to_go, "limit": limit, "cursor": cursor}
        print_page(asker, asker.ask("show_shelf", **page), as_json)


#: For `tiro hold`.
COMMANDS: tuple[click.Command, ...] = (pick_list_, fetch, shelf, unfillable)
