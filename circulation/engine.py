"""What every verb of circulation needs besides its transaction."""

from __future__ import annotations

from dataclasses import dataclass, field

from circulation.ids import IdSource
from circulation.pins import PinVerifier


@dataclass(slots=True)
class Circulation:
    """The engine's memory: PIN verdicts, the id source, the library's set-up as last read.

    One for each process, shared by all its threads. ``Circulation()`` is ready for use.
    """

    pins: PinVerifier = field(default_factory=PinVerifier)
    ids: IdSource = field(default_factory=IdSource)
