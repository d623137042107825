"""The lock that a request holds while it is carried out: its repetition waits for the answer."""

from __future__ import annotations

from typing import Final

from catalogue.database.transactions import Transaction

#: Sent as it is here: by its text PostgreSQL's driver knows which lock was waited for in vain.
REQUEST_LOCK: Final = "SELECT pg_advisory_xact_lock(%s)"


def lock_request(transaction: Transaction, key: int) -> None:
    """Wait until no other transaction carries out the request with this key.

    SQLite has one writer, so there is nothing to wait for. If the wait is over before the other
    transaction is, the work fails with `OutcomeUnknown`: the other may be committed yet, so the
    request must not be refused.
    """
    if transaction.takes_locks and transaction.dialect == "postgresql":
        transaction.execute(REQUEST_LOCK, (key,))
