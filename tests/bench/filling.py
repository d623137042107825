"""Items, patrons, loans, events and holds by the million, made by the database itself, in seconds.

The numbers of a range become rows: `fill(transaction, "items", range(1, 1_000_001), words)`. The
words are SQL over `i`, the number: what differs between libraries. Rows of a range are always the
same ones, so that a filling that was broken off can go on.
"""

from __future__ import annotations

from collections.abc import Mapping

from catalogue.database import Transaction

#: By table, in the order in which they name each other. `{blob}`, `{now}`, `{due}`, `{some_day}`
#: and `{later}` are constants; every other word is given. A per cent sign would be a parameter to
#: PostgreSQL's driver: remainders are written without it.
_FILL = {
    "records": (
        "INSERT INTO records (id, format, title, author, data, created, changed)"
        " SELECT i, 'marc21', 'Title ' || i, 'Author ' || i / 9, {blob}, {now}, {now}"
        " FROM {numbers}"
    ),
    "items": (
        "INSERT INTO items (id, barcode, record_id, branch_id, department, location, sublocation,"
        " call_number, material_group, part, float_group, section, created)"
        " SELECT i, 'I' || i, {record}, {branch}, 'Adults',"
        " 'Fiction', '', '86-' || i / 99, 'book', '', '', '', {now} FROM {numbers}"
    ),
    "patrons": (
        "INSERT INTO patrons (id, agency_id, home_branch_id, category, name, given_name,"
        " family_name, language, email, phone, note, created)"
        " SELECT i, {agency}, {branch}, 'adult', 'Ida ' || i, 'Ida', 'No. ' || i, 'da', '', '', '',"
        " {now} FROM {numbers}"
    ),
    "patron_identifiers": (
        "INSERT INTO patron_identifiers (identifier, patron_id, kind, added)"
        " SELECT 'P' || i, i, 'card', {now} FROM {numbers}"
    ),
    # Every tenth item is on loan.
    "loans": (
        "INSERT INTO loans (id, item_id, patron_id, branch_id, material_group, checked_out, due,"
        " renewals) SELECT i, i * 10, {borrower}, {lender}, 'book', {now}, {some_day}, 0"
        " FROM {numbers}"
    ),
    # What was lent before, `{at}` and as `{reader}` tells; each has two events, and some a message.
    "ended_loans": (
        "INSERT INTO loans (id, item_id, patron_id, branch_id, material_group, checked_out, due,"
        " renewals, checked_in, checked_in_branch_id) SELECT 1000000 + i, {item}, {reader},"
        " {lender}, 'book', {at}, {due}, 0, {at}, {lender} FROM {numbers}"
    ),
    "lending_events": (
        "INSERT INTO events (kind, at, actor, device, branch_id, item_id, patron_id, loan_id,"
        " after, traits) SELECT CASE k WHEN 0 THEN 'checked_out' ELSE 'checked_in' END, {at},"
        " 'kiosk', 'machine', {lender}, {item}, {reader}, 1000000 + i,"
        """ '{{"due": "2026-12-23T22:59:59+00:00", "material_group": "book"}}',"""
        """ '{{"category": "adult", "age_band": "30-39", "municipality": "101"}}'"""
        " FROM {numbers} CROSS JOIN (SELECT 0 AS k UNION ALL SELECT 1) AS both_of"
    ),
    "old_messages": (
        "INSERT INTO notice_messages (id, patron_id, recipient_id, branch_id, kind, channel,"
        " address, language, subject, body, template, state, attempts, created, due, claimed, sent,"
        " changed, reference, error, confirms) SELECT i, {reader}, {reader}, {lender}, 'due_soon',"
        " 'email', 'ida@example.org', 'da', 'Husk at aflevere', 'Der er noget, der snart skal"
        " afleveres.', 'due_soon', 'sent', 1, {at}, {at}, {at}, {at}, {at}, 'r' || i, '', {false}"
        " FROM {numbers}"
    ),
    "holds": (
        "INSERT INTO holds (id, record_id, part, patron_id, pickup_branch_id, queue_class,"
        " priority, placed, interest_until) SELECT i, {wanted}, '', {holder}, {pickup}, 0, 0,"
        " {now}, {later} FROM {numbers}"
    ),
}
_SERIES = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n"
    " WHERE i < {last}) SELECT i FROM n) AS n",
    "postgresql": "generate_series({first}, {last}) AS n(i)",
}
_WORDS = {
    "sqlite": {
        "blob": "x''",
        "now": "'2026-11-25T11:00:00.000000+00:00'",
        "due": "'2026-12-23T22:59:59.000000+00:00'",
        "some_day": "strftime('%Y-%m-%dT22:59:59.000000+00:00', '2026-12-01',"
        " '+' || (i - i / 28 * 28) || ' days')",
        "later": "'2027-11-25'",
        "false": "0",
    },
    "postgresql": {
        "blob": "''::bytea",
        "now": "timestamptz '2026-11-25 11:00:00+00'",
        "due": "timestamptz '2026-12-23 22:59:59+00'",
        "some_day": "timestamptz '2026-12-01 22:59:59+00' + (i - i / 28 * 28) * interval '1 day'",
        "later": "date '2027-11-25'",
        "false": "false",
    },
}


def cyclic(number: str, count: int, first: int = 1) -> str:
    """SQL for the numbers from `first` on, so many of them, over and over."""
    return f"{first} + {number} - {number} / {count} * {count}"


def fill(
    transaction: Transaction, table: str, numbers: range, words: Mapping[str, object] = {}
) -> None:
    """Inserts a row for each number."""
    if not numbers:
        return
    dialect = transaction.dialect
    series = _SERIES[dialect].format(first=numbers[0], last=numbers[-1])
    statement = _FILL[table].format(**_WORDS[dialect], **words, numbers=series)
    transaction.execute(statement, ())
