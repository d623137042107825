"""The ports of a demo: all that are taken are named before anything is loaded, or replaced."""

from __future__ import annotations

import socket
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from protocols.commands.command_line import tiro
from protocols.demo.configuration import PORTS
from protocols.demo.ports import bind_all
from protocols.hosting.sockets import Sockets
from protocols.process.addresses import Address
from protocols.process.failures import Failure
from tests.servers import RunningServer, free_ports, launch, run_tiro, talk

HOST = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[list[int]]:
    """Three ports that another program listens on."""
    with ExitStack() as stack:
        ports = free_ports(3)
        for port in ports:
            other = stack.enter_context(socket.socket())
            other.bind((HOST, port))
            other.listen()
        yield ports


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    sockets = Sockets()
    yield sockets
    sockets.close()


def test_who_asked_for_none_gets_the_next(taken: list[int], sockets: Sockets) -> None:
    wanted = [Address(f"[{number}]", HOST, port) for number, port in enumerate(taken)]
    instead = bind_all(wanted, {}, sockets)
    assert list(instead) == wanted
    for address, port in instead.items():
        assert address.number < port <= address.number + 100
        with pytest.raises(OSError, match="in use"), socket.socket() as late:
            late.bind((HOST, port))  # it is kept for the server


def test_what_was_asked_for_is_not_replaced_and_all_of_it_named(
    taken: list[int], sockets: Sockets
) -> None:
    first, second, third = taken
    wanted = [
        *(Address("[sip2]", HOST, first), Address("[http]", HOST, third)),
        *(Address("[z3950]", HOST, second), Address("[operations]", HOST, 0)),
    ]
    with pytest.raises(Failure) as told:
        bind_all(wanted, {"sip2": first, "z3950": second}, sockets)
    assert told.value.message.splitlines() == [
        f"[sip2] cannot listen on {HOST}:{first}: Address already in use (--sip2-port)",
        f"[z3950] cannot listen on {HOST}:{second}: Address already in use (--z3950-port)",
    ]
    assert "leave them out" in told.value.advice


def test_one_port_for_two_is_seen_and_what_is_asked_for_comes_first(sockets: Sockets) -> None:
    [port] = free_ports(1)
    wanted = [Address("[sip2]", HOST, port), Address("[ncip]", HOST, port)]
    assert set(bind_all(wanted, {"ncip": port}, sockets)) == {wanted[0]}
    sockets.close()
    with pytest.raises(Failure, match=r"\[ncip\] .* \[sip2\] does \(--ncip-port\)"):
        bind_all(wanted, {"ncip": port, "sip2": port}, sockets)


def test_nothing_is_loaded_where_a_port_is_taken(taken: list[int], tmp_path: Path) -> None:
    data = tmp_path / "library"
    words = ["demo", "--data", str(data), "--sip2-port", str(taken[0]), "--ncip-port"]
    done = CliRunner().invoke(tiro, [*words, str(taken[1])], prog_name="tiro")
    assert done.exit_code == 1
    for option in ("--sip2-port", "--ncip-port"):
        assert option in done.stderr
    assert list(data.iterdir()) == []


@contextmanager
def a_plain_demo(data: Path) -> Iterator[tuple[RunningServer, dict[str, int]]]:
    """One without options for ports, and the ports in its tiro.toml."""
    words = ("demo", "--data", str(data), "--patrons", "1", "--items", "1")
    server = launch(data, words, (0, 0, 0, 0), 120, afresh=True)
    table = tomllib.loads((data / "tiro.toml").read_text())
    try:
        yield server, {name: table[name]["port"] for name in PORTS}
    finally:
        server.stop()


def test_a_demo_runs_beside_a_demo_and_goes_on_where_another_has_its_port(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for each in (first, second):
        each.mkdir()
    with a_plain_demo(first) as (_, ports), a_plain_demo(second) as (server, others):
        assert not set(ports.values()) & set(others.values())
        shown = "\n".join(server.printed)
        for name, port in others.items():
            assert name == "operations" or f"{port}" in shown
            socket.create_connection((HOST, port), 5).close()
        assert run_tiro(second / "tiro.toml", "check").returncode == 0
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((HOST, others["sip2"]))
        other.listen()
        with a_plain_demo(second) as (server, _):
            told = next(line for line in server.printed if "is taken" in line)
            port = int(told.partition("at port ")[2].partition(":")[0])
            assert told.startswith(f"[sip2] is at port {port}: {others['sip2']} of ")
            assert talk(port, [b"9300CNkiosk|COkiosk|\r"], b"\r") == b"941\r"
            assert f":{port} " in "\n".join(server.printed[server.printed.index(told) :])


def test_one_library_has_one_demo(tmp_path: Path) -> None:
    with (
        a_plain_demo(tmp_path) as (server, _),
        pytest.raises(AssertionError, match=f"process {server.process.pid} serves it"),
        a_plain_demo(tmp_path),
    ):
        pass
