"""The process that has loaded everything, and forks: one for all workers of pytest.

Whoever needs it first starts it, and it ends with the process that named it, which is pytest
itself. Who asks connects, sends what is to be done and three files, and is told the number of the
new process, and in the end its status (of a signal, the number below 0). Who hangs up, as a worker
that ends does, has it killed.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import pkgutil
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
#: Where the server is: the number of the process that it ends with.
OWNER: Final = "TIRO_TESTS_FORKED_FOR"
_owner = 0
#: A reactor has files that must not be shared: each process makes its own.
_OWN: Final = ("twisted.internet.reactor", "protocols.hosting.reactor")
#: What those and their callers load, and can be shared.
_BENEATH: Final = ("twisted.internet.epollreactor", "twisted.internet.ssl", "twisted.protocols.tls")
#: Those that were started from here. They end by themselves.
_started: list[subprocess.Popen[bytes]] = []


def name_the_server() -> None:
    """Says who the server is for: this process, and all that it starts."""
    global _owner
    _owner = int(os.environ.setdefault(OWNER, f"{os.getpid()}"))


def address() -> str:
    """That of the server: a name that no file has, and that goes with it."""
    return f"\0tiro-tests-{_owner}"


def ask(
    module: str,
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    files: Sequence[int],
) -> socket.socket:
    """Has the module run; the answers come by the connection, a line each."""
    told = json.dumps([module, list(arguments), str(folder), dict(environment)]).encode()
    connection = _connected()
    socket.send_fds(connection, [len(told).to_bytes(8, "big")], list(files))
    connection.sendall(told)
    return connection


def _connected() -> socket.socket:
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(address())
        except ConnectionRefusedError:
            connection.close()
            begin()
        else:
            return connection


def begin() -> None:
    """Starts the server, where nobody has. Who calls before it has loaded everything waits."""
    with socket.socket(socket.AF_UNIX) as listener, suppress(OSError):  # somebody was quicker
        listener.bind(address())
        listener.listen(64)
        number = listener.fileno()
        command = [sys.executable, "-m", "tests.forking", f"{number}", f"{_owner}"]
        _started.append(subprocess.Popen(command, cwd=ROOT, pass_fds=(number,)))


def can_be_read(connection: socket.socket, timeout: float | None) -> bool:
    """Is something there within so many seconds? None waits for ever."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(None if timeout is None else timeout * 1000))


class _WithoutReactor(MetaPathFinder):
    """Whoever needs the reactor is not loaded here."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname in _OWN:
            raise ImportError(f"{fullname} is for each process to make")


def load_all() -> None:
    """Loads what can be shared: all of Tiro, with all that it needs, but for the reactor."""
    finder = _WithoutReactor()
    sys.meta_path.insert(0, finder)
    for top in ("catalogue", "circulation", "protocols"):
        for found in pkgutil.walk_packages([str(ROOT / top)], f"{top}."):
            if ".versions." in found.name or found.name.endswith(("__main__", "migrations.env")):
                continue
            try:
                importlib.import_module(found.name)
            except ImportError:  # for the reactor's sake
                continue
    for beneath in _BENEATH:
        importlib.import_module(beneath)
    sys.meta_path.remove(finder)
    _make_what_is_made_once()


def _make_what_is_made_once() -> None:
    """What each server would make as it starts: the code of statements, what checks its settings,
    the files of the desk."""
    for dialect in ("sqlite", *(["postgresql"] if "TIRO_TEST_POSTGRESQL" in os.environ else [])):
        importlib.import_module("catalogue.database").compile_statements(dialect)
    importlib.import_module("protocols.desk.assets").read_assets()
    standards = importlib.import_module("protocols.hosting.standard").installed_standards()
    adapter_of = importlib.import_module("protocols.hosting.validating").adapter_of
    sections = importlib.import_module("protocols.process.configuration").SECTIONS
    for kind in (
        *sections.values(),
        *(each.settings for each in standards.values()),
        importlib.import_module("protocols.proxy.settings").ProxySettings,
    ):
        adapter_of(kind)


class Server:
    """Forks for whoever connects to the listener, until the owner has ended."""

    def __init__(self, listener: socket.socket, owner: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, self._fork)
        self._owner = os.pidfd_open(owner)
        self._selector.register(self._owner, selectors.EVENT_READ)
        self._listener = listener

    def run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fd == self._owner:
                    for process in multiprocessing.active_children():
                        process.kill()
                    return
                key.data()

    def _fork(self) -> None:
        connection, _ = self._listener.accept()
        length, files, _, _ = socket.recv_fds(connection, 8, 3)
        told = b""
        while len(told) < int.from_bytes(length, "big"):
            told += connection.recv(65536)
        process = multiprocessing.get_context("fork").Process(
            target=self._become, args=(connection, files, *json.loads(told))
        )
        process.start()
        for file in files:
            os.close(file)
        self._selector.register(
            process.sentinel, selectors.EVENT_READ, lambda: self._ended(process, connection)
        )
        self._selector.register(
            connection, selectors.EVENT_READ, lambda: self._hung_up(process, connection)
        )
        _tell(connection, process.pid)

    def _hung_up(self, process: ForkProcess, connection: socket.socket) -> None:
        if connection.fileno() != -1:  # it has ended at the same moment, and was dealt with
            self._selector.unregister(connection)
            process.kill()

    def _ended(self, process: ForkProcess, connection: socket.socket) -> None:
        process.join()
        self._selector.unregister(process.sentinel)
        if connection in self._selector.get_map():
            self._selector.unregister(connection)
            _tell(connection, process.exitcode)
        connection.close()
        process.close()

    def _become(
        self,
        connection: socket.socket,
        files: Sequence[int],
        module: str,
        arguments: Sequence[str],
        folder: str,
        environment: Mapping[str, str],
    ) -> None:
        """What the forked process does: it becomes the module."""
        connection.close()
        for key in [*self._selector.get_map().values()]:
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
            else:
                os.close(key.fd)
        self._selector.close()
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()  # it may name another zone
        os.chdir(folder)
        sys.stdin = os.fdopen(0, closefd=False)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        sys.argv = [module, *arguments]
        sys.modules.pop(module, None)
        runpy.run_module(module, run_name="__main__", alter_sys=True)


def _tell(connection: socket.socket, number: Any) -> None:
    with suppress(OSError):  # it has hung up, which the selector tells as well
        connection.sendall(f"{number}\n".encode())


def main(listener: int, owner: int) -> None:
    import gc

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: the owner ends, and so it does
    with socket.socket(fileno=listener) as found:
        load_all()
        gc.freeze()
        Server(found, owner).run()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
