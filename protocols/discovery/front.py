"""What answers of PAIA and DAIA have in common: counted, slowed down, with the headers of both.

What nobody knows is logged, without what stands in its address.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Set
from hashlib import blake2b
from math import ceil
from time import monotonic
from typing import Any, Final

from catalogue.tracing import here
from circulation.languages.sentences import Sentence
from protocols.discovery.codec import Query, sent
from protocols.discovery.identifiers import Uris
from protocols.discovery.messages import Answer, Asked, Sent
from protocols.discovery.problems import Denied, Fault
from protocols.discovery.settings import DiscoverySettings
from protocols.hosting.answering import Context, Lane, Services
from protocols.hosting.failures import Failure, failure_of
from protocols.hosting.networks import is_within
from protocols.hosting.throttle import Bucket
from protocols.hosting.traces import OK, REFUSED

log = logging.getLogger(__name__)

Reply = Callable[[Sent], None]
Headers = tuple[tuple[str, str], ...]

#: How calls that nobody knows are counted.
UNKNOWN: Final = "unknown"
#: Callers whose requests are counted; who has been away longest is forgotten first.
_COUNTED: Final = 10_000
_EXPOSED: Final = "X-OAuth-Scopes, X-Accepted-OAuth-Scopes, X-PAIA-Version, X-DAIA-Version, Link"


class Front:
    """One of both standards over the engines of one process. `words` are those of its addresses."""

    name: str
    words: Set[str] = frozenset()

    def __init__(self, settings: DiscoverySettings, services: Services) -> None:
        self._settings = settings
        self._services = services
        self._uris = Uris(settings)
        self._buckets: OrderedDict[bytes, Bucket] = OrderedDict()
        self._meter = services.measures.meter("discovery")

    def _measured(
        self,
        name: str,
        lane: Lane,
        work: Callable[[Context], Any],
        done: Callable[[Any, BaseException | None], None],
    ) -> None:
        meter = self._meter
        trace = meter.begin(name)

        def ended(value: Any, error: BaseException | None) -> None:
            if isinstance(error, Denied):
                trace.failed = False  # it is refused as the standard has it
            refused = error is not None or isinstance(value, Denied)
            meter.end(trace, REFUSED if refused else OK)
            done(value, error)

        before, here.request = here.request, trace
        try:
            self._services.perform(lane, work, ended)
        finally:
            here.request = before

    def _count(self, caller: str, *, is_address: bool) -> None:
        """Slows down who asks too often. Raises Denied. Of what comes by a portal each token is
        counted, and not the portal."""
        if is_address and is_within(self._settings.portals, caller):
            return
        name = blake2b(caller.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        bucket = self._buckets.pop(name, None)
        if bucket is None:
            bucket = Bucket(self._settings.requests_per_second, self._settings.burst)
        self._buckets[name] = bucket
        if len(self._buckets) > _COUNTED:
            self._buckets.popitem(last=False)
        wait = bucket.wait(monotonic())
        if wait > 0:
            after = (("Retry-After", str(max(1, ceil(wait)))),)
            raise Denied(Fault.TOO_MANY_REQUESTS, Sentence("ASK_LESS_OFTEN"), after)
        bucket.take()

    def _unknown(self, asked: Asked) -> None:
        """Counts and logs what nobody knows: of its address the words that are ours alone."""
        self._meter.end(self._meter.begin(UNKNOWN), REFUSED)
        words = [each if each in self.words else "{}" for each in asked.path[:6]]
        log.warning("nobody knows %s %s %s", self.name, asked.method[:10], "/".join(words))

    def _sent(
        self, answer: Answer, asked: Asked, query: Query, language: str, told: Headers
    ) -> Sent:
        """With the headers that every answer has."""
        origin, listed = asked.header("origin"), self._settings.cross_origin
        shared: Headers = ()
        if "*" in listed:
            shared = (("Access-Control-Allow-Origin", "*"),)
        elif origin is not None and origin in listed:
            shared = (("Access-Control-Allow-Origin", origin), ("Vary", "Origin"))
        if shared:
            shared = (*shared, ("Access-Control-Expose-Headers", _EXPOSED))
            if asked.method == "OPTIONS":
                allow = next((value for name, value in answer.headers if name == "Allow"), "")
                shared = (
                    *shared,
                    ("Access-Control-Allow-Methods", allow),
                    ("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept"),
                    ("Access-Control-Max-Age", "600"),
                )
        headers = (*answer.headers, ("Content-Language", language), *told, *shared)
        return sent(answer._replace(headers=headers), query)


def fault_of(error: BaseException, name: str, failure: Failure | None = None) -> Denied:
    """What is told where a handler was left by an error."""
    if isinstance(error, Denied):
        return error
    failure = failure or failure_of(error)
    if failure.is_logged:
        log.error("no answer could be found to %s", name, exc_info=error)
    return FAILED[failure]


#: What is told where the work of a request failed. Requests have no key by which one that is sent
#: again is known.
FAILED: Final[dict[Failure, Denied]] = {
    Failure.PASSING: Denied(Fault.UNAVAILABLE, Sentence("TRY_AGAIN_SOON"), (("Retry-After", "5"),)),
    Failure.UNKNOWN: Denied(Fault.OUTCOME_UNKNOWN, Sentence("LOOK_FIRST")),
    Failure.FAULT: Denied(Fault.FAILED, Sentence("SYSTEM_FAULT")),
}
