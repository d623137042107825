"""Which request the work under way belongs to: told to log lines and to the events it causes.

Whoever takes a request off the wire says in `here` what it works on, in each thread that does, and
puts back what was there before; code below only asks `request_id`. Outside of a request, as in
daily jobs and at the command line, there is none.
"""

from __future__ import annotations

import threading
from typing import Protocol


class Traced(Protocol):
    """A request, for those who only name it."""

    @property
    def id(self) -> str:
        """Its name, of letters, digits and hyphens: no other request of any process has it."""
        ...


class _Here(threading.local):
    """What this thread works on. (There are no coroutines here, so a context variable would only
    cost more.)"""

    request: Traced | None = None


here = _Here()


def request_id() -> str | None:
    """The id of the request that this thread works on."""
    request = here.request
    return None if request is None else request.id
