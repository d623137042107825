"""`tiro move`: what another system has, loaded from its files and followed until the change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from catalogue.database import Transaction
from circulation.kernel.act import Act
from circulation.kernel.leases import Lease, LeaseTaken
from circulation.kernel.results import UNATTENDED
from circulation.loans.waiting import try_some
from circulation.moving.balancing.comparing import balance as compared
from circulation.moving.balancing.comparing import write_sheet
from circulation.moving.balancing.figures import QUEUE_CHECKSUM
from circulation.moving.balancing.findings import (
    Finding,
    describe_queues,
    find_in_files,
    survey_plan,
    write_findings,
)
from circulation.moving.balancing.from_database import (
    name_titles,
    queues_of_database,
    sheet_of_database,
)
from circulation.moving.balancing.from_files import FilesSheet, sheet_of_files
from circulation.moving.balancing.queues import compare_queues
from circulation.moving.deliveries import Following, KindReport, take_delivery
from circulation.moving.earlier import OlderDelivery
from circulation.moving.example_plans import SYSTEMS, read_example
from circulation.moving.kinds.table import fields_told
from circulation.moving.plan_settings import settings_told
from circulation.moving.plans import Plan
from circulation.moving.rows import Moving
from circulation.moving.set_aside import writing
from circulation.patrons.foreign_pins import wrap_weak
from circulation.patrons.identifiers import IDENTIFIERS
from protocols.commands.moving.branches import COMMANDS as BRANCH_COMMANDS
from protocols.commands.moving.checklist import checklist
from protocols.commands.moving.from_fbs import from_fbs
from protocols.commands.moving.samples import samples
from protocols.commands.moving.shared import (
    FILES,
    PLAN,
    REPORTS,
    planned_by,
    print_advice,
    reasons_aside,
)
from protocols.commands.moving.survey import survey
from protocols.commands.shared.library import Library, opened
from protocols.commands.shared.progress import progress
from protocols.commands.shared.saying import as_json, say, tell
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY
from protocols.hosting.process_names import has_ended, this_process
from protocols.process.failures import Failure

#: Measures that have a line for each day: they stand in the file.
_BY_DAY: Final = ("loans due", "history")


@click.group()
def move() -> None:
    """Move in from another system: its patrons, items, loans, holds and debts, from files that it
    writes, as a plan says."""


for _command in (survey, samples, from_fbs, checklist, *BRANCH_COMMANDS):
    move.add_command(_command)


@move.command()
@PLAN
@FILES
@click.option("--dry-run", is_flag=True, help="Do all of it, tell the same, and undo it.")
@click.option("--shorter", is_flag=True, help="That files are much shorter than before is right.")
@click.option(
    "--again",
    is_flag=True,
    help="That files are older than those taken last, or have other rows, is right.",
)
@REPORTS
@click.option(
    "--silent-until",
    type=DAY,
    help="Nobody is told what comes up before that day, as long as the other system tells it.  "
    "[default: now]",
)
@as_json
@click.pass_obj
def load(
    settings: Settings,
    plan: Path,
    folder: Path | None,
    dry_run: bool,
    shorter: bool,
    again: bool,
    reports: Path | None,
    silent_until: date | None,
    as_json: bool,
) -> None:
    """Take in a delivery: all that the files of PLAN have, or what has changed since the last one.

    It can be interrupted and run again. Rows that cannot be taken are set aside with the reason,
    and stop nothing. Nobody is told of anything. Open off-line acts are tried again at the end.
    """
    planned = planned_by(plan, folder)
    where = reports or plan.parent
    where.mkdir(parents=True, exist_ok=True)
    file = where / f"{planned.source}.set-aside.tsv"
    with (
        opened(settings, is_long=True, mapped=False) as library,
        _alone(library) as hold,
        progress() as report,
    ):
        moving = _moving(library, planned, silent_until)
        with writing(file) as on_fault:
            following = Following(
                shorter,
                on_fault,
                lambda kind, rows, of: report(kind, "rows", rows, of),
                hold,
                again,
            )
            try:
                found = take_delivery(library.database, planned, moving, following, dry_run=dry_run)
            except OlderDelivery as error:
                raise Failure(
                    f"{error}: this is an older delivery",
                    "Nothing was done. Name the folder of the newest one; to take the older one, "
                    "say --again.",
                ) from error
        if not dry_run:
            _try_open_acts(library)
    facts = [_facts(each, as_json=as_json) for each in found]
    say(
        {"dry_run": dry_run, "set_aside_in": str(file), "kinds": facts} if as_json else facts,
        as_json,
    )
    if not as_json:
        print_advice([line for each in found for line in each.advice])
    if stopped := [f"{each.kind}: {each.stopped}" for each in found if each.stopped]:
        raise Failure(
            "\n".join(stopped),
            "Nothing of these was done. Ask for whole files of this library; if so much is really "
            "gone, say --shorter, and if rows have other numbers, say --again.",
        )
    if unread := [f"{each.kind}: {told}" for each in found for told in each.unread_files]:
        raise Failure(
            "\n".join(unread),
            "Nothing of these files was taken, all else was. Correct the plan or ask for the files "
            "again, and run this once more.",
        )


def _try_open_acts(library: Library) -> None:
    """Try off-line acts whose cards and items have been loaded."""
    skip: int | None = 0
    while skip is not None:

        def step(transaction: Transaction, skip: int = skip) -> int | None:
            act = Act(transaction, library.circulation, UNATTENDED, library.now)
            return try_some(act, skip).skip

        skip = library.write(step)


@move.command()
@PLAN
@FILES
@REPORTS
@as_json
@click.pass_obj
def balance(
    settings: Settings, plan: Path, folder: Path | None, reports: Path | None, as_json: bool
) -> None:
    """Compare the files of PLAN with the database: counts, sums, due dates, queues.

    To be run after `tiro move load` of the same files, whose list of what was set aside is read.
    The whole sheet goes into a file; what does not balance is told, and the command ends with 1.
    So it does on columns with values that nothing reads and on days that cannot be right, until
    the plan waives them by name, and on queues in another order.
    """
    planned = planned_by(plan, folder)
    where = reports or plan.parent
    aside = reasons_aside(where, planned)
    with opened(settings, is_long=True, mapped=False) as library, progress() as report:
        set_up = library.read(library.circulation.current_set_up)
        zone = planned.timezone or set_up.timezone
        identifiers = IDENTIFIERS.of(library.circulation)
        past = planned.kinds.get("history")
        tells_branch = past is not None and "branch" in past.fields
        files = sheet_of_files(
            planned, zone, aside, identifiers, lambda kind, rows: report(kind, "rows", rows)
        )
        found = library.database.read(
            lambda transaction: sheet_of_database(
                transaction, planned.source, zone, past_at_branch=tells_branch
            ),
            wide=True,
        ).result()
        lines = compared(files, found)
        surveys = survey_plan(planned, zone, lambda file, rows: report(file, "rows", rows))
        findings = find_in_files(planned, surveys, set_up.day(library.now))
        if any(each.measure == QUEUE_CHECKSUM.measure and each.difference for each in lines):
            findings += library.read(lambda t: _find_queues(t, planned.source, files))
    file = where / f"{planned.source}.balance.tsv"
    write_sheet(file, lines)
    write_findings(where / f"{planned.source}.findings.tsv", findings)
    wrong = [each._asdict() for each in lines if each.difference]
    told = wrong or [each._asdict() for each in lines if each.measure not in _BY_DAY]
    facts = {
        "sheet": str(file),
        "balances": not wrong,
        "lines": told,
        "findings": [each._asdict() for each in findings],
    }
    say(facts if as_json else told, as_json)
    if not as_json:
        if findings:
            click.echo()
            say([each._asdict() for each in findings], False)
        print_advice([line for each in surveys for line in each.advice])
    if wrong or findings:
        problems = [f"{len(wrong)} of {len(lines)} lines do not balance"] if wrong else []
        counts = Counter(each.what for each in findings)
        problems += [f"{what}: {number}" for what, number in counts.items()]
        raise Failure(
            "; ".join(problems),
            "Do not lend by this database before each of them is explained, or waived by name in "
            "the plan.",
        )


def _find_queues(transaction: Transaction, source: str, files: FilesSheet) -> list[Finding]:
    differing = compare_queues(files.queues, queues_of_database(transaction, source))
    titles = name_titles(transaction, [each.number for each in differing])
    return describe_queues(differing, titles)


@move.command("plan")
@click.argument("system", type=click.Choice(SYSTEMS))
@as_json
def show_plan(system: str, as_json: bool) -> None:
    """Print a plan to begin with, for the files of SYSTEM."""
    text = read_example(system)
    tell(text.rstrip("\n"), {"plan": text}, as_json)


@move.command("fields")
@as_json
def show_fields(as_json: bool) -> None:
    """List what a plan may say: its settings, the kinds, their fields, and what each holds."""
    settings = [each._asdict() for each in settings_told()]
    facts = [each._asdict() for each in fields_told()]
    lines = [
        f"{each.section and f'[{each.section}] '}{each.setting}: {each.told}"
        for each in settings_told()
    ]
    lines += [
        f"{each.kind}.{each.field}{' (needed)' if each.needed else ''}: {each.holds}"
        for each in fields_told()
    ]
    tell("\n".join(lines), {"settings": settings, "fields": facts}, as_json)


@move.command("wrap-pins")
@as_json
@click.pass_obj
def wrap_pins(settings: Settings, as_json: bool) -> None:
    """Wrap PINs that another system has hashed weakly (MD5, SHA) in the hash of all others.

    20 ms each. It can be interrupted and run again. To be done before patrons are let in.
    """
    done = 0
    with opened(settings) as library, progress() as report:
        after: int | None = 0
        while after is not None:
            wrapped, after = wrap_weak(library.database, after)
            done += wrapped
            report("PINs", "PINs", done)
    say({"wrapped": done}, as_json)


@contextmanager
def _alone(library: Library) -> Iterator[Callable[[Transaction], None]]:
    """No other move is at work within it; what it gives holds the lease of that. A process of this
    host that was killed is not waited for. Raises LeaseTaken."""
    zone = ZoneInfo(library.read(library.circulation.current_set_up).timezone)
    lease = Lease("move", f"{this_process()}, since {datetime.now(zone):%Y-%m-%d %H:%M}")

    def hold(transaction: Transaction) -> None:
        lease.hold(transaction, datetime.now(UTC))

    try:
        library.write(hold)
    except LeaseTaken as taken:
        if not has_ended(taken.holder):
            raise
        library.write(Lease("move", taken.holder).give_back)
        library.write(hold)
    try:
        yield hold
    finally:
        library.release(lease)


def _moving(library: Library, plan: Plan, silent_until: date | None) -> Moving:
    set_up = library.read(library.circulation.current_set_up)
    now = library.now
    until = max(now, datetime.combine(silent_until or now.date(), time(), UTC))
    zone = plan.timezone or set_up.timezone
    return Moving(plan.source, library.circulation, set_up, plan.currency, zone, now, until)


def _facts(report: KindReport, *, as_json: bool) -> dict[str, Any]:
    return {
        "kind": report.kind,
        "rows": report.rows,
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "gone": report.gone,
        "perhaps_gone": report.put_off,
        "kept": report.kept,
        "set_aside": report.set_aside,
        "why": dict(report.reasons.most_common()),
        "noted": dict(report.noted.most_common()),
        "remedies": [f"{what}: {rows} rows" for what, rows in report.remedies.most_common()],
        "stopped": report.stopped or None,
    } | ({"advice": report.advice} if as_json else {})
