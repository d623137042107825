"""Feeding a parser with mutated seeds, and what is measured meanwhile."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz.parsers import Parser

#: No input takes longer, in seconds of this thread; and no run leaves more behind, in KiB: what the
#: heap keeps after the largest inputs is half of it.
SLOWEST = 1.0
GROWTH = 64 * 1024


@dataclass
class Run:
    """One parser's run. `errors` holds inputs that raised what they must not, and what it was."""

    parser: str
    count: int
    seed: int
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_input: bytes = b""
    growth: int = 0
    errors: dict[str, bytes] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        return not self.errors and self.slowest < SLOWEST and self.growth < GROWTH

    def text(self) -> str:
        rate = self.count / self.seconds if self.seconds else 0.0
        lines = [
            (
                f"{self.parser:10} {self.count:9,} inputs, seed {self.seed}: {rate:8,.0f} a second,"
                f" slowest {self.slowest * 1000:7.1f} ms ({len(self.slowest_input):,} bytes),"
                f" memory {self.growth:+,} KiB, {len(self.errors)} errors"
            )
        ]
        lines += [f"  {what}: {data!r}" for what, data in self.errors.items()]
        if self.slowest >= SLOWEST:
            lines.append(f"  slowest: {self.slowest_input!r}")
        return "\n".join(lines)


def own_memory() -> int:
    """KiB that this process has for itself (proc(5), RssAnon)."""
    text = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("RssAnon"))


class Watch:
    """Feeds a parser, whoever makes the inputs, and looks at it.

    Memory is looked at from a fifth of the run on, when memos and caches are full.
    """

    def __init__(self, parser: Parser, count: int, seed: int, seeds: int) -> None:
        self.run = Run(parser.name, count, seed)
        self.fed = 0
        self._feed = parser.feed
        self._settled = max(seeds, count // 5)
        self._before = 0

    def feed(self, data: bytes) -> None:
        run = self.run
        begun = time.thread_time()
        try:
            self._feed(data)
        except Exception as error:  # that is what is looked for
            what = f"{type(error).__name__}: {error}"[:200]
            if len(run.errors) < 10 and what not in run.errors:
                run.errors[what] = data
        took = time.thread_time() - begun
        run.seconds += took
        if took > run.slowest:
            run.slowest, run.slowest_input = took, data
        if self.fed == self._settled:
            gc.collect()
            self._before = own_memory()
        self.fed += 1

    def over(self) -> Run:
        """The whole run."""
        gc.collect()
        if self.fed > self._settled:
            self.run.growth = own_memory() - self._before
        return self.run


def drive(
    parser: Parser,
    seeds: Sequence[bytes],
    count: int,
    seed: int,
    told: Callable[[int], object] | None = None,
) -> Run:
    """Every seed as it is, and mutations of them until there are `count` inputs.

    `told` is called with the number of inputs ten times on the way.
    """
    chance = Random(seed)
    watch = Watch(parser, count, seed, len(seeds))
    for number in range(count):
        if number < len(seeds):
            watch.feed(seeds[number])
        else:
            watch.feed(parser.mutate(chance.choice(seeds), chance, seeds))
        if told is not None and count >= 10 and (number + 1) % (count // 10) == 0:
            told(number + 1)
    return watch.over()
