"""Somebody at the command line of a library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from catalogue.database import Database, open_database
from protocols.commands.command_line import tiro
from tests.builders.circulation import Library, a_library, present


class Staff:
    """A library as `tests.builders.circulation` builds it, and `tiro` run on it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.configuration = folder / "tiro.toml"
        self.configuration.write_text(
            f'[database]\nurl = "{url}"\n[circulation]\nidentifier_key = "{"5a" * 16}"\n'
            '[outgoing]\nallow = ["192.0.2.0/24", "127.0.0.0/8", "::1"]\n'
        )
        self.database: Database = open_database(url)
        self.library: Library = a_library(self.database)
        self.library.now = present()

    def run(self, *arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(
            tiro, ["--config", str(self.configuration), *arguments], input=typed
        )

    def json(self, *arguments: str, code: int = 0) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.output)
