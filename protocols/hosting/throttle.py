"""Slowing down whoever asks too often, without ever locking others out.

Times are monotonic seconds. What is kept is bounded: the oldest is forgotten first. Whoever has to
wait is named in the log, with the login but never the password that was tried.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import Any, Final

log = logging.getLogger(__name__)

#: Pairs of host and login that are remembered.
_KEPT: Final = 10_000
#: A wait is forgotten after as many seconds without a failure.
_FORGOTTEN_AFTER: Final = 900.0
#: Characters of a login that the log shows.
_SHOWN: Final = 64


class Bucket:
    """So many a second, and `burst` at once."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = self._tokens = burst
        self._at: float | None = None

    def wait(self, now: float) -> float:
        """Seconds until the next one may come; 0.0 if it may now."""
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return max(0.0, (1.0 - self._tokens) / self._rate)

    def take(self) -> None:
        """One has come."""
        self._tokens -= 1.0


class FailedLogins:
    """Failed tries to log in, by host and login.

    After `free` failures a host must wait before its next try with that login: a second, then two,
    four, and so on up to `longest`. The same login from another host, and another login from the
    same host, go on. A host that tries login after login may fail `host_burst` times altogether,
    and then `host_rate` times a second; a pair that has got in before is exempt, so that a machine
    with the right password never waits for its neighbour behind the same gateway.
    """

    def __init__(
        self,
        free: int = 5,
        longest: float = 60.0,
        host_burst: int = 50,
        host_rate: float = 1.0,
    ) -> None:
        self._free = free
        self._longest = longest
        self._host_burst, self._host_rate = host_burst, host_rate
        #: Failures in a row, when the last one was, and until when the pair waits.
        self._failed: OrderedDict[tuple[str, str], tuple[int, float, float]] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._hosts: OrderedDict[str, Bucket] = OrderedDict()

    def is_held(self, host: str, login: str, now: float) -> bool:
        """Must a try of this login wait? Then it is refused without looking at the password."""
        failed = self._failed.get((host, login))
        if failed is not None and now < failed[2]:
            return True
        if (host, login) in self._known:
            return False
        bucket = self._hosts.get(host)
        return bucket is not None and bucket.wait(now) > 0.0

    def failed(self, host: str, login: str, now: float) -> None:
        """The password was wrong, or nobody has the login."""
        pair = (host, login)
        count, last, _ = self._failed.pop(pair, (0, now, now))
        count = 1 if now - last > _FORGOTTEN_AFTER else count + 1
        beyond = count - self._free
        wait = min(2.0 ** min(beyond, 30), self._longest) if beyond >= 0 else 0.0
        self._failed[pair] = (count, now, now + wait)
        bucket = self._hosts.pop(host, None) or Bucket(self._host_rate, self._host_burst)
        was_open = bucket.wait(now) == 0.0
        bucket.take()
        self._hosts[host] = bucket
        shown = login[:_SHOWN]
        if wait:
            log.warning(
                "%d wrong passwords for %r from %s: the next is heard in %.0f seconds",
                *(count, shown, host, wait),
            )
        if was_open and bucket.wait(now) > 0.0:
            log.warning("wrong passwords for many logins from %s, %r the last: slowed", host, shown)
        _trim(self._failed)
        _trim(self._hosts)

    def succeeded(self, host: str, login: str) -> None:
        """The password was right: nothing is held against the pair any more."""
        pair = (host, login)
        self._failed.pop(pair, None)
        self._known.pop(pair, None)
        self._known[pair] = None
        _trim(self._known)


def _trim(kept: OrderedDict[Any, Any]) -> None:
    while len(kept) > _KEPT:
        kept.popitem(last=False)
