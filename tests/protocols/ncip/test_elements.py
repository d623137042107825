"""Classes made into content models: as they were in 0.1, and refused where they cannot be written.

content_models.txt has a line for each element: name, kind, how often it stands there (1, ?, + or
*), and what else is said of it.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import pytest

import protocols.ncip.codec  # noqa: F401 - all classes of messages, before they are counted
from protocols.ncip.messages import Code, UserId
from protocols.ncip.models.elements import LAYOUTS, Row, element
from protocols.ncip.models.layouts import LAYOUTS_1, ORDER_1
from protocols.ncip.models.marks import (
    AGENCY,
    NUMBER,
    ONE,
    SOME,
    V1,
    V2,
    Choice,
    Kind,
    Since,
    Version,
)
from protocols.wire.declarations import DeclarationError

#: The elements that have children.
ELEMENTS = 133


def version(digits: Version) -> str:
    return f"{digits[0]}.{digits[1]:02}"


def spelt(row: Row) -> str:
    """A row as a line of content_models.txt."""
    kind = row.kind.name if isinstance(row.kind, Kind) else row.kind.__name__
    parts = [f"    {row.name} {kind} {row.occurs.value}"]
    if row.choice:
        parts.append(f"one of {row.choice}")
    if row.since != V1:
        parts.append(f"since {version(row.since)}")
    if row.before:
        parts.append(f"before {version(row.before[0])} {row.before[1].value}")
    if row.otherwise is not None:
        parts.append(f"otherwise {'AGENCY' if row.otherwise is AGENCY else repr(row.otherwise)}")
    if row.name_1:
        parts.append(f"named {row.name_1} in 1")
    if row.within_1:
        parts.append(f"within {row.within_1} in 1")
    return " ".join(parts)


def test_every_class_has_the_content_model_that_it_had_in_0_1() -> None:
    lines: list[str] = []
    for kind in sorted(LAYOUTS, key=lambda kind: kind.__name__):
        if kind.__module__ != __name__:
            lines += [kind.__name__, *map(spelt, LAYOUTS[kind])]
    for kind in sorted(ORDER_1, key=lambda kind: kind.__name__):
        lines += [f"{kind.__name__} in version 1, in this order", "    " + " ".join(ORDER_1[kind])]
    for name, rows in LAYOUTS_1.items():
        lines += [f"{name} in version 1", *map(spelt, rows)]
    frozen = Path(__file__).with_name("content_models.txt").read_text(encoding="utf-8")
    assert lines == frozen.splitlines()


def test_no_class_is_missing() -> None:
    assert sum(kind.__module__ != __name__ for kind in LAYOUTS) == ELEMENTS


def test_a_class_says_its_content_model_by_types_and_marks() -> None:
    @element
    class Sample:
        user_id: Annotated[UserId, Choice("who")] | None = None
        name: tuple[str, ...] = ()
        date_due: Annotated[datetime, ONE, Since(V2)] | None = None
        amount: Annotated[int, NUMBER] | None = None
        count: int | None = None
        language: Annotated[tuple[Code, ...], SOME] = ()
        flag: bool = False

    assert [spelt(row).strip() for row in LAYOUTS[Sample]] == [
        "user_id UserId 1 one of who",
        "name TEXT *",
        "date_due MOMENT 1 since 2.00",
        "amount NUMBER ?",
        "count COUNT ?",
        "language CODE +",
        "flag FLAG ?",
    ]


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        (float | None, "float is neither an element nor the text of one"),
        (str, "an element may be absent: `| None`, a tuple of any length, or a bool"),
        (tuple[str, ...] | None, "an element may be absent: `| None`, a tuple of any length, or"),
        (tuple[str, str], "an element may be absent"),
        (Annotated[str, SOME] | None, "SOME cannot be said here"),
        (Annotated[tuple[str, ...], ONE], "ONE cannot be said here"),
        (Annotated[str, ONE, Choice("x")] | None, "ONE cannot be said here"),
        (Annotated[str, NUMBER] | None, "str is not written as NUMBER"),
        (Annotated[str, Choice("x"), Choice("y")] | None, "more than one Choice"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(annotation: Any, reason: str) -> None:
    made = type("Wrong", (), {"__annotations__": {"field": annotation}, "field": None})
    with pytest.raises(DeclarationError) as refusal:
        element(made)
    assert str(refusal.value).startswith(f"{__name__}.Wrong.field: {reason}")
