"""A feature is a folder and one line: without the line of bookings lending goes on as it was."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

#: Run with the path of a new database, and the feature to be left out or nothing.
SCRIPT = """
import sys
from importlib.abc import MetaPathFinder
from importlib.util import find_spec, module_from_spec

url, left_out = sys.argv[1], sys.argv[2]


class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if f"{name}.".startswith(f"circulation.{left_out}."):
            raise ModuleNotFoundError(name)


if left_out:
    sys.meta_path.insert(0, Missing())
    spec = find_spec("circulation.assembly")
    source = spec.loader.get_source("circulation.assembly")
    line = f'    "{left_out}",\\n'
    assert source.count(line) == 1
    sys.modules["circulation.assembly"] = module = module_from_spec(spec)
    exec(compile(source.replace(line, ""), spec.origin, "exec"), module.__dict__)

from catalogue.database import migrate, open_database
from circulation.archiving.tables import archived_tables
from circulation.jobs.table import JOBS
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.holds import a_hold

migrate(url)
library = a_library(open_database(url))
reader, other = a_patron(library), a_patron(library)
barcode = an_item(library)
print(library.check_out(reader, barcode))
print(a_hold(library, other, barcode))
library.pass_time(days=1)
print(library.check_in(barcode))
print(library.check_out(other, barcode))
print(library.check_out(reader, barcode))
assert ("bookings" in JOBS) is not bool(left_out)
assert ("bookings" in {table.name for table in archived_tables()}) is not bool(left_out)
if not left_out:
    from tests.builders.bookings import a_set, book

    (copy,) = a_set(library, 1)
    print(book(library, other, copy, 0, 7), file=sys.stderr)
    print(library.check_out(reader, copy).refusals[0].reason, file=sys.stderr)
"""


def answers(path: Path, left_out: str) -> tuple[list[str], list[str]]:
    """What lending has answered, and what was said of bookings."""
    asked = subprocess.run(
        [sys.executable, "-c", SCRIPT, f"sqlite:///{path}", left_out],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert asked.returncode == 0, asked.stderr
    # Ids of loans and holds begin with the time.
    stdout = re.sub(r"\d{12,}", "0", asked.stdout)
    return stdout.splitlines(), asked.stderr.splitlines()


def test_without_bookings_lending_answers_the_same(tmp_path: Path) -> None:
    without, nothing = answers(tmp_path / "without.db", "booking")
    with_it, of_bookings = answers(tmp_path / "with.db", "")
    kinds = [line.partition("(")[0] for line in without]
    assert kinds == ["CheckedOut", "QueuedHold", "CheckedIn", "CheckedOut", "Refused"]
    assert (without, nothing) == (with_it, [])
    booked, refused = of_bookings
    assert booked.startswith("Booking(")
    assert refused == "Reason.BOOKED"
