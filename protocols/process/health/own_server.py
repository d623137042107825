"""Is it this library's own server that listens on an address? By Linux's /proc.

Whoever may see the open files of the process is told: its own user, and root. To others, and on
systems without /proc, a port that is taken is just that.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
#: The state LISTEN, and the words by which a process is a server of Tiro's.
_LISTENS: Final = "0A"
_SERVERS: Final = frozenset({"serve", "demo", "protocols.process.supervision.supervisor"})


def is_own_server(host: str, number: int, configuration: Path) -> bool:
    """Do servers with this configuration, and nobody else, listen on this address?"""
    listening = set(_sockets(host, number))
    own = {each for pid in _servers(configuration) for each in _sockets_of(pid)}
    return bool(listening) and listening <= own


def _sockets(host: str, number: int) -> Iterator[str]:
    """The inodes of sockets that listen there, or on all addresses."""
    try:
        wanted = {
            ip_address(each[4][0])
            for each in socket.getaddrinfo(host or None, number, flags=socket.AI_PASSIVE)
        }
    except OSError:
        return
    is_all = any(each.is_unspecified for each in wanted)
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / name).read_text().splitlines()[1:]:
                _, local, _, state, *rest = line.split()
                packed, _, port = local.partition(":")
                if state != _LISTENS or int(port, 16) != number:
                    continue
                address = _address(packed)
                if is_all or address.is_unspecified or address in wanted:
                    yield f"socket:[{rest[5]}]"


def _address(packed: str) -> IPv4Address | IPv6Address:
    """An address as the kernel prints it: in words of 32 bits, each in the order of the machine."""
    data = bytes.fromhex(packed)
    if sys.byteorder == "little":
        data = b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4))
    return ip_address(data)


def _servers(configuration: Path) -> Iterator[int]:
    """Processes that were started to serve with this configuration, and may be looked at."""
    wanted = configuration.resolve()
    for folder in _PROC.iterdir():
        if not folder.name.isdecimal():
            continue
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if _SERVERS.isdisjoint(words):
                continue
            named = _named(words) or _variable(folder) or "tiro.toml"
            if (folder / "cwd").readlink().joinpath(named).resolve() == wanted:
                yield int(folder.name)


def _named(words: Sequence[str]) -> str | None:
    """The configuration that a command line names: of a demo, the one in its folder."""
    for option, beneath in (("--config", ""), ("--data", "/tiro.toml")):
        for word, value in zip(words, (*words[1:], ""), strict=True):
            if word == option:
                return value + beneath
            if word.startswith(f"{option}="):
                return word.partition("=")[2] + beneath
    return None


def _variable(folder: Path) -> str | None:
    for each in (folder / "environ").read_bytes().split(b"\0"):
        name, _, value = each.partition(b"=")
        if name == b"TIRO_CONFIG" and value:
            return os.fsdecode(value)
    return None


def _sockets_of(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for each in (_PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                yield os.readlink(each)
