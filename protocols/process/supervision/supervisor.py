"""The supervisor: starts workers, hands them their sockets, and replaces those that end.

    python -m protocols.process.supervision.supervisor --config tiro.toml --processes 4

It holds the listening sockets and knows nothing of what is said over them, nor of the database: it
imports the standard library alone, needs 15 MB and has little that can go wrong. `tiro serve`
becomes it (`exec`) when it has read the configuration.

SIGHUP   rolls the workers: the new ones read the configuration anew
SIGUSR2  the same, but first the supervisor itself becomes that of the Tiro that is installed
SIGTERM, SIGINT  end all; the status is 0
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from protocols.hosting import sockets
from protocols.hosting.sockets import Key, Sockets, format_bind_error, key_of, queue_keys
from protocols.process.supervision import channel, systemd
from protocols.process.supervision.beside import Beside
from protocols.process.supervision.channel import Channel, Message, channel_pair
from protocols.process.supervision.counts import Census
from protocols.process.supervision.fleet import Action, Do, Fleet, State
from protocols.process.supervision.plan import Plan

log = logging.getLogger("tiro.supervisor")

#: The variable that tells a supervisor which workers the one before it has started.
_WORKERS: Final = "TIRO_WORKERS"
#: And the one that tells it the descriptor of a file with what they have counted.
_COUNTS: Final = "TIRO_COUNTS"
#: Signals that are waited for; blocked while one program takes the place of another.
SIGNALS: Final = (
    signal.SIGHUP,
    signal.SIGUSR2,
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGCHLD,
)


@dataclass
class _Worker:
    """A process, our end of its channel, and the sockets that it has asked for."""

    pid: int
    channel: Channel
    wanted: set[Key] = field(default_factory=set)


class Supervisor:
    """Does what the `Fleet` decides. `given` is the number at the command line, if there is one."""

    def __init__(self, plan: Plan, given: int | None) -> None:
        self._plan = plan
        self._given = given
        self._fleet = Fleet(plan.processes, plan.drain, plan.hung)
        self._census = Census()
        self._beside = Beside.found(plan.path)
        self._workers: dict[int, _Worker] = {}
        self._sockets = Sockets(os.environ.pop(sockets.VARIABLE, ""))
        self._selector = selectors.DefaultSelector()
        self._status: int | None = None

    def run(self) -> int:
        """Until the last worker has ended; gives the status."""
        woken, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        for each in SIGNALS:
            signal.signal(each, lambda number, frame: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        self._selector.register(woken, selectors.EVENT_READ, None)
        interval = systemd.watchdog_seconds()
        told = time.monotonic()
        inherited = os.environ.pop(_WORKERS, "")
        if inherited:
            self._adopt(json.loads(inherited))
        else:
            self._do(self._fleet.begin(time.monotonic()))
        while self._status is None:
            now = time.monotonic()
            if interval is not None and now - told >= interval:
                told = now
                systemd.notify(systemd.ALIVE)
            wake = min(self._fleet.wake(now), self._census.wake(now))
            if interval is not None:
                wake = min(wake, told + interval)
            if self._beside is not None:
                self._beside.look(now)
                wake = min(wake, self._beside.wake())
            for key, _ in self._selector.select(max(0.0, wake - now) + 0.001):
                if key.data is None:
                    self._signalled(os.read(woken, 4096))
                else:
                    self._hear(key.data)
            self._do(self._fleet.tick(time.monotonic()))
            self._tell_counts()
        return self._status

    # From outside

    def _signalled(self, numbers: bytes) -> None:
        now = time.monotonic()
        if signal.SIGCHLD in numbers:
            self._bury()
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            log.info("the server ends")
            systemd.notify(systemd.STOPPING)
            self._sockets.close()
            self._do(self._fleet.stop(now))
        elif signal.SIGUSR2 in numbers:
            self._become_the_installed()
        elif signal.SIGHUP in numbers:
            self._roll()

    def _roll(self) -> None:
        self._plan = plan = self._plan.again(self._given)
        self._fleet.drain, self._fleet.hung = plan.drain, plan.hung
        log.info("%d workers are started in the place of those that run", plan.processes)
        systemd.notify(*systemd.reloading())
        self._do(self._fleet.roll(time.monotonic(), plan.processes))

    def _bury(self) -> None:
        """Workers that have ended; what they had said before comes first."""
        for number, worker in tuple(self._workers.items()):
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if pid == 0:
                continue
            self._hear(number)
            code = os.waitstatus_to_exitcode(status)
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"
            is_asked = code in (0, -signal.SIGTERM)  # what is not, somebody should look at
            log.log(
                logging.INFO if is_asked else logging.ERROR,
                "worker %d (process %d) has ended with %s",
                number,
                pid,
                how,
            )
            with contextlib.suppress(KeyError):
                self._selector.unregister(worker.channel)
            worker.channel.close()
            del self._workers[number]
            self._census.has_ended(number)
            self._do(self._fleet.has_ended(number, time.monotonic()))

    def _hear(self, number: int) -> None:
        worker = self._workers.get(number)
        while worker is not None:
            try:
                received = worker.channel.receive()
            except BlockingIOError:
                return
            if received is None:  # its end will be told
                with contextlib.suppress(KeyError):
                    self._selector.unregister(worker.channel)
                return
            self._heard(number, worker, received[0])

    def _heard(self, number: int, worker: _Worker, message: Message) -> None:
        now = time.monotonic()
        if "listen" in message:
            owner, host, port = message["listen"]
            worker.wanted.add(key_of(owner, host, port))
            with contextlib.suppress(OSError):  # it is gone
                try:
                    found = self._sockets.shared(owner, host, port)
                except OSError as error:
                    worker.channel.send({"error": format_bind_error(error)})
                else:
                    worker.channel.send({"socket": True}, found)
        elif "queue" in message:
            worker.wanted.update(queue_keys(message["queue"]))
            with contextlib.suppress(OSError):  # it is gone
                for end in self._sockets.queue(message["queue"]):
                    worker.channel.send({"socket": True}, end)
        elif "ready" in message:
            log.info("worker %d (process %d) is ready", number, worker.pid)
            self._do(self._fleet.is_ready(number, now))
        elif "beat" in message:
            self._fleet.is_alive(number, now)
        elif "ask" in message:
            others = [other for other in self._telling() if other != number]
            for other in others:
                with contextlib.suppress(OSError):  # it is late, then
                    self._workers[other].channel.send({"tell": True})
            until = now + message["within"]
            self._census.ask(number, message["ask"], message["counts"], others, until)
        elif "counts" in message:
            self._census.tell(number, message["counts"])

    def _telling(self) -> list[int]:
        """Workers that can be asked what they have counted."""
        return [
            number
            for number, member in self._fleet.members.items()
            if member.state is not State.STARTING and number in self._workers
        ]

    def _tell_counts(self) -> None:
        """Answers the questions that can be, or must be by now."""
        for asker, question, late in self._census.answered(time.monotonic()):
            workers = [
                {
                    "worker": number,
                    "pid": self._workers[number].pid,
                    "state": member.state.value,
                    "is_late": number in late,
                    "counts": self._census.told.get(number),
                }
                for number, member in self._fleet.members.items()
                if number in self._workers
            ]
            answer = {"answer": question, "workers": workers, "gone": self._census.gone}
            with contextlib.suppress(OSError, KeyError):  # it is gone, or will ask again
                self._workers[asker].channel.send(answer)

    # What is to be done

    def _do(self, actions: Iterable[Action]) -> None:
        for do, number in actions:
            worker = self._workers.get(number)
            if do is Do.START:
                self._start(number)
            elif do is Do.LEAVE and worker is not None:
                with contextlib.suppress(OSError):
                    worker.channel.send({"leave": self._plan.drain})
            elif do is Do.TERMINATE and worker is not None:
                os.kill(worker.pid, signal.SIGTERM)
            elif do is Do.KILL and worker is not None:
                log.error("worker %d (process %d) does not answer: killed", number, worker.pid)
                os.kill(worker.pid, signal.SIGKILL)
            elif do is Do.SAY_READY:
                systemd.announce(f"{self._fleet.size} workers serve")
            elif do is Do.SAY_ROLLED:
                log.info("all workers are new")
                self._forget_sockets()
                systemd.notify(systemd.READY, f"STATUS={self._fleet.size} workers serve")
            elif do is Do.SAY_NOT_ROLLED:
                log.error("a new worker has not started: those that ran before go on")
                systemd.notify(systemd.READY, "STATUS=the last reload has failed, see the log")
            elif do is Do.END:
                self._status = number

    def _start(self, number: int) -> None:
        ours, theirs = channel_pair()
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
        }
        handle = theirs.fileno()
        process = subprocess.Popen(  # noqa: S603 - this program itself
            [
                *_PROGRAM,
                "protocols.commands.command_line",
                "--config",
                str(self._plan.path),
                "serve",
            ],
            env={**environment, channel.VARIABLE: str(handle), "TIRO_WORKER": str(number)},
            pass_fds=[handle],
            process_group=0,  # the terminal's SIGINT is for the supervisor alone
        )
        theirs.close()
        process.returncode = 0  # it is waited for in `_bury`
        self._workers[number] = _Worker(process.pid, ours)
        self._selector.register(ours, selectors.EVENT_READ, number)

    def _forget_sockets(self) -> None:
        """Those that no worker of the present generation has asked for."""
        staying = [
            self._workers[number].wanted
            for number, member in self._fleet.members.items()
            if member.state is not State.LEAVING and number in self._workers
        ]
        self._sockets.keep_only({key for wanted in staying for key in wanted})

    # Another program in the place of this one; the process and its children stay

    def _become_the_installed(self) -> None:
        module = "protocols.process.supervision.supervisor"
        tried = subprocess.run(  # noqa: S603 - this program itself
            [*_PROGRAM, module, "--help"], stdout=subprocess.DEVNULL, check=False
        )
        if tried.returncode:
            log.error("the installed supervisor does not start: this one goes on")
            return
        log.info("the supervisor is replaced by the one that is installed")
        workers = []
        for number, worker in self._workers.items():
            member = self._fleet.members.get(number)
            if member is not None:
                worker.channel.end.set_inheritable(True)
                handle = worker.channel.fileno()
                workers.append(
                    [number, worker.pid, handle, member.state.value, list(worker.wanted)]
                )
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        counts = os.memfd_create("tiro-counts", 0)
        os.write(counts, json.dumps(self._census.handed_on()).encode())
        os.execve(  # noqa: S606 - this program itself
            sys.executable,
            [*_PROGRAM, module, *_options(self._plan, self._given)],
            {
                **os.environ,
                _COUNTS: str(counts),
                sockets.VARIABLE: self._sockets.handed_on(),
                _WORKERS: json.dumps(workers),
            },
        )

    def _adopt(self, workers: list[list[Any]]) -> None:
        states = {}
        counts = os.environ.pop(_COUNTS, "")
        if counts:  # the one before this may have been of a version that kept none
            with open(int(counts), "rb") as file:
                file.seek(0)
                self._census.take_over(json.load(file))
        for number, pid, handle, state, wanted in workers:
            end = socket.socket(fileno=handle)
            end.set_inheritable(False)
            worker = _Worker(pid, Channel(end), {(name, port) for name, port in wanted})
            self._workers[number] = worker
            states[number] = State(state)
            self._selector.register(worker.channel, selectors.EVENT_READ, number)
        self._fleet.adopt(states, time.monotonic())
        self._bury()
        self._roll()


#: How a module of this installation is run, whatever the present folder holds.
_PROGRAM: Final = (sys.executable, "-P", "-m")


def _options(plan: Plan, given: int | None) -> list[str]:
    level = logging.getLevelName(logging.root.level).lower()
    options = ["--config", str(plan.path), "--processes", str(plan.processes)]
    options += ["--log-level", level]
    return options if given is not None else [*options, "--as-configured"]


def become_supervisor(plan: Plan, given: int | None) -> None:
    """Puts a supervisor in the place of this process; does not return.

    `given` is the number of processes at the command line: without it the file's may change.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    module = "protocols.process.supervision.supervisor"
    os.execv(  # noqa: S606 - this program itself
        sys.executable, [*_PROGRAM, module, *_options(plan, given)]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="tiro serve", description="The supervisor of workers.")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--processes", type=int, required=True)
    parser.add_argument("--as-configured", action="store_true", help="the number may change")
    parser.add_argument("--log-level", default="info")
    options = parser.parse_args()
    logging.basicConfig(
        stream=sys.stderr,
        level=options.log_level.upper(),
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
    )
    given = None if options.as_configured else options.processes
    plan = Plan(options.config, options.processes).again(given)
    return Supervisor(plan, given).run()


if __name__ == "__main__":
    sys.exit(main())
