"""Who has to do with an item at this moment: messages about it are answered in turn.

A book lies in one place, but its loan may be renewed at one machine while it is handed in at
another, and these may be in the care of two systems. Each would do its part, and could not be told
of the other's any more.
"""

from __future__ import annotations

from protocols.proxy.kinds import CHANGING, text_field


class Turns:
    """The messages that are under way, by item: numbers of requests."""

    def __init__(self) -> None:
        self._of: dict[str, int] = {}
        #: Those that a process before this one had begun, and that may not come again for long.
        self._left: set[int] = set()

    def leave(self, request: int, code: str, body: bytes) -> None:
        """A process before this one had it under way, and nobody has heard its answer."""
        if self.take(request, code, body):
            self._left.add(request)

    def take(self, request: int, code: str, body: bytes, *, is_late: bool = False) -> bool:
        """Is it the turn of the message? It has it then until `end`. What changes nothing, and what
        is about no item, waits for nobody; what is late does not wait for what was left behind."""
        item = text_field(body, "AB") if code in CHANGING else ""
        if not item:
            return True
        if is_late and self._of.get(item) in self._left:
            self._of[item] = request
        return self._of.setdefault(item, request) == request

    def pass_on(self, before: int, request: int, body: bytes) -> None:
        """The message has come again, under another number."""
        item = text_field(body, "AB")
        if self._of.get(item) == before:
            self._of[item] = request

    def has(self, item: str) -> bool:
        """Return whether a message about the item is on its way."""
        return item in self._of

    def end(self, request: int, body: bytes) -> None:
        """The message has its answer."""
        item = text_field(body, "AB")
        if self._of.get(item) == request:
            del self._of[item]
