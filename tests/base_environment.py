"""What a user has who installs Tiro without extras: as a script it shows every command's help.

    python -m tests.base_environment [--blocked] [ARGUMENT...]

With `--blocked` all that no install_requires asks for cannot be imported, as if it were not
installed. With arguments `tiro` is run with these in the place of the help.
"""

from __future__ import annotations

import re
import sys
from importlib.abc import MetaPathFinder
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions

import click
from click.testing import CliRunner

OURS = "tiro-ils"
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def normal(name: str) -> str:
    """The name of a distribution as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required(name: str = OURS, extras: frozenset[str] = frozenset()) -> set[str]:
    """The distributions that an installation brings: itself, and what it requires, and so on."""
    found: set[str] = set()
    waiting = [(name, extras)]
    seen = set()
    while waiting:
        each, wanted = waiting.pop()
        if (each, wanted) in seen:
            continue
        seen.add((each, wanted))
        try:
            requirements = distribution(each).requires or []
        except PackageNotFoundError:  # for another platform
            continue
        found.add(normal(each))
        for text in requirements:
            head, _, condition = text.partition(";")
            extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", condition)
            if extra is not None and extra[1] not in wanted:
                continue
            needed = _NAME.match(head)
            assert needed is not None
            options = re.search(r"\[([^\]]+)\]", head)
            more = frozenset(options[1].replace(" ", "").split(",")) if options else frozenset()
            waiting.append((needed[0], more))
    return found


class Absent(MetaPathFinder):
    """Modules that are installed here for other ends, and must seem not to be."""

    def __init__(self) -> None:
        base = required()
        self.names = {
            module
            for module, owners in packages_distributions().items()
            if not any(normal(owner) in base for owner in owners)
        }

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def show_every_help() -> None:
    """Raises where a command, or a group of them, cannot be loaded or has no help."""
    from protocols.commands.command_line import tiro

    def walk(command: click.Command, path: tuple[str, ...]) -> int:
        done = CliRunner().invoke(tiro, [*path, "--help"], prog_name="tiro")
        if done.exit_code or "Usage: " not in done.output:
            raise SystemExit(f"tiro {' '.join(path)} --help: {done.output}\n{done.exception!r}")
        if not isinstance(command, click.Group):
            return 1
        context = click.Context(command)
        number = 1
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            number += walk(found, (*path, name))
        return number

    print(f"{walk(tiro, ())} commands show their help")


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--blocked"]:
        arguments = arguments[1:]
        sys.meta_path.insert(0, Absent())
    if arguments:
        from protocols.commands.command_line import tiro

        tiro(arguments, prog_name="tiro")
    else:
        show_every_help()


if __name__ == "__main__":
    main(sys.argv[1:])
