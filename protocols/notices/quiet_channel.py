"""The common part of channels that hear nothing more of a message once it is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from protocols.notices.channels import Call, Received, Report


class QuietChannel:
    """All that the channel knows of a message is what it answered when it took it."""

    @property
    def confirms(self) -> bool:
        return False

    @property
    def takes_answers(self) -> bool:
        return False

    def collect(self, keep: Callable[[Sequence[Report]], None]) -> int:
        return 0

    def receive(self, call: Call) -> Received:
        return Received(404)

    def close(self) -> None:
        pass
