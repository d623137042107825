"""What is long: whole in `make trials`, and a short draw of it in `make test`.

A draw is made by a seed: the day, or what TIRO_TESTS_SEED says. So each day tries others, and who
says the seed that a failure was found with tries the same ones again. TIRO_TESTS_ONE_OF says of how
many tests of a module one is drawn: with 1, as in CI, each test is tried every day.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

import pytest

T = TypeVar("T")

SEED: Final = "TIRO_TESTS_SEED"
ONE_OF: Final = "TIRO_TESTS_ONE_OF"
_are_whole = False

#: Whole servers started, stopped and killed over and over, a year of a town, what documents have
#: people paste: minutes of it. By the beginning of what pytest calls a test, below this folder, how
#: many of them are drawn in CI (`few`). Others say it by the mark ``drawn``.
TRIALS: Final = {
    "commit_cuts/test_cuts.py": 2,
    "faults/test_pooler.py": 1,
    "faults/test_point_in_time.py": 0,
    "faults/test_two_hosts.py": 0,
    "faults/": 2,
    "protocols/commands/database/test_archives.py": 2,
    "protocols/iso18626/test_campaign.py::test_both_ends_agree_in_the_end_of": 0,
    "protocols/iso18626/test_towns.py::test_both": 1,
    "simulation/": 1,
    "test_crash.py": 1,
    "test_documents.py::test_a_loan_between_two": 0,
    "test_documents.py::test_what_is_pasted": 2,
    "test_durability.py": 1,
    "test_reading_processes.py": 2,
    "test_set_up_while_running.py": 1,
    "test_side_by_side.py": 2,
    "test_supervisor.py": 1,
}

#: What takes several seconds each, mostly for processes that begin afresh, by the same names: so
#: many are drawn of all of them together.
LONG: Final = (
    "catalogue/database/test_backups.py",
    "catalogue/database/test_wrong_calls.py",
    "catalogue/loading/test_loading.py::test_worker_processes_make_the_same_rows",
    "circulation/archiving/test_former.py",
    "circulation/test_feature_left_out.py",
    "cut_over/test_rehearsal.py::test_nothing_is_lost_refused_done_or_told_twice",
    "protocols/api/test_conformance.py",
    "protocols/commands/serving/test_new.py::test_each_library_has_secrets_of_its_own",
    "protocols/commands/test_all_commands.py::test_branches_and_jobs_are_completed",
    "protocols/commands/database/test_events.py::test_a_process_that_is_killed",
    "protocols/demo/test_ports.py::test_a_demo_runs_beside_a_demo",
    "protocols/demo/test_ports.py::test_one_library_has_one_demo",
    "protocols/desk/test_tutorial.py",
    "protocols/operations/test_fleet.py::test_one_scrape_tells_of_two_workers",
    "protocols/z3950/test_zebra.py",
    "test_base_environment.py",
    "test_container.py::test_the_image_runs_them_beside_the_server",
    "test_demo.py::test_a_signal_ends_it_within_five_seconds_with_status_0",
    "test_documents.py::test_a_library_from_an_empty_disk",
    "test_file_modes.py::test_no_command_writes_what_others_may_read",
    "test_file_modes.py::test_what_commands_write",
    "test_packaging.py::test_nothing_installed_needs_the_tests",
    "test_serve.py::test_what_a_server_has_is_not_replaced_nor_served_twice",
)
LONG_DRAWN: Final = 6

#: Of the modules whose tests drive a browser, as a fixture or by `a_browser`, so many are drawn: it
#: and the server behind its page take longer to begin than a test takes.
MODULES: Final = {"browser": 2}

#: Of each module one of so many tests is drawn, where `ONE_OF` says nothing else; and so many at
#: least.
TESTS: Final = 6
TESTS_AT_LEAST: Final = 2
#: Of each of these tests one of so many cases.
CASES: Final = 8
#: But all of what walks a registry or a table, of who may do what, of money and of recorded
#: conversations, by the beginning of what pytest calls a test.
WHOLE: Final = (
    "catalogue/database/test_every_statement.py",
    "circulation/fees/",
    "circulation/kernel/test_overriding.py",
    "circulation/languages/",
    "circulation/ledger/",
    "circulation/loans/test_checks.py",
    "circulation/loans/test_states.py",
    "circulation/notices/test_templates.py",
    "circulation/notices/test_ways_in.py",
    "circulation/setting_up/",
    "circulation/test_domain_statements.py",
    "circulation/test_overrides.py",
    "circulation/test_owner_and_lender.py",
    "contracts/test_notice_channels.py",
    "contracts/test_standards.py",
    "protocols/api/test_commands.py",
    "protocols/api/test_money.py",
    "protocols/api/test_table.py::test_another_agency",
    "protocols/api/test_table.py::test_nobody",
    "protocols/api/test_table.py::test_patrons",
    "protocols/api/test_table.py::test_who_lacks",
    "protocols/commands/test_all_commands.py",
    "protocols/commands/test_loading.py",
    "protocols/commands/test_lookups.py",
    "protocols/ncip/test_authority.py",
    "protocols/ncip/test_payments.py",
    "protocols/ncip/test_problems.py",
    "protocols/ncip/test_transcripts.py",
    "protocols/sip2/test_authority.py",
    "protocols/sip2/test_fees.py",
    "protocols/sip2/test_refusals.py",
    "protocols/sip2/test_transcripts.py",
    "test_licences.py",
    "test_structure.py",
)

#: Most statements are the same for both databases, and each is tried on both by a test of its own.
#: So of the tests of a module that run on SQLite as well, one of so many is tried on PostgreSQL.
ON_POSTGRESQL: Final = 4
#: But all of those about money, about what happens at once or twice, or about the database.
ON_BOTH: Final = (
    "catalogue/database/",
    "circulation/archiving/",
    "circulation/booking/test_bookings_machine.py",
    "circulation/callers/test_replies.py",
    "circulation/dunning/test_many_runs.py",
    "circulation/fees/",
    "circulation/holds/test_holds_machine.py",
    "circulation/kernel/test_leases.py",
    "circulation/kernel/test_outbox.py",
    "circulation/ledger/",
    "circulation/loans/test_batches.py",
    "circulation/loans/test_many_desks.py",
    "circulation/loans/test_order_of_moments.py",
    "contracts/",
    "protocols/api/test_events.py",
    "protocols/api/test_money.py",
    "protocols/api/test_processes.py",
    "protocols/api/test_requests.py",
    "protocols/commands/database/",
    "protocols/fbs/test_fees.py",
    "protocols/hosting/",
    "protocols/iso18626/",
    "protocols/ncip/test_once.py",
    "protocols/ncip/test_payments.py",
    "protocols/oai/test_changes.py",
    "protocols/operations/",
    "protocols/sip2/test_databases.py",
    "protocols/sip2/test_judging.py",
    "protocols/sip2/test_once.py",
)


def begin(are_whole: bool) -> None:
    """Says whether all is tried, before the first test is read. The workers of pytest-xdist get the
    seed with the environment, so that all draw the same. Raises pytest.UsageError."""
    global _are_whole
    _are_whole = are_whole
    os.environ.setdefault(SEED, f"{datetime.now(UTC):%Y%m%d}")
    os.environ.setdefault(ONE_OF, f"{TESTS}")
    if not re.fullmatch("[1-9][0-9]*", os.environ[ONE_OF]):
        raise pytest.UsageError(f"{ONE_OF} must be a whole number from 1 on")


def are_whole() -> bool:
    return _are_whole


def one_of() -> int:
    """Of how many tests of a module one is drawn."""
    return int(os.environ.get(ONE_OF, TESTS))


def few(what: str, number: int) -> int:
    """How many of what is long are drawn where CI draws so many: elsewhere half of them, and an odd
    one every other day."""
    if one_of() == 1:
        return number
    is_its_day = random.Random(f"{os.environ[SEED]} {what}, the odd one").random() < 0.5
    return number // 2 + (number % 2 if is_its_day else 0)


def again() -> str:
    """What draws the same again."""
    return " ".join(f"{name}={os.environ[name]}" for name in (SEED, ONE_OF))


def drawn(what: str, of: Sequence[T], number: int) -> list[T]:
    """So many of them at most, in their order; all of them where trials are whole."""
    if _are_whole or number >= len(of):
        return list(of)
    chosen = random.Random(f"{os.environ[SEED]} {what}").sample(range(len(of)), number)
    return [of[index] for index in sorted(chosen)]
