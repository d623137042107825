"""The wall clock is set while the server runs: timers and deadlines do not notice."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import time
told = time.time
step = 0.0
time.time = lambda: told() + step  # what Twisted and everybody else ask for the time of day
from protocols.hosting.reactor import reactor

happened = []

def set_clock(seconds):
    global step
    step = seconds
    happened.append("set")

reactor.callLater(0.1, set_clock, {step})
late = reactor.callLater(30, happened.append, "too early")
reactor.callLater(0.4, happened.append, "in time")
reactor.callLater(0.8, reactor.stop)
begun = time.monotonic()
reactor.run()
late.cancel()
assert time.monotonic() - begun < 15
print(*happened, sep=",")
"""


def test_timers_when_the_clock_is_set() -> None:
    for step in (-3600.0, 3600.0):
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM.replace("{step}", str(step))],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == "set,in time"
