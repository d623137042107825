"""What the printer of the caller's workstation is to print, and how that goes."""

from __future__ import annotations

from typing import Final

from circulation.kernel.results import CheckedIn as KnownReturn
from circulation.kernel.results import Destination
from circulation.kernel.rights import Principal, Right
from circulation.notices import slips
from circulation.notices.post import POST
from circulation.staff.print_jobs import Document, latest_jobs, queue_job, try_job_again
from circulation.staff.print_jobs import PrintJob as KnownJob
from circulation.staff.print_jobs import print_job as job_of
from circulation.staff.workstations import Workstation, workstation_named
from protocols.api.authority import must_have_here, number_of
from protocols.api.models.scanning import PrintJob, PrintJobs, SlipWish
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.slips import slip_wanted
from protocols.api.problems import Outcome, Problem
from protocols.hosting.answering import Context, Lane

_LARGEST: Final = 2**31 - 1


def _with_printer(principal: Principal, context: Context) -> Workstation | None:
    """The caller's workstation, if it has a printer."""
    desk = workstation_named(context.transaction, name=principal.device)
    if desk is None or desk.branch_id != principal.branch_id or desk.printer.kind == "none":
        return None
    return desk


def _must_have_printer(principal: Principal, context: Context) -> Workstation:
    desk = _with_printer(principal, context)
    if desk is None:
        raise Problem(Outcome.CONFLICT, "this desk has no printer")
    return desk


def document_of(slip: slips.Slip) -> Document:
    lines = tuple(slip.text.splitlines())
    return Document(slip.heading.strip(), lines, slip.language, slip.big, slip.barcode)


def print_slip(
    request: Request[SlipWish, None], principal: Principal, context: Context
) -> PrintJob:
    """Has a slip or a label printed at the caller's workstation."""
    must_have_here(principal, Right.LEND)
    slip, patron_id = slip_wanted(request, principal, context)
    desk = _must_have_printer(principal, context)
    act = context.act(principal.desk)
    number = queue_job(act, desk, request.body.kind, document_of(slip), patron_id)
    return _shown(job_of(context.transaction, job_id=number, workstation_id=desk.id))


def print_what_goes_on(answer: KnownReturn, principal: Principal, context: Context) -> str | None:
    """Prints the note of an item that goes to the hold shelf here, or the slip of one that goes to
    another branch; gives the job. None where nothing is to be put into the item, or the workstation
    has no printer."""
    kind, make = {
        Destination.HOLD_SHELF_HERE: ("pickup", slips.pickup_note),
        Destination.TRANSIT_HOME: ("transit", slips.transit_slip),
        Destination.TRANSIT_TO_PICKUP: ("transit", slips.transit_slip),
    }.get(answer.destination, ("", None))
    desk = None if make is None else _with_printer(principal, context)
    if make is None or desk is None:
        return None
    act = context.act(principal.desk)
    try:
        slip = make(act, POST.of(context.circulation).templates, answer.item.barcode)
    except slips.NothingToPrint:
        return None
    return str(queue_job(act, desk, kind, document_of(slip)))


def list_print_jobs(request: Plain, principal: Principal, context: Context) -> PrintJobs:
    """The last jobs of the printer of the caller's workstation."""
    must_have_here(principal, Right.LEND)
    desk = _with_printer(principal, context)
    if desk is None:
        return PrintJobs("none", ())
    jobs = latest_jobs(context.transaction, desk)
    return PrintJobs(desk.printer.kind, tuple(map(_shown, jobs)))


def print_again(request: Plain, principal: Principal, context: Context) -> PrintJob:
    """Tries a job again at once: somebody has seen to the printer."""
    must_have_here(principal, Right.LEND)
    desk = _must_have_printer(principal, context)
    number = number_of(request.path["job"], None, _LARGEST)
    job = job_of(context.transaction, job_id=number, workstation_id=desk.id)
    if job is None:
        raise Problem(Outcome.NOT_FOUND)
    if not try_job_again(context.transaction, job.id, context.now):
        raise Problem(Outcome.CONFLICT, "it was printed already")
    return _shown(job_of(context.transaction, job_id=number, workstation_id=desk.id))


def _shown(job: KnownJob | None) -> PrintJob:
    assert job is not None
    return PrintJob(str(job.id), job.kind, job.state, job.made, job.problem)


OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/prints",
        "Print a slip or a label",
        print_slip,
        PrintJob,
        body=SlipWish,
        tag="desk",
        right=Right.LEND,
        lane=Lane.WRITE,
        outcomes=(Outcome.NOT_FOUND, Outcome.CONFLICT),
    ),
    get(
        "/prints",
        "What the printer is to print",
        list_print_jobs,
        PrintJobs,
        tag="desk",
        right=Right.LEND,
    ),
    post(
        "/prints/{job}/again",
        "Try to print again",
        print_again,
        PrintJob,
        tag="desk",
        right=Right.LEND,
        outcomes=(Outcome.NOT_FOUND, Outcome.CONFLICT),
    ),
)
