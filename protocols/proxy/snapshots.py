"""The state in a file, so that a start need not read the whole journal. It can be lost at any time:
then the journal is read from its beginning.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Final

from protocols.proxy.state import State

log = logging.getLogger(__name__)

NAME: Final = "state.json"
#: Counts up when a state of before means something else.
VERSION: Final = 1


def kept_state(folder: Path) -> State:
    """The state as it was kept last; an empty one where there is none."""
    try:
        kept = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if kept["version"] == VERSION:
            return State.loaded(kept["state"])
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the kept state cannot be used, the journal is read instead: %s", error)
    return State()


def keep_state(folder: Path, state: State) -> None:
    """Puts the state into its file, as a whole or not at all."""
    path = folder / f"{NAME}.new"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"version": VERSION, "state": state.dumped()}, file)
            file.flush()
            os.fsync(file.fileno())
        path.replace(folder / NAME)
    except OSError as error:
        log.warning("the state cannot be kept: %s", error)
