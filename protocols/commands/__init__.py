"""The subcommands of `tiro`, a module each; `protocols.commands.command_line` lists them."""
