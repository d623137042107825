"""Tests of columns that hold the value of one of several things."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.database.compiling import DIALECTS, KINDS
from circulation.kernel.stored import stored_as
from circulation.ledger.money import ChargeKind
from circulation.ledger.schema import charges


@pytest.mark.parametrize("dialect", [DIALECTS[kind] for kind in KINDS], ids=KINDS)
def test_the_values_of_a_column_become_what_they_stand_for(dialect: Any) -> None:
    kind = stored_as(charges.c.kind, ChargeKind).type
    read = kind.dialect_impl(dialect).result_processor(dialect, None)
    assert [read(each.value) for each in ChargeKind] == list(ChargeKind)
    with pytest.raises(LookupError):
        read("no such kind")
