"""`tiro ill who --look`: the catalogues of other libraries are asked whether a title is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from catalogue.database import Transaction
from catalogue.searching.standard_numbers import NumberKind, readings
from circulation.interlending.ranking import Availability, Ranked
from circulation.interlending.rota import Sought, ranked_for, rules_of
from circulation.patrons.changes import patron_fields
from protocols.api.models.interlibrary_cases import suppliers_shown
from protocols.commands.shared.library import Library, opened
from protocols.commands.shared.settings import Settings
from protocols.hosting.availability import Title, ask_all, catalogues_of, title_of
from protocols.process.failures import Failure


def looked(settings: Settings, wanted: str, patron: str | None, branch: str) -> Any:
    """Who would be asked first, by what their catalogues say now; as the operation
    `rank_suppliers` tells it. Nobody is asked for the loan, and nothing is kept.

    `wanted` is a title, an ISBN or ISSN, or the number of a record of ours.
    """
    if settings.server is not None:
        raise Failure(
            "tiro ill who --look does not work over --server",
            "Run it where tiro.toml names the database: catalogues are asked from there.",
        )
    with opened(settings) as library:
        desk = library.desk(branch)
        sought = Sought(desk.branch_id, "")
        if patron is not None:
            sought = _sought(library, library.patron(patron))
        nothing: dict[str, Availability] = {}
        ranked = _ranked(library, sought, nothing)
        seen = _seen(library, sought, ranked, wanted)
        shown = suppliers_shown(each.shown() for each in _ranked(library, sought, seen))
        return {"suppliers": [asdict(each) for each in shown]}


def _sought(library: Library, patron_id: int) -> Sought:
    fields = library.read(lambda transaction: patron_fields(transaction, patron_id=patron_id))
    if fields is None:
        raise click.ClickException("no patron has this identifier")
    return Sought(fields.home_branch_id, fields.category)


def _ranked(library: Library, sought: Sought, seen: Mapping[str, Availability]) -> list[Ranked]:
    return library.read(lambda transaction: ranked_for(library.act(transaction), sought, seen=seen))


def _seen(
    library: Library, sought: Sought, ranked: list[Ranked], wanted: str
) -> dict[str, Availability]:
    """What the catalogues say, of those that may be asked at all."""
    may_be_asked = {each.partner for each in ranked if each.position is not None}

    def work(transaction: Transaction) -> tuple[Any, Title, int]:
        set_up = library.circulation.current_set_up(transaction)
        seconds = rules_of(set_up, sought).look_seconds
        branch = set_up.branches[sought.branch_id]
        catalogues = catalogues_of(set_up, may_be_asked, branch, seconds)
        return catalogues, _title(transaction, wanted), seconds

    return ask_all(*library.read(work))


def _title(transaction: Transaction, wanted: str) -> Title:
    text = " ".join(wanted.split())
    numbers = [each for each in readings(text) if each.kind is not NumberKind.CONTROL_NUMBER]
    if numbers:
        return Title("", number=numbers[0].value)
    record = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    return title_of(transaction, record, Title(text))
