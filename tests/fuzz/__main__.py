"""``python -m tests.fuzz [--parser NAME] [--count N] [--seed N]``

Feeds every parser of what comes from outside with mutations of real messages, and says how fast it
was, what took longest, and what memory it kept. Exits with 1 where a parser has raised what it must
not, has taken longer than a second for one input, or keeps memory. TIRO_SHARED names the folder
of sample messages; without it the seeds are those of the tests. See also ``tests.fuzz.sip2``,
which feeds a whole server.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tests.fuzz.driving import drive
from tests.fuzz.parsers import PARSERS

SAMPLES = Path(os.environ.get("TIRO_SHARED") or Path(__file__).parents[3] / "shared")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parser", choices=sorted(PARSERS), action="append")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    is_sound = True
    for name in asked.parser or PARSERS:
        chosen = PARSERS[name]
        seeds = chosen.seeds(SAMPLES if SAMPLES.is_dir() else None)
        run = drive(chosen, seeds, asked.count, asked.seed)
        print(run.text(), flush=True)
        is_sound = is_sound and run.is_sound
    return 0 if is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
