"""From a path to its operations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from protocols.api.operation import Operation

_NAME: Final = re.compile(r"\{([a-z_]+)\}")


class Route(NamedTuple):
    """The operations of a path by method, and what its variable parts are here."""

    operations: dict[str, Operation]
    variables: dict[str, str]

    @property
    def allowed(self) -> str:
        """The methods, as in Allow."""
        methods = set(self.operations) | ({"HEAD"} if "GET" in self.operations else set())
        return ", ".join(sorted(methods | {"OPTIONS"}))


class _Node:
    """A place in the tree of paths."""

    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self.variable: tuple[str, _Node] | None = None
        self.operations: dict[str, Operation] = {}


class Routes:
    """All paths; raises ValueError where two rows are for the same one."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            self._add(operation)

    def _add(self, operation: Operation) -> None:
        node = self._root
        for part in operation.path.strip("/").split("/"):
            named = _NAME.fullmatch(part)
            if named is None:
                node = node.fixed.setdefault(part, _Node())
                continue
            if node.variable is None:
                node.variable = named[1], _Node()
            name, node = node.variable
            if name != named[1]:
                raise ValueError(f"{operation.path}: this part is called {{{name}}} elsewhere")
        if operation.method in node.operations:
            raise ValueError(f"{operation.method} {operation.path} stands there twice")
        node.operations[operation.method] = operation

    def find(self, path: Sequence[str]) -> Route | None:
        """What there is at a path, given in its parts."""
        node, variables = self._root, {}
        for part in path:
            following = node.fixed.get(part)
            if following is None:
                if node.variable is None or not part:
                    return None
                name, following = node.variable
                variables[name] = part
            node = following
        return Route(node.operations, variables) if node.operations else None
