"""`python -m tests.bench [NAME...]`: runs the measurements, all or those whose name holds NAME."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import tests.bench


def main(wanted: list[str]) -> None:
    for module in pkgutil.iter_modules(tests.bench.__path__):
        name = module.name
        if not name.startswith("bench_") or (wanted and not any(part in name for part in wanted)):
            continue
        print(f"== {name.removeprefix('bench_')}", flush=True)
        importlib.import_module(f"tests.bench.{name}").main()


main(sys.argv[1:])
