"""`tiro collection`: debts handed over for collection, and the files for the debtor system."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.described import Noun
from protocols.commands.asking.pages import paged, print_page
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL

_AT = click.option("--at", "branch", type=ISIL, required=True, help="A branch of the creditor.")
_FORM = click.option("--form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
_OUTPUT = click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the file is written.  [default: printed]",
)


@click.group(cls=Noun, invoke_without_command=True)
@click.option(
    "--at", "branch", type=ISIL, help="A branch of the agency that the debts are owed to."
)
@click.option("--patron", metavar="PATRON", help="Whose debts are listed.")
@click.option("--all", "every", is_flag=True, help="Claims that are closed, too.")
@paged
@as_json
@click.pass_context
@asks("list_claims", "list_patron_claims")
def collection(
    context: click.Context,
    /,
    branch: str | None,
    patron: str | None,
    every: bool,
    as_json: bool,
    **page: Any,
) -> None:
    """List the debts that were handed over, of an agency or a patron.

    The log of look-ups notes that you looked.
    """
    if context.invoked_subcommand is not None:
        return
    if (branch is None) == (patron is None):
        raise click.UsageError("name a branch with --at, or a patron with --patron, or a command")
    if patron is not None and any(page.values()):
        raise click.UsageError("--limit and --cursor go with --at")
    with asked(context.obj, branch) as asker:
        if patron is not None:
            found = asker.ask("list_patron_claims", patron=asker.patron(patron))
        else:
            found = asker.ask("list_claims", all=every, **page)
        print_page(asker, found, as_json)


@collection.command()
@_AT
@_FORM
@_OUTPUT
@as_json
@click.pass_obj
@asks("export_debts")
def export(settings: Settings, branch: str, form: str, output: Path | None, as_json: bool) -> None:
    """Write the file of all that the debtor system was not told yet.

    Nothing is in it of what came back or was paid meanwhile. `tiro collection show` writes the
    same file again.
    """
    with asked(settings, branch) as asker:
        answer = asker.ask("export_debts")
    if answer["exported"] is None and not as_json:
        click.echo("the debtor system was told of everything", err=True)
    else:
        _put(answer, answer["exported"], form, output, as_json)


@collection.command()
@click.argument("file", metavar="FILE", type=int)
@_FORM
@_OUTPUT
@as_json
@click.pass_obj
@asks("show_collection_file")
def show(settings: Settings, file: int, form: str, output: Path | None, as_json: bool) -> None:
    """Write FILE again, as it was. The log of look-ups notes whose debts you looked at."""
    with asked(settings) as asker:
        answer = asker.ask("show_collection_file", file=file)
    _put(answer, answer, form, output, as_json)


def _put(
    answer: Any, shown: dict[str, Any] | None, form: str, output: Path | None, json_wanted: bool
) -> None:
    """Writes the file that the answer holds, and prints the answer to programs."""
    if shown is not None and (output is not None or not json_wanted):
        from circulation.dunning.collection_files import CollectionFile, file_text

        told = shown["file"]
        written = datetime.fromisoformat(told["written"])
        records = tuple(shown["records"])
        text = file_text(CollectionFile(int(told["id"]), 0, written, told["by"], records), form)
        if output is None:
            click.echo(text, nl=False)
        else:
            output.write_text(text, encoding="utf-8", newline="")
            words = f"file {told['id']}, {len(records)} lines: {output}"
            click.echo(words, err=json_wanted)
    if json_wanted:
        print_answer(answer, True)


collection.ask("files", "list_collection_files", "List the files that were written.", _AT)
collection.ask(
    "withdraw",
    "call_back",
    "Call CLAIM back from collection. The debt stands; `tiro charges waive` takes it off.",
    click.argument("claim", metavar="CLAIM", type=int),
    click.option("--reason", "why", required=True, help="Why; the debtor system is told it."),
)
