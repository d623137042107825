"""The day of a branch, in figures and in plots."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.holds.placing import place_holds
from circulation.holds.results import Wanted
from circulation.holds.wishes import HoldWish
from circulation.kernel.rights import Right
from protocols.api import plots
from tests.builders.circulation import a_patron, an_item
from tests.examples import examples
from tests.protocols.api.stage import Stage

SVG = "{http://www.w3.org/2000/svg}"


def _today(stage: Stage, query: str = "", *rights: Right) -> Any:
    token = stage.a_caller(*(rights or (Right.VIEW_REPORTS, Right.OPERATE)))
    return stage.ask("GET", f"/today{query}", token=token)


def test_the_day_is_counted_hour_by_hour_beside_a_usual_one(stage: Stage) -> None:
    library = stage.library
    now = library.now
    library.now = now - timedelta(days=14)
    for _ in range(4):
        an_item(library, on_loan_to=a_patron(library))
    library.now = now
    card = a_patron(library)
    items = [an_item(library, on_loan_to=card) for _ in range(3)]
    library.check_in(items[0])
    told = _today(stage).body
    assert (told["lent"], told["returned"], told["branch"]["isil"]) == (3, 1, "DK-900101")
    [hour] = told["hours"]
    assert (hour["lent"], hour["usual"]) == (3, 1.0)
    before = (library.today - timedelta(days=14)).isoformat()
    assert _today(stage, f"?day={before}").body["lent"] == 4


def test_the_longest_queue_comes_first(stage: Stage) -> None:
    library = stage.library
    lent = [an_item(library, on_loan_to=a_patron(library), title=f"Book {n}") for n in (1, 2)]
    for wanted in (lent[0], lent[1], lent[1]):
        wish = HoldWish(a_patron(library), [Wanted(item=wanted)])
        library.write(lambda transaction, wish=wish: place_holds(library.act(transaction), wish))
    told = _today(stage).body
    assert [(each["title"], each["waiting"], each["copies"]) for each in told["queues"]] == [
        ("Book 2", 2, 1),
        ("Book 1", 1, 1),
    ]
    assert told["holds_placed"] == 3
    for plot in told["plots"].values():
        assert ET.fromstring(plot).tag == f"{SVG}svg"
    assert "Book 2" in told["plots"]["queues"]


@pytest.mark.parametrize("day", ["2999-01-01", "1999-01-01"])
def test_days_that_nobody_knows_are_refused(stage: Stage, day: str) -> None:
    assert _today(stage, f"?day={day}").status == 422


def test_who_runs_no_machines_sees_none(stage: Stage) -> None:
    assert _today(stage, "", Right.VIEW_REPORTS).body["machines"] == []


@given(
    lent=st.dictionaries(st.integers(0, 23), st.integers(0, 10**6)),
    usual=st.dictionaries(st.integers(0, 23), st.floats(0, 10**6)),
    name=st.text(),
)
@examples(50)
def test_a_plot_is_always_a_picture(
    lent: dict[int, int], usual: dict[int, float], name: str
) -> None:
    assert ET.fromstring(plots.hours(lent, usual, name)).get("role") == "img"
    drawn = ET.fromstring(plots.bars([plots.Bar(name, name, 0.5, "todo")], name))
    assert len(drawn.findall(f"{SVG}rect")) == 2
