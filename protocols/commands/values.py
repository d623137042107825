"""Kinds of values that options and arguments take, and how a shell completes them."""

from __future__ import annotations

from contextlib import closing

import click
from click.shell_completion import CompletionItem

from circulation.organisation import all_branches
from protocols.command_line import Settings
from protocols.commands.databases import open_configured


class _Isil(click.types.StringParamType):
    """A branch by its ISIL (ISO 15511); whether there is one is seen where it is needed."""

    name = "ISIL"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The branches of the library, with their names; none where it cannot be asked."""
        try:
            settings = Settings(ctx.find_root().params["path"])
            with closing(open_configured(settings, patience=1.0)) as database:
                branches = database.read(all_branches).result()
        except Exception:  # a key was pressed: no place to tell of anything
            return []
        return [
            CompletionItem(each.isil, help=each.name)
            for each in branches
            if each.isil.casefold().startswith(incomplete.casefold())
        ]


ISIL = _Isil()
