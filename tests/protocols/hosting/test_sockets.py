"""Sockets that outlive a process, and how they come to another one."""

from __future__ import annotations

import os
import socket
from contextlib import closing

import pytest

from protocols.hosting.sockets import Sockets
from protocols.process.supervision.channel import channel_pair


def test_an_address_is_bound_once_and_can_be_had_again() -> None:
    with closing(Sockets()) as sockets:
        first = sockets.listen("[sip2] 0", "127.0.0.1", 0)
        number = first.getsockname()[1]
        first.close()
        with sockets.listen("[sip2] 0", "127.0.0.1", 0) as again:
            assert again.getsockname()[1] == number
        with sockets.listen("[ncip] 1", "127.0.0.1", 0) as other:
            assert other.getsockname()[1] != number
        socket.create_connection(("127.0.0.1", number), 5).close()  # though nobody accepts now
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", number), 5)


def test_what_is_taken_is_an_error() -> None:
    with socket.socket() as other, closing(Sockets()) as sockets:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(OSError, match="in use"):
            sockets.listen("x", "127.0.0.1", other.getsockname()[1])


def test_what_nobody_wants_any_more_is_closed() -> None:
    with closing(Sockets()) as sockets:
        ours, theirs = (sockets.shared(each, "127.0.0.1", 0) for each in ("a", "b"))
        sockets.keep_only([("a", 0)])
        assert (ours.fileno() >= 0, theirs.fileno()) == (True, -1)


def test_the_next_program_inherits_them() -> None:
    sockets = Sockets()
    first = sockets.shared("a", "127.0.0.1", 0)
    number = first.getsockname()[1]
    told = sockets.handed_on()
    assert os.get_inheritable(first.fileno())
    handle = first.detach()
    with closing(Sockets(told)) as inherited:
        again = inherited.shared("a", "127.0.0.1", 0)
        assert (again.fileno(), again.getsockname()[1]) == (handle, number)
        assert not os.get_inheritable(handle)
        with inherited.listen("a", "127.0.0.1", 0) as listening:
            assert not os.get_blocking(listening.fileno())
        assert not os.get_blocking(handle)


def test_an_empty_interface_is_every_one() -> None:
    with closing(Sockets()) as sockets:
        assert sockets.shared("a", "", 0).getsockname()[0] == "0.0.0.0"
        assert sockets.shared("b", "::1", 0).getsockname()[0] == "::1"


def test_a_message_may_bring_a_socket_and_the_end_is_told() -> None:
    ours, theirs = channel_pair()
    with pytest.raises(BlockingIOError):
        ours.receive()
    theirs.send({"beat": True})
    theirs.send({"ready": True})
    assert ours.receive() == ({"beat": True}, None)
    assert ours.receive() == ({"ready": True}, None)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        ours.send({"socket": True}, one)
        received = theirs.receive()
        assert received is not None
        assert received[1] is not None
        assert received[1].getsockname() == one.getsockname()
        received[1].close()
    theirs.close()
    assert ours.receive() is None
    ours.close()


def test_a_message_that_is_long_arrives_whole() -> None:
    ours, theirs = channel_pair()
    message = {"counts": {f"sample {number}": number for number in range(50_000)}}
    for _ in range(5):  # none of them fills what is between the two
        theirs.send(message)
    for _ in range(5):
        assert ours.receive() == (message, None)
    theirs.close()
    assert ours.receive() is None
