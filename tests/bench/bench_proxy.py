"""The proxy in the mode `old` before a bare peer that answers at once: what a pair of messages
costs it, and what it adds to an answer at 500 messages a second. Each message is on the disk before
it is passed on. In the mode `shadow` a new system that takes a second, or that never answers, must
add nothing to what the old one takes. Beside a comparison of both systems the 99th percentile is at
most one and a half times that without; items and patrons are drawn, and the pace is ten times that
of a library.
"""

from __future__ import annotations

import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median

from protocols.hosting.proxy_control import ask
from tests.bench.sip2_load import Load, cycle, load, log_in, peak_memory
from tests.bench.table import Row, note
from tests.protocols.sip2.serving import Serving

TERMINALS, SECONDS, RATE = 64, 4.0, 500.0
#: Loans of each terminal, of items and patrons that are drawn.
CYCLES = 200
#: Of a comparison: runs with and without it in turn, their seconds, and messages a second.
RUNS, COMPARING_SECONDS, COMPARING_RATE = 3, 6.0, 150.0

SETTINGS = """
journal = "journal"
key = "{key}"
[logging]
level = "warning"
[listen]
port = 0
[old]
host = "127.0.0.1"
port = {port}
"""


@contextmanager
def _running(*arguments: str) -> Iterator[Serving]:
    with subprocess.Popen([sys.executable, "-m", *arguments], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline().decode()
            yield Serving(process, int(line.rpartition(":")[2]))
        finally:
            process.terminate()


def drawn(number: int) -> list[bytes]:
    """Messages of one terminal about items and patrons that are drawn."""
    random = Random(number)
    messages = []
    for _ in range(CYCLES):
        card, item = f"AAP{random.randrange(9_000)}|", f"ABI{random.randrange(30_000)}|"
        for message in cycle(1):
            text = message.decode().replace("AAP1|", card).replace("ABI1|", item)
            messages.append(text.encode())
    return messages


def paced(
    server: Serving,
    terminals: int,
    seconds: float,
    rate: float,
    messages_of: Callable[[int], list[bytes]] = cycle,
) -> Load:
    """So many messages a second from all terminals together, whether they are answered or not."""
    connections = [log_in(server.port) for _ in range(terminals)]
    poll = select.epoll()
    by_number = {each.fileno(): each for each in connections}
    sent: dict[int, float] = {}
    messages = {each.fileno(): messages_of(number) for number, each in enumerate(connections)}
    places = dict.fromkeys(by_number, 0)
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    times: list[float] = []
    clock = time.perf_counter
    cpu, begun = server.cpu_seconds(), clock()
    idle = list(by_number)
    due = begun
    while clock() < begun + seconds:
        now = clock()
        while due <= now and idle:
            number = idle.pop(0)
            due += 1 / rate
            sent[number] = clock()
            by_number[number].sendall(messages[number][places[number]])
            places[number] = (places[number] + 1) % len(messages[number])
        for number, _ in poll.poll(max(due - clock(), 0.0)):
            by_number[number].recv(4096)
            times.append(clock() - sent.pop(number))
            idle.append(number)
    wall = clock() - begun
    poll.close()
    for each in connections:
        each.close()
    return Load(terminals, wall, server.cpu_seconds() - cpu, sorted(times))


SHADOW = """
[new]
host = "127.0.0.1"
port = {port}
judge = {{ login = "judge", password = "judge" }}
follow = {{ login = "follow", password = "follow" }}
[[terminals]]
login = "kiosk"
branch = "DK-900101"
mode = "shadow"
"""
#: Seconds that the new system takes for an answer in shadow; the last is longer than anybody waits.
DELAYS = (0.0, 1.0, 3600.0)


COMPARED = """
[reconcile]
requests_per_second = 50
hours = ""
after_acts = {after_acts}
"""


@contextmanager
def _proxy(settings: str, is_compared: bool = False) -> Iterator[Serving]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "proxy.toml"
        path.write_text(settings)
        arguments = ("protocols.commands.command_line", "proxy", "serve", "--file", str(path))
        with _running(*arguments) as proxy:
            load(proxy, TERMINALS, 1.0)  # what is loaded on the way is loaded
            if is_compared:
                assert ask(Path(folder) / "journal", ask="reconcile")["compares"]
            yield proxy


def main() -> None:
    with _running("tests.protocols.proxy.peers") as peer:
        bare = paced(peer, TERMINALS, SECONDS, RATE)
        print(f"without  {bare}")
        settings = SETTINGS.format(key="ab" * 32, port=peer.port)
        with _proxy(settings) as proxy:
            most = load(proxy, TERMINALS, SECONDS)
            print(most)
            _added(paced(proxy, TERMINALS, SECONDS, RATE), bare, "old")
            note(
                Row(
                    "SIP2, the proxy before a bare peer",
                    TERMINALS,
                    most.figures(peak_memory(proxy)),
                )
            )
        for delay in DELAYS:
            with (
                _running("tests.protocols.proxy.peers", str(delay)) as new,
                _proxy(settings + SHADOW.format(port=new.port)) as proxy,
            ):
                behind = paced(proxy, TERMINALS, SECONDS, RATE)
                _added(behind, bare, f"shadow, the new one takes {delay:g} s")
    _compared()


def _compared() -> None:
    """What a comparison of both systems adds, in turn with a run without one."""
    with (
        _running("tests.protocols.proxy.peers", "0", "named") as old,
        _running("tests.protocols.proxy.peers", "0", "named") as new,
    ):
        account = 'account = { login = "proxy", password = "proxy" }\n'
        settings = SETTINGS.format(key="ab" * 32, port=old.port) + account
        settings += SHADOW.format(port=new.port)
        found: dict[bool, list[Load]] = {False: [], True: []}
        for _ in range(RUNS):
            for is_compared, runs in found.items():
                more = COMPARED.format(after_acts=str(is_compared).lower())
                with _proxy(settings + more, is_compared) as proxy:
                    runs.append(paced(proxy, TERMINALS, COMPARING_SECONDS, COMPARING_RATE, drawn))
    for is_compared, runs in found.items():
        cpu, last = (
            median(each.cpu_us for each in runs),
            median(each.percentile(99) for each in runs),
        )
        print(f"compared {is_compared}: {cpu:.0f} us of CPU a pair, p99 {last:.2f} ms")
    ratio = _last(found[True]) / _last(found[False])
    print(f"p99 beside a comparison: {ratio:.2f} times that without")


def _last(runs: list[Load]) -> float:
    return median(each.percentile(99) for each in runs)


def _added(behind: Load, bare: Load, mode: str) -> None:
    added = behind.percentile(99) - bare.percentile(99)
    print(f"{mode}: {behind}, added p99 {added:.2f} ms")


if __name__ == "__main__":
    main()
