"""A SIP2 server in a thread: real sessions, handlers and database, and a fault in front of them.

    with behind(library, Fault(answer=lambda request, answer: answer[:-1] + b"\r\n")) as port:
        ...

Requests of all lines are dealt with one after the other.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from protocols.sip2.settings import Sip2Settings
from tests.builders.circulation import Library
from tests.protocols.sip2.terminals import Terminal, an_account


@dataclass(frozen=True)
class Fault:
    """What is done to segments on their way: None closes the line.

    `answer` is given the segment that came and all that goes back for it.
    """

    greeting: bytes = b""
    request: Callable[[bytes], bytes | None] = lambda segment: segment
    answer: Callable[[bytes, bytes], bytes | None] = lambda segment, answer: answer
    #: Serves one line after the other, as a server with one process does.
    one_at_a_time: bool = False


SOUND = Fault()


@contextmanager
def behind(library: Library, fault: Fault = SOUND, **settings: object) -> Iterator[int]:
    """The port of a server with that fault; its account is that of `terminals.LOGIN`."""
    accounts = (an_account(),)
    terminal = Terminal(library, Sip2Settings(**({"accounts": accounts} | settings)))
    turn, all_alone = threading.Lock(), threading.Lock()
    lines: list[socket.socket] = []

    def serve(line: socket.socket) -> None:
        with contextlib.suppress(OSError), line, all_alone if fault.one_at_a_time else line:
            line.sendall(fault.greeting)
            with turn:
                terminal.connect()
                session = terminal.session
            while segment := line.recv(65536):
                request = fault.request(segment)
                if request is None:
                    return
                with turn:
                    terminal.session = session
                    fed = terminal.feed(request)
                answer = fault.answer(segment, fed)
                if answer is None:
                    return
                line.sendall(answer)
                if session.closing:
                    return

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = listener.accept()
                lines.append(line)
                thread = threading.Thread(target=serve, args=(line,), daemon=True)
                threads.append(thread)
                thread.start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads = [threading.Thread(target=accept, daemon=True)]
        threads[0].start()
        try:
            yield listener.getsockname()[1]
        finally:
            for each in (listener, *lines):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(5)
    terminal.close()
