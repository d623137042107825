"""What the supervisor and a worker say to each other: a pair of sockets, one JSON object a message.

    worker -> supervisor   {"listen": ["[sip2] 0", "127.0.0.1", 6001]}   wants a socket
                           {"queue": "[http]"}                           wants the ends of a queue
                           {"ready": true}                               accepts connections
                           {"beat": true}                                is alive
                           {"counts": {...}}                             what it has counted
                           {"ask": 7, "within": 1.0, "counts": {...}}    what have all counted?
    supervisor -> worker   {"socket": true} with the socket, or {"error": "..."}; of a queue two
                           {"leave": 30.0}   end your conversations within so many seconds
                           {"tell": true}    what have you counted?
                           {"answer": 7, "workers": [...], "gone": {...}}   see `counts`

When one side is gone the other reads the end. A long message goes as a file in memory, of which the
descriptor is sent: what waits between two sockets is bounded.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from typing import Any, Final

#: The variable that tells a worker which descriptor its channel is.
VARIABLE: Final = "TIRO_SUPERVISOR"
_LONGEST: Final = 65536
#: Octets from which a message goes as a file, and what is said in its place.
_LONG: Final = 16384
_IN_FILE: Final = b"file"

Message = Mapping[str, Any]


class Channel:
    """One end. `receive` gives a message and the socket that came with it, if one did."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end

    def fileno(self) -> int:
        return self.end.fileno()

    def send(self, message: Message, with_socket: socket.socket | None = None) -> None:
        """Raises OSError where nobody hears it. A long message has no socket with it."""
        data = json.dumps(message).encode()
        if len(data) > _LONG and with_socket is None:
            with open(os.memfd_create("tiro-message"), "w+b") as file:
                file.write(data)
                file.flush()
                socket.send_fds(self.end, [_IN_FILE], [file.fileno()])
            return
        handles = [] if with_socket is None else [with_socket.fileno()]
        socket.send_fds(self.end, [data], handles)

    def receive(self) -> tuple[Message, socket.socket | None] | None:
        """The next message; None at the end. Raises BlockingIOError where there is none yet."""
        try:
            data, handles, _, _ = socket.recv_fds(self.end, _LONGEST, 1)
        except ConnectionError:
            return None
        if data == _IN_FILE:
            with open(handles[0], "rb") as file:
                file.seek(0)
                return json.load(file), None
        came = socket.socket(fileno=handles[0]) if handles else None
        if came is not None:
            came.set_inheritable(False)
        if not data:
            return None
        return json.loads(data), came

    def close(self) -> None:
        self.end.close()


def channel_pair() -> tuple[Channel, Channel]:
    """The supervisor's end, which does not block, and the worker's."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    return Channel(ours), Channel(theirs)
