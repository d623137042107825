"""What a setting must be, said beside its type, and the settings that plainly are that.

pydantic checks settings and tells what is wrong with them. It takes a command longer to load than
all its work, so the marks here are known to pydantic and load it only when it asks for them, and
`fitted` takes what needs no judge: a text where a text is wanted, a number between its bounds.
Whatever it does not know is for pydantic to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    Union,
    get_args,
    get_origin,
)
from typing import get_type_hints as hints_of

if TYPE_CHECKING:
    from pydantic import ConfigDict, ValidationInfo

#: How classes of settings are read: the texts below their fields belong to them.
DESCRIBED: Final[ConfigDict] = {"use_attribute_docstrings": True}
#: The same where a name that no field has is a mistake.
CLOSED: Final[ConfigDict] = {"extra": "forbid"}
_CONFIG: Final = "__pydantic_config__"


class Between(NamedTuple):
    """A number is not less than `least` nor more than `most`."""

    least: float
    most: float

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        return {**handler(source), "ge": self.least, "le": self.most}


class Checked(NamedTuple):
    """`check` gives what is made of a value, and raises ValueError for one that is wrong."""

    check: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import AfterValidator

        return AfterValidator(self.check).__get_pydantic_core_schema__(source, handler)


class Beside:
    """A relative name is taken from the folder of the file that says it, the ``folder`` of the
    context."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import AfterValidator

        def beside(path: Path, info: ValidationInfo) -> Path:
            return path if not info.context else Path(info.context["folder"]) / path

        return AfterValidator(beside).__get_pydantic_core_schema__(source, handler)


class Unclear(ValueError):
    """Whether it fits is not plain."""


def fitted(kind: Any, value: Any, folder: Path) -> Any:
    """What pydantic makes of a value that plainly is what the annotation says. Raises ValueError
    where that is not plain, and where it is wrong."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        made = fitted(args[0], value, folder)
        for mark in args[1:]:
            made = _marked(mark, made, folder)
        return made
    if origin in (Union, UnionType) and len(args) == 2 and args[1] is NoneType:
        return fitted(args[0], value, folder)
    if origin is tuple and args[1:] == (...,) and type(value) is list:
        return tuple(fitted(args[0], each, folder) for each in value)
    if origin is Literal and type(value) is str and value in args:
        return value
    if kind in (str, int, bool, float) and type(value) is kind:
        return value
    if kind is float and type(value) is int:
        return float(value)
    if kind is Path and type(value) is str:
        return Path(value)
    if is_dataclass(kind) and type(value) is dict:
        return _table(kind, value, folder)
    raise Unclear


def _marked(mark: object, value: Any, folder: Path) -> Any:
    if isinstance(mark, Checked):
        return mark.check(value)
    if isinstance(mark, Beside):
        return folder / value
    if isinstance(mark, Between) and mark.least <= value <= mark.most:
        return value
    raise Unclear


def _table(kind: Any, said: Mapping[str, Any], folder: Path) -> Any:
    hints = hints_of(kind, include_extras=True)
    if not said.keys() <= hints.keys() or getattr(kind, _CONFIG, CLOSED) != CLOSED:
        raise Unclear
    made = {name: fitted(hints[name], value, folder) for name, value in said.items()}
    try:
        return kind(**made)
    except TypeError:  # something is missing
        raise Unclear from None
