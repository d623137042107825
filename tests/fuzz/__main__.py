"""``python -m tests.fuzz [--parser NAME] [--count N] [--seed N] [--engine atheris] [--corpus DIR]``

Feeds every parser of what comes from outside with mutations of real messages, and says how fast it
was, what took longest, and what memory it kept. Exits with 1 where a parser has raised what it must
not, has taken longer than a second for one input, or keeps memory. TIRO_SHARED names the folder
of sample messages; without it the seeds are those of the tests. With the engine atheris the inputs
are those that reach new code (see `guided`), and are kept in --corpus for the next time. See also
``tests.fuzz.sip2``, which feeds a whole server, and ``tests.fuzz.iso18626``, which feeds a library.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.driving import drive
from tests.fuzz.guided import explore
from tests.fuzz.parsers import PARSERS

SAMPLES = Path(os.environ.get("TIRO_SHARED") or Path(__file__).parents[3] / "shared")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parser", choices=sorted(PARSERS), action="append")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--engine", choices=("own", "atheris"), default="own")
    parser.add_argument("--corpus", type=Path, help="of atheris; a folder for each parser")
    asked = parser.parse_args()
    samples = SAMPLES if SAMPLES.is_dir() else None
    results = []
    with TemporaryDirectory(prefix="tiro-fuzz-") as temporary:
        corpora = asked.corpus or Path(temporary)
        for name in asked.parser or PARSERS:
            if asked.engine == "atheris":
                results.append(explore(name, asked.count, asked.seed, corpora / name, samples))
            else:
                results.append(_drive(name, asked.count, asked.seed, samples))
    return 0 if all(results) else 1


def _drive(name: str, count: int, seed: int, samples: Path | None) -> bool:
    chosen, begun = PARSERS[name], time.monotonic()

    def told(number: int) -> None:
        took = time.monotonic() - begun
        print(f"{name:10} {number:9,} inputs, {took:6,.0f} s", file=sys.stderr, flush=True)

    run = drive(chosen, chosen.seeds(samples), count, seed, told)
    print(run.text(), flush=True)
    return run.is_sound


if __name__ == "__main__":
    sys.exit(main())
