"""`tiro accession`: from scanned numbers to items that are ready to lend."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from circulation.kernel.results import Destination
from circulation.ledger.prices import WrongPrice, price_of
from protocols.commands.accession.fetching import as_told, asked_shown, fetched_by, targets_of
from protocols.commands.asking.answers import Outcome, print_answer, print_each
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.asker import Asker, fail
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL

if TYPE_CHECKING:
    from protocols.records.record_sources import Targets


@click.command()
@click.argument("numbers", nargs=-1, metavar="[ISBN]...")
@click.option("--branch", required=True, type=ISIL, help="Where the items are in hand.")
@click.option("--home", type=ISIL, help="Where they belong.  [default: the branch]")
@click.option("--barcode", help="The barcode of the one item.  [default: the next of a range]")
@click.option("--material-group", metavar="CODE", help="[default: as the rules say]")
@click.option("--price", metavar="AMOUNT", help="Such as 299.95, with --currency.")
@click.option("--currency", metavar="CODE", help="Such as DKK.")
@click.option("--department", metavar="CODE")
@click.option("--location", metavar="CODE")
@click.option("--sublocation", metavar="CODE")
@click.option("--section", metavar="CODE")
@click.option("--call-number", metavar="TEXT")
@click.option("--part", default="", help="Of a serial or a work in volumes.")
@click.option("--brief", "title", metavar="TITLE", help="What nobody knows gets a brief record.")
@click.option("--author", default="", help="Of a brief record.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@as_json
@click.pass_obj
@asks("accession")
def accession(
    settings: Settings,
    /,
    numbers: tuple[str, ...],
    branch: str,
    home: str | None,
    barcode: str | None,
    title: str | None,
    author: str,
    dry_run: bool,
    as_json: bool,
    price: str | None,
    currency: str | None,
    **said: Any,
) -> None:
    """Add items of titles by ISBN, ISSN, EAN or control number.

    A title that the catalogue does not have is fetched from the targets of [accession] in
    tiro.toml. Without a number, numbers are read line by line, as a scanner types them, each
    answered at once; a barcode may follow after a tab.
    """
    if len(numbers) != 1 and (barcode is not None or title is not None):
        raise click.UsageError("--barcode and --brief go with exactly one number")
    try:
        paid = price_of(price, currency)
    except WrongPrice as error:
        raise click.UsageError(str(error)) from error
    said["price"] = None if paid is None else {"amount": paid[0], "currency": paid[1]}
    brief = None if title is None else {"title": title, "author": author}
    wish = {"home": home, "brief": brief, "dry_run": dry_run}
    with asked(settings, branch) as asker, targets_of(settings) as targets:
        work = _Work(asker, targets, said, wish)
        if not numbers:
            _scan(work, as_json)
            return
        done = [work.done_with(number, barcode) for number in numbers]
    if len(done) > 1:
        print_each(done, as_json)
    elif (problem := done[0].problem) is not None:
        fail(problem["status"], problem, done[0].item)
    else:
        print_answer(done[0].answer, as_json)


def _scan(work: _Work, as_json: bool) -> None:
    """One line for each line that is read, at once."""
    is_good = True
    for number, barcode in _scans():
        outcome = work.done_with(number, barcode)
        is_good &= outcome.problem is None
        shown = json.dumps(outcome._asdict(), ensure_ascii=False) if as_json else _line(outcome)
        click.echo(shown)
        sys.stdout.flush()
    if not is_good:
        raise click.exceptions.Exit(1)


def _scans() -> Iterator[tuple[str, str | None]]:
    for line in sys.stdin.buffer:  # a scanner that sends nonsense is no reason to end
        number, _, own = line.decode("utf-8", "replace").rstrip("\r\n").partition("\t")
        if number.strip():
            yield number.strip(), own.strip() or None


@dataclass
class _Work:
    asker: Asker
    targets: Targets
    item: dict[str, Any]
    wish: dict[str, Any]

    def done_with(self, number: str, barcode: str | None) -> Outcome:
        """Adds one item, of a record that is fetched where the catalogue has none. What a title is
        given for is made only if nobody has a record."""
        first, wish = self.wish | {"brief": None}, self.wish
        outcome = self._attempt(number, barcode, first)
        if outcome.problem is None or not _is_unknown(outcome.problem):
            return outcome
        found = fetched_by(self.targets, number)
        if found.fetched is not None:
            wish = wish | {"fetched": as_told(found.fetched)}
        if found.fetched is not None or self.wish["brief"] is not None:
            outcome = self._attempt(number, barcode, wish)
        if outcome.problem is not None:
            outcome.problem["asked"] = [asked_shown(each) for each in found.asked]
        return outcome

    def _attempt(self, number: str, barcode: str | None, wish: dict[str, Any]) -> Outcome:
        item = self.item | {"barcode": barcode}
        return Outcome(number, *self.asker.attempt("accession", number=number, item=item, **wish))


def _is_unknown(problem: dict[str, Any]) -> bool:
    return any(each["rule"] == "record_unknown" for each in problem.get("errors", ()))


def _line(outcome: Outcome) -> str:
    problem, answer = outcome.problem, outcome.answer
    if problem is not None:
        asked = problem.get("asked", ())
        troubles = [f"{each['target']}: {each['problem']}" for each in asked if each["problem"]]
        return "; ".join(
            [f"! {outcome.item}: {problem.get('detail', problem['title'])}", *troubles]
        )
    words = [answer["item"], answer["title"]]
    if answer["author"]:
        words.append(answer["author"])
    if answer["copies_before"]:
        words.append(f"{answer['copies_before']} items before")
    if answer["origin"] != "OWN":
        words.append(f"from {answer['source']}" if answer["source"] else "brief record")
    return f"{' | '.join(words)} -> {where_put(answer['put'])}"


def where_put(put: dict[str, Any]) -> str:
    """Where a new item is to be put, in words."""
    where = Destination[put["destination"]].value
    if put["number"] is not None:
        return f"{where}, number {put['number']}"
    return f"{where}, {put['to']['isil']}" if put["destination"].startswith("TRANSIT") else where
