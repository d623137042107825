"""What plainly fits is what pydantic makes of it; of all else pydantic is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from circulation.kernel.fitting import CLOSED, Beside, Between, Checked, Unclear, fitted

FOLDER = Path("/etc/tiro")


def _no_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    return text.strip()


@dataclass(frozen=True)
class Inner:
    """A table in a table."""

    __pydantic_config__ = CLOSED

    file: Annotated[Path, Beside()]
    mode: Literal["none", "wanted"] = "none"


@dataclass(frozen=True)
class Settings:
    """One field of each sort."""

    __pydantic_config__ = CLOSED

    name: Annotated[str, Checked(_no_blank)] = "a"
    port: Annotated[int, Between(0, 65535)] = 1
    seconds: Annotated[float, Between(0.5, 60)] = 2.0
    enabled: bool = True
    hosts: tuple[Annotated[str, Checked(_no_blank)], ...] = ()
    inner: Inner | None = None
    key: Annotated[str, Checked(_no_blank)] | None = None
    judged: Annotated[int, Field(ge=3)] = 3

    def __post_init__(self) -> None:
        if self.key == self.name:
            raise ValueError("the key is the name")


ADAPTER = TypeAdapter(Settings)
SIMPLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70_000),
    st.floats(),
    st.sampled_from(["", " a ", "x"]),
)
TABLES = st.dictionaries(
    st.sampled_from([*Settings.__dataclass_fields__, "unknown"]),
    st.one_of(
        SIMPLE,
        st.lists(SIMPLE, max_size=2),
        st.fixed_dictionaries({}, optional={"file": SIMPLE, "mode": st.just("wanted")}),
    ),
    max_size=4,
)


@given(TABLES)
def test_what_fits_is_what_pydantic_makes_of_it(table: dict[str, Any]) -> None:
    try:
        made = fitted(Settings, table, FOLDER)
    except ValueError:
        return
    assert made == ADAPTER.validate_python(table, context={"folder": FOLDER})


WHOLE = {
    "name": " a ",
    "port": 7,
    "seconds": 3,
    "enabled": False,
    "hosts": ["a", "b "],
    "inner": {"file": "x.pem", "mode": "wanted"},
    "key": "k",
}


def test_a_table_that_is_plainly_right_needs_no_judge() -> None:
    made = fitted(Settings, WHOLE, FOLDER)
    inner = Inner(FOLDER / "x.pem", "wanted")
    assert made == Settings("a", 7, 3.0, False, ("a", "b"), inner, "k")
    assert type(made.seconds) is float


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 65536},
        {"port": "7"},
        {"port": True},
        {"seconds": 0.1},
        {"seconds": float("nan")},
        {"enabled": 1},
        {"name": " "},
        {"name": None},
        {"hosts": "a"},
        {"hosts": [1]},
        {"inner": {}},
        {"inner": {"file": "x", "mode": "other"}},
        {"unknown": 1},
        {"key": "a"},
        {"judged": 5},
    ],
    ids=str,
)
def test_whatever_is_not_plain_is_left_to_pydantic(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^$|is blank|is the name"):
        fitted(Settings, wrong, FOLDER)


def test_a_class_that_is_read_in_another_way_is_left_to_pydantic() -> None:
    @dataclass
    class Strict:
        """Is not lenient."""

        __pydantic_config__ = ConfigDict(strict=True)

        seconds: float = 1.0

    with pytest.raises(Unclear):
        fitted(Strict, {"seconds": 1.0}, FOLDER)


def test_the_marks_bind_pydantic_too() -> None:
    with pytest.raises(ValidationError) as wrong:
        ADAPTER.validate_python({"port": 65536, "seconds": 0.1, "name": " "})
    kinds = [each["type"] for each in wrong.value.errors()]
    assert kinds == ["value_error", "less_than_equal", "greater_than_equal"]
    port = ADAPTER.json_schema()["properties"]["port"]
    assert (port["minimum"], port["maximum"]) == (0, 65535)
