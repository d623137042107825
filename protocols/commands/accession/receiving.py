"""`tiro receiving`: deliveries announced by suppliers, and received with one scan an item."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from catalogue.database import Transaction
from catalogue.searching.standard_numbers import readings
from circulation.accession.adding import NewItem
from circulation.accession.announcing import Announced, AnnouncedDelivery, announce, unknown_numbers
from circulation.accession.deliveries import (
    Delivery,
    close_delivery,
    deliveries_of_order,
    lines_of,
    open_deliveries,
    overdue_deliveries,
)
from circulation.accession.delivery_files import DeclaredDeliveries, read_csv, read_toml
from circulation.accession.receiving import NotReceived, Received, Unexpected
from circulation.accession.receiving import receive as receive_verb
from circulation.accession.unexpected import settle_unexpected, unexpected_of
from circulation.kernel.paging import Place
from circulation.kernel.results import Desk
from protocols.commands.shared.library import Library, as_json, opened, say, tell
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL
from protocols.commands.shared.wording import plain
from protocols.process.failures import Failure
from protocols.records.record_sources import Targets


@click.group()
def receiving() -> None:
    """Announced deliveries, and what comes of them."""


class _Wrong(Exception):
    def __init__(self, problems: list[str]) -> None:
        super().__init__()
        self.problems = problems


@receiving.command("announce")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
@click.pass_obj
def announce_file(settings: Settings, file: Path, as_json: bool) -> None:
    """Take note of the deliveries of FILE (.csv, or TOML), all of them or none.

    Titles that the catalogue does not have are fetched from the targets of [accession], else made
    of the titles in the file.
    """
    text = file.read_text(encoding="utf-8", errors="replace")
    declared = (read_csv if file.suffix.lower() == ".csv" else read_toml)(text)
    if declared.problems:
        _refuse(file, [f"{line or 1}: {what}" for line, what in declared.problems])
    with opened(settings) as library, Targets(settings.configuration.accession) as targets:
        fetched = _fetched(library, targets, declared.deliveries)

        def work(transaction: Transaction) -> list[dict[str, Any]]:
            return _announce(library, transaction, declared, fetched)

        try:
            told = library.write(work)
        except _Wrong as wrong:
            _refuse(file, wrong.problems)
        say(told, as_json)


def _fetched(
    library: Library, targets: Targets, announced: list[AnnouncedDelivery]
) -> dict[str, Any]:
    """The records of titles that the catalogue does not have, by their numbers."""
    if not targets:
        return {}
    unknown = library.read(
        lambda transaction: [
            number for each in announced for number in unknown_numbers(transaction, each)
        ]
    )
    outcomes = {number: targets.fetch(readings(number)) for number in dict.fromkeys(unknown)}
    return {number: each.fetched for number, each in outcomes.items() if each.fetched is not None}


def _announce(
    library: Library,
    transaction: Transaction,
    declared: DeclaredDeliveries,
    fetched: dict[str, Any],
) -> list[dict[str, Any]]:
    told, problems = [], []
    for place, delivery in enumerate(declared.deliveries):
        answer = announce(library.act(transaction), delivery=delivery, fetched=fetched)
        if isinstance(answer, Announced):
            told.append(
                {
                    "order": delivery.order_number,
                    "supplier": delivery.supplier,
                    "lines": answer.lines,
                    "copies": answer.copies,
                    "new_titles": answer.new_titles,
                }
            )
        else:
            problems += [f"{declared.line(place, at)}: {what}" for at, what in answer.problems]
    if problems:
        raise _Wrong(problems)
    return told


def _refuse(file: Path, problems: list[str]) -> None:
    raise Failure("\n".join(f"{file}:{problem}" for problem in problems), "Nothing was announced.")


@receiving.command("receive")
@click.argument("scanned", nargs=-1, metavar="[BARCODE|ISBN]...")
@click.option("--branch", required=True, type=ISIL, help="Where the items are in hand.")
@click.option("--barcode", help="Of the one item, where it came without.")
@click.option("--take-unexpected", is_flag=True, help="Accession what nobody has announced.")
@as_json
@click.pass_obj
def receive_items(
    settings: Settings,
    scanned: tuple[str, ...],
    branch: str,
    barcode: str | None,
    take_unexpected: bool,
    as_json: bool,
) -> None:
    """Receive items, each with one scan; without arguments, line by line as a scanner types them.

    A barcode for an item that came without one may follow after a tab.
    """
    if barcode is not None and len(scanned) != 1:
        raise click.UsageError("--barcode goes with exactly one number")
    is_good = True
    with opened(settings) as library, Targets(settings.configuration.accession) as targets:
        desk = library.desk(branch)
        scans = (
            [(each, barcode) for each in scanned]
            if scanned
            else (_split(line) for line in sys.stdin.buffer)
        )
        for number, own in scans:
            if not number:
                continue
            library.now = datetime.now(UTC)
            facts = _receive(library, targets, desk, number, own, take_unexpected)
            is_good &= "item" in facts
            click.echo(json.dumps(plain(facts), ensure_ascii=False) if as_json else _line(facts))
            sys.stdout.flush()
    if not is_good:
        sys.exit(1)


def _split(line: bytes) -> tuple[str, str | None]:
    number, _, own = line.decode("utf-8", "replace").rstrip("\r\n").partition("\t")
    return number.strip(), own.strip() or None


def _receive(
    library: Library,
    targets: Targets,
    desk: Desk,
    scanned: str,
    barcode: str | None,
    take_unexpected: bool,
) -> dict[str, Any]:
    def attempt(fetched: Any = None) -> Received | Unexpected | NotReceived:
        return library.perform(
            desk,
            receive_verb,
            scanned=scanned,
            item=NewItem(barcode=barcode),
            take_unexpected=take_unexpected,
            fetched=fetched,
        )

    answer = attempt()
    if isinstance(answer, Unexpected) and answer.obstacle is not None and answer.title is None:
        outcome = targets.fetch(readings(scanned))
        if outcome.fetched is not None:
            answer = attempt(outcome.fetched)
    return {"scanned": scanned, **_facts(answer)}


def _facts(answer: Received | Unexpected | NotReceived) -> dict[str, Any]:
    if isinstance(answer, Received):
        delivery = answer.delivery
        return {
            "item": answer.barcode,
            "title": answer.line.title,
            "order": delivery.order_number,
            "supplier": delivery.supplier,
            "of_line": [answer.line.received, answer.line.copies],
            "of_delivery": [delivery.received, delivery.copies],
            "closed": delivery.closed is not None,
            "destination": answer.check_in.destination,
            "where": answer.check_in.destination.value,
            "to": answer.check_in.to_branch.isil,
        }
    if isinstance(answer, Unexpected):
        facts: dict[str, Any] = {"unexpected": answer.id, "title": answer.title}
        if answer.accessioned is not None:
            check_in = answer.accessioned.check_in
            facts |= {
                "item": answer.accessioned.item.barcode,
                "destination": check_in.destination,
                "where": check_in.destination.value,
                "to": check_in.to_branch.isil,
            }
        elif answer.obstacle is not None:
            facts["why"] = answer.obstacle.obstacle.value
        return facts
    if answer.problem is not None:
        return {"obstacle": answer.problem.obstacle, "why": answer.problem.obstacle.value}
    if answer.known_barcode is not None:
        return {"obstacle": "HERE_ALREADY", "why": "an item with this barcode is here already"}
    why = f"scan the barcode: {', '.join(answer.announced_barcodes)}"
    return {"obstacle": "HAS_BARCODE", "why": why}


def _line(facts: dict[str, Any]) -> str:
    """One line for a scan."""
    if "item" not in facts:
        what = "nobody has announced this" if "unexpected" in facts else "not received"
        return " | ".join(filter(None, (f"! {facts['scanned']}", what, facts.get("why"))))
    words = [facts["item"], facts["title"]]
    if "order" in facts:
        words.append("order {} {} of {}".format(facts["order"], *facts["of_delivery"]))
    else:
        words.append("unexpected")
    where = facts["where"]
    return f"{' | '.join(words)} -> {where}, {facts['to']}"


@receiving.command("list")
@click.option("--branch", type=ISIL, help="Of one branch.  [default: all]")
@click.option("--overdue", is_flag=True, help="What should have come before today.")
@click.option("--order", metavar="NUMBER", help="One order with its lines.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000))
@click.option("--after", metavar="DATE/ID", help="Where the page before ended.")
@as_json
@click.pass_obj
def list_deliveries(
    settings: Settings,
    branch: str | None,
    overdue: bool,
    order: str | None,
    limit: int,
    after: str | None,
    as_json: bool,
) -> None:
    """Deliveries that are waited for, by the day on which they are expected."""
    place = None
    if after is not None:
        day, _, number = after.partition("/")
        try:
            place = Place(date.fromisoformat(day), int(number))
        except ValueError as error:
            raise click.UsageError("--after is what `next` of the page before says") from error
    with opened(settings) as library:
        if order is not None:
            say(library.read(lambda transaction: _orders(transaction, order)), as_json)
            return
        desk = None if branch is None else library.desk(branch)
        branch_id, today = desk and desk.branch_id, library.today(desk)
        page = library.read(
            lambda transaction: (
                overdue_deliveries(
                    transaction, today=today, branch_id=branch_id, after=place, limit=limit
                )
                if overdue
                else open_deliveries(transaction, branch_id=branch_id, after=place, limit=limit)
            )
        )
        facts = [_delivery(each) for each in page.lines]
        following = None if page.next is None else f"{page.next.moment}/{page.next.id}"
        if as_json:
            say({"deliveries": facts, "next": following}, True)
        else:
            say(facts, False)
            if following:
                click.echo(f"\nmore: --after {following}")


def _delivery(delivery: Delivery) -> dict[str, Any]:
    facts = delivery._asdict()
    del facts["branch_id"]
    return facts


def _orders(transaction: Transaction, order: str) -> list[dict[str, Any]]:
    return [
        {
            **_delivery(each),
            "lines": [line._asdict() for line in lines_of(transaction, delivery_id=each.id)],
        }
        for each in deliveries_of_order(transaction, order_number=order)
    ]


@receiving.command("close")
@click.argument("delivery", type=int)
@as_json
@click.pass_obj
def close(settings: Settings, delivery: int, as_json: bool) -> None:
    """Wait no longer for what is missing of the DELIVERY with this id."""
    with opened(settings) as library:
        if not library.write(
            lambda transaction: close_delivery(library.act(transaction), delivery)
        ):
            raise click.ClickException("no such delivery is open")
        tell("closed", {"delivery": delivery, "closed": True}, as_json)


@receiving.command("unexpected")
@click.option("--branch", type=ISIL, help="Of one branch.  [default: all]")
@click.option("--after", default=0, help="The id of the last line of the page before.")
@click.option("--settle", type=int, metavar="ID", help="Take a line off the list.")
@as_json
@click.pass_obj
def unexpected(
    settings: Settings, branch: str | None, after: int, settle: int | None, as_json: bool
) -> None:
    """What was scanned and nobody had announced."""
    with opened(settings) as library:
        if settle is not None:
            if not library.write(
                lambda transaction: settle_unexpected(transaction, settle, now=library.now)
            ):
                raise click.ClickException("there is no such line on the list")
            tell("settled", {"line": settle, "settled": True}, as_json)
            return
        branch_id = None if branch is None else library.desk(branch).branch_id
        found = library.read(
            lambda transaction: unexpected_of(transaction, branch_id=branch_id, after=after)
        )
        say([each._asdict() for each in found], as_json)
