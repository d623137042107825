"""Two groups of processes behind HAProxy, on two PostgreSQL under Patroni: each of them is killed
under load, and what was acknowledged is there, once."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from catalogue.database import open_database
from tests.crash.callers import Caller, Heard, Sip2Line
from tests.crash.checks import broken_invariants, lost_or_twice
from tests.crash.scripts import lines
from tests.crash.stage import card
from tests.faults.clients import until
from tests.faults.hosts import Hosts, asked, kill_all, the_hosts

#: Requests that are acknowledged before and after each trouble.
SOME = 60


class Load:
    """Terminals at the address of HAProxy that go on whatever happens."""

    def __init__(self, hosts: Hosts) -> None:
        self.heard = Heard()
        z3950, ncip = hosts.stages[0].z3950, hosts.stages[0].ncip
        front = replace(hosts.stages[0], ports=(hosts.sip2, z3950, hosts.http, ncip))
        self.crew = [
            Caller(line, script, self.heard)
            for line, script in lines(front, 3)
            if isinstance(line, Sip2Line)
        ]
        self.times: list[float] = []
        self._ended = threading.Event()
        for each in (threading.Thread(target=self._watch), *self.crew):
            each.start()

    def granted(self) -> int:
        return sum(self.heard.granted.copy().values())

    def goes_on(self, number: int = SOME, patience: float = 120) -> float:
        """Waits until so many more are acknowledged; gives the seconds."""
        before = self.granted()
        return until(lambda: self.granted() >= before + number, patience)

    def through(self, what: str, trouble: Callable[[], None]) -> None:
        """Tells how long nothing was acknowledged, from the beginning of the trouble."""
        self.goes_on()
        again, refused = sum(self.heard.retries.values()), self.heard.refused_for_now
        begun = time.monotonic()
        trouble()
        self.goes_on()
        times = [begun, *(each for each in self.times.copy() if each > begun)]
        longest = max(after - before for before, after in pairwise(times))
        print(
            f"{what}: nothing acknowledged for {longest:.1f} s at the longest,"
            f" {sum(self.heard.retries.values()) - again} requests asked again,"
            f" {self.heard.refused_for_now - refused} times told: not for now"
        )

    def _watch(self) -> None:
        """Notes when something was acknowledged."""
        seen = 0
        while not self._ended.wait(0.02):
            if (granted := self.granted()) > seen:
                seen = granted
                self.times.append(time.monotonic())

    def end(self) -> None:
        self._ended.set()
        for caller in self.crew:
            caller.end()
        for caller in self.crew:
            caller.join(120)
        assert not any(caller.is_alive() for caller in self.crew)


def _is_known(port: int, source: str) -> bool:
    """Whether a terminal that says no password is told of a patron."""
    with closing(socket.create_connection(("127.0.0.1", port), 10, (source, 0))) as line:
        line.sendall(f"2300120261125    120000AODK-900100|AA{card('S', 0)}|AC|AD|\r".encode())
        return not line.recv(100).startswith(b"24YYYY")


def _a_group_is_killed(hosts: Hosts) -> None:
    server = hosts.stages[1].server
    assert server is not None
    kill_all(server.process.pid)
    hosts.stages[1].kill()


def _the_primary_is_killed(hosts: Hosts) -> None:
    lost = hosts.primary()
    lost.kill()
    until(lambda: any(each.is_primary() for each in hosts.patronis if each is not lost), 120)
    lost.start()  # and follows the other


def _the_replica_is_killed(hosts: Hosts) -> None:
    lost = hosts.other()
    lost.kill()
    time.sleep(3.0)
    lost.start()


def _they_change_places(hosts: Hosts) -> None:
    hosts.primary().hand_over(hosts.other())


def test_each_of_them_may_go(tmp_path: Path) -> None:
    with the_hosts(tmp_path) as hosts:
        assert _is_known(hosts.sip2, "127.0.0.9")
        assert not _is_known(hosts.sip2, "127.0.0.8")
        status, _ = asked(f"http://127.0.0.1:{hosts.http}/sru/catalogue?query=book")
        assert status == 200
        load = Load(hosts)
        print()
        try:
            load.through("a group of processes is killed", lambda: _a_group_is_killed(hosts))
            hosts.stages[1].start()
            load.through("the primary hands over", lambda: _they_change_places(hosts))
            until(hosts.is_whole, 120)
            load.through("the replica is killed", lambda: _the_replica_is_killed(hosts))
            until(hosts.is_whole, 120)
            load.through("the primary is killed", lambda: _the_primary_is_killed(hosts))
            until(hosts.is_whole, 120)
            load.through(
                "pgbouncer is killed", lambda: (hosts.pooler.end(), hosts.pooler.start())[0]
            )
        finally:
            load.end()
        assert load.heard.violations == []
        with closing(open_database(hosts.url)) as database:
            assert lost_or_twice(load.heard.traces, database) == []
            assert broken_invariants(database) == []
