"""What a protocol folder offers the server.

A folder names its `Standard` in the entry point group ``tiro.protocols`` of setup.cfg; a new
protocol is a new folder and that one line. The way of a request through a folder:

    listener -> session.receive_data -> session.next_request -> Services.perform
             -> handler(request, caller, context), in one transaction
             -> session.send(response) -> session.take_outgoing -> listener
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from circulation.callers.partners import PROTOCOL, USUAL_PROTOCOL
from circulation.languages.sentences import Sentence, listed
from circulation.sections.options import Checks, Options
from protocols.hosting.access import ANYBODY, Access
from protocols.hosting.installed import installed
from protocols.hosting.tls import TlsSettings

if TYPE_CHECKING:
    from twisted.internet.protocol import Factory
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services


@dataclass(frozen=True, slots=True)
class Port:
    """A TCP port to listen on (0: any free one) and who answers there.

    `access` says who may connect, `tls` is the certificate, where there is one: then TLS is taken
    on the same port, and nothing else with `is_tls_only` (see `protocols.hosting.fronts`).
    """

    number: int
    interface: str
    factory: Factory
    access: Access = ANYBODY
    tls: TlsSettings | None = None
    is_tls_only: bool = False


class Standard(Protocol):
    """A protocol folder, as the server sees it. Its suite: tests/contracts/test_standards.py."""

    @property
    def name(self) -> str:
        """Its section in tiro.toml and its word in log lines: ``sip2``."""
        ...

    @property
    def settings(self) -> type[Any]:
        """What that section may hold: a frozen dataclass whose fields all have defaults."""
        ...

    def ports(self, settings: Any, services: Services) -> Sequence[Port]:
        """The TCP ports of its own; none where it speaks HTTP alone or is switched off."""
        ...

    def resources(self, settings: Any, services: Services) -> Mapping[bytes, IResource]:
        """Its resources on the common HTTP port by first path segment: ``{b"ncip": ...}``."""
        ...

    def examples(self, settings: Any, ports: Sequence[int], http_port: int | None) -> Sequence[str]:
        """A line for each listener to paste into a shell to try it, and behind ``  # `` what it
        shows.

        `ports` are the numbers really bound, in the order `ports()` gave.
        """
        ...


@runtime_checkable
class Reading(Protocol):
    """What a standard is besides, where nearly all that it is asked only looks.

    Of several processes with one SQLite file each serves it; everything else is the writer's.
    """

    @property
    def is_for_readers(self) -> bool: ...


@runtime_checkable
class ReadingOverHttp(Protocol):
    """What a standard is besides, where some of what it is asked over HTTP only looks.

    Of several processes with one SQLite file each answers that; everything else is the writer's.
    """

    def resources_for_readers(self, settings: Any, services: Services) -> Mapping[bytes, IResource]:
        """Those of its `resources`, each a `protocols.hosting.passing.OnlyLooking`."""
        ...


def is_for_readers(standard: Standard) -> bool:
    return isinstance(standard, Reading) and standard.is_for_readers


def load_all_of(standard: Standard) -> None:
    """Loads the modules of its folder, as far as what they need is installed."""
    folder = import_module(type(standard).__module__.rpartition(".")[0])
    for found in walk_packages(folder.__path__, f"{folder.__name__}."):
        if not found.name.endswith("__main__"):
            with suppress(ImportError):
                import_module(found.name)


#: How the entry points of partners' options begin.
_PARTNER = "partner."


def option_checks() -> Checks:
    """What the protocol folders say of options in a set-up: entry points ``tiro.set_up_options``.

    ``profile`` and ``terminal`` check those of terminals, ``partner.NAME`` those of partners with
    whom the protocol NAME is spoken.
    """
    found = {name: entry.load() for name, entry in installed("tiro.set_up_options").items()}
    of_partners = {
        name.removeprefix(_PARTNER): found.pop(name) for name in list(found) if _PARTNER in name
    }

    def partner(options: Options) -> Mapping[str, Sentence]:
        rest = dict(options)
        protocol = rest.pop(PROTOCOL, USUAL_PROTOCOL)
        check = of_partners.get(protocol) if isinstance(protocol, str) else None
        if check is None:
            return {PROTOCOL: Sentence("NO_PROTOCOL", known=listed(of_partners))}
        problems: Mapping[str, Sentence] = check(rest)
        return problems

    return Checks(**found, partner=partner)


def installed_standards() -> dict[str, Standard]:
    """Every protocol folder that is installed, by name."""
    return {name: entry.load() for name, entry in installed("tiro.protocols").items()}
