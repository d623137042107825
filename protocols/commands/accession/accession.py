"""`tiro accession`: from scanned numbers to items that are ready to lend."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from catalogue.changes.fetched import Fetched
from catalogue.database import Transaction
from catalogue.searching.standard_numbers import readings
from circulation.accession.adding import (
    Accessioned,
    Brief,
    NewItem,
    NotAccessioned,
    Obstacle,
    Origin,
)
from circulation.accession.adding import accession as accession_verb
from circulation.kernel.results import Desk, Destination
from circulation.ledger.prices import WrongPrice, price_of
from protocols.commands.shared.library import Library, as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL
from protocols.commands.shared.wording import plain
from protocols.records.record_sources import Asked, Targets


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
        units, currency = price_of(price, currency) or (None, None)
    except WrongPrice as error:
        raise click.UsageError(str(error)) from error
    with opened(settings) as library, Targets(settings.configuration.accession) as targets:
        work = _Work(
            library,
            targets,
            library.desk(branch),
            None if home is None else library.desk(home).branch_id,
            NewItem(price=units, currency=currency, **said),
            None if title is None else Brief(title, author),
            dry_run,
        )
        answers = []
        is_good = True
        for number, own_barcode in _scans(numbers, barcode):
            library.now = datetime.now(UTC)
            facts = work.facts_of(number, own_barcode)
            is_good &= "obstacle" not in facts
            if numbers:
                answers.append(facts)
            else:
                _tell(facts, as_json)
    if numbers:
        say(answers[0] if len(answers) == 1 else answers, as_json)
    if not is_good:
        sys.exit(1)


def _scans(numbers: tuple[str, ...], barcode: str | None) -> Iterator[tuple[str, str | None]]:
    if numbers:
        for number in numbers:
            yield number, barcode
        return
    for line in sys.stdin.buffer:  # a scanner that sends nonsense is no reason to end
        number, _, own = line.decode("utf-8", "replace").rstrip("\r\n").partition("\t")
        if number.strip():
            yield number.strip(), own.strip() or None


class _NotMeant(Exception):
    """Carries the answer of a dry run out of its transaction, which is rolled back."""

    def __init__(self, answer: Accessioned | NotAccessioned) -> None:
        super().__init__()
        self.answer = answer


@dataclass
class _Work:
    library: Library
    targets: Targets
    desk: Desk
    home_branch_id: int | None
    item: NewItem
    brief: Brief | None
    is_dry: bool

    def facts_of(self, number: str, barcode: str | None) -> dict[str, Any]:
        """Adds one item; what there is to tell of it."""
        answer = self._attempt(number, barcode)
        asked: tuple[Asked, ...] = ()
        if isinstance(answer, NotAccessioned) and answer.obstacle is Obstacle.RECORD_UNKNOWN:
            outcome = self.targets.fetch(readings(number))
            asked = outcome.asked
            if outcome.fetched is not None or self.brief is not None:
                answer = self._attempt(number, barcode, outcome.fetched, self.brief)
        if isinstance(answer, NotAccessioned):
            facts: dict[str, Any] = {
                "number": number,
                "obstacle": answer.obstacle.name,
                "why": answer.obstacle.value,
                "detail": answer.detail if answer.detail != number else "",
            }
        else:
            facts = {"number": number, **facts_of_item(answer)}
        facts["asked"] = [_told(each) for each in asked]
        if self.is_dry:
            facts["dry_run"] = True
        return facts

    def _attempt(
        self,
        number: str,
        barcode: str | None,
        fetched: Fetched | None = None,
        brief: Brief | None = None,
    ) -> Accessioned | NotAccessioned:
        item = dataclasses.replace(self.item, barcode=barcode)

        def work(transaction: Transaction) -> Accessioned | NotAccessioned:
            answer = accession_verb(
                self.library.act(transaction, self.desk),
                number=number,
                item=item,
                home_branch_id=self.home_branch_id,
                fetched=fetched,
                brief=brief,
            )
            if self.is_dry:
                raise _NotMeant(answer)
            return answer

        try:
            return self.library.write(work)
        except _NotMeant as dry:
            return dry.answer


def facts_of_item(answer: Accessioned) -> dict[str, Any]:
    """What a desk is told of a new item."""
    item, held_for = answer.item, answer.check_in.held_for
    return {
        "item": item.barcode,
        "title": answer.title,
        "author": answer.author,
        "record": item.record_id,
        "origin": answer.origin.name,
        "source": answer.source,
        "copies_before": answer.copies,
        "other_records": list(answer.others),
        "home": answer.check_in.item.home_branch.isil,
        "placement": [
            part
            for part in (item.department, item.location, item.sublocation, item.section)
            if part
        ],
        "call_number": item.call_number,
        "material_group": item.material_group,
        "price": item.price,
        "currency": item.currency,
        "destination": answer.check_in.destination.name,
        "to": answer.check_in.to_branch.isil,
        "held_for": None
        if held_for is None
        else {
            "pickup": held_for.pickup_branch.isil,
            "number": held_for.number,
            "until": held_for.deadline,
        },
    }


def _told(asked: Asked) -> dict[str, Any]:
    """What one target has answered."""
    found = asked.choice.fetched is not None
    return {
        "target": asked.target,
        "found": found,
        "problem": asked.problem or ("" if found else "; ".join(asked.choice.refusals)),
        "milliseconds": round(asked.seconds * 1000),
    }


def _tell(facts: dict[str, Any], as_json: bool) -> None:
    """One line for a scan, at once."""
    click.echo(json.dumps(plain(facts), ensure_ascii=False) if as_json else _line(facts))
    sys.stdout.flush()


def _line(facts: dict[str, Any]) -> str:
    if "obstacle" in facts:
        why = f"{facts['why']} ({facts['detail']})" if facts["detail"] else facts["why"]
        problems = [
            f"{each['target']}: {each['problem']}" for each in facts["asked"] if each["problem"]
        ]
        return "; ".join([f"! {facts['number']}: {why}", *problems])
    words = [facts["item"], facts["title"]]
    if facts["author"]:
        words.append(facts["author"])
    if facts["copies_before"]:
        words.append(f"{facts['copies_before']} items before")
    if facts["origin"] != Origin.OWN.name:
        words.append(f"from {facts['source']}" if facts["source"] else "brief record")
    where = Destination[facts["destination"]].value
    if facts["held_for"] is not None and facts["held_for"]["number"] is not None:
        where += f", number {facts['held_for']['number']}"
    elif facts["destination"].startswith("TRANSIT"):
        where += f", {facts['to']}"
    return f"{' | '.join(words)} -> {where}"
