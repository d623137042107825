"""Groups of commands, some of which are loaded when they are called: those that do more than to ask
operations, and load the engine for it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LateGroup(click.Group):
    """`late`: command -> the module below `protocols.commands` that holds it, by its own name."""

    def __init__(self, *args: Any, late: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._late = late

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self._late])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._late:
            return super().get_command(ctx, cmd_name)
        module: Any = importlib.import_module(f"protocols.commands.{self._late[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command
