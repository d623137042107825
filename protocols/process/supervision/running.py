"""A process that serves, from its start to its end: alone, or as a worker of a supervisor.

Alone, SIGHUP and SIGUSR2 have it read its configuration anew: it ends its conversations and puts
the Tiro that is installed in its own place (`exec`), with the listening sockets. Callers wait in
the queue of the kernel meanwhile, for some seconds; none is refused. A configuration that cannot be
used changes nothing.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from circulation.languages.installed import only_tried
from protocols.hosting import sockets
from protocols.hosting.process_names import process_called
from protocols.hosting.reactor import reactor
from protocols.hosting.sockets import Sockets
from protocols.hosting.standard import Standard
from protocols.process.addresses import addresses
from protocols.process.configuration import Configuration, load_configuration
from protocols.process.foundation import ConfigurationError
from protocols.process.server import LINGER_SECONDS, Server, settle
from protocols.process.supervision import systemd
from protocols.process.supervision.beside import LOOK, Beside
from protocols.process.supervision.worker import Supervised

log = logging.getLogger(__name__)

_SIGNALS: Final = (signal.SIGHUP, signal.SIGUSR2)
#: Seconds that conversations are left alone, and then get to end, before the process starts again.
_LINGER: Final = 1.0
_FAREWELL: Final = 1.0


def run_worker(
    configuration: Configuration, standards: Mapping[str, Standard], supervised: Supervised
) -> None:
    """Serves as a worker: until SIGTERM, until it is told to leave, or the supervisor is gone.

    Raises CannotStart.
    """
    of_supervisor = process_called(os.getppid())
    server = Server(configuration, standards, supervised, peers=supervised, called=of_supervisor)
    server.start()
    reactor.addSystemEventTrigger("before", "shutdown", server.stop)
    reactor.addSystemEventTrigger("after", "shutdown", supervised.tell_counts)
    for each in _SIGNALS:  # they are the supervisor's
        signal.signal(each, signal.SIG_IGN)

    def leave(seconds: float) -> None:
        linger = min(LINGER_SECONDS, seconds / 2)
        server.hand_over(linger, seconds - linger).addBoth(lambda _: end())

    def end() -> None:
        if reactor.running:
            reactor.stop()

    reactor.callWhenRunning(settle)
    reactor.callWhenRunning(supervised.follow, reactor, leave, end)
    reactor.run()


class Alone:
    """One process, and what it does when it is to be another one."""

    def __init__(
        self,
        configuration: Configuration,
        standards: Mapping[str, Standard],
        given: int | None = None,
    ) -> None:
        """`given` is the number of processes at the command line: without it the file's holds."""
        self._given = given
        self._configuration = configuration
        self._standards = standards
        self._sockets = Sockets(os.environ.pop(sockets.VARIABLE, ""))
        self._server = Server(configuration, standards, self._sockets)
        self._again = False
        self._beside = Beside.found(configuration.path)

    def run(self) -> None:
        """Serves until SIGTERM or SIGINT. Raises CannotStart."""
        bound = self._server.start()
        # Sockets that the program before this one had and this one has no use for.
        self._sockets.keep_only(self._server.keys)
        for each in _SIGNALS:
            signal.signal(each, lambda number, frame: reactor.callFromThread(self._restart))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        reactor.addSystemEventTrigger("before", "shutdown", self._stop)
        reactor.callWhenRunning(settle)
        reactor.callWhenRunning(self._ready, bound)
        reactor.callWhenRunning(self._look_beside)
        reactor.run()
        if self._again:
            self._become_the_installed()

    def _ready(self, bound: object) -> None:
        systemd.announce("one process serves")
        interval = systemd.watchdog_seconds()
        if interval is not None:

            def alive() -> None:
                systemd.notify(systemd.ALIVE)
                reactor.callLater(interval, alive)

            alive()

    def _look_beside(self) -> None:
        if self._beside is not None:
            self._beside.look(reactor.seconds())
            reactor.callLater(LOOK, self._look_beside)

    def _stop(self) -> Any:
        if self._again:
            return self._server.hand_over(_LINGER, _FAREWELL)
        systemd.notify(systemd.STOPPING)
        self._sockets.close()
        return self._server.stop()

    def _restart(self) -> None:
        """If the configuration can be used, and its ports are to be had."""
        if self._again or not reactor.running:
            return
        path: Path = self._configuration.path
        try:
            with only_tried():  # it is the next process that will use its languages
                wanted = load_configuration(path, self._standards)
            for address in addresses(wanted):
                if address.number:
                    self._sockets.shared(address.owner, address.host, address.number)
        except (ConfigurationError, OSError) as error:
            log.error("nothing was changed: %s", error)
            self._sockets.keep_only(self._server.keys)
            return
        log.info("the server starts again with %s", path)
        self._again = True
        for each in (signal.SIGTERM, signal.SIGINT):  # from now on only this one can forgo it
            signal.signal(each, self._forgo)
        systemd.notify(*systemd.reloading())
        reactor.stop()

    def _forgo(self, number: int, frame: object) -> None:
        """There is no next time: the process ends when it has come to its end."""
        self._again = False

    def _become_the_installed(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(  # noqa: S606 - this program itself
            sys.executable,
            [
                *(sys.executable, "-P", "-m", "protocols.commands.command_line"),
                *("--config", str(self._configuration.path), "serve"),
                *(() if self._given is None else ("--processes", str(self._given))),
            ],
            {**os.environ, sockets.VARIABLE: self._sockets.handed_on()},
        )
