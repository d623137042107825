"""Which operation of the HTTP API is a command's, and what its parameters are called there.

Here stand those that do more on the database than over HTTP: they ask before they do it, work for
minutes, or tell people what no program asks for. All others ask operations wherever they work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Served:
    """The operation of a command, by its id.

    `names`: what a parameter is called there, where that is another word. `each`: the parameter
    that has several values, each a request of its own. `made`: how a value is said. `given`: the
    row counts where these parameters were given. `goes_on`: what has a cursor in its answer is
    asked again with it, until there is none.
    """

    operation: str
    names: Mapping[str, str] = field(default_factory=dict)
    each: str | None = None
    made: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    goes_on: bool = False


def _text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


_FILE: Final = {"file": _text_of}
#: Command -> its rows: the first whose `given` were given counts.
SERVED: Final[Mapping[str, tuple[Served, ...]]] = {
    "apply": (
        Served("check_set_up", {"file": "text"}, made=_FILE, given=frozenset({"only_check"})),
        Served("apply_changes", {"file": "text"}, made=_FILE, given=frozenset({"yes"})),
    ),
    "close": (
        Served("check_closure", given=frozenset({"only_check"})),
        Served("close_for_days", given=frozenset({"yes"})),
        Served("reopen", given=frozenset({"lift", "last"})),
    ),
    "explain": (Served("explain"),),
    "jobs run": (Served("run", {"name": "job"}, given=frozenset({"name"}), goes_on=True),),
    "load": (Served("load_records", {"files": "marcxml"}, each="files", made={"files": _text_of}),),
    "ncip log": (Served("list_exchanges", given=frozenset({"partner"})),),
}
