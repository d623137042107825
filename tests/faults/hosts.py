"""The hosts of deploy/outgrowing-one-machine.md on one: etcd, two PostgreSQL under Patroni,
pgbouncer, HAProxy and two groups of processes of Tiro, with the files that the page shows."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import yaml

from catalogue.database import migrate
from circulation.patrons.pins import hash_pin
from tests.crash.stage import Stage, furnish
from tests.faults.clients import until
from tests.faults.daemons import Daemon, a_folder, found, write
from tests.faults.pages import shown
from tests.faults.poolers import PASSWORD, Pooler, a_pooler
from tests.servers import free_ports

_POSTGRES = "postgresql://postgres:CHANGE-ME-1@127.0.0.1"


class Patroni(Daemon):
    """One of two, with the PostgreSQL that it keeps."""

    def __init__(self, folder: Path, number: int, port: int, api: int, etcd: int) -> None:
        self.name, self.port, self.api = f"db{number}", port, api
        self.data = folder / "data"
        text = shown(
            "/etc/patroni/config.yml",
            {
                "name: db1": f"name: {self.name}",
                "10.0.0.21:8008": f"127.0.0.1:{api}",
                "10.0.0.21:5432": f"127.0.0.1:{port}",
                "10.0.0.0/24": "127.0.0.1/32",
                "/var/lib/postgresql/tiro": str(self.data),
                "mode: automatic": "mode: 'off'",
            },
        )
        told: dict[str, Any] = yaml.safe_load(text)
        told["etcd3"]["hosts"] = [f"127.0.0.1:{etcd}"]
        told["postgresql"]["parameters"] = {"unix_socket_directories": str(folder)}
        told["postgresql"]["pgpass"] = str(folder / "pgpass")
        path = write(folder / "config.yml", yaml.safe_dump(told))
        super().__init__([found("patroni", "patroni"), str(path)], folder / "log")

    @property
    def url(self) -> str:
        return f"{_POSTGRES}:{self.port}/tiro"

    def is_primary(self) -> bool:
        return self._answers("/primary")

    def is_synchronous(self) -> bool:
        return self._answers("/synchronous")

    def _answers(self, path: str) -> bool:
        with suppress(OSError):
            return asked(f"http://127.0.0.1:{self.api}{path}")[0] == 200
        return False

    def kill(self) -> None:
        """SIGKILL to Patroni and to all of PostgreSQL, as a host that loses its power."""
        assert self._process is not None
        kill_all(int((self.data / "postmaster.pid").read_text().split()[0]), self._process.pid)
        self._process.wait(30)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        super().end(how)  # in order: it stops PostgreSQL as well

    def hand_over(self, to: Patroni) -> None:
        """A planned change of places."""
        said = json.dumps({"leader": self.name, "candidate": to.name}).encode()
        status, _ = asked(f"http://127.0.0.1:{self.api}/switchover", said)
        assert status == 200


def kill_all(*parents: int) -> None:
    """SIGKILL to them and to their children, in that order: none is told, and none begun."""
    children = [
        int(child)
        for each in parents
        for child in Path(f"/proc/{each}/task/{each}/children").read_text().split()
    ]
    for each in (*parents, *children):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def asked(address: str, body: bytes | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(address, data=body)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


class Hosts:
    """All of it. HAProxy takes SIP2 and HTTP at `sip2` and `http`, and knows the primary: `url`."""

    def __init__(
        self, patronis: list[Patroni], pooler: Pooler, stages: list[Stage], ports: list[int]
    ) -> None:
        self.patronis, self.pooler, self.stages = patronis, pooler, stages
        self.sip2, self.http = ports[2:]
        self.url = f"postgresql://tiro:{PASSWORD}@127.0.0.1:{ports[0]}/tiro"

    def primary(self) -> Patroni:
        return next(each for each in self.patronis if each.is_primary())

    def other(self) -> Patroni:
        primary = self.primary()
        return next(each for each in self.patronis if each is not primary)

    def is_whole(self) -> bool:
        """Whether one of the two is the primary, and has the other for its commits to wait for."""
        return any(each.is_primary() for each in self.patronis) and any(
            each.is_synchronous() for each in self.patronis
        )


@contextmanager
def _etcd() -> Iterator[int]:
    port, peers = free_ports(2)
    with a_folder("etcd") as folder:
        here, there = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peers}"
        command = [found("etcd", "etcd-server"), f"--data-dir={folder / 'data'}", "--name=one"]
        command += [f"--listen-client-urls={here}", f"--advertise-client-urls={here}"]
        command += [f"--listen-peer-urls={there}", f"--initial-advertise-peer-urls={there}"]
        command += [f"--initial-cluster=one={there}", "--log-level=error"]
        etcd = Daemon(command, folder / "log")
        etcd.start()
        try:
            yield port
        finally:
            etcd.end()


@contextmanager
def _patronis() -> Iterator[list[Patroni]]:
    with ExitStack() as stack:
        etcd = stack.enter_context(_etcd())
        patronis = []
        for number in (1, 2):
            folder = stack.enter_context(a_folder(f"db{number}"))
            patroni = Patroni(folder, number, *free_ports(2), etcd)
            patroni.start()
            stack.callback(patroni.end)
            patronis.append(patroni)
            until(lambda: any(each.is_primary() for each in patronis), 120)
        until(lambda: any(each.is_synchronous() for each in patronis), 120)
        primary = next(each for each in patronis if each.is_primary())
        with psycopg.connect(primary.url.replace("/tiro", "/postgres"), autocommit=True) as to:
            to.execute(f"CREATE ROLE tiro LOGIN PASSWORD '{PASSWORD}'")
            to.execute("CREATE DATABASE tiro OWNER tiro")
        yield patronis


@contextmanager
def _haproxy(ports: list[int], patronis: list[Patroni], stages: list[Stage]) -> Iterator[None]:
    """`ports`: its own, of the primary, the replica, SIP2 and HTTP."""
    binds = ("bind 127.0.0.1:5000", "bind 127.0.0.1:5001", "bind :6001", "bind :8080")
    instead = {
        f"{bind}\n": f"bind 127.0.0.1:{port}\n" for bind, port in zip(binds, ports, strict=True)
    }
    for host, each in zip(("10.0.0.21", "10.0.0.22"), patronis, strict=True):
        instead[f"{host}:5432 check port 8008"] = f"127.0.0.1:{each.port} check port {each.api}"
    for host, stage in zip(("10.0.0.11", "10.0.0.12"), stages, strict=True):
        for old, new in ((f"{host}:16001", stage.sip2), (f"{host}:18080", stage.http)):
            instead[f"{old} send-proxy-v2 check port 9100"] = (
                f"127.0.0.1:{new} send-proxy-v2 check port {stage.operations}"
            )
    with a_folder("haproxy") as folder:
        path = write(folder / "haproxy.cfg", shown("/etc/haproxy/haproxy.cfg", instead))
        haproxy = Daemon([found("haproxy", "haproxy"), "-db", "-f", str(path)], folder / "log")
        haproxy.start()
        try:
            yield
        finally:
            haproxy.end()


_BEHIND = 'access = { trusted_proxies = ["127.0.0.1"] }\n'
#: A machine that is let in by its address alone: it must not be the balancer's.
_GATE = """
[[sip2.accounts]]
login = "gate"
password = "{password}"
branch = "DK-900101"
networks = ["127.0.0.9"]
login_by = ["address"]
"""


def _staged(folder: Path, pooler: Pooler, ports: list[int]) -> Stage:
    """A group of two processes, behind HAProxy."""
    folder.mkdir()
    primary, replica = (f"postgresql://tiro:{PASSWORD}@127.0.0.1:{port}/tiro" for port in ports[:2])
    stage = Stage.prepared(folder, pooler.url, 15.0, replica, primary, is_furnished=True)
    path = folder / "tiro.toml"
    text = (
        path.read_text() + _GATE.format(password=hash_pin("password")) + "[server]\nprocesses = 2\n"
    )
    for section in ("[sip2]\n", "[http]\n"):
        text = text.replace(section, section + _BEHIND, 1)
    path.write_text(text)
    return stage


def _like(first: Stage, folder: Path) -> Stage:
    """Another with the same file, but for its ports: keys and passwords are those of the first."""
    folder.mkdir()
    text = (first.folder / "tiro.toml").read_text()
    sip2, z3950, http, ncip, operations = free_ports(5)
    stage = Stage(folder, first.url, (sip2, z3950, http, ncip), operations)
    for old, new in zip((*first.ports, first.operations), (*stage.ports, operations), strict=True):
        assert f"port = {old}" in text
        text = text.replace(f"port = {old}", f"port = {new}")
    (folder / "tiro.toml").write_text(text)
    return stage


@contextmanager
def the_hosts(folder: Path) -> Iterator[Hosts]:
    """All running, with the library of `tests.crash.stage`."""
    ports = free_ports(4)
    with (
        _patronis() as patronis,
        a_pooler(ports[0], database="tiro") as pooler,
        ExitStack() as stack,
    ):
        first = _staged(folder / "app1", pooler, ports)
        stages = [first, _like(first, folder / "app2")]
        stack.enter_context(_haproxy(ports, patronis, stages))
        direct = f"postgresql://tiro:{PASSWORD}@127.0.0.1:{ports[0]}/tiro"
        until(lambda: _is_open(direct), 60)
        migrate(direct)
        furnish(pooler.url)
        for stage in stages:
            stage.start()
            stack.callback(stage.stop)
        yield Hosts(patronis, pooler, stages, ports)


def _is_open(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True
