"""How often callers may ask: each session or token, and each account with all of its own.

A program has a pace of its own, whatever number of tokens it has asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from math import ceil
from typing import Final

from circulation.kernel.rights import Principal
from protocols.api.problems import Outcome, Problem
from protocols.api.settings import ApiSettings
from protocols.hosting.throttle import Bucket

#: Callers and accounts whose requests are counted; who has been away longest is forgotten first.
COUNTED: Final = 10_000
_MINUTE: Final = 60


class Paces:
    """What has been asked lately, by whom."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._buckets: OrderedDict[bytes, Bucket] = OrderedDict()
        #: The account of a caller, and the requests a minute that it may send.
        self._accounts: OrderedDict[bytes, tuple[bytes, int | None]] = OrderedDict()

    def count(self, caller: bytes, now: float) -> None:
        """Notes a request, at `now` monotonic seconds. Raises Problem for one that comes too soon,
        which is not counted."""
        buckets = [self._bucket(caller, None)]
        if caller in self._accounts:
            self._accounts.move_to_end(caller)
            buckets.append(self._bucket(*self._accounts[caller]))
        wait = max(each.wait(now) for each in buckets)
        if wait > 0:
            after = str(max(1, ceil(wait)))
            raise Problem(Outcome.TOO_MANY_REQUESTS, headers=(("Retry-After", after),))
        for each in buckets:
            each.take()

    def learn(self, caller: bytes, principal: Principal, a_minute: int | None) -> None:
        """Whose account it is that the caller shows; `a_minute` None is the usual pace."""
        told = f"{principal.kind.value}\n{principal.id}"
        account = blake2b(told.encode(), digest_size=16).digest()
        self._accounts[caller] = account, a_minute
        if len(self._accounts) > COUNTED:
            self._accounts.popitem(last=False)

    def _bucket(self, name: bytes, a_minute: int | None) -> Bucket:
        bucket = self._buckets.pop(name, None)
        if bucket is None and a_minute is not None:
            bucket = Bucket(a_minute / _MINUTE, max(1, a_minute // 6))
        elif bucket is None:
            bucket = Bucket(self._settings.requests_per_second, self._settings.burst)
        self._buckets[name] = bucket
        if len(self._buckets) > COUNTED:
            self._buckets.popitem(last=False)
        return bucket
