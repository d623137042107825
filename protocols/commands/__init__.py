"""The subcommands of `tiro`, a module each; `protocols.command_line` lists them."""
