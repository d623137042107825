"""JSON in and out, queries and paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from protocols.fbs.calls import Call
from protocols.fbs.messages import MOST
from protocols.fbs.problems import Denied, Fault, malformed

M = TypeVar("M", bound=BaseModel)

_TRUTHS: Final = {"true": True, "false": False}
#: As JSON has it; of itself it stands in none.
_NUL: Final = b"\\u0000"
#: Characters of a path's part, and of a value of a query.
LONGEST: Final = 200


def reads(model: type[M]) -> Callable[[bytes], M]:
    """How a body is read that holds such an object. Raises Denied."""

    def read(body: bytes) -> M:
        _must_be_written(body)
        found: M = _checked(lambda: model.model_validate_json(body or b"{}"))
        return found

    return read


def reads_list(kind: Any) -> Callable[[bytes], Any]:
    """The same for a list of `kind`, as pydantic knows kinds."""
    adapter: TypeAdapter[Any] = TypeAdapter(list[kind])

    def read(body: bytes) -> Any:
        _must_be_written(body)
        found = _checked(lambda: adapter.validate_json(body or b"null"))
        if len(found) > MOST:
            raise malformed("body", f"at most {MOST} at once")
        return found

    return read


def _must_be_written(body: bytes) -> None:
    """Raises Denied where a text has a character that no database holds."""
    if _NUL in body:
        raise malformed("body", "a text has a character that cannot be written")


def read_text(body: bytes) -> str:
    """A body that is a text, in JSON or, as most clients send it, bare. Raises Denied."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise malformed("body", "this is no text in UTF-8") from None
    if text.lstrip().startswith('"'):
        try:
            text = from_json(body)
        except ValueError:
            raise malformed("body", "this is no JSON") from None
    text = str(text).strip()
    if not text or len(text) > LONGEST or not text.isprintable():
        raise malformed("body", "a text is wanted here")
    return text


def read_truth(body: bytes) -> bool:
    """A body that is true or false. Raises Denied."""
    said = body.decode("ascii", "replace").strip().lower()
    if said not in _TRUTHS:
        raise malformed("body", "must be true or false")
    return _TRUTHS[said]


def _checked(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        places = [_place(each) for each in found][:20]
        raise Denied(Fault.MALFORMED, f"{places[0]}: {found[0]['msg']}", places) from None


def _place(detail: ErrorDetails) -> str:
    return ".".join(str(each) for each in detail["loc"]) or "body"


def query_in(call: Call, query: bytes) -> dict[str, list[str]]:
    """The parameters of the call; others are passed over. Raises Denied."""
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST * 2
        )
    except (UnicodeDecodeError, ValueError):
        raise malformed("query", "this is no query of UTF-8") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in call.names | call.lists:
            continue
        if len(value) > LONGEST or (value and not value.isprintable()):
            raise malformed(name, "this is no text")
        found.setdefault(name, []).append(value)
    for name, values in found.items():
        if name not in call.lists and len(values) > 1:
            raise malformed(name, "this can be said once")
        if len(values) > MOST:
            raise malformed(name, f"at most {MOST} at once")
    for name in call.wanted:
        if not any(each.strip() for each in found.get(name, ())):
            raise malformed(name, "is missing")
    return found


def truth_in(query: Mapping[str, Any], name: str) -> bool:
    """A parameter that is true or false, false where it is not said. Raises Denied."""
    said = (query.get(name) or ["false"])[0].strip().lower() or "false"
    if said not in _TRUTHS:
        raise malformed(name, "must be true or false")
    return _TRUTHS[said]


def written(value: Any) -> bytes:
    """An answer as JSON."""
    return to_json(value)
