"""The command `tiro` without its start: a process that has loaded everything forks for each call.

A document calls it thirty times, and most of each second that a call takes is the loading of
modules. What runs is the command itself, in a process of its own, with the caller's arguments,
folder, environment and files; only the loading is done once.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes import load_all

_MODULE = "protocols.commands.command_line"
_CLIENT = """\
#!{python} -IS
import json, os, socket, sys
if "serve" in sys.argv:  # who starts it in the background ends it by the number of this process
    os.execv(sys.executable, [sys.executable, "-m", {module!r}, *sys.argv[1:]])
with socket.socket(socket.AF_UNIX) as loaded:
    loaded.connect({address!r})
    told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(loaded, [len(told).to_bytes(8, "big")], [0, 1, 2])
    loaded.sendall(told)
    sys.exit(int(loaded.recv(8) or b"70"))
"""


@contextmanager
def preloaded_tiro(folder: Path) -> Iterator[Path]:
    """Makes a program `tiro` in the folder that is to be first in PATH, for as long as it lasts."""
    address = folder / "loaded"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()  # who calls before all is loaded waits
        number = listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.preloaded", str(number)], pass_fds=(number,)
        )
    program = folder / "tiro"
    program.write_text(_CLIENT.format(python=sys.executable, module=_MODULE, address=str(address)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    try:
        yield program
    finally:
        process.terminate()
        process.wait(10)


def main(number: int) -> None:
    with socket.socket(fileno=number) as listener:
        load_all()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # its children need nobody to wait for them
        while True:
            caller, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _serve(caller)
            caller.close()


def _serve(caller: socket.socket) -> None:
    from protocols.commands.command_line import tiro

    length, files, _, _ = socket.recv_fds(caller, 8, 3)
    told = b""
    while len(told) < int.from_bytes(length, "big"):
        told += caller.recv(65536)
    arguments, folder, environment = json.loads(told)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    status = 70
    try:
        status = tiro(arguments, prog_name="tiro", standalone_mode=True) or 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        caller.sendall(str(status).encode())
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
