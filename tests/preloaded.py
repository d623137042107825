"""The command `tiro` without its start: it is forked by a process that has loaded everything.

A document calls it thirty times, and most of each second that a call takes is the loading of
modules. What runs is the command itself, in a process of its own (`tests.forking`), with the
caller's arguments, folder, environment and files; only the loading is done once.
"""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import forking

_MODULE = "protocols.commands.command_line"
_CLIENT = """\
#!{python} -IS
import json, os, socket, sys
if "serve" in sys.argv:  # who starts it in the background ends it by the number of this process
    os.execv(sys.executable, [sys.executable, "-m", {module!r}, *sys.argv[1:]])
with socket.socket(socket.AF_UNIX) as loaded:
    loaded.connect({address!r})
    told = json.dumps([{module!r}, sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(loaded, [len(told).to_bytes(8, "big")], [0, 1, 2])
    loaded.sendall(told)
    sys.exit(int(loaded.makefile().readlines()[-1]))
"""


@contextmanager
def preloaded_tiro(folder: Path) -> Iterator[Path]:
    """Makes a program `tiro` in the folder that is to be first in PATH."""
    forking.name_the_server()
    forking.begin()
    program = folder / "tiro"
    client = _CLIENT.format(python=sys.executable, module=_MODULE, address=forking.address())
    program.write_text(client)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    yield program
