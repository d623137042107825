"""No reason without its check."""

from __future__ import annotations

import ast
import importlib
import inspect

import pytest

from circulation.kernel.reasons import Reason
from circulation.kernel.refusing import DECIDED_BY
from circulation.loans.states import TABLE


def test_every_reason_is_decided_somewhere() -> None:
    assert set(DECIDED_BY) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_the_check_gives_the_reason(reason: Reason) -> None:
    module, _, name = f"circulation.{DECIDED_BY[reason]}".rpartition(".")
    check = getattr(importlib.import_module(module), name)
    if module == "circulation.loans.states":
        assert any(reason is cell for row in TABLE.values() for cell in row.values())
        return
    named = {
        node.attr
        for node in ast.walk(ast.parse(inspect.getsource(check)))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Reason"
    }
    assert reason.name in named
