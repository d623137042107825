"""The numbered statements of the domain: each is a test, on both databases, that quotes its number.

A test quotes it in its name (``test_statement_4_...``) or docstring (``Statement 4: ...``).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.walking import each

STATEMENTS = {
    1: "no loan profile, no loan, and the reason says so",
    2: "due dates move past closed days, never past the card where so set",
    3: "a renewal gives all reasons and leaves the due date",
    4: "a hold needs one item that can be held, and there is one for each patron and title",
    5: "the queue is total and stable; what is passed over keeps its place",
    6: "a check-in ends in exactly one outcome, and says which",
    7: "a check-out that is cancelled never was",
    8: "a machine binds or not; the patron is told at the pickup branch",
    9: "an item that waits for one is not lent to another",
    10: "a parallel set closes with its first, a serial set goes on",
    11: "one fee for each occasion, by days late and age, never above the cap",
    12: "the bill is compensation and fee; a return cancels the one, the other stays",
    13: "an order id pays once, with the same answer",
    14: "a debt is warned of, then blocks; a payment lifts that at once",
    15: "no message of what is not so any more; one for each patron and event",
    16: "what has happened off line is accepted, and conflicts are listed",
    17: "every change of state has one event",
    18: "history goes when consent is withdrawn, or after 28 days; statistics stay",
    19: "what a school has is hidden outside, unless it is shared",
    20: "no booking takes more than is free, its days before and after included",
}
#: Fixtures that run a test on SQLite and on PostgreSQL.
BOTH = {"library", "either_library", "database", "school"}


@cache
def quoting() -> list[tuple[int, str, set[str]]]:
    """Number, name of the test, its fixtures."""
    return list(_quoting())


def _quoting() -> Iterator[tuple[int, str, set[str]]]:
    for path in sorted(Path(__file__).parent.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            fixtures = {argument.arg for argument in node.args.args}
            told = ast.get_docstring(node) or ""
            quoted = re.match(r"Statements? ([0-9, and]+)", told)
            numbers = re.findall(r"[0-9]+", quoted[1]) if quoted else []
            numbers += re.findall(r"^test_statement_([0-9]+)_", node.name)
            for number in numbers:
                yield int(number), f"{path.name}::{node.name}", fixtures


@each("number", list(STATEMENTS), str)
def test_each_statement_is_a_test_on_both_databases(number: int) -> None:
    tests = [name for quoted, name, fixtures in quoting() if quoted == number and fixtures & BOTH]
    assert tests, f"{number}: {STATEMENTS[number]}"
