"""`python -m tests.commit_cuts`: connections of PostgreSQL that are cut during COMMIT, under load.

The server is that of TIRO_TEST_POSTGRESQL. The status is 1 where an act was refused and done, lost,
or done twice.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from catalogue.database import migrate
from tests.commit_cuts.campaign import DECIDES, run
from tests.commit_cuts.cutter import Cutter
from tests.crash.__main__ import a_postgresql
from tests.crash.stage import Stage


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.commit_cuts", description=__doc__)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="tiro-cuts-") as folder,
        a_postgresql() as url,
        Cutter(url) as cutter,
    ):
        migrate(url)
        stage = Stage.prepared(Path(folder), cutter.url, DECIDES)
        report = run(
            stage, cutter, given.cuts, given.seed, say=lambda line: print(line, flush=True)
        )
    print(f"\nseed {given.seed}, {time.monotonic() - began:.0f} s: {report.text()}", flush=True)
    return 0 if report.is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
