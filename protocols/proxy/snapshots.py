"""The state in a file, so that a start reads only what the journal has after it. It can be lost at
any time: then the journal is read from its beginning.

    python -m protocols.proxy.snapshots FOLDER      brings it up to date, and prints its last id

That is a process beside the proxy, which computes the state from the journal as the proxy does, so
that no terminal waits for it.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

from protocols.proxy.journal.reading import BEGIN, SUFFIX, Place, name_of, read_from
from protocols.proxy.state import State

log = logging.getLogger(__name__)

NAME: Final = "state.json"
#: Counts up when a state of before means something else.
VERSION: Final = 5
#: Less of the processor than the proxy.
_NICENESS: Final = 10


class Kept(NamedTuple):
    """The state at a place of the journal of that name."""

    state: State
    place: Place
    journal: str


def kept_state(folder: Path) -> Kept:
    """The state as it was kept last; an empty one where there is none for this journal."""
    try:
        kept: Any = json.loads((folder / NAME).read_text(encoding="utf-8"))
        place = Place(*kept["place"])
        if kept["version"] == VERSION and _is_there(folder, place, kept["journal"]):
            return Kept(State.loaded(kept["state"]), place, kept["journal"])
        log.warning("the kept state is of another version or journal, which is read instead")
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the kept state cannot be used, the journal is read instead: %r", error)
    return Kept(State(), BEGIN, "")


def _is_there(folder: Path, place: Place, journal: str) -> bool:
    """Does the journal reach to the place, and is it the same one? Its first days may be gone."""
    path = folder / f"{place.day}{SUFFIX}"
    return (
        path.exists() and path.stat().st_size >= place.offset and name_of(folder) in ("", journal)
    )


def keep_state(folder: Path, kept: Kept) -> None:
    """Puts the state into its file, as a whole or not at all. Raises OSError."""
    for left in folder.glob(f"{NAME}.*"):
        left.unlink(missing_ok=True)  # by a process that was killed
    path = folder / f"{NAME}.{os.getpid()}"
    facts = {
        "version": VERSION,
        "place": kept.place,
        "journal": kept.journal,
        "state": kept.state.dumped(),
    }
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(json.dumps(facts))
            file.flush()
            os.fsync(file.fileno())
        path.replace(folder / NAME)
    finally:
        path.unlink(missing_ok=True)


def followed(folder: Path, kept: Kept) -> Kept:
    """The state with all that the journal has after it."""
    state, reached, journal = kept
    for record, place in read_from(folder, kept.place):
        state.take(record)
        reached = place
        journal = journal or record.get("journal", "")
    return Kept(state, reached, journal)


def main() -> None:
    os.nice(_NICENESS)
    folder = Path(sys.argv[1])
    kept = followed(folder, kept_state(folder))
    keep_state(folder, kept)
    sys.stdout.write(f"{kept.state.last_id}\n")


if __name__ == "__main__":
    main()
