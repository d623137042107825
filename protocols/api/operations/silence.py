"""Loads from other systems that nobody is told of."""

from __future__ import annotations

from typing import Final

from circulation.kernel.rights import Principal, Right
from circulation.notices.kinds import Basis
from circulation.notices.silence import (
    begin_silent_batch,
    end_silent_batch,
    keep_silent,
    silent_batch_list,
)
from protocols.api.authority import must_have_everywhere
from protocols.api.models.notices import SilentBatches, SilentUntil, batches_shown
from protocols.api.operation import Operation, Plain, Request, get
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane

_BATCH: Final = "/silent-batches/{batch}"


def list_silent_batches(request: Plain, principal: Principal, context: Context) -> SilentBatches:
    """The loads from other systems of which nobody is told."""
    must_have_everywhere(principal, Right.VIEW_NOTICES)
    return batches_shown(silent_batch_list(context.transaction))


def silence(
    request: Request[SilentUntil, None], principal: Principal, context: Context
) -> SilentBatches:
    """Nobody is told of a load up to a time: what comes up about it before is withdrawn. A batch
    that is silent for longer stays so."""
    must_have_everywhere(principal, Right.SEND_NOTICES)
    if request.body.until.tzinfo is None:
        raise malformed("until", "timezone", "say how far the time is from UTC")
    batch = request.path["batch"]
    begin_silent_batch(context.transaction, batch, until=request.body.until)
    return batches_shown(silent_batch_list(context.transaction))


def end_silence(request: Plain, principal: Principal, context: Context) -> SilentBatches:
    """From now on people are told of the load as of everything else."""
    must_have_everywhere(principal, Right.SEND_NOTICES)
    if not end_silent_batch(context.transaction, request.path["batch"]):
        raise Problem(Outcome.NOT_FOUND)
    return batches_shown(silent_batch_list(context.transaction))


def keep_quiet(
    batch: str | None, noun: Basis, ids: list[int], principal: Principal, context: Context
) -> None:
    """What was just made belongs to a load, where there is one: it is silent up to now. Raises
    Problem."""
    if batch is not None:
        must_have_everywhere(principal, Right.SEND_NOTICES)
        begin_silent_batch(context.transaction, batch, until=context.now)
        keep_silent(context.transaction, batch, noun, ids)


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/silent-batches",
        "Loads that nobody is told of",
        list_silent_batches,
        SilentBatches,
        tag="notices",
        right=Right.VIEW_NOTICES,
    ),
    Operation(
        method="PUT",
        path=_BATCH,
        summary="Tell nobody of a load",
        handler=silence,
        answer=SilentBatches,
        body=SilentUntil,
        lane=Lane.SHORT_WRITE,
        tag="notices",
        right=Right.SEND_NOTICES,
    ),
    Operation(
        method="DELETE",
        path=_BATCH,
        summary="Tell of a load again",
        handler=end_silence,
        answer=SilentBatches,
        lane=Lane.WRITE,
        tag="notices",
        right=Right.SEND_NOTICES,
    ),
)
