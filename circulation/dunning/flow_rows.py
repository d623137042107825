"""The flows as rows: reading, storing and forgetting them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, many, send
from circulation.dunning.schema import dunning_flows, dunning_steps
from circulation.dunning.steps import STEP, Flow, Flows, Step, flow_problems
from circulation.kernel.rules import RuleRows
from circulation.kernel.set_up import SetUpPart

FLOW_RULES = RuleRows(dunning_flows, {}, "flow")

_step_rows: Callable[..., list[Any]] = many(
    select(dunning_steps.c.flow_id, *(dunning_steps.c[name] for name in STEP.names)).order_by(
        dunning_steps.c.flow_id, dunning_steps.c.number
    ),
    None,
)
_insert_step = send(
    insert(dunning_steps).values(
        {
            dunning_steps.c[name]: bindparam(f"new_{name}", type_=dunning_steps.c[name].type)
            for name in ("flow_id", "number", *STEP.names)
        }
    ),
    "new_flow_id",
    "new_number",
    *(f"new_{name}" for name in STEP.names),
)
_delete_steps = send(
    delete(dunning_steps).where(dunning_steps.c.flow_id == bindparam("of_flow")), "of_flow"
)


def read_flows(transaction: Transaction) -> list[Flow]:
    """All flows with their steps in order."""
    steps: dict[int, list[Step]] = defaultdict(list)
    for flow_id, *values in _step_rows(transaction):
        loaded = map(lambda setting, value: setting.loaded(value), STEP.settings.values(), values)
        steps[flow_id].append(Step(*loaded))
    return [Flow(rule, tuple(steps[rule.id])) for rule in FLOW_RULES.read(transaction)]


DUNNING = SetUpPart("dunning", lambda transaction: Flows(read_flows(transaction)))


def store_flow(transaction: Transaction, steps: Sequence[Step], **scope: Any) -> int:
    """Stores the flow of one scope, in place of what that scope had; gives its id.

    Raises ValueError with all that is wrong with the steps together. Needs
    `circulation.kernel.set_up.set_up_changed` afterwards.
    """
    problems = {code: f"{code}: {text}" for code, text in flow_problems(steps).items()}
    FLOW_RULES.check(scope, problems)
    forget_flow(transaction, **scope)
    flow_id = FLOW_RULES.store(transaction, **scope)
    for number, step in enumerate(steps, 1):
        values = (each.stored(getattr(step, name)) for name, each in STEP.settings.items())
        _insert_step(transaction, flow_id, number, *values)
    return flow_id


def forget_flow(transaction: Transaction, **scope: Any) -> None:
    """Removes the flow of one scope, where there is one; see `store_flow`."""
    for rule in FLOW_RULES.of(transaction, scope):
        _delete_steps(transaction, rule.id)
    FLOW_RULES.forget(transaction, **scope)
