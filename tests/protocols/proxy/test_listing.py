"""The list of differences: its order, its pages, and what it says of other choices."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.hosting.proxy_words import ERRANDS
from protocols.proxy.listing import list_differences
from protocols.proxy.reconciling.rows import Row

BRANCHES = ("", "DK-900101", "DK-900102")
ROWS = st.lists(
    st.builds(
        Row,
        subject=st.sampled_from(["item", "patron"]),
        name=st.sampled_from(["I1", "I12", "i2", "P1", "P12"]),
        aspect=st.sampled_from(["loan", "debt"]),
        old=st.just(["IN", ""]),
        new=st.just(["IN", ""]),
        cause=st.just("CLOCK"),
        remedy=st.just("NOTHING"),
        errand=st.sampled_from([*ERRANDS]),
        branch=st.sampled_from(BRANCHES),
        since=st.sampled_from(["2026-12-01T10:00:00", "2026-12-02T10:00:00"]),
        of=st.integers(1, 1000),
    ),
    max_size=30,
    unique_by=lambda row: (row.of, row.aspect),
)


@given(
    rows=ROWS,
    limit=st.integers(1, 7),
    branch=st.sampled_from([None, *BRANCHES]),
    errand=st.sampled_from([None, *ERRANDS]),
    find=st.sampled_from(["", "i1", "P1", " I2 "]),
)
def test_the_pages_are_all_that_fits_once_and_in_order(
    rows: list[Row], limit: int, branch: str | None, errand: str | None, find: str
) -> None:
    asked: dict[str, Any] = {"branch": branch, "errand": errand, "find": find, "limit": limit}
    listed: list[dict[str, Any]] = []
    after = None
    while True:
        page = list_differences(rows, asked | {"after": after})
        assert len(page["rows"]) <= limit
        listed += page["rows"]
        after = page["next"]
        if after is None:
            break
    wanted = [
        each
        for each in rows
        if branch in (None, each.branch)
        and errand in (None, each.errand)
        and find.strip().lower() in each.name.lower()
    ]
    urgency = [*ERRANDS]
    places = [(urgency.index(each["errand"]), each["since"], each["of"]) for each in listed]
    assert places == sorted(places)
    assert page["number"] == len(listed) == len(wanted)
    assert {(each["of"], each["aspect"]) for each in listed} == {
        (each.of, each.aspect) for each in wanted
    }


@given(rows=ROWS)
def test_a_choice_has_as_many_rows_as_was_said_of_it(rows: list[Row]) -> None:
    everything = list_differences(rows, {})
    for name in ("branch", "errand"):
        told = everything["branches" if name == "branch" else "errands"]
        for choice, number in told.items():
            assert list_differences(rows, {name: choice})["number"] == number
        assert sum(told.values()) == len(rows)


def test_patrons_are_looked_for_only_where_the_caller_says_so() -> None:
    rows = [
        Row("patron", "P1", "debt", [], [], "CLOCK", "NOTHING", "PATRON", "", "2026-12-01", 1),
        Row("item", "P12", "loan", [], [], "CLOCK", "NOTHING", "ITEM", "", "2026-12-01", 2),
    ]
    assert list_differences(rows, {"find": "P1"})["number"] == 2
    found = list_differences(rows, {"find": "P1", "subjects": ["item"]})
    assert [each["name"] for each in found["rows"]] == ["P12"]


@pytest.mark.parametrize("after", [[1], "x", 7, [None] * 4, ["a", "", "b", ""]])
def test_a_place_that_is_none_is_refused(after: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        list_differences([], {"after": after, "limit": 1})
    row = Row("item", "I1", "loan", [], [], "CLOCK", "NOTHING", "ITEM", "", "2026-12-01", 2)
    with pytest.raises(ValueError, match=r".+"):
        list_differences([row], {"after": after})
