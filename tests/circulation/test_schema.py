"""The assembly brings in the tables of all features."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import circulation.assembly
from importlib import import_module
from pathlib import Path
from circulation.kernel.schema import all_tables

joined = all_tables()
for path in Path(circulation.assembly.__file__).parents[1].rglob("schema.py"):
    import_module(f"circulation.{path.parent.name}.schema")
print({table.name for table in all_tables()} - {table.name for table in joined})
"""


def test_no_table_of_a_feature_is_left_out() -> None:
    asked = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert (asked.stdout.strip(), asked.stderr) == ("set()", "")
