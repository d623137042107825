"""Inputs that atheris makes: libFuzzer keeps what reaches new code and mutates that further.

    python -m tests.fuzz --engine atheris [--parser NAME] [--count N] [--seed N] [--corpus DIR]

The engine ends the process that it runs in, so each parser has one of its own, which is this
module. Only what is imported here while it instruments is guided: our own code, and what of the
libraries is Python. Every second mutation is the parser's own (`Parser.mutate`), which knows of
lengths that must be right; the others are libFuzzer's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any, Final

#: Octets of an input at most.
LONGEST: Final = 16_384
#: Seconds in which an input must be over, or the engine ends the process, and MiB it may have.
_HANGS, _MEMORY = 30, 2_048


def explore(name: str, count: int, seed: int, corpus: Path, samples: Path | None) -> bool:
    """Has the engine run `count` inputs; what it reached new code with stays in `corpus`."""
    if find_spec("atheris") is None:
        raise SystemExit("atheris is not installed: pip install '.[fuzz]'")
    corpus.mkdir(parents=True, exist_ok=True)
    arguments = [name, str(count), str(seed), str(corpus), str(samples or "")]
    return not subprocess.run([sys.executable, "-m", __name__, *arguments], check=False).returncode


def main(name: str, count: int, seed: int, corpus: Path, samples: Path | None) -> None:
    """Does not return."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["catalogue", "circulation", "protocols"]):
        parsers = import_module("tests.fuzz.parsers").PARSERS
    from tests.fuzz.driving import Watch

    parser = parsers[name]
    seeds = [each[:LONGEST] for each in parser.seeds(samples)]
    for number, data in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(data)
    watch = Watch(parser, count, seed, len(seeds))

    def feed(data: bytes) -> None:
        watch.feed(data)
        if watch.fed == count:
            run = watch.over()
            print(run.text(), flush=True)
            os._exit(0 if run.is_sound else 1)

    def mutate(data: bytes, longest: int, number: int) -> bytes:
        chance = Random(number)
        if chance.random() < 0.5:
            found: bytes = atheris.Mutate(data, longest)
            return found
        return bytes(parser.mutate(bytes(data), chance, seeds)[:longest])

    options = [
        f"-seed={seed % 2**32 or 1}",
        f"-max_len={LONGEST}",
        f"-timeout={_HANGS}",
        f"-rss_limit_mb={_MEMORY}",
        "-artifact_prefix=" + str(corpus / "found-"),
        "-verbosity=0",
        "-print_final_stats=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], feed, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    named, asked, begun, folder, shared = sys.argv[1:]
    main(named, int(asked), int(begun), Path(folder), Path(shared) if shared else None)
