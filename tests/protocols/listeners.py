"""Servers of the worst kind, for clients to survive."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Behaviour = Callable[[socket.socket], None]


@contextmanager
def a_listener(behave: Behaviour) -> Iterator[int]:
    """The port of 127.0.0.1 at which each connection is treated so, then closed."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()
    connections: list[socket.socket] = []

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            if over.is_set():
                connection.close()
                return
            connections.append(connection)
            with contextlib.suppress(OSError), connection:
                behave(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    port = listening.getsockname()[1]
    try:
        yield port
    finally:
        over.set()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
        thread.join(10)
        listening.close()
        assert not thread.is_alive()


def saying(answer: bytes) -> Behaviour:
    """Answers whatever is asked with these octets, and waits for the other side to go."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        while connection.recv(65536):
            pass

    return behave


def silent(connection: socket.socket) -> None:
    """Listens and never says a word."""
    while connection.recv(65536):
        pass


def dripping(first: bytes, octet: bytes) -> Behaviour:
    """Begins with `first` and goes on with one octet after the other, ten in a second."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(first)
        pause = threading.Event()
        while True:
            connection.sendall(octet)
            pause.wait(0.1)

    return behave


def endless(first: bytes, block: bytes) -> Behaviour:
    """Begins with `first` and never ends."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(first)
        while True:
            connection.sendall(block)

    return behave
