"""What a mock partner does: by what has come, what it sends and when.

A script is TOML. What has come is named by its type (New, Retry, Reminder), its action (Received,
Cancel ...) or its status (WillSupply, Loaned ...); `start` is the beginning. To each the steps are
taken in their order, `after` seconds each. A step has the `status` that a supplier tells, or what a
requester does: `send = "request"`, or an `action`.

    [[New]]
    status = "WillSupply"
    [[New]]
    status = "Loaned"
    after = 2
    due_days = 28
    [[Renew]]
    status = "Loaned"
    answer = "N"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from protocols.hosting.validating import problem_of
from protocols.iso18626.codes import Action, RequestType, Status

#: The beginning, among what has come.
START: Final = "start"


@dataclass(frozen=True)
class Step:
    """Something that is sent."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    status: Status | None = None
    action: Action | None = None
    send: Literal["request"] | None = None
    #: Seconds to wait before.
    after: Annotated[float, Field(ge=0, le=86_400)] = 0.0
    #: answerYesNo; where it is not said, what follows from how far the loan is.
    answer: Literal["Y", "N"] | None = None
    #: For how many days it is lent, from now.
    due_days: Annotated[int, Field(ge=-3650, le=3650)] = 28
    barcode: Annotated[str, Field(max_length=100)] = "MOCK-1"
    reason: Annotated[str, Field(max_length=100)] = ""
    url: Annotated[str, Field(max_length=1000)] = ""
    conditions: tuple[str, ...] = ()
    note: Annotated[str, Field(max_length=1000)] = ""


Script = Mapping[str, Sequence[Step]]
_ADAPTER: Final[TypeAdapter[dict[str, tuple[Step, ...]]]] = TypeAdapter(dict[str, tuple[Step, ...]])
_KINDS: Final[tuple[type[Enum], ...]] = (RequestType, Action, Status)
_NAMES: Final = {START, *(each.value for kind in _KINDS for each in kind)}


class NotAScript(ValueError):
    """The text is no script; it says why."""


def read_script(text: str) -> Script:
    """The script in a text. Raises NotAScript."""
    try:
        return script_of(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise NotAScript(str(error)) from None


def script_of(document: Mapping[str, Any]) -> Script:
    """The script in a table. Raises NotAScript."""
    for name in document:
        if name not in _NAMES:
            raise NotAScript(f"nothing that comes is called {name}")
    try:
        script = _ADAPTER.validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(each) for each in first["loc"])
        raise NotAScript(f"{where}: {problem_of(first, unknown='NO_OPTION')}") from None
    for name, steps in script.items():
        for step in steps:
            if sum(each is not None for each in (step.status, step.action, step.send)) != 1:
                raise NotAScript(f"{name}: a step has a status, an action or send")
    return script


_LENDS: Final[dict[str, Any]] = {
    "New": [{"status": "WillSupply"}, {"status": "Loaned", "after": 1}],
    "Retry": [{"status": "WillSupply"}, {"status": "Loaned", "after": 1}],
    "Renew": [{"status": "Loaned"}],
    "ShippedReturn": [{"status": "LoanCompleted", "after": 1}],
    "Lost": [{"status": "CompletedWithoutReturn"}],
}
_BORROWS: Final[dict[str, Any]] = {"start": [{"send": "request"}]}
#: The presets: as suppliers, then as requesters.
PRESETS: Final[dict[str, Mapping[str, Any]]] = {
    "lends": _LENDS,
    "lends-later": {
        **_LENDS,
        "New": [{"status": "ExpectToSupply"}, {"status": "Loaned", "after": 5}],
    },
    "refuses": {"New": [{"status": "Unfilled", "reason": "NotHeld"}]},
    "offers": {**_LENDS, "New": [{"status": "RetryPossible", "reason": "OnLoan"}]},
    "asks-terms": {
        **_LENDS,
        "New": [
            {"status": "WillSupply", "conditions": ["LibraryUseOnly"]},
            {"status": "Loaned", "after": 5},
        ],
    },
    "recalls": {
        **_LENDS,
        "Received": [{"status": "Recalled", "after": 1, "due_days": 7}],
    },
    "never-renews": {**_LENDS, "Renew": [{"status": "Loaned", "answer": "N"}]},
    "copies": {"New": [{"status": "CopyCompleted", "url": "https://example.org/copy.pdf"}]},
    "is-silent": {},
    "borrows": {
        **_BORROWS,
        "Loaned": [
            {"action": "Received", "after": 1},
            {"action": "Renew", "after": 1},
            {"action": "ShippedReturn", "after": 1},
        ],
    },
    "cancels": {**_BORROWS, "WillSupply": [{"action": "Cancel"}]},
    "cancels-late": {**_BORROWS, "Loaned": [{"action": "Cancel"}, {"action": "ShippedReturn"}]},
}
