"""How settings are checked: each is a frozen dataclass, and its own schema.

What is wrong is said in the project's words, with what was found as far as it can be no secret:
`problem_of` knows every kind of mistake that a schema can find.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from circulation.kernel.fitting import Checked, fitted
from circulation.languages.sentences import Fact, Sentence

if TYPE_CHECKING:  # what checks settings takes a while to load
    from pydantic import TypeAdapter

_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def adapter_of(kind: type[Any]) -> TypeAdapter[Any]:
    """What checks options and makes a `kind` of them; it takes milliseconds to build, once."""
    if kind not in _ADAPTERS:
        from pydantic import TypeAdapter

        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


class Wrong(Exception):
    """Settings that cannot be used; `details` has the errors of a ValidationError."""

    def __init__(self, details: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(details)
        self.details = details


def settings_of(kind: Any, table: Mapping[str, Any], folder: Path) -> Any:
    """The settings of a table of a file in that folder. Raises Wrong."""
    try:
        return fitted(kind, table, folder)
    except ValueError:  # not plainly right
        from pydantic import ValidationError
    try:
        return adapter_of(kind).validate_python(table, context={"folder": folder})
    except ValidationError as error:
        raise Wrong(error.errors()) from error


def written(pattern: str, like: str) -> Checked:
    """Requires that a pattern is found in a text; `like` names what says it."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if compiled.search(text) is None:
            raise ValueError(Sentence("MUST", what=Sentence(like)))
        return text

    return Checked(check)


#: Where browsers reach a server: over TLS, or on the same machine.
WebAddress = Annotated[
    str,
    written(
        r"^(https://[^/?#@\s]+|http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?)\Z",
        "A_WEB_ADDRESS",
    ),
]

#: A password as it stands in tiro.toml.
#: Where web pages come from that may ask, as browsers say it; ``*``: any.
Origin = Annotated[str, written(r"^(\*|https?://[^/\s]+)\Z", "AN_ORIGIN_OR_ALL")]
HASHED: Final = written(r"^\$argon2(id|i|d)\$", "AN_ARGON2_HASH")

#: Kind of mistake -> the name of what must be; facts come from the mistake's context.
_WANTED: Final = {
    "bool_parsing": "TRUE_OR_FALSE",
    "bool_type": "TRUE_OR_FALSE",
    "dataclass_type": "A_TABLE",
    "date_from_datetime_inexact": "A_DATE",
    "date_from_datetime_parsing": "A_DATE",
    "date_parsing": "A_DATE",
    "date_type": "A_DATE",
    "datetime_from_date_parsing": "A_MOMENT",
    "datetime_parsing": "A_MOMENT",
    "datetime_type": "A_MOMENT",
    "dict_type": "A_TABLE",
    "enum": "EITHER",
    "finite_number": "A_NUMBER",
    "float_parsing": "A_NUMBER",
    "float_type": "A_NUMBER",
    "frozen_set_type": "A_LIST_IN_BRACKETS",
    "greater_than": "MORE_THAN",
    "greater_than_equal": "OR_MORE",
    "int_from_float": "A_WHOLE_NUMBER",
    "int_parsing": "A_WHOLE_NUMBER",
    "int_parsing_size": "A_SMALLER_NUMBER",
    "int_type": "A_WHOLE_NUMBER",
    "less_than": "LESS_THAN",
    "less_than_equal": "OR_LESS",
    "list_type": "A_LIST_IN_BRACKETS",
    "literal_error": "EITHER",
    "mapping_type": "A_TABLE",
    "path_type": "A_PATH",
    "set_type": "A_LIST_IN_BRACKETS",
    "string_type": "A_TEXT_IN_QUOTES",
    "timezone_aware": "A_MOMENT",
    "tuple_type": "A_LIST_IN_BRACKETS",
}
#: Kind of mistake -> the name of the whole sentence.
_WHOLE: Final = {
    "missing": "IS_MISSING",
    "string_too_long": "AT_MOST_CHARACTERS",
    "string_too_short": "AT_LEAST_CHARACTERS",
    "too_long": "HOLDS_AT_MOST",
    "too_short": "HOLDS_AT_LEAST",
    "string_pattern_mismatch": "NOT_THE_PATTERN",
}
#: Where a text stops being JSON, in the words of what reads it.
_PLACE_IN_JSON: Final = re.compile(r"line (\d+) column (\d+)")
#: Kinds that show what was found: a number, or a word that is not one of those offered.
_SHOWN: Final = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})
_KINDS: Final = (
    (bool, "TRUE_OR_FALSE"),
    (int, "A_WHOLE_NUMBER"),
    (float, "A_NUMBER"),
    (str, "A_TEXT"),
    (Mapping, "A_TABLE"),
    ((list, tuple, set, frozenset), "A_LIST"),
)


def problem_of(detail: Mapping[str, Any], *, unknown: str = "NO_SETTING") -> Sentence:
    """What is wrong with one setting, out of the errors of a ValidationError.

    Never the value itself, which may be a password, but for numbers that are too large or small.
    `unknown` names what is said of a name that does not exist.
    """
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "json_invalid":
        line, column = _PLACE_IN_JSON.findall(context["error"])[-1]
        return Sentence("NOT_JSON", line=line, column=column)
    if kind == "value_error":
        (said,) = context["error"].args or ("",)
        return said if isinstance(said, Sentence) else Sentence("ITSELF", text=str(said))
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return Sentence(unknown)
    facts: dict[str, Fact] = {name: _fact(value) for name, value in context.items()}
    if kind in _WHOLE:
        return Sentence(_WHOLE[kind], **facts)
    if kind not in _WANTED:
        return Sentence("CANNOT_BE_USED")
    if "expected" in context:
        facts["words"] = _words(context["expected"])
    wanted = Sentence("MUST", what=Sentence(_WANTED[kind], **facts))
    if "input" not in detail:
        return wanted
    found = detail["input"]
    if kind in _SHOWN:
        return Sentence("AND_IS", wanted=wanted, found=str(found))
    if kind.endswith(("_type", "_parsing", "_from_float")):
        return Sentence("AND_IS", wanted=wanted, found=_kind_of(found))
    return wanted


def _fact(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _words(expected: str) -> tuple[str, ...]:
    """The words that are offered, out of ``'a', 'b' or 'c'``."""
    return tuple(f'"{each}"' for each in re.findall(r"'([^']*)'", expected)) or (expected,)


def _kind_of(found: Any) -> Sentence:
    name = next((name for kinds, name in _KINDS if isinstance(found, kinds)), "SOMETHING_ELSE")
    return Sentence(name)
