"""What is made of a class of settings: the check, columns, values, sentences, meanings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import ConfigDict, Field
from sqlalchemy import SmallInteger, String

from circulation.dunning.steps import STEP
from circulation.fees.terms import FEE_TERMS
from circulation.kernel.fitting import DESCRIBED
from circulation.kernel.models import AsText, Model, Wanted, said
from circulation.kernel.policy import LOAN_POLICY
from circulation.notices.terms import NOTICE_TERMS
from circulation.patrons.pin_settings import PIN_SETTINGS


def _is_colours(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


Colours = Annotated[
    tuple[str, ...], Wanted('colours: ["red"]', _is_colours), AsText(" ".join, _split)
]


@dataclass(frozen=True, slots=True)
class Paint:
    """Settings of a wall."""

    __pydantic_config__: ClassVar[ConfigDict] = DESCRIBED

    wall: Literal["north", "south"]
    """Which wall."""
    coats: Annotated[int, Field(ge=1, le=9), SmallInteger()] = 2
    """How often it is
    painted."""
    is_dry: bool = False
    """Has it dried?"""
    colours: Colours = ()
    """What it is painted with."""
    after: Annotated[int, Field(ge=0, le=30)] | None = None
    """Days to wait."""


@dataclass(frozen=True, slots=True)
class MorePaint(Paint):
    """The same with one line more."""

    __pydantic_config__: ClassVar[ConfigDict] = DESCRIBED

    layers: Annotated[int, Field(ge=0, le=5)] = 1
    """Of primer."""


PAINT = Model(Paint, "{name}: nothing of the kind among {known}")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("wall", "east", "wall is north or south, not 'east'"),
        ("coats", 0, "coats is a whole number from 1 to 9, not 0"),
        ("coats", 10, "coats is a whole number from 1 to 9, not 10"),
        ("coats", True, "coats is a whole number from 1 to 9, not True"),
        ("coats", 2.0, "coats is a whole number from 1 to 9, not 2.0"),
        ("coats", "2", "coats is a whole number from 1 to 9, not '2'"),
        ("is_dry", 1, "is_dry must be true or false, not 1"),
        ("is_dry", "yes", "is_dry must be true or false, not 'yes'"),
        ("colours", ["red", 1], "colours is colours: [\"red\"], not ['red', 1]"),
        ("after", -1, "after is a whole number from 0 to 30, not -1"),
        (
            "floor",
            1,
            "floor: nothing of the kind among wall, coats, is_dry, colours, after",
        ),
    ],
)
def test_one_sentence_for_each_mistake(name: str, value: Any, sentence: str) -> None:
    assert PAINT.problems({"wall": "north", name: value}) == {name: sentence}


def test_all_mistakes_come_at_once_and_what_is_missing_too() -> None:
    problems = PAINT.problems({"coats": 0, "is_dry": None, "after": 99})
    assert list(problems) == ["coats", "after", "wall"]
    assert problems["wall"] == "wall is missing"


def test_columns() -> None:
    kinds = {column.name: str(column.type) for column in PAINT.columns()}
    assert kinds == {
        "wall": "VARCHAR",
        "coats": "SMALLINT",
        "is_dry": "BOOLEAN",
        "colours": "VARCHAR",
        "after": "INTEGER",
    }
    assert not any(column.nullable for column in PAINT.columns(nullable=False))


def test_values_go_into_a_column_and_come_back() -> None:
    colours = PAINT.settings["colours"]
    assert colours.stored(["red", "blue"]) == "red blue"
    assert colours.loaded("red blue") == ("red", "blue")
    assert said(colours.loaded("red blue")) == ["red", "blue"]
    assert PAINT.settings["is_dry"].loaded(1) is True  # as SQLite gives it
    assert colours.stored(None) is None
    assert colours.loaded(None) is None


def test_a_setting_more_is_one_line() -> None:
    more = Model(MorePaint)
    assert more.names == (*PAINT.names, "layers")
    assert more.columns()[-1].name == "layers"
    assert more.problems({"wall": "north", "layers": 6}).keys() == {"layers"}
    assert more.settings["layers"].may_be == "a whole number from 0 to 5"


@pytest.mark.parametrize(
    "model",
    [LOAN_POLICY, FEE_TERMS, NOTICE_TERMS, STEP, PIN_SETTINGS.model],
    ids=lambda model: model.kind.__name__,
)
def test_every_setting_is_described_and_its_default_is_allowed(model: Model[Any]) -> None:
    assert all(model.meanings[name] for name in model.names)
    usual = {
        name: said(setting.default)
        for name, setting in model.settings.items()
        if setting.default not in (None, ()) and name not in ("code", "does", "days", "message")
    }
    assert set(model.problems(usual)) <= {"code", "does", "days"}


def test_a_text_has_the_width_of_its_column() -> None:
    currency = FEE_TERMS.settings["currency"].column().type
    assert isinstance(currency, String)
    assert currency.length == 3
