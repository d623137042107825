"""What is wrong with a setting is said in the project's words, whatever is put there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import ConfigDict, Field, ValidationError

from protocols.hosting import validating
from protocols.hosting.standard import installed_standards
from protocols.hosting.validating import adapter_of, problem_of, written
from protocols.notices.settings import driver_names, load_driver
from protocols.process.configuration import SECTIONS, configuration_from
from protocols.process.foundation import ConfigurationError

#: Words that only the library of the schemas uses.
_FOREIGN = re.compile(
    r"Input |valid |[Vv]alue error|Field required|String should|should be|Tuple |pattern|"
    r"Unexpected|keyword|cannot be used|dictionary|instance|boolean|<class"
)
_VALUES: tuple[Any, ...] = (
    *("x", "", " ", "sesame", -1, 10**9, 10**30, 0.5, -0.5, True, [], ["x"], [1], [{}], {}),
    *({"x": 1}, {"x": {}}, {"x": "y"}, [{"x": 1}], float("inf"), "ftp://x", "x" * 5000),
)


def settings() -> Iterator[tuple[str, type[Any]]]:
    for name, kind in SECTIONS.items():  # one with a check of its own is annotated
        yield name, getattr(kind, "__origin__", kind)
    yield from ((name, each.settings) for name, each in installed_standards().items())
    yield from ((name, load_driver(name).settings) for name in driver_names())


@pytest.mark.parametrize(("name", "kind"), list(settings()), ids=str)
def test_whatever_is_put_anywhere(name: str, kind: type[Any], tmp_path: Path) -> None:
    for field in fields(kind):
        for value in _VALUES:
            try:
                adapter_of(kind).validate_python({field.name: value}, context={"folder": tmp_path})
            except ValidationError as error:
                for detail in error.errors():
                    said = problem_of(detail)
                    assert not _FOREIGN.search(said), (field.name, detail["type"], said)
                    assert "sesame" not in said


@dataclass(frozen=True)
class _Settings:
    __pydantic_config__ = ConfigDict(extra="forbid")

    number: Annotated[int, Field(gt=0, le=9)] = 1
    share: Annotated[float, Field(ge=0.5, lt=2)] = 1.0
    word: Literal["one", "two"] = "one"
    yes: bool = True
    texts: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)] = ("x",)
    name: Annotated[str, Field(min_length=2, max_length=3)] = "xx"
    code: Annotated[str, written(r"^\d\d\Z", "two digits")] = "11"
    path: Path = Path()
    table: dict[str, int] | None = None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"number": "x"}, "number: must be a whole number, and is a text"),
        ({"number": 1.5}, "number: must be a whole number, and is a number"),
        ({"number": []}, "number: must be a whole number, and is a list"),
        ({"number": 0}, "number: must be more than 0, and is 0"),
        ({"number": 10}, "number: must be 9 or less, and is 10"),
        ({"share": 0.25}, "share: must be 0.5 or more, and is 0.25"),
        ({"share": 2.5}, "share: must be less than 2, and is 2.5"),
        ({"share": {}}, "share: must be a number, and is a table"),
        ({"word": "three"}, 'word: must be "one" or "two"'),
        ({"yes": 7}, "yes: must be true or false, and is a whole number"),
        ({"texts": "x"}, "texts: must be a list in square brackets, and is a text"),
        ({"texts": [1]}, "texts.0: must be a text in quotes, and is a whole number"),
        ({"texts": []}, "texts: must hold at least 1"),
        ({"texts": ["x", "x", "x"]}, "texts: must hold at most 2"),
        ({"name": "x"}, "name: must have at least 2 characters"),
        ({"name": "xxxx"}, "name: must have at most 3 characters"),
        ({"code": "1"}, "code: must be two digits"),
        ({"code": "11\n"}, "code: must be two digits"),
        (
            {"path": 1},
            "path: must be the name of a file or folder in quotes, and is a whole number",
        ),
        ({"table": 1}, "table: must be a table, and is a whole number"),
        ({"nmae": 1}, "nmae: no such setting"),
    ],
)
def test_the_key_what_was_found_and_what_is_allowed(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        adapter_of(_Settings).validate_python(given)
    detail = raised.value.errors()[0]
    assert f"{'.'.join(map(str, detail['loc']))}: {problem_of(detail)}" == said


@pytest.mark.parametrize("kind", sorted(validating._WANTED))
def test_the_table_holds_kinds_that_there_are(kind: str) -> None:
    from typing import get_args

    from pydantic_core.core_schema import ErrorType

    assert kind in get_args(ErrorType) or kind in ("unexpected_keyword_argument", "path_type")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("mysql://root:sesame@127.0.0.1/tiro", "is of the kind 'mysql'"),
        ("postgresql+psycopg://tiro:sesame@127.0.0.1/tiro", "is of the kind 'postgresql+psycopg'"),
        ("sqlite://tiro.sqlite", "is of the kind 'sqlite'"),
        ("sqlite:///", "is of the kind 'sqlite'"),
        ("tiro.sqlite", "is neither"),
        ("", "is neither"),
    ],
)
def test_a_database_of_no_kind_that_there_is(url: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as told:
        configuration_from({"database": {"url": url}}, tmp_path / "tiro.toml", {})
    assert told.value.problems == [
        "[database] url: must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME, and "
        + found
    ]
