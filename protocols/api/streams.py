"""Streams of server-sent events: one look at the events a second serves all that listen.

A message names lists that may have changed, and its id is where to go on. What nobody listens for
is not looked for.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from circulation.kernel.events import EventTold, events_after
from protocols.api.list_changes import LISTS, Window, changed
from protocols.api.messages import Stream
from protocols.hosting.answering import Context, Lane, Services, Stage

log = logging.getLogger(__name__)

SECONDS: Final = 1.0
#: A stream ends after so many looks: whoever goes on asks anew, and shows anew who they are.
LOOKS: Final = 600
#: A line now and then, so that nothing in between takes the connection for dead.
_COMMENT_EVERY: Final = 20
#: Streams of one account, which all desks of a house may share; each holds a connection. One more
#: ends the oldest.
MOST: Final = 1000
_AT_ONCE: Final = 1_000
#: Milliseconds after which a browser connects again.
_BEGINNING: Final = b"retry: 2000\n\n"


@dataclass(slots=True)
class _Listener:
    branch_id: int
    write: Callable[[bytes], object]
    finish: Callable[[], object]
    gone: Sequence[object]  # not empty once nobody is there any more
    name: str
    looks: int = 0


class Streams:
    """All streams of this process. `call_later` is the reactor's."""

    def __init__(self, services: Services, call_later: Callable[..., object]) -> None:
        self._services = services
        self._call_later = call_later
        self._listeners: list[_Listener] = []
        self._window = Window(0)
        self._is_looking = False

    def begin(
        self,
        stream: Stream,
        write: Callable[[bytes], object],
        finish: Callable[[], object],
        gone: Sequence[object],
    ) -> None:
        """Serves a stream until it is `gone`, or has lasted long enough."""
        if not self._listeners:
            self._window = Window(stream.after)
        name = stream.listener
        theirs = [each for each in self._listeners if each.name == name and not each.gone]
        self._end(theirs[: len(theirs) + 1 - MOST] if len(theirs) >= MOST else [])
        self._listeners.append(_Listener(stream.branch_id, write, finish, gone, name))
        write(_BEGINNING + _message(stream.after, stream.missed))
        if not self._is_looking:
            self._is_looking = True
            self._call_later(SECONDS, self._look)

    def _look(self) -> None:
        self._listeners = [each for each in self._listeners if not each.gone]
        if self._services.stage is Stage.DRAINING:
            self._end(self._listeners)
        if not self._listeners:
            self._is_looking = False
            return
        window = self._window

        def work(context: Context) -> tuple[list[EventTold], bool]:
            found = events_after(context.transaction, after=window.safe, at_most=_AT_ONCE)
            fresh = window.new(found, context.now, context.transaction.dialect)
            return fresh, len(found) == _AT_ONCE

        self._services.perform(Lane.READ, work, self._told)

    def _told(self, told: Any, error: BaseException | None) -> None:
        fresh, is_much = ([], False) if error is not None else told
        for each in self._listeners:
            each.looks += 1
            if each.gone:
                continue
            lists = list(LISTS) if is_much else changed(fresh, each.branch_id)
            if lists:
                each.write(_message(self._window.safe, lists))
            elif not each.looks % _COMMENT_EVERY:
                each.write(b":\n\n")
        self._end([each for each in self._listeners if each.looks >= LOOKS])
        self._call_later(SECONDS, self._look)

    def _end(self, listeners: Sequence[_Listener]) -> None:
        for each in tuple(listeners):
            self._listeners.remove(each)
            if not each.gone:
                each.finish()


def _message(after: int, lists: Sequence[str]) -> bytes:
    if not lists:
        return b""
    return b"id: %d\nevent: lists\ndata: %b\n\n" % (after, json.dumps({"lists": lists}).encode())
