"""What is lost most often when a library moves is here afterwards, kind by kind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.dunning import danish
from tests.builders.moving import BO, FIRST, HEADERS, IDA, SECOND, THIRD, OldSystem


@pytest.fixture
def moved(more: OldSystem) -> OldSystem:
    danish(more.library)
    more.plan = (
        more.plan.replace(
            'card = "card"\nhome',
            'card = "card"\nother_cards = "more"\nlost_cards = "lost"\nconsents = "consents"\nhome',
        )
        .replace('deadline = "deadline"', 'deadline = "deadline"\nshelf_number = "place"')
        .replace('text"\nreminders', 'text"\ncollected = "collected"\nreminders')
    )
    more.write(
        "patrons",
        (*IDA, "P1b|P1c", "P1d", "keep_history"),
        (*BO, "", "", ""),
        header=(*HEADERS["patrons"], "more", "lost", "consents"),
    )
    more.write("items", FIRST, SECOND, THIRD, ("14", "B4", "t2", "MAIN", "book", "", "", ""))
    more.write("loans", ("1", "B1", "2026-10-01 10:00", "2026-10-20", "2", "2", "2026-11-10"))
    more.write(
        "holds",
        ("1", "P1", "t1", "MAIN", "2026-11-10", "2", "", "", "", ""),
        ("2", "P2", "t1", "PORT", "2026-11-12", "1", "", "", "", ""),
        ("3", "P2", "t2", "MAIN", "2026-11-01", "", "shelf", "B4", "2026-12-03", "17"),
        header=(*HEADERS["holds"], "place"),
    )
    more.write(
        "debts",
        ("1", "P1", "F", "25.00", "10.50", "2026-10-01", "late", "", "0"),
        ("2", "P2", "L", "299.95", "299.95", "2026-01-02", "lost", "1", "1"),
        header=(*HEADERS["debts"], "collected"),
    )
    more.write("messages", ("1", "P1", "ODUE", "2026-11-10 08:00", "email", "", "B1"))
    more.write(
        "history",
        ("1", "B3", "P1", "2025-01-01", "2025-01-20"),
        ("2", "B3", "P2", "2025-02-01", "2025-02-20"),
    )
    more.deliver()
    assert [fault for fault in more.faults if not fault[1].is_noted] == []
    return more


#: What gets lost: a query, and what it must answer.
KEPT: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "why somebody is blocked": (
        "SELECT reason, message FROM patron_blocks ORDER BY reason",
        [("excluded", "broke a lamp"), ("other", "broke a lamp")],
    ),
    "second cards, and those that were lost": (
        (
            "SELECT identifier, blocked FROM patron_identifiers WHERE identifier LIKE 'P1_'"
            " ORDER BY identifier"
        ),
        [("P1b", None), ("P1c", None), ("P1d", "lost")],
    ),
    "consents": ("SELECT kind FROM patron_consents", [("keep_history",)]),
    "what is on its way": (
        "SELECT i.barcode, t.reason FROM transits t JOIN items i ON i.id = t.item_id",
        [("B2", "home")],
    ),
    "what stands ready, where and until when": (
        (
            "SELECT i.barcode, c.number, substr(CAST(c.deadline AS text), 1, 10) FROM captures c"
            " JOIN items i ON i.id = c.item_id"
        ),
        [("B4", 17, "2026-12-03")],
    ),
    "how often a loan was renewed": ("SELECT renewals FROM loans WHERE checked_in IS NULL", [(2,)]),
    "which reminders went out": (
        "SELECT count(*) FROM dunning_acts WHERE loan_id IS NOT NULL AND outcome = 'done'",
        [(2,)],
    ),
    "the order of a queue": (
        (
            "SELECT i.identifier FROM holds h"
            " JOIN patron_identifiers i ON i.patron_id = h.patron_id"
            " JOIN records r ON r.id = h.record_id WHERE r.control_number = 't1'"
            " AND i.identifier IN ('P1', 'P2') ORDER BY h.queue_class, h.priority, h.placed, h.id"
        ),
        [("P2",), ("P1",)],
    ),
    "what remains of a debt": (
        "SELECT amount, balance FROM charges ORDER BY balance",
        [(2_500, 1_050), (29_995, 29_995)],
    ),
    "that a debt was handed over for collection": (
        "SELECT count(*) FROM dunning_acts WHERE charge_id IS NOT NULL AND does = 'collect'",
        [(1,)],
    ),
    "what was told": ("SELECT kind FROM notice_messages", [("overdue",)]),
    "the history of who consents, and of nobody else": (
        "SELECT count(*), count(patron_id) FROM loans WHERE checked_in IS NOT NULL",
        [(2, 1)],
    ),
}


def test_what_gets_lost_most_often_is_kept(moved: OldSystem) -> None:
    assert {what: moved.rows(query) for what, (query, _) in KEPT.items()} == {
        what: wanted for what, (_, wanted) in KEPT.items()
    }
