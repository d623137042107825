"""The commands of `tiro` in folders by noun; `protocols.commands.command_line` lists them."""
