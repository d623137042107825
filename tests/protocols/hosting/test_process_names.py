"""How a process is called, and whether one of that name is there still."""

from __future__ import annotations

import subprocess
import sys

from protocols.hosting.process_names import has_ended, process_called, this_process


def test_a_process_of_this_host_is_seen_to_end() -> None:
    assert not has_ended(this_process())
    assert not has_ended(process_called(1))  # somebody else's, maybe
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert has_ended(f"{process_called(process.pid)}, since then")


def test_of_other_hosts_nobody_knows() -> None:
    for called in ("host-b process 2", "desk anna", process_called(10**30), ""):
        assert not has_ended(called)
