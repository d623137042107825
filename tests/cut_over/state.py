"""What stands in the databases of the two systems."""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, create_engine, text

from tests.cut_over.delivering import open_debts
from tests.cut_over.letters import day, moment
from tests.cut_over.old_system.store import Store, day_of


class There(NamedTuple):
    """What one of them says. Loans by item: card and due day. Debts by card, holds by item.
    `not_fetched`: item and card of what stood on a shelf beyond its deadline, which ends the hold.
    """

    loans: dict[str, tuple[str, str]]
    debts: dict[str, int]
    holds: dict[str, tuple[str, ...]]
    blocked: frozenset[str]
    not_fetched: frozenset[tuple[str, str]]

    @classmethod
    def of_new(cls, connection: Connection) -> There:
        loans = connection.execute(
            text(
                "SELECT i.barcode, p.identifier, l.due FROM loans l"
                " JOIN items i ON i.id = l.item_id"
                " JOIN patron_identifiers p ON p.patron_id = l.patron_id AND p.kind = 'card'"
                " WHERE l.checked_in IS NULL"
            )
        )
        debts = connection.execute(
            text(
                "SELECT p.identifier, b.fees + b.compensations FROM patron_balances b"
                " JOIN patron_identifiers p ON p.patron_id = b.patron_id AND p.kind = 'card'"
            )
        )
        holds = connection.execute(
            text(
                "SELECT i.barcode, p.identifier FROM holds h"
                " JOIN items i ON i.record_id = h.record_id"
                " JOIN patron_identifiers p ON p.patron_id = h.patron_id AND p.kind = 'card'"
                " WHERE h.closed IS NULL"
                " ORDER BY h.queue_class, h.priority, coalesce(h.queued, h.placed), h.id"
            )
        )
        blocked = connection.execute(
            text(
                "SELECT p.identifier FROM patron_blocks b"
                " JOIN patron_identifiers p ON p.patron_id = b.patron_id AND p.kind = 'card'"
                " WHERE b.reason = 'self_service'"
            )
        )
        not_fetched = connection.execute(
            text(
                "SELECT i.barcode, p.identifier, e.after, h.closed FROM holds h"
                " JOIN items i ON i.record_id = h.record_id"
                " JOIN patron_identifiers p ON p.patron_id = h.patron_id AND p.kind = 'card'"
                " JOIN events e ON e.hold_id = h.id AND e.kind = 'hold_shelved'"
                " WHERE h.outcome = 'not_collected'"
            )
        )
        queues: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
        for barcode, card in holds:
            queues[barcode] += (card,)
        return cls(
            {barcode: (card, day(moment(due))) for barcode, card, due in loans},
            {card: owed for card, owed in debts if owed},
            dict(queues),
            frozenset(card for (card,) in blocked),
            frozenset(
                (barcode, card)
                for barcode, card, shelved, closed in not_fetched
                if json.loads(shelved)["deadline"] < moment(closed).isoformat()
            ),
        )

    @classmethod
    def of_old(cls, old: Store) -> There:
        queues: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
        for barcode, card in old.rows(
            "SELECT item, card FROM holds WHERE closed IS NULL ORDER BY placed, id"
        ):
            queues[barcode] += (card,)
        loans = old.rows("SELECT item, card, due FROM loans WHERE ended IS NULL")
        return cls(
            {item: (card, day_of(due)) for item, card, due in loans},
            open_debts(old),
            dict(queues),
            frozenset(card for (card,) in old.rows("SELECT card FROM patrons WHERE blocked = 1")),
            frozenset(),
        )


def url_of(folder: Path) -> str:
    """The database of the new system."""
    table = tomllib.loads((folder / "new" / "tiro.toml").read_text(encoding="utf-8"))
    url: str = table["database"]["url"]
    return url.replace("postgresql:", "postgresql+psycopg:")


def read_both(folder: Path) -> tuple[There, There]:
    """The old system and the new one, each from its own database."""
    old, engine = Store(folder / "old"), create_engine(url_of(folder))
    try:
        with engine.connect() as connection:
            return There.of_old(old), There.of_new(connection)
    finally:
        old.close()
        engine.dispose()
