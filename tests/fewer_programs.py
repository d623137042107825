"""Run `make test` in clean clones on machines that lack programs which the tests can use.

    python -m tests.fewer_programs [--tests PATHS] [ENVIRONMENT ...]

`python-only` has Python, make and git, and no browser, no Node.js, no database server and no client
of a standard; `no-npm` has every program but npm. Programs are hidden by a PATH of links to all
others. Each clone is of the last commit and installs its own environment.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
_NODE: Final = frozenset({"node", "nodejs", "npm", "npx"})
#: The programs that each environment lacks. A name that ends in * is the beginning of a name.
HIDDEN: Final[Mapping[str, frozenset[str]]] = {
    "python-only": _NODE
    | {"chromium*", "chromedriver", "yaz-*", "zoomsh", "zebra*", "idzebra*", "curl", "xmlsec1"}
    | {"pg_*", "psql", "postgres", "pgbouncer", "haproxy", "buildah", "debootstrap", "systemd-*"},
    "no-npm": frozenset({"npm", "npx"}),
}


def is_hidden(program: str, hidden: Collection[str]) -> bool:
    """Return whether the program is one of those that an environment lacks."""
    beginnings = tuple(name[:-1] for name in hidden if name.endswith("*"))
    return program in hidden or program.startswith(beginnings)


def link_programs(folder: Path, hidden: Collection[str]) -> None:
    """Link every program of PATH in the folder but the hidden ones; the first of a name counts."""
    for entry in os.environ["PATH"].split(os.pathsep):
        for program in Path(entry).glob("*") if entry else ():
            link = folder / program.name
            if not is_hidden(program.name, hidden) and not link.is_symlink():
                link.symlink_to(program)


def run_tests(environment: str, paths: str) -> int:
    """Run `make test` in a clean clone without the environment's hidden programs.

    `paths` name tests, separated by blanks; empty: those that `make test` draws. Returns the exit
    status of make.
    """
    with tempfile.TemporaryDirectory(prefix="tiro-clone-") as name:
        clone, programs = Path(name, "clone"), Path(name, "programs")
        programs.mkdir()
        link_programs(programs, HIDDEN[environment])
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        variables = {key: each for key, each in os.environ.items() if not key.startswith("TIRO_")}
        variables["PATH"] = str(programs)
        shared = Path(os.environ.get("TIRO_SHARED", ROOT.parent / "shared"))
        if shared.is_dir():
            variables["TIRO_SHARED"] = str(shared)
        command = ["make", "test", f"PYTEST_OPTIONS={paths}"]
        return subprocess.run(command, cwd=clone, env=variables, check=False).returncode


def main() -> int:
    """Run the tests in each environment named, or in all; return 1 if one of them fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("environments", nargs="*", metavar="ENVIRONMENT")
    parser.add_argument("--tests", default="", metavar="PATHS", help="run these tests alone")
    failed = []
    options = parser.parse_args()
    environments = options.environments or list(HIDDEN)
    if unknown := set(environments) - set(HIDDEN):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(HIDDEN)}")
    for environment in environments:
        print(f"make test in a clean clone, {environment}", flush=True)
        if run_tests(environment, options.tests):
            failed.append(environment)
    print(
        f"make test failed: {', '.join(failed)}" if failed else "make test passed in each of them"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
