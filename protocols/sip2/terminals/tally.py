"""What each account has sent and got wrong, counted in memory until it is written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from circulation.callers.terminal_counts import MESSAGE
from protocols.sip2.messages import LAYOUTS, REQUESTS, RequestACSResend

#: The codes of the messages that a terminal may send, and what they are counted as; all others are
#: ignored.
COUNTED_AS: Final = {
    code.encode(): MESSAGE + code
    for code, layout in LAYOUTS.items()
    if layout.message in REQUESTS or layout.message is RequestACSResend
}


class Tally:
    """Counts by account and name; used in the reactor's thread.

    `begun` is called when counting begins after all counts were taken, so that writing down can be
    planned.
    """

    def __init__(self, begun: Callable[[], object] | None = None) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._begun = begun

    def add(self, account: str, name: str, count: int = 1) -> None:
        counts = self._counts
        if not counts and self._begun is not None:
            self._begun()
        key = (account, name)
        counts[key] = counts.get(key, 0) + count

    def take(self) -> dict[tuple[str, str], int]:
        """All counts since the last time."""
        counts, self._counts = self._counts, {}
        return counts

    def give_back(self, counts: dict[tuple[str, str], int]) -> None:
        """Takes counts back that could not be written down, for the next time."""
        for (account, name), count in counts.items():
            self.add(account, name, count)
