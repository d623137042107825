"""The flows as rows: reading, storing and forgetting them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, columns, many, send, taking
from circulation.dunning.schema import dunning_flows, dunning_steps
from circulation.dunning.steps import STEP, Flow, Flows, Step, flow_problems, of_step
from circulation.kernel.models import row_of
from circulation.kernel.rules import RuleRows
from circulation.kernel.set_up import SetUpPart

FLOW_RULES = RuleRows(dunning_flows, {}, "flow")


_Row = row_of("flow_id", *STEP.names)


@many(_Row)
def _step_rows() -> Statement:
    return select(*columns(_Row, dunning_steps)).order_by(
        dunning_steps.c.flow_id, dunning_steps.c.number
    )


@send
@taking("flow_id", "number", *STEP.names)
def _insert_step(**values: Any) -> Statement:
    return insert(dunning_steps).values(values)


@send
def _delete_steps(*, flow_id: int) -> Statement:
    return delete(dunning_steps).where(dunning_steps.c.flow_id == flow_id)


def read_flows(transaction: Transaction) -> list[Flow]:
    """All flows with their steps in order."""
    steps: dict[int, list[Step]] = defaultdict(list)
    for row in _step_rows(transaction):
        loaded = {name: each.loaded(getattr(row, name)) for name, each in STEP.settings.items()}
        steps[row.flow_id].append(Step(**loaded))
    return [Flow(rule, tuple(steps[rule.id])) for rule in FLOW_RULES.read(transaction)]


DUNNING = SetUpPart("dunning", lambda transaction: Flows(read_flows(transaction)))


def store_flow(transaction: Transaction, steps: Sequence[Step], **scope: Any) -> int:
    """Stores the flow of one scope, in place of what that scope had; gives its id.

    Raises ValueError with all that is wrong with the steps together. Needs
    `circulation.kernel.set_up.set_up_changed` afterwards.
    """
    problems = {code: of_step(code, text) for code, text in flow_problems(steps).items()}
    FLOW_RULES.check(scope, problems)
    forget_flow(transaction, **scope)
    flow_id = FLOW_RULES.store(transaction, **scope)
    for number, step in enumerate(steps, 1):
        values = {name: each.stored(getattr(step, name)) for name, each in STEP.settings.items()}
        _insert_step(transaction, flow_id=flow_id, number=number, **values)
    return flow_id


def forget_flow(transaction: Transaction, **scope: Any) -> None:
    """Removes the flow of one scope, where there is one; see `store_flow`."""
    for rule in FLOW_RULES.of(transaction, scope):
        _delete_steps(transaction, flow_id=rule.id)
    FLOW_RULES.forget(transaction, **scope)
