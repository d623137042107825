"""`tiro collection`: debts handed over for collection, and the files for the debtor system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from catalogue.database import Transaction
from circulation.dunning.claim_lists import ClaimLine, claims_of_agency, claims_of_patron
from circulation.dunning.claims import Claim, find_claim, withdraw_from_collection
from circulation.dunning.collection_files import (
    CollectionFile,
    export_claims,
    file_text,
    files_of_agency,
    read_file,
)
from circulation.kernel.results import Desk
from circulation.patrons.seals import Unreadable
from circulation.staff.lookups import Seen
from protocols.commands.shared.library import DEVICE, Library, as_json, opened, say, tell
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL
from protocols.commands.shared.wording import Money

_AT = click.option(
    "--at", "branch", type=ISIL, help="A branch of the agency that the debts are owed to."
)
_FORM = click.option("--form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
_OUTPUT = click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the file is written.  [default: printed]",
)


@click.group(invoke_without_command=True)
@_AT
@click.option("--patron", metavar="PATRON", help="Whose debts are listed.")
@click.option("--all", "every", is_flag=True, help="Claims that are closed, too.")
@click.option("--after", type=int, default=0, help="Goes on after this claim.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@as_json
@click.pass_context
def collection(
    context: click.Context,
    branch: str | None,
    patron: str | None,
    every: bool,
    after: int,
    limit: int,
    as_json: bool,
) -> None:
    """List the debts that were handed over, of an agency or a patron. Amounts are in minor units.

    The log of look-ups notes that you looked at a patron.
    """
    if context.invoked_subcommand is not None:
        return
    if (branch is None) == (patron is None):
        raise click.UsageError("name a branch with --at, or a patron with --patron, or a command")
    with opened(context.obj) as library:
        if patron is not None:
            patron_id = library.patron(patron, Seen.CHARGES)
            found = library.read(lambda transaction: claims_of_patron(transaction, patron_id))
        else:
            agency_id = library.desk(branch or "").agency_id
            found = library.read(
                lambda transaction: claims_of_agency(
                    transaction, agency_id, only_open=not every, after=after, limit=limit
                )
            )
    say([_claim_facts(*each) for each in found], as_json)


def _claim_facts(claim: Claim, lines: tuple[ClaimLine, ...]) -> dict[str, Any]:
    return {
        "claim": claim.id,
        "charge": claim.charge_id,
        "kind": claim.kind.value,
        "amount": Money(claim.amount, claim.currency),
        "currency": claim.currency,
        "opened": claim.opened,
        "closed": claim.closed,
        "reason": claim.reason,
        "told": [
            {
                "action": line.action.value,
                "amount": Money(line.amount, claim.currency),
                "at": line.at,
                "reason": line.reason,
                "file": line.file_id,
            }
            for line in lines
        ],
    }


@collection.command()
@click.option("--at", "branch", type=ISIL, required=True, help="A branch of the creditor.")
@_FORM
@_OUTPUT
@as_json
@click.pass_obj
def export(settings: Settings, branch: str, form: str, output: Path | None, as_json: bool) -> None:
    """Write the file of all that the debtor system was not told yet.

    Nothing is in it of what came back or was paid meanwhile. `tiro collection show` writes the
    same file again. With --json the file is told of: its number, its lines, and, where no --output
    takes it, its text.
    """
    with opened(settings) as library:
        desk = library.desk(branch)

        def work(transaction: Transaction) -> CollectionFile | None:
            file_id = export_claims(library.act(transaction, desk))
            return None if file_id is None else _read(library, transaction, file_id)

        file = _written(library, work)
        if file is None:
            if as_json:
                say(None, True)
            else:
                click.echo("the debtor system was told of everything", err=True)
            return
    _put(file, form, output, as_json)


@collection.command()
@click.argument("file_id", metavar="FILE", type=int)
@_FORM
@_OUTPUT
@as_json
@click.pass_obj
def show(settings: Settings, file_id: int, form: str, output: Path | None, as_json: bool) -> None:
    """Write FILE again, as it was. The log of look-ups notes whose debts you looked at."""
    with opened(settings) as library:
        file = _written(library, lambda transaction: _read(library, transaction, file_id))
    if file is None:
        raise click.ClickException(f"there is no file {file_id}")
    _put(file, form, output, as_json)


def _read(library: Library, transaction: Transaction, file_id: int) -> CollectionFile | None:
    file = read_file(library.circulation, transaction, file_id)
    for patron_id in file.debtors if file else ():
        library.looked_at(transaction, Seen.CHARGES, patron_id)
    return file


def _written(library: Library, work: Any) -> CollectionFile | None:
    """What the work gives; nothing is written where a national number cannot be opened."""
    try:
        found: CollectionFile | None = library.write(work)
    except Unreadable as error:
        raise click.ClickException(str(error)) from error
    return found


def _put(file: CollectionFile, form: str, output: Path | None, json_wanted: bool) -> None:
    text = file_text(file, form)
    facts: dict[str, Any] = {"file": file.id, "lines": len(file.records)}
    if output is not None:
        output.write_text(text, encoding="utf-8", newline="")
        words = f"file {file.id}, {len(file.records)} lines: {output}"
        tell(words, facts | {"output": str(output)}, json_wanted)
    elif json_wanted:
        say(facts | {"text": text}, True)
    else:
        click.echo(text, nl=False)


@collection.command()
@click.option("--at", "branch", type=ISIL, required=True, help="A branch of the creditor.")
@as_json
@click.pass_obj
def files(settings: Settings, branch: str, as_json: bool) -> None:
    """List the files that were written."""
    with opened(settings) as library:
        agency_id = library.desk(branch).agency_id
        found = library.read(lambda transaction: files_of_agency(transaction, agency_id=agency_id))
    say(
        [
            {"file": each.id, "written": each.at, "by": each.actor, "lines": each.lines}
            for each in found
        ],
        as_json,
    )


@collection.command()
@click.argument("claim_id", metavar="CLAIM", type=int)
@click.option("--reason", required=True, help="Why; the debtor system is told it.")
@as_json
@click.pass_obj
def withdraw(settings: Settings, claim_id: int, reason: str, as_json: bool) -> None:
    """Call CLAIM back from collection. The debt stands; `tiro charges waive` takes it off."""
    with opened(settings) as library:

        def work(transaction: Transaction) -> bool:
            claim = find_claim(transaction, claim_id=claim_id)
            if claim is None:
                return False
            act = library.act(transaction, _desk_of(library, transaction, claim))
            return withdraw_from_collection(act, claim_id, reason=reason)

        if not library.write(work):
            raise click.ClickException(f"there is no open claim {claim_id}")
    say({"claim": claim_id, "withdrawn": True, "reason": reason}, as_json)


def _desk_of(library: Library, transaction: Transaction, claim: Claim) -> Desk:
    set_up = library.circulation.current_set_up(transaction)
    branch_id = min(
        each.id for each in set_up.branches.values() if each.agency_id == claim.agency_id
    )
    return Desk(library.actor, DEVICE, claim.agency_id, branch_id)
