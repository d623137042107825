"""What every command is given: where the configuration is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from protocols.process.failures import Failure

if TYPE_CHECKING:  # `tiro --help` and completion load nothing that they do not need
    from protocols.process.configuration import Configuration
    from protocols.process.foundation import Foundation

F = TypeVar("F", bound="Foundation")


@dataclass
class Settings:
    """What every command is given: where the configuration is, read when it is needed, and the
    server that is asked in place of the database."""

    path: Path
    server: str | None = None

    @cached_property
    def configuration(self) -> Configuration:
        """All of it. Raises Failure."""
        from protocols.hosting.standard import installed_standards
        from protocols.process.configuration import load_configuration

        return self._read(lambda path: load_configuration(path, installed_standards()))

    @cached_property
    def foundation(self) -> Foundation:
        """What every command needs of it. Raises Failure."""
        from protocols.process.foundation import load_foundation

        return self._read(load_foundation)

    def _read(self, load: Callable[[Path], F]) -> F:
        from protocols.process.foundation import ConfigurationError

        if not self.path.exists():
            raise Failure(
                f"{self.path} does not exist",
                "Name the configuration with --config FILE or the variable TIRO_CONFIG; "
                "`tiro new DIR` makes one, with a library.",
            )
        try:
            found = load(self.path)
        except ConfigurationError as error:
            raise Failure(
                str(error), "Put it right there; `tiro check` looks at all the rest as well."
            ) from error
        from protocols.hosting.destinations import set_allowed

        set_allowed(found.outgoing.allow)
        return found

    @property
    def database_url(self) -> str:
        return self.foundation.database_url

    @property
    def session_url(self) -> str:
        return self.foundation.session_url
