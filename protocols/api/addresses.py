"""What a client has to know of each operation, without the operations: where it is, what it takes.

A command asks one or two of three hundred, and most of its time would go into loading all of
them. So `make reference` writes this much of the table into ``addresses.tsv``, and a test holds it
to the table.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from protocols.api.operation import Operation

FILE: Final = Path(__file__).with_suffix(".tsv")


class Address(NamedTuple):
    """An operation: its name, the module of its noun, its request line, and the names of what it
    takes, in the body or in the query. `is_once`: it asks for an Idempotency-Key."""

    id: str
    noun: str
    method: str
    path: str
    has_body: bool
    is_once: bool
    fields: tuple[str, ...]


def address_of(operation: Operation) -> Address:
    """What is written of an operation."""
    model = operation.body or operation.query
    return Address(
        operation.id,
        operation.handler.__module__.rpartition(".")[2],
        operation.method,
        operation.path,
        operation.body is not None,
        operation.is_once,
        () if model is None else tuple(model.model_fields),
    )


def line_of(address: Address) -> str:
    """An address as it stands in the file."""
    flags = f"{'body' * address.has_body}\t{'once' * address.is_once}"
    return "\t".join((*address[:4], flags, " ".join(address.fields)))


@cache
def addresses() -> dict[str, Address]:
    """All operations, by their names."""
    found = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        name, noun, method, path, body, once, fields = line.split("\t")
        found[name] = Address(
            name, noun, method, path, bool(body), bool(once), tuple(fields.split())
        )
    return found


def operation_at(address: Address) -> Operation:
    """The operation itself, of which only the noun is loaded."""
    noun = import_module(f"protocols.api.operations.{address.noun}")
    found: Operation = next(each for each in noun.OPERATIONS if each.id == address.id)
    return found
