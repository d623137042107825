"""The rooms: which modules are changed, and which tests are run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]


class Room(NamedTuple):
    """Modules by patterns; with `mentions`, only functions in which one of these words occurs.

    `left_out` are modules of which nothing is run by the tests of this process: they run in a
    server that is started, or only while modules are loaded.
    """

    patterns: tuple[str, ...]
    mentions: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def paths(self) -> Iterator[str]:
        """The paths of the modules, below the root of the checkout."""
        for pattern in self.patterns:
            for path in sorted(ROOT.glob(pattern)):
                if path.name not in self.left_out:
                    yield str(path.relative_to(ROOT))


#: What a function of an operation mentions that checks rights.
_RIGHTS: Final = (
    "act_of",
    "act_with",
    "admit",
    "branch_meant",
    "branch_or_all",
    "may",
    "must_admit",
    "must_have_everywhere",
    "must_have_here",
    "must_work_here",
    "note_look",
    "override_of",
    "patron_named",
    "patron_with_card",
    "sees_addresses",
    "served_card",
)
ROOMS: Final = {
    "staff": Room(("circulation/staff/*.py",)),
    "ledger": Room(("circulation/ledger/*.py",)),
    "fees": Room(("circulation/fees/*.py",)),
    "holds": Room(("circulation/holds/*.py",)),
    "loans": Room(
        (
            "circulation/loans/*.py",
            "circulation/kernel/loan_rules.py",
            "circulation/kernel/policy.py",
        )
    ),
    "moving": Room(("circulation/moving/**/*.py",)),
    "authority of the API": Room(("protocols/api/authority.py", "protocols/api/gate.py")),
    "operations of the API": Room(("protocols/api/operations/*.py",), _RIGHTS),
    "discovery": Room(
        ("protocols/discovery/**/*.py",), left_out=("http.py", "listener.py", "table.py")
    ),
    "terminals and partners": Room(
        (
            "protocols/sip2/handlers.py",
            "protocols/sip2/handling/*.py",
            "protocols/ncip/handling/payments.py",
        )
    ),
}
#: The tests, all of which run in one process.
TESTS: Final = (
    "tests/circulation",
    "tests/protocols/api",
    "tests/protocols/commands",
    "tests/protocols/desk/test_printing.py",
    "tests/protocols/discovery",
    "tests/protocols/fbs",
    "tests/protocols/ncip",
    "tests/protocols/sip2",
    "tests/protocols/single_sign_on",
)
#: Tests that fail for any change of the text of a module, and those of single seconds each.
LEFT_OUT: Final = (
    "test_nothing_moves_money_beside_the_orders",
    "test_conformance.py",
    "test_killed.py",
)
#: Modules of which each parametrised case sees lines of its own, as a day of a journal does.
CASES_APART: Final = ("test_all_fields.py", "test_journal.py", "test_transcripts.py")
