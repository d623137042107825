"""What must be true of the database whatever happened to the server."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import Final

from catalogue.database import Database, Transaction
from catalogue.reindexing.rebuilding import ReindexOptions, reindex
from tests.crash.callers import Trace

#: What is checked, and a query that gives the rows that break it.
INVARIANTS: Final = {
    "an item is on loan to one patron at most": (
        "SELECT item_id, count(*) FROM loans WHERE checked_in IS NULL GROUP BY item_id"
        " HAVING count(*) > 1"
    ),
    "a loan was lent once and ended once at most": (
        "SELECT loans.id FROM loans WHERE"
        " (SELECT count(*) FROM events WHERE loan_id = loans.id AND kind = 'checked_out') <> 1"
        " OR (SELECT count(*) FROM events WHERE loan_id = loans.id AND kind = 'checked_in')"
        " <> CASE WHEN checked_in IS NULL THEN 0 ELSE 1 END"
    ),
    "renewals of a loan are those of its events": (
        "SELECT loans.id FROM loans WHERE renewals <>"
        " (SELECT count(*) FROM events WHERE loan_id = loans.id AND kind = 'renewed')"
    ),
    "a patron waits for a title once at most": (
        "SELECT patron_id, record_id FROM holds WHERE closed IS NULL"
        " GROUP BY patron_id, record_id, item_id, part HAVING count(*) > 1"
    ),
    "a hold was placed once and ended once at most": (
        "SELECT holds.id FROM holds WHERE"
        " (SELECT count(*) FROM events WHERE hold_id = holds.id AND kind = 'hold_placed') <> 1"
        " OR (SELECT count(*) FROM events WHERE hold_id = holds.id AND kind = 'hold_closed')"
        " <> CASE WHEN closed IS NULL THEN 0 ELSE 1 END"
    ),
    "an item is bound to an open hold": (
        "SELECT captures.hold_id FROM captures JOIN holds ON holds.id = captures.hold_id"
        " WHERE holds.closed IS NOT NULL AND captures.released IS NULL"
    ),
    "a charge is the sum of its postings": (
        "SELECT id FROM charges WHERE balance <>"
        " (SELECT coalesce(sum(amount), 0) FROM charge_postings WHERE charge_id = charges.id)"
    ),
    "a payment is the sum of its postings": (
        "SELECT id FROM payments WHERE -amount <>"
        " (SELECT coalesce(sum(amount), 0) FROM charge_postings WHERE payment_id = payments.id)"
    ),
    "a patron's balance is the sum of the charges": (
        "SELECT patron_id FROM patron_balances AS b WHERE fees + compensations <>"
        " (SELECT coalesce(sum(balance), 0) FROM charges AS c WHERE c.patron_id = b.patron_id"
        " AND c.agency_id = b.agency_id AND c.currency = b.currency)"
    ),
}

_TRACES: Final = (
    """SELECT events.kind, items.barcode, count(*) FROM events
    JOIN items ON items.id = events.item_id
    WHERE events.kind IN ('checked_out', 'checked_in', 'renewed')
    GROUP BY events.kind, items.barcode""",
    """SELECT events.kind, i.identifier, count(*) FROM events
    JOIN patron_identifiers AS i ON i.patron_id = events.patron_id
    WHERE events.kind IN ('hold_placed', 'hold_closed') GROUP BY events.kind, i.identifier""",
    "SELECT 'payment', order_id, count(*) FROM payments GROUP BY order_id",
    """SELECT 'record', control_number, count(*) FROM records
    WHERE substr(control_number, 1, 5) = 'crash' GROUP BY control_number""",
)


def traces(database: Database) -> Counter[Trace]:
    """What acts have left behind, counted; what the contested items saw is left out."""

    def read(transaction: Transaction) -> Counter[Trace]:
        found: Counter[Trace] = Counter()
        for text in _TRACES:
            for kind, what, number in transaction.execute(text, ()).fetchall():
                if not what.startswith("X"):
                    found[kind, what] = number
        return found

    return database.read(read, wide=True).result()


def broken_invariants(database: Database) -> list[str]:
    def read(transaction: Transaction) -> list[str]:
        broken = []
        for what, text in INVARIANTS.items():
            rows = transaction.execute(text, ()).fetchall()
            if rows:
                broken.append(f"not so: {what}: {len(rows)} rows, {rows[0]} among them")
        return broken

    return database.read(read, wide=True).result()


def lost_or_twice(expected: Counter[Trace], database: Database) -> list[str]:
    """Acknowledged changes that are not there, and what is there that nobody was told of."""
    found = traces(database)
    wanted = Counter({trace: n for trace, n in expected.items() if trace[0] != "replaced"})
    return [
        f"{kind} {what}: acknowledged {wanted[kind, what]} times, there {found[kind, what]} times"
        for kind, what in sorted(wanted.keys() | found.keys())
        if wanted[kind, what] != found[kind, what]
    ]


def wrong_index(database: Database) -> list[str]:
    """Whether postings and descriptions are what the records give."""
    report = reindex(database, ReindexOptions(run=uuid.uuid4().hex, now=datetime.now(UTC)))
    if report.rows_changed or report.descriptions_changed:
        return [
            (
                f"reindexing has changed {report.rows_changed} rows of postings"
                f" and {report.descriptions_changed} descriptions"
            )
        ]
    return []
