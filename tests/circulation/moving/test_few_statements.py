"""On PostgreSQL every statement that is waited for costs a trip: a delivery makes few of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from catalogue.database.pipelines import Cursor, Pipeline
from circulation.moving import deliveries
from tests.builders.moving import FIRST, IDA, LENT, OldSystem

MANY = 400


@pytest.fixture
def big(more: OldSystem) -> OldSystem:
    numbers = range(MANY)
    more.write("patrons", *((f"{n}", f"P{n}", *IDA[2:]) for n in numbers))
    more.write("items", *((f"{n}", f"B{n}", *FIRST[2:]) for n in numbers))
    more.write("loans", *((f"{n}", f"B{n}", *LENT[2:]) for n in numbers))
    more.write(
        "debts", *((f"{n}", f"P{n}", "F", "2.00", "2.00", "2026-11-10", "", "") for n in numbers)
    )
    return more


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_delivery_sends_and_waits_for_few(
    big: OldSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: Counter[str] = Counter()
    waited: Counter[str] = Counter()
    execute, receive = Pipeline.execute, Pipeline.receive

    def executed(self: Pipeline, text: str, values: Sequence[Any] = ()) -> Cursor:
        sent[text[:40]] += 1
        return execute(self, text, values)

    def received(self: Pipeline, cursor: Cursor) -> None:
        waited[cursor._text.command[:40].decode()] += 1
        receive(self, cursor)

    monkeypatch.setattr(deliveries, "BATCH", MANY // 2)
    monkeypatch.setattr(Pipeline, "execute", executed)
    monkeypatch.setattr(Pipeline, "receive", received)
    found = big.deliver()
    assert [found[each].new for each in ("patrons", "items", "loans", "debts")] == [MANY] * 4
    rows = 4 * MANY
    around = sent["BEGIN"] + sent["SELECT CASE WHEN NOT pg_is_in_recovery()"] + sent["COMMIT"]
    assert sum(sent.values()) - around < rows / 2, sent.most_common(8)
    assert sum(waited.values()) < rows / 8, waited.most_common(8)
    assert any(each.startswith("ANALYZE") for each in sent), "it plans by what is there by now"
