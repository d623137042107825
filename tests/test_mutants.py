"""``make mutants``: what it draws, how it names a change, and the list of survivors."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.mutants import KNOWN, Change, change_of, draw, known_survivors

ROOT = Path(__file__).parent.parent
SHOWN = """\
# circulation.fees.debts.x__block__mutmut_8: survived
--- circulation/fees/debts.py
+++ circulation/fees/debts.py
@@ -1,7 +1,7 @@
 def _block(transaction: Transaction, debt: Debt, now: datetime) -> bool:
-    is_ours = any(rows)
+    is_ours = None
     return is_ours
"""


def test_the_same_seed_draws_the_same() -> None:
    names = {f"m.x_f__mutmut_{number}" for number in range(50)}
    assert draw(names, 10, 1) == draw(sorted(names, reverse=True), 10, 1)
    assert draw(names, 10, 1) != draw(names, 10, 2)
    assert draw(names, 100, 1) == sorted(names)


def test_a_change_is_named_by_its_function_and_its_lines() -> None:
    name = "circulation.fees.debts.x__block__mutmut_8"
    function = "circulation.fees.debts._block"
    assert change_of(name, SHOWN) == Change(function, "is_ours = any(rows)", "is_ours = None")
    of_a_class = change_of("circulation.holds.facts.xǁHoldǁis_open__mutmut_1", SHOWN)
    assert of_a_class.function == "circulation.holds.facts.Hold.is_open"


def test_each_survivor_that_is_excused_is_of_a_function_that_there_is_and_has_a_reason() -> None:
    known = known_survivors(KNOWN.read_text("utf-8"))
    for change, why in known.items():
        assert len(why) > 20, change
        parts = change.function.split(".")
        [module] = [
            path
            for end in range(len(parts), 1, -1)
            if (path := ROOT.joinpath(*parts[:end]).with_suffix(".py")).is_file()
        ]
        names = {
            node.name
            for node in ast.walk(ast.parse(module.read_text("utf-8")))
            if isinstance(node, ast.FunctionDef)
        }
        assert parts[-1] in names, change
