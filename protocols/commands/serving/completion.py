"""`tiro completion`: what makes a shell complete commands, options and values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes SHELL complete `tiro`: its commands, options, and what they take.

    \b
    bash  in ~/.bashrc:  eval "$(tiro completion bash)"
    zsh   in ~/.zshrc:   eval "$(tiro completion zsh)"
    fish  once:          tiro completion fish > ~/.config/fish/completions/tiro.fish

    The ISIL of branches are those of the library that tiro.toml or TIRO_CONFIG names.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(context.find_root().command, {}, "tiro", "_TIRO_COMPLETE").source())
