"""How settings are checked: each is a frozen dataclass, and its own schema.

What is wrong is said in the project's words, with what was found as far as it can be no secret:
`problem_of` knows every kind of mistake that a schema can find.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, TypeAdapter

_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def adapter_of(kind: type[Any]) -> TypeAdapter[Any]:
    """What checks options and makes a `kind` of them; it takes milliseconds to build, once."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def written(pattern: str, like: str) -> AfterValidator:
    """Requires that a pattern is found in a text; `like` says it in words."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if compiled.search(text) is None:
            raise ValueError(f"must be {like}")
        return text

    return AfterValidator(check)


#: Where browsers reach a server: over TLS, or on the same machine.
WebAddress = Annotated[
    str,
    written(
        r"^(https://[^/?#@\s]+|http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?)\Z",
        "https:// and a host, as in https://library.example.org",
    ),
]

#: A password as it stands in tiro.toml.
HASHED: Final = written(r"^\$argon2(id|i|d)\$", "an argon2 hash, which `tiro hash` makes")

#: Kind of mistake -> what must be. Names in braces come from the mistake's context.
_WANTED: Final = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dataclass_type": "must be a table",
    "dict_type": "must be a table",
    "enum": "must be {expected}",
    "finite_number": "must be a number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "frozen_set_type": "must be a list in square brackets",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "int_type": "must be a whole number",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be {le:g} or less",
    "list_type": "must be a list in square brackets",
    "literal_error": "must be {expected}",
    "mapping_type": "must be a table",
    "missing": "is missing",
    "path_type": "must be the name of a file or folder in quotes",
    "set_type": "must be a list in square brackets",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "string_type": "must be a text in quotes",
    "too_long": "must hold at most {max_length}",
    "too_short": "must hold at least {min_length}",
    "tuple_type": "must be a list in square brackets",
    "unexpected_keyword_argument": "no such setting",
    "extra_forbidden": "no such setting",
}
#: Kinds that show what was found: a number, or a word that is not one of those offered.
_SHOWN: Final = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})
#: Kinds where nothing was found, or where it has been said already.
_ALONE: Final = frozenset({"missing", "unexpected_keyword_argument", "extra_forbidden"})
_KINDS: Final = (
    (bool, "true or false"),
    (int, "a whole number"),
    (float, "a number"),
    (str, "a text"),
    (Mapping, "a table"),
    ((list, tuple, set, frozenset), "a list"),
)


def problem_of(detail: Mapping[str, Any], *, unknown: str = "no such setting") -> str:
    """What is wrong with one setting, out of the errors of a ValidationError.

    Never the value itself, which may be a password, but for numbers that are too large or small.
    `unknown` is what is said of a name that does not exist.
    """
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return unknown
    wanted = _WANTED.get(kind, "cannot be used").format_map(
        {name: _without_quotes(value) for name, value in context.items()}
    )
    if kind in _ALONE:
        return wanted
    found = detail.get("input")
    if kind in _SHOWN:
        return f"{wanted}, and is {found}"
    if kind.endswith(("_type", "_parsing", "_from_float")):
        return f"{wanted}, and is {_kind_of(found)}"
    return wanted


def _without_quotes(value: Any) -> Any:
    return value.replace("'", '"') if isinstance(value, str) else value


def _kind_of(found: Any) -> str:
    return next((name for kinds, name in _KINDS if isinstance(found, kinds)), "something else")
