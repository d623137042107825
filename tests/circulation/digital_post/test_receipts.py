"""Receipts are written down once, whoever's they are."""

from __future__ import annotations

from datetime import timedelta

from circulation.digital_post.receipts import (
    PostReceipt,
    forget_receipts,
    forget_unknown_receipts,
    receipts_of,
    unknown_receipts,
    write_receipt,
)
from circulation.notices.outcomes import Report, take_report
from tests.builders.circulation import NOON, Library

RECEIPT = PostReceipt(
    "push e1",
    "8c2ea15d-61fb-4ba9-9366-42f8b194c114",
    7,
    "Digital Post",
    "Fejlet",
    NOON - timedelta(minutes=5),
    "memo.invalid",
    "no such tag",
    "t1",
)


def test_once(library: Library) -> None:
    def work(transaction: object) -> list[bool]:
        return [write_receipt(transaction, RECEIPT, NOON) for _ in range(2)]  # type: ignore[arg-type]

    assert library.write(work) == [True, False]
    assert library.write(work) == [False, False]
    (kept,) = library.read(lambda transaction: receipts_of(transaction, [7]))
    assert (kept.name, kept.status, kept.at, kept.received) == (
        "push e1",
        "Fejlet",
        NOON - timedelta(minutes=5),
        NOON,
    )
    assert (kept.error_code, kept.error_text, kept.transmission_id) == (
        "memo.invalid",
        "no such tag",
        "t1",
    )


def test_in_the_order_in_which_they_came_about(library: Library) -> None:
    for number, minutes in enumerate((3, 1, 2)):
        receipt = RECEIPT._replace(name=f"e{number}", at=NOON + timedelta(minutes=minutes))
        library.write(lambda transaction, each=receipt: write_receipt(transaction, each, NOON))
    kept = library.read(lambda transaction: receipts_of(transaction, [7]))
    assert [each.name for each in kept] == ["e1", "e2", "e0"]


def test_those_that_nobody_knows(library: Library) -> None:
    report = Report(None, 7, receipt=RECEIPT)  # there is no message 7
    is_known = library.write(
        lambda transaction: take_report(transaction, "digital_post", report, NOON)
    )
    assert not is_known
    found = library.read(lambda transaction: unknown_receipts(transaction, since=NOON))
    assert [each.name for each in found] == ["push e1"]
    later = NOON + timedelta(seconds=1)
    assert library.read(lambda transaction: unknown_receipts(transaction, since=later)) == []


def test_strangers_are_forgotten_in_time(library: Library) -> None:
    for number, message_id in enumerate((None, 7)):
        receipt = RECEIPT._replace(name=f"e{number}", message_id=message_id)
        library.write(lambda transaction, each=receipt: write_receipt(transaction, each, NOON))

    def forget(days: int) -> int:
        until = NOON + timedelta(days=days)
        return library.write(lambda transaction: forget_unknown_receipts(transaction, until))

    assert [forget(28), forget(29), forget(29)] == [0, 1, 0]
    assert len(library.read(lambda transaction: receipts_of(transaction, [7]))) == 1
    library.write(lambda transaction: forget_receipts(transaction, message_ids=[7]))
    assert library.read(lambda transaction: receipts_of(transaction, [7])) == []
