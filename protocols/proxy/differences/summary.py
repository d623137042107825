"""All that shadow has shown, for the desk: patterns, and whether each branch is ready.

    python -m protocols.proxy.differences.summary JOURNAL ACCEPTED TERMINALS DIALECT

prints it as JSON; `TERMINALS` is JSON of the logins at each branch, `DIALECT` of the habits of the
old system. It reads the whole journal, and so is a process beside the proxy.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from protocols.proxy.differences.patterns import FREE, Accepted, Group, read_accepted
from protocols.proxy.differences.readiness import Looking
from protocols.proxy.journal.reading import read_journal
from protocols.proxy.settings import DialectSettings

#: Patterns that are shown, the worst first.
MOST_SHOWN = 100
#: Less of the processor than the proxy.
_NICENESS = 10


def pattern_facts(group: Group, accepted: Mapping[str, Accepted]) -> dict[str, Any]:
    """A pattern as JSON has it."""
    kind, field, old, new = group.pattern.difference
    said = accepted.get(group.pattern.id)
    return {
        "pattern": group.pattern.id,
        "class": kind.value,
        "message": group.pattern.message,
        "field": field,
        "old": old,
        "new": new,
        "count": group.count,
        "last": group.last,
        "requests": group.of,
        "accepted": said.why if said is not None else "",
    }


def summary_of(
    journal: Path,
    accepted: Mapping[str, Accepted],
    branches: Mapping[str, list[str]],
    dialect: DialectSettings,
) -> dict[str, Any]:
    """In one reading of the journal."""
    everybody = Looking(None, dialect)
    each_branch = {
        branch: Looking(frozenset(logins), dialect, {branch}) for branch, logins in branches.items()
    }
    for record in read_journal(journal):
        for looking in (everybody, *each_branch.values()):
            looking.take(record)
    patterns = [
        pattern_facts(each, accepted)
        for each in everybody.groups()
        if each.pattern.difference.kind not in FREE
    ]
    gates = {
        branch: {
            "is_open": found.is_ready,
            "against": [
                {**asdict(each), "text": str(each), "what_to_do": each.what_to_do}
                for each in found.against
            ],
        }
        for branch, looking in each_branch.items()
        for found in [looking.readiness(accepted)]
    }
    return {"patterns": patterns[:MOST_SHOWN], "gates": gates}


def main() -> None:
    os.nice(_NICENESS)
    journal, accepted, terminals, dialect = sys.argv[1:]
    leaves_out, hold_counts = json.loads(dialect)
    habits = DialectSettings(tuple(leaves_out), hold_counts)
    read = read_accepted(Path(accepted))
    found = summary_of(Path(journal), read, json.loads(terminals), habits)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
