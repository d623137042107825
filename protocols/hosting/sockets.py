"""The listening sockets, which outlive whoever accepts connections from them.

A socket is bound once and handed on: to workers, and to the program that takes this one's place
(`exec`). As long as one process holds it, callers are queued by the kernel and never refused. With
SO_REUSEPORT instead each process has a queue of its own, and whoever waits in that of a process
that ends is reset.
"""

from __future__ import annotations

import errno
import json
import socket
from collections.abc import Iterable
from typing import Final, Protocol

#: The variable that tells the next program which sockets it has inherited.
VARIABLE: Final = "TIRO_SOCKETS"
BACKLOG: Final = 512

#: What a socket is known by: its address; where any free port will do, who wanted it.
Key = tuple[str, int]


def key_of(owner: str, host: str, number: int) -> Key:
    return (host, number) if number else (owner, 0)


def queue_keys(name: str) -> tuple[Key, Key]:
    """What the ends of a queue are known by."""
    return (f"queue {name}", 0), (f"queue {name}", 1)


#: What to do about the usual failures.
_REMEDIES: Final = {
    errno.EADDRINUSE: "End the program that uses it, or choose another port.",
    errno.EADDRNOTAVAIL: "Give an address of this machine, or 0.0.0.0 for all of them.",
    errno.EACCES: "Choose a port above 1023, or allow this program the lower ones.",
}


def format_bind_error(error: OSError) -> str:
    """Return why an address cannot be bound, and what to do about it."""
    why = error.strerror or str(error)
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{why}. {remedy}" if remedy else why


class Listening(Protocol):
    """Gives listening sockets."""

    def listen(self, owner: str, host: str, number: int) -> socket.socket:
        """A socket that listens there, the caller's to close; `owner` is the word for its user.

        Raises OSError where it cannot be bound.
        """
        ...


class Sockets:
    """The sockets of this process (a `Listening`)."""

    def __init__(self, inherited: str = "") -> None:
        """`inherited` is what `handed_on` gave to the program before this one."""
        self._sockets: dict[Key, socket.socket] = {}
        for name, number, handle in json.loads(inherited or "[]"):
            self._sockets[name, number] = socket.socket(fileno=handle)
            self._sockets[name, number].set_inheritable(False)
            # So it was all the time, but Python does not know, and a `dup` would make it block:
            # in this process and in all that share it.
            self._sockets[name, number].setblocking(False)

    def listen(self, owner: str, host: str, number: int) -> socket.socket:
        return self.shared(owner, host, number).dup()

    def shared(self, owner: str, host: str, number: int) -> socket.socket:
        """The socket itself, bound now if it is not yet."""
        key = key_of(owner, host, number)
        if key not in self._sockets:
            self._sockets[key] = _bound(host, number)
        return self._sockets[key]

    def queue(self, name: str) -> tuple[socket.socket, socket.socket]:
        """The ends of the queue of that name, made now if there is none yet.

        A message that is sent into the first comes out of the second, to one of those who read
        there. What is in it outlives whoever should have read it.
        """
        into, out_of = queue_keys(name)
        if into not in self._sockets:
            ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            for key, end in zip((into, out_of), ends, strict=True):
                end.setblocking(False)
                self._sockets[key] = end
        return self._sockets[into], self._sockets[out_of]

    def keep_only(self, keys: Iterable[Key]) -> None:
        """Closes all others: nobody listens there any more."""
        for key in set(self._sockets) - set(keys):
            self._sockets.pop(key).close()

    def close(self) -> None:
        self.keep_only(())

    def handed_on(self) -> str:
        """Lets the next program (`exec`) inherit them; what `__init__` is to be given there."""
        for each in self._sockets.values():
            each.set_inheritable(True)
        return json.dumps([[*key, each.fileno()] for key, each in self._sockets.items()])


class Held:
    """Sockets that were asked for before, for who can ask for none any more (a `Listening`)."""

    def __init__(self) -> None:
        self._sockets: dict[Key, socket.socket] = {}

    def hold(self, found: socket.socket, owner: str, host: str, number: int) -> None:
        self._sockets[key_of(owner, host, number)] = found

    def listen(self, owner: str, host: str, number: int) -> socket.socket:
        found = self._sockets.pop(key_of(owner, host, number), None)
        if found is None:
            raise OSError("no such socket was asked for")
        return found


def _bound(host: str, number: int) -> socket.socket:
    found = socket.getaddrinfo(
        host or None, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    # An empty interface stands for all: those of IPv4, as Twisted has it.
    family, kind, protocol, _, address = min(
        found, key=lambda each: each[0] != socket.AF_INET if not host else 0
    )
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
    except BaseException:
        bound.close()
        raise
    return bound
