"""After a proxy was killed: what became of the messages that were under way?

Most terminals send them again, and are then answered (`relay`). For those that do not, the system
is asked here, so that the other one is told of what was done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, cast

from protocols.hosting.reactor import reactor
from protocols.proxy.finding_out import KNOWABLE, Found, Inquiry
from protocols.proxy.journal.records import Record, bytes_of, text_of
from protocols.proxy.kinds import CHANGING, text_field
from protocols.proxy.line import Said
from protocols.proxy.proxy import Proxy
from protocols.proxy.settings import System

log = logging.getLogger(__name__)

#: Seconds that terminals have to send again what was not answered.
PATIENCE: Final = 30.0


class Recovery:
    """Of what was open when the journal was read."""

    def __init__(self, proxy: Proxy, patience: float = PATIENCE) -> None:
        self._proxy = proxy
        self._patience = patience
        self._open = list(proxy.state.open)

    def begin(self) -> None:
        """Looks after what terminals do not ask for again."""
        for number in self._open:
            request = self._proxy.state.open[number]
            if request["sent"][:2] in CHANGING:
                reactor.callLater(self._patience, self._look, number)
            else:
                self._end(number, "", "it asked for nothing to be changed")

    def _look(self, number: int) -> None:
        request = self._proxy.state.open.get(number)
        if request is None:
            return
        system = cast("System", request["to"])
        if not self._can_be_known(request):
            self._proxy.put_silent(number, system, "nobody heard what it answered", was_sent=True)
            self._end(number, "", "")
        elif self._proxy.is_down(system):
            reactor.callLater(self._patience, self._look, number)
        else:
            self._ask(request, system)

    def _can_be_known(self, request: Record) -> bool:
        """A renewal shows by its date alone, next to the one before."""
        code, barcode = request["sent"][:2], text_field(bytes_of(request["sent"]), "AB")
        return code in KNOWABLE and (code != "29" or bool(self._proxy.due_of(barcode)))

    def _ask(self, request: Record, system: System) -> None:
        proxy, number = self._proxy, request["id"]
        pool = proxy.connections.asking(system)
        body = bytes_of(request["sent"])
        due = proxy.due_of(text_field(body, "AB"))

        def ask(question: bytes, done: Callable[[Said], object]) -> None:
            pool.ask(proxy.readable(question), done)

        def found(what: Found) -> None:
            if number not in proxy.state.open:
                return
            if not what.is_known:
                reactor.callLater(self._patience, self._look, number)
            elif what.answer:
                log.warning("request %d was done before the proxy was started again", number)
                self._end(number, text_of(proxy.secrets.hidden(what.answer)), "found out", system)
            else:
                self._end(number, "", "it was not done")

        Inquiry(ask, body, due, proxy.local_date()).begin(found)

    def _end(self, number: int, sent: str, why: str, by: str = "proxy") -> None:
        request = self._proxy.state.open.get(number)
        if request is not None:
            self._proxy.turns.end(number, bytes_of(request["sent"]))
        self._proxy.write_down({"kind": "answer", "of": number, "by": by, "sent": sent, "why": why})
