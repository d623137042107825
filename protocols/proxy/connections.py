"""Connections to the two systems: lines for terminals, and pools of the proxy's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

from protocols.proxy.line import Line, Said
from protocols.proxy.pool import Pool, login_message
from protocols.proxy.settings import SYSTEMS, Login, ProxySettings, System
from protocols.proxy.telling import asked_body
from protocols.proxy.towards import context_towards


class Connections:
    """To all systems that there are."""

    def __init__(
        self,
        settings: ProxySettings,
        heard: Callable[[System, bytes, bytes, float], object] = lambda *what: None,
    ) -> None:
        """`heard` is given each message to a system, its answer, and the seconds between them."""
        self._heard = heard
        self.counts: dict[System, Counter[str]] = {each: Counter() for each in SYSTEMS}
        self._settings = settings
        self._contexts = {
            each: context_towards(system)
            for each in SYSTEMS
            if (system := settings.system(each)) is not None
        }
        #: The last login of a terminal that was accepted, for accounts that are not named.
        self.last_login: bytes | None = None
        self._asking: dict[System, Pool] = {}

    @property
    def systems(self) -> list[System]:
        return list(self._contexts)

    def line(self, system: System, login: Callable[[], bytes | None]) -> Line:
        """One that begins with this login."""
        settings = self._settings.system(system)
        assert settings is not None, "no terminal is in a mode that needs it"
        context, counts = self._contexts[system], self.counts[system]
        return Line(settings, context, login, counts, heard=partial(self._heard, system))

    def pool(self, system: System, login: Login | None, size: int = 0) -> Pool:
        """Lines with an account; without one, with the login of the terminal that was last on."""
        settings = self._settings.system(system)
        assert settings is not None

        def first() -> bytes | None:
            return self.last_login if login is None else login_message(login)

        return Pool(
            lambda login: self.line(system, login),
            first,
            size or settings.lines,
            settings.error_detection,
        )

    def asking(self, system: System) -> Pool:
        """Lines to ask a system how things are, with the proxy's account there."""
        settings = self._settings.system(system)
        assert settings is not None
        if system not in self._asking:
            self._asking[system] = self.pool(system, settings.account)
        return self._asking[system]

    def ask_about(
        self,
        system: System,
        place: str,
        body: bytes,
        done: Callable[[Said], object],
        *,
        with_pin: bool,
    ) -> None:
        """Asks about a patron. An account of the proxy's needs no PIN; without one it is asked as
        a terminal asks.
        """
        settings = self._settings.system(system)
        is_needed = with_pin or settings is None or settings.account is None
        self.asking(system).ask(asked_body(body, place, with_pin=is_needed), done)
