"""What must hold of every scene, whatever two verbs did to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import psycopg

from circulation.kernel.events import EventKind
from circulation.kernel.reasons import BlockReason
from circulation.ledger.money import ChargeKind, PostingKind
from circulation.ledger.postings import EFFECTS

#: Verbs that reduce what was charged, whether it was paid or not: what was paid too much is owed
#: to the patron then, on purpose.
_EFFECTS: Final = " UNION ALL ".join(
    f"SELECT '{kind.value}' AS kind, {charged} AS charged, {paid} AS paid, {off} AS written_off"
    for kind, (charged, paid, off) in EFFECTS.items()
)
_NEEDS_PARENT: Final = ", ".join(
    f"'{kind.value}'"
    for kind in PostingKind
    if kind not in (PostingKind.CREATION, PostingKind.PAYMENT)
)

#: Each gives the numbers of rows that break a rule: of items, patrons or charges of the scenes,
#: whose ids are the parameters `items`, `patrons`, `cases`...
INVARIANTS: Final[dict[str, str]] = {
    "at most one open loan of an item": """
        SELECT item_id FROM loans WHERE item_id = ANY(%(items)s) AND checked_in IS NULL
        GROUP BY item_id HAVING count(*) > 1""",
    "an item on loan is not in transit, not missing and not kept for a hold": """
        SELECT l.item_id FROM loans l
        WHERE l.item_id = ANY(%(items)s) AND l.checked_in IS NULL AND (
          EXISTS (SELECT 1 FROM transits t WHERE t.item_id = l.item_id)
          OR EXISTS (SELECT 1 FROM missing_items m WHERE m.item_id = l.item_id)
          OR EXISTS (SELECT 1 FROM captures c WHERE c.item_id = l.item_id))""",
    "a loan is due when its last event says": """
        SELECT l.item_id FROM loans l CROSS JOIN LATERAL (
          SELECT (after::json->>'due')::timestamptz AS due FROM events e
          WHERE e.loan_id = l.id AND e.after IS NOT NULL AND e.after::json->>'due' IS NOT NULL
          ORDER BY e.id DESC LIMIT 1) last
        WHERE l.item_id = ANY(%(items)s) AND l.checked_in IS NULL
        AND l.due::timestamptz <> last.due""",
    "each act starts from the due date that the one before has left": """
        SELECT item_id FROM (
          SELECT e.item_id, (e.before::json->>'due')::timestamptz AS found,
            lag((e.after::json->>'due')::timestamptz) OVER (PARTITION BY e.loan_id ORDER BY e.id)
              AS left_before
          FROM events e JOIN loans l ON l.id = e.loan_id AND l.item_id = ANY(%(items)s)
          WHERE e.item_id = l.item_id AND e.after::json->>'due' IS NOT NULL) steps
        WHERE found <> left_before""",
    "a loan was renewed as often as it says": f"""
        SELECT l.item_id FROM loans l WHERE l.item_id = ANY(%(items)s) AND l.renewals <> (
          SELECT count(*) FROM events e WHERE e.loan_id = l.id
          AND e.kind = '{EventKind.RENEWED.value}')""",
    "a loan ended once, and was reopened as often as that was undone": f"""
        SELECT l.item_id FROM loans l WHERE l.item_id = ANY(%(items)s)
        AND (l.checked_in IS NOT NULL)::int <> (
          SELECT count(*) FILTER (WHERE kind = '{EventKind.CHECKED_IN.value}')
          - count(*) FILTER (WHERE kind = '{EventKind.CHECK_IN_CANCELLED.value}')
          FROM events e WHERE e.loan_id = l.id)
        AND NOT EXISTS (SELECT 1 FROM events e WHERE e.loan_id = l.id
          AND e.kind = '{EventKind.CHECKED_OUT.value}'
          AND e.after::json->>'ended' IS NOT NULL)""",
    "an open hold is not filled, and a closed one was closed once": f"""
        SELECT h.patron_id FROM holds h WHERE h.patron_id = ANY(%(patrons)s)
        AND (h.closed IS NOT NULL)::int <> (
          SELECT count(*) FILTER (WHERE kind = '{EventKind.HOLD_CLOSED.value}')
          - count(*) FILTER (WHERE kind = '{EventKind.HOLD_REOPENED.value}')
          FROM events e WHERE e.hold_id = h.id)""",
    "an item is kept for an open hold, or lies on a shelf for a closed one": """
        SELECT c.item_id FROM captures c JOIN holds h ON h.id = c.hold_id
        WHERE c.item_id = ANY(%(items)s) AND (c.released IS NULL) <> (h.closed IS NULL)
        AND NOT (h.closed IS NULL AND c.released IS NOT NULL)""",
    "a person has one open hold on a title or an item": """
        SELECT patron_id FROM holds WHERE patron_id = ANY(%(patrons)s) AND closed IS NULL
        AND patron_id NOT IN (SELECT id FROM patrons WHERE kind = 'library')
        GROUP BY patron_id, record_id HAVING count(*) > 1""",
    "the dead wait for nothing": f"""
        SELECT h.patron_id FROM holds h WHERE h.patron_id = ANY(%(patrons)s) AND h.closed IS NULL
        AND EXISTS (SELECT 1 FROM patron_blocks b WHERE b.patron_id = h.patron_id
          AND b.reason = '{BlockReason.DECEASED.value}')""",
    "a charge is the sum of its postings": f"""
        SELECT c.patron_id FROM charges c LEFT JOIN LATERAL (
          SELECT sum(abs(p.amount) * e.charged) AS charged, sum(abs(p.amount) * e.paid) AS paid,
            sum(abs(p.amount) * e.written_off) AS written_off, sum(p.amount) AS balance
          FROM charge_postings p JOIN ({_EFFECTS}) e USING (kind) WHERE p.charge_id = c.id) s
          ON true
        WHERE c.patron_id = ANY(%(patrons)s) AND (c.amount, c.paid, c.written_off, c.balance)
          IS DISTINCT FROM (s.charged, s.paid, s.written_off, s.balance)""",
    "what a patron owes is the sum of their charges": f"""
        SELECT b.patron_id FROM patron_balances b WHERE b.patron_id = ANY(%(patrons)s)
        AND NOT (b.fees, b.compensations) = (
          SELECT coalesce(sum(balance) FILTER (WHERE kind NOT IN {
        tuple(kind.value for kind in ChargeKind if kind.is_compensation)
    }), 0), coalesce(sum(balance) FILTER (WHERE kind IN {
        tuple(kind.value for kind in ChargeKind if kind.is_compensation)
    }), 0)
          FROM charges c WHERE c.patron_id = b.patron_id AND c.agency_id = b.agency_id
          AND c.currency = b.currency)""",
    "a posting points at a posting of its own charge": f"""
        SELECT c.patron_id FROM charge_postings p JOIN charges c ON c.id = p.charge_id
        LEFT JOIN charge_postings parent ON parent.id = p.parent_id
        WHERE c.patron_id = ANY(%(patrons)s) AND (
          p.parent_id IS NOT NULL AND parent.charge_id IS DISTINCT FROM p.charge_id
          OR p.parent_id IS NULL AND p.kind IN ({_NEEDS_PARENT}))""",
    "nothing is paid, charged or written off below nothing": """
        SELECT patron_id FROM charges WHERE patron_id = ANY(%(patrons)s)
        AND (amount < 0 OR paid < 0 OR written_off < 0)""",
    "a payment is put to charges once": """
        SELECT p.patron_id FROM payments p WHERE p.patron_id = ANY(%(patrons)s) AND p.amount < (
          SELECT coalesce(-sum(amount), 0) FROM charge_postings WHERE payment_id = p.id)""",
    "a charge by hand is not paid beyond what it comes to": f"""
        SELECT patron_id FROM charges WHERE patron_id = ANY(%(patrons)s) AND balance < 0
        AND kind = '{ChargeKind.ADMINISTRATIVE.value}' AND NOT id = ANY(%(overpaid)s)""",
    "a loan is billed once": f"""
        SELECT c.patron_id FROM charges c WHERE c.patron_id = ANY(%(patrons)s)
        AND c.kind = '{ChargeKind.COMPENSATION.value}'
        GROUP BY c.patron_id, c.reason HAVING count(*) > 1""",
    "a booking that is over keeps no copies": """
        SELECT b.patron_id FROM stays s JOIN bookings b ON b.id = s.booking_id
        WHERE s.item_id = ANY(%(items)s) AND b.closed IS NOT NULL AND NOT s.is_over""",
    "nothing is lent for a booking that was cancelled": """
        SELECT b.patron_id FROM bookings b JOIN booking_loans bl ON bl.booking_id = b.id
        JOIN loans l ON l.id = bl.loan_id
        WHERE b.patron_id = ANY(%(patrons)s) AND b.outcome IN ('cancelled', 'refused')
        AND l.checked_in IS NULL""",
    "a hold points at a title that is there, and at a copy of it": """
        SELECT h.patron_id FROM holds h LEFT JOIN records r ON r.id = h.record_id
        LEFT JOIN items i ON i.id = h.item_id LEFT JOIN captures c ON c.hold_id = h.id
        LEFT JOIN items kept ON kept.id = c.item_id
        WHERE h.patron_id = ANY(%(patrons)s) AND h.closed IS NULL AND (r.id IS NULL
          OR i.record_id <> h.record_id OR h.item_id IS NOT NULL AND i.id IS NULL
          OR kept.record_id <> h.record_id AND c.released IS NULL)""",
    "an item that is gone is on loan to nobody, and kept for nobody": """
        SELECT x.item_id FROM (
          SELECT item_id FROM loans WHERE checked_in IS NULL UNION SELECT item_id FROM captures
          UNION SELECT item_id FROM transits UNION SELECT item_id FROM stays) x
        WHERE x.item_id = ANY(%(items)s) AND NOT EXISTS (
          SELECT 1 FROM items i JOIN records r ON r.id = i.record_id WHERE i.id = x.item_id)""",
    "no loan is due while its branch is closed": """
        SELECT l.item_id FROM loans l JOIN closures c ON c.branch_id = l.branch_id
        JOIN items i ON i.id = l.item_id AND c.reason = 'scene ' || substr(i.barcode, 2, 6)
        WHERE l.item_id = ANY(%(items)s) AND l.checked_in IS NULL AND l.mark IS NULL
        AND l.suspended_until IS NULL AND l.item_id NOT IN (
          SELECT item_id FROM interlibrary_loans WHERE item_id IS NOT NULL AND role = 'borrower')
        AND (l.due AT TIME ZONE 'Europe/Copenhagen')::date BETWEEN c.first AND c.last""",
    "a deposit ends once, and its items go home then": f"""
        SELECT p.id FROM temporary_placements p WHERE p.id = ANY(%(placements)s) AND (
          (p.closed IS NOT NULL)::int <> (SELECT count(*) FROM events e
            WHERE e.kind = '{EventKind.PLACEMENT_ENDED.value}'
            AND (e.after::json->>'placement')::int = p.id)
          OR p.closed IS NOT NULL AND EXISTS (
            SELECT 1 FROM stays s WHERE s.placement_id = p.id AND NOT s.is_over))""",
    "a debt is handed over once": """
        SELECT patron_id FROM collection_claims WHERE patron_id = ANY(%(patrons)s)
        AND closed IS NULL GROUP BY patron_id, charge_id HAVING count(*) > 1""",
    "the debtor system hears the end of what it has heard of, once, and nothing else": """
        SELECT c.patron_id FROM collection_claims c CROSS JOIN LATERAL (
          SELECT count(*) FILTER (WHERE action = 'create') AS created,
            count(*) FILTER (WHERE action = 'withdraw') AS withdrawn,
            bool_or(file_id IS NOT NULL) AS was_sent
          FROM collection_lines WHERE claim_id = c.id) l
        WHERE c.patron_id = ANY(%(patrons)s) AND CASE
          WHEN c.closed IS NULL THEN (l.created, l.withdrawn) <> (1, 0)
          WHEN l.created = 0 THEN l.withdrawn <> 0
          ELSE l.withdrawn <> 1 OR l.was_sent IS NOT true END""",
    "the last line says what is claimed": """
        SELECT c.patron_id FROM collection_claims c CROSS JOIN LATERAL (
          SELECT amount FROM collection_lines WHERE claim_id = c.id ORDER BY id DESC LIMIT 1) l
        WHERE c.patron_id = ANY(%(patrons)s) AND c.closed IS NULL AND l.amount <> c.amount""",
    "a file has the lines that it was written with": """
        SELECT f.id FROM collection_files f WHERE f.lines <> (
          SELECT count(*) FROM collection_lines WHERE file_id = f.id)""",
    "a message is put down once": """
        SELECT patron_id FROM notices WHERE patron_id = ANY(%(patrons)s)
        GROUP BY patron_id, once HAVING count(*) > 1""",
    "what was withdrawn is not sent": """
        SELECT n.patron_id FROM notices n JOIN notice_messages m ON m.id = n.message_id
        WHERE n.patron_id = ANY(%(patrons)s) AND n.state = 'withdrawn'
        AND m.state IN ('waiting', 'sending')""",
    "a message and what it tells have come equally far": """
        SELECT m.patron_id FROM notice_messages m JOIN notices n ON n.message_id = m.id
        WHERE m.patron_id = ANY(%(patrons)s) AND (
          m.state IN ('sent', 'delivered', 'read', 'unsure') AND n.state NOT IN (m.state, 'waiting')
          OR m.state IN ('sending', 'waiting') AND n.state <> 'sending')""",
    "nobody is sent the same twice at once": """
        SELECT patron_id FROM notice_messages WHERE patron_id = ANY(%(patrons)s)
        AND state IN ('waiting', 'sending', 'unsure') AND kind = 'staff'
        GROUP BY patron_id, subject HAVING count(*) > 1""",
    "a wish is over when nobody is asked, and nobody is asked when it is over": """
        SELECT c.id FROM interlibrary_cases c LEFT JOIN interlibrary_loans l ON l.id = c.loan_id
        WHERE c.id = ANY(%(cases)s) AND (
          c.closed IS NULL AND (l.id IS NULL OR l.closed IS NOT NULL)
          OR c.closed IS NOT NULL AND EXISTS (SELECT 1 FROM interlibrary_loans o
            WHERE o.case_id = c.id AND o.closed IS NULL
            AND o.state IN ('asked', 'expected', 'offered')))""",
    "one library is asked at a time, and each once": """
        SELECT case_id FROM interlibrary_loans WHERE case_id = ANY(%(cases)s)
        GROUP BY case_id HAVING count(*) FILTER (
          WHERE closed IS NULL AND state IN ('asked', 'expected', 'offered')) > 1""",
    "an item is in one interlibrary loan, which is open": """
        SELECT item_id FROM interlibrary_loans WHERE item_id = ANY(%(items)s) AND closed IS NULL
        GROUP BY item_id HAVING count(*) > 1
        UNION SELECT l.item_id FROM loans l JOIN interlibrary_loans i ON i.item_id = l.item_id
        WHERE l.item_id = ANY(%(items)s) AND l.checked_in IS NULL AND i.role = 'borrower'
        AND NOT EXISTS (SELECT 1 FROM interlibrary_loans o
          WHERE o.item_id = l.item_id AND o.closed IS NULL)""",
    "an interlibrary loan is lent while its item is": """
        SELECT i.item_id FROM interlibrary_loans i WHERE i.item_id = ANY(%(items)s)
        AND i.closed IS NULL AND i.state IN ('on loan', 'renewal asked', 'lent')
        AND NOT EXISTS (SELECT 1 FROM loans l
          WHERE l.item_id = i.item_id AND l.checked_in IS NULL)""",
    "a partner is told once that it is asked, given up, received or sent home": """
        SELECT l.id FROM interlibrary_loans l JOIN partner_notices n
        ON n.interlibrary_loan_id = l.id
        WHERE (l.case_id = ANY(%(cases)s) OR l.id = ANY(%(partners_loans)s))
        AND n.kind IN ('asked', 'cancelled', 'received', 'sent_home')
        GROUP BY l.id, n.kind HAVING count(*) > 1""",
    "nothing of an erased patron is left": """
        SELECT x.patron_id FROM (
          SELECT patron_id FROM loans WHERE checked_in IS NULL AND item_id = ANY(%(items)s)
          UNION SELECT co_patron_id FROM loans WHERE checked_in IS NULL
            AND item_id = ANY(%(items)s)) x
        WHERE x.patron_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM patrons p WHERE p.id = x.patron_id)""",
}


def broken_rules(connection: psycopg.Connection[Any], **ids: Iterable[int]) -> dict[str, list[int]]:
    """Return the rules that the rows break, each with the ids of the rows.

    `ids` are those of the parameters of `INVARIANTS`, all of them.
    """
    ids = {name: [each for each in given if each] for name, given in ids.items()}
    broken = {}
    for rule, statement in INVARIANTS.items():
        found = connection.execute(statement, ids).fetchall()  # type: ignore[arg-type]
        if found:
            broken[rule] = [row[0] for row in found]
    return broken


#: Rows of a scene that the transaction itself has written, by table.
WRITTEN: Final = " UNION ALL ".join(
    f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table}"
    f" WHERE {condition} AND xmin = pg_current_xact_id()::xid)"
    for table, condition in {
        "loans": "item_id = ANY(%s)",
        "captures": "item_id = ANY(%s)",
        "transits": "item_id = ANY(%s)",
        "holds": "patron_id = ANY(%s)",
        "charges": "patron_id = ANY(%s)",
        "payments": "patron_id = ANY(%s)",
        "patron_balances": "patron_id = ANY(%s)",
        "patron_blocks": "patron_id = ANY(%s)",
        "money_orders": "patron_id = ANY(%s)",
        "bookings": "patron_id = ANY(%s)",
        "collection_claims": "patron_id = ANY(%s)",
        "notices": "patron_id = ANY(%s)",
        "events": "id > %s",
    }.items()
)
WRITTEN_BY: Final[tuple[Callable[[list[int], list[int], int], Any], ...]] = (
    *([lambda items, patrons, event: items] * 3),
    *([lambda items, patrons, event: patrons] * 9),
    lambda items, patrons, event: event,
)
