"""What channels have in common that are told nothing later and called by nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from protocols.notices.channels import Call, Received, Report


class QuietChannel:
    """A channel knows no more of a message than what it said when it was given it."""

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
