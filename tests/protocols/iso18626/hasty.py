"""`tiro` whose outbox tries again after half a second, where it would wait for half a minute, and
whose claims on what it sends are over in two seconds, where they would last for two minutes: so a
campaign of real processes has not to wait for what was sent to one that was dead."""

from __future__ import annotations

from datetime import timedelta

from circulation.interlending import notices
from protocols.commands.command_line import tiro

if __name__ == "__main__":
    assert notices.FIRST_WAIT < notices.LEASE < notices.LONGEST_WAIT
    notices.FIRST_WAIT = notices.LONGEST_WAIT = timedelta(seconds=0.5)
    notices.LEASE = timedelta(seconds=2)
    tiro(prog_name="tiro")
