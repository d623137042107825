"""Settings as annotated classes: what a field may hold, and what it means, is said once.

A class of settings is a frozen dataclass. The annotation of a field says what it may hold, the text
below the field what that means; an optional field says nothing where it is None. A `Model` makes of
the class all that is needed besides: the check of what somebody wrote, the columns of a table, the
values in a column, and the reference page of the settings.

    class Terms:
        grace_days: Annotated[int, Between(0, 365)] = 0
        \"\"\"Late days that cost nothing.\"\"\"
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from types import NoneType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    TypeVar,
    get_args,
    get_origin,
)
from typing import get_type_hints as hints_of

from sqlalchemy import Boolean, Column, Integer, String
from sqlalchemy.types import TypeEngine

from circulation.languages.sentences import Sentence, listed

if TYPE_CHECKING:  # what checks settings takes a while to load
    from pydantic import TypeAdapter

T = TypeVar("T")

_COLUMN_TYPES: dict[type, type[TypeEngine[Any]]] = {bool: Boolean, int: Integer}


class Wanted(NamedTuple):
    """What a field must be where the type alone does not say it; beside the type in its annotation.

    `what` is the name of a sentence, or the words that it may be. `fits` judges values as they are
    written; `sentence` is the name of that which tells of one that does not fit.
    """

    what: str | tuple[str, ...]
    fits: Callable[[Any], bool]
    sentence: str = "IS_NOT"


class AsText(NamedTuple):
    """How a column holds what is no single word or number; beside the type in its annotation.

    `write` takes values as they are written by people, `read` gives those of the class.
    """

    write: Callable[[Any], str]
    read: Callable[[str], Any]


@dataclass(frozen=True)
class Setting:
    """One field of a class of settings."""

    name: str
    default: Any  # MISSING where it must be said
    annotation: Any
    kind: Any  # the type itself
    details: tuple[object, ...]  # what stands beside the type

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """As JSON Schema: ``enum``, ``type``, ``minimum`` and ``maximum``."""
        return self._adapter.json_schema()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The closed list of words that it may be; empty where there is none."""
        return get_args(self.kind) if get_origin(self.kind) is Literal else ()

    @cached_property
    def wanted(self) -> Wanted | None:
        return self._detail(Wanted)

    @property
    def may_be(self) -> Sentence:
        """What it may hold, for people."""
        what = self.words if self.wanted is None else self.wanted.what
        if isinstance(what, str):
            return Sentence(what)
        if what:
            return Sentence("EITHER", words=what)
        if self.kind is bool:
            return Sentence("TRUE_OR_FALSE")
        return Sentence("FROM_TO", least=self.schema["minimum"], most=self.schema["maximum"])

    def column(self, **options: Any) -> Column[Any]:
        """For a table of such settings."""
        usual = _COLUMN_TYPES.get(self.kind, String)
        return Column(self.name, self._detail(TypeEngine) or usual, **options)

    def stored(self, value: Any) -> Any:
        """A value as somebody wrote it, for its column."""
        as_text = self._detail(AsText)
        return value if as_text is None or value is None else as_text.write(value)

    def loaded(self, value: Any) -> Any:
        """A value of the class from its column."""
        if value is None:
            return None
        if self.kind is bool:
            return bool(value)
        as_text = self._detail(AsText)
        return value if as_text is None else as_text.read(value)

    def error(self, value: object) -> str | None:
        """What kind of mistake the value is, as pydantic names it, or ``unfit``; None for none."""
        if self.wanted is not None:
            return None if self.wanted.fits(value) else "unfit"
        from pydantic import ValidationError

        try:
            self._adapter.validate_python(value)
        except ValidationError as mistake:
            return mistake.errors()[0]["type"]
        return None

    def sentence(self, value: object) -> Sentence:
        """Tells that the value does not fit."""
        name = "NAME_MUST_BE" if self.kind is bool else "IS_NOT"
        if self.wanted is not None:
            name = self.wanted.sentence
        return Sentence(name, name=self.name, what=self.may_be, value=repr(value))

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        from pydantic import TypeAdapter

        return TypeAdapter(self.annotation, config={"strict": True})

    def _detail(self, kind: type[T]) -> T | None:
        return next((each for each in self.details if isinstance(each, kind)), None)


class Model(Generic[T]):
    """What is made of a class of settings; `unknown` names what is said of a name that is none of
    its."""

    def __init__(self, kind: type[T], unknown: str = "NO_SUCH_SETTING") -> None:
        self.kind = kind
        self.settings = {setting.name: setting for setting in _settings(kind)}
        self._unknown = unknown

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.settings)

    @cached_property
    def meanings(self) -> Mapping[str, str]:
        """The text below each field."""
        from pydantic import TypeAdapter

        properties = TypeAdapter(self.kind).json_schema(mode="serialization")["properties"]
        return {name: properties[name]["description"] for name in self.settings}

    def columns(self, **options: Any) -> list[Column[Any]]:
        """A column for each setting, in their order."""
        return [setting.column(**options) for setting in self.settings.values()]

    def problems(self, said: Mapping[str, object]) -> dict[str, Sentence]:
        """What is wrong with settings as somebody wrote them: a sentence for each at fault.

        One that is None is not said at all.
        """
        problems = {}
        for name, value in said.items():
            setting = self.settings.get(name)
            if setting is None:
                problems[name] = Sentence(self._unknown, name=name, known=listed(self.settings))
            elif value is not None and (error := setting.error(value)) is not None:
                problems[name] = self.sentence(setting, value, error)
        for name, setting in self.settings.items():
            if setting.default is MISSING and name not in said:
                problems[name] = Sentence("MISSING", name=name)
        return problems

    def sentence(self, setting: Setting, value: object, error: str) -> Sentence:
        """Tells of one mistake, of the kind `error` (see `Setting.error`)."""
        return setting.sentence(value)


def row_of(*names: str) -> Any:
    """A class for rows whose columns only running code knows: its fields are named as they are."""
    return namedtuple("Row", names)


def said(value: Any) -> Any:
    """A value of a class of settings as somebody writes it: arrays for tuples."""
    return [said(each) for each in value] if isinstance(value, tuple) else value


def _settings(kind: type[Any]) -> Iterator[Setting]:
    hints = hints_of(kind, include_extras=True)
    for field in fields(kind):
        annotation = hints[field.name]
        members = [each for each in get_args(annotation) if each is not NoneType]
        if len(members) == 1 and NoneType in get_args(annotation):
            (annotation,) = members
        inner, *details = (
            get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
        )
        yield Setting(field.name, field.default, annotation, inner, tuple(details))
