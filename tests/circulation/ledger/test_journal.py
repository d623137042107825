"""A year of money goes as it is written down in tests/transcripts/money: see `journal`."""

from __future__ import annotations

import re

from catalogue.database import Database
from circulation.kernel.events import EventKind
from circulation.ledger.money import ChargeKind, PostingKind
from circulation.ledger.orders import MoneyAct
from tests.circulation.ledger.journal import JOURNAL, journal

TEXT = JOURNAL.read_text("utf-8")


def test_a_year_of_money(database: Database) -> None:
    """Each posting and event has who did it, where, when, to whom and why."""
    assert journal(database).splitlines() == TEXT.splitlines()


def test_whatever_the_ledger_can_write_is_in_it() -> None:
    for kind in PostingKind:
        assert re.search(rf"\+ charge_postings: charge_id charge \d+, kind {kind.value},", TEXT), (
            kind
        )
    for act in MoneyAct:
        assert f", act {act.value}," in TEXT, act
    for made in ChargeKind:
        if made is not ChargeKind.PROCESSING:
            assert f", kind {made.value}, currency" in TEXT, made
    money = {"charge", "payment", "reimbursed", "receipt", "debt"}
    for event in EventKind:
        if event.value.split("_")[0] in money:
            assert f"+ events: kind {event.value}," in TEXT, event
