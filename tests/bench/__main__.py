"""`python -m tests.bench [--write] [NAME...]`: all measurements, or those whose name holds NAME.

All of them together, or those named after --write, put what they have noted into the table of
docs/speed.md (`tests.bench.table`), in place of what it had of the same kinds.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import tests.bench
from tests.bench import table


def main(wanted: list[str], is_written: bool) -> None:
    for module in pkgutil.iter_modules(tests.bench.__path__):
        name = module.name
        if not name.startswith("bench_") or (wanted and not any(part in name for part in wanted)):
            continue
        print(f"== {name.removeprefix('bench_')}", flush=True)
        importlib.import_module(f"tests.bench.{name}").main()
    if table.ROWS:
        print("\n".join(table.lines(table.ROWS)))
    if is_written:
        table.write(table.ROWS)


_names = [each for each in sys.argv[1:] if each != "--write"]
main(_names, not _names or "--write" in sys.argv)
