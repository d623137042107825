"""Rows that hold rows: the facts of an item, with what each feature knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from catalogue.generated import Source

R_co = TypeVar("R_co", covariant=True)


class Shape(NamedTuple):
    """A row of rows: the first `width` columns are the fields of `row` but its last two.

    The columns of `parts` follow, each a class of rows and the numbers of its columns that tell
    whether it is there: it is None where they are all NULL or 0. The last fields of `row` are a
    number with a bit for each part that is there, the first being the lowest, and the tuple of all.
    """

    row: Any
    width: int
    parts: Sequence[tuple[Any, Sequence[int]]]


class Shaped(Protocol[R_co]):
    """What knows the `Shape` of its rows, once it is asked for them."""

    @property
    def row(self) -> type[R_co]: ...

    def shape(self) -> Shape: ...


def row_of_rows(shape: Shape, columns: Sequence[str], scope: dict[str, Any], dialect: str) -> str:
    """Source of the row made of ``_v``, the driver's tuple; `columns` are sources of its values.

    What it needs is put into `scope`. Raises ValueError where there are more columns than fields,
    or fewer.
    """
    start = shape.width
    core = ", ".join(columns[:start])
    lines, are_there = [], []
    for number, (row, keys) in enumerate(shape.parts):
        end = start + len(row._fields)
        is_there = " or ".join(f"_v[{start + key}]" for key in keys)
        values = f"({', '.join(columns[start:end])},)"
        lines.append(f"    p{number} = _new(_row_{number}, {values}) if {is_there} else None\n")
        scope[f"_row_{number}"] = row
        are_there.append(is_there)
        start = end
    if start != len(columns):
        raise ValueError(f"{shape.row} has {start} fields and the statement {len(columns)} columns")
    numbers = range(len(shape.parts))
    present = " | ".join(["0", *(f"({1 << number} if p{number} else 0)" for number in numbers)])
    parts = "".join(f"p{number}, " for number in numbers)
    scope.update(_new=tuple.__new__, _row=shape.row, _nothing=(None,) * len(shape.parts))
    joined, source = f"_{dialect}_joined", Source(f"{shape.row.__name__} of {dialect}", scope)
    made = f"    return _new(_row, ({core}, {present}, ({parts})))\n"
    source.add(joined, f"def {joined}(_v):\n{''.join(lines)}{made}")
    scope[joined] = source.function(joined)
    bare = f"_new(_row, ({core}, 0, _nothing))"
    return f"{joined}(_v) if {' or '.join(are_there)} else {bare}" if are_there else bare
