"""Commands described by the operation of the HTTP API that does their work.

A description has a name, the operations, a text for `--help` and the parameters, which are called
as the operation calls them. From it come the options, the request, on the database or over
`--server`, and the printed answer. These parameters become what operations take:

* `branch` is where it is done; its name is another one where an operation has a `branch` itself;
* `patron` and `guardian` are given by a card;
* `overridden` and `why` become the override of the rules that they name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import click

from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.pages import print_page
from protocols.commands.shared.late import LateGroup
from protocols.commands.shared.overriding import override_wish
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings

#: An option or an argument, as a decorator of click.
Parameter = Callable[[Any], Any]
#: What a command does where one operation does not: it asks several, and returns an answer.
Work = Callable[..., Any]
#: Prints an answer, as JSON or for people.
Printer = Callable[[Any, bool], None]
#: Parameters that are cards, where operations take the patron.
_CARDS: Final = ("patron", "guardian")


def described(
    name: str,
    operations: str,
    about: str,
    *parameters: Parameter,
    wish: Callable[..., dict[str, Any]] | None = None,
    work: Work | None = None,
    printer: Printer | None = None,
    place: str = "branch",
    **fixed: Any,
) -> click.Command:
    """Return the command.

    Args:
        name: What the command is called.
        operations: The ids of the operations, separated by blanks; the first does the work.
        about: The text of `--help`.
        parameters: The arguments and options, but for `--json`.
        wish: Takes the values of the parameters and returns what the operation takes. Raises
            click.UsageError.
        work: Takes the asker and the values, and returns the answer. By default the first
            operation is asked.
        printer: Prints the answer. By default it is printed as a page of a list, or as it is.
        place: The parameter that names the branch where it is done.
        fixed: What the operation is always told.
    """
    names = operations.split()

    def ask(asker: Asker, /, **values: Any) -> Any:
        return asker.ask(names[0], **values, **fixed)

    @asks(*names)
    def call(settings: Settings, /, as_json: bool, **values: Any) -> None:
        if wish is not None:
            values = wish(**values)
        if "overridden" in values:
            values["override"] = override_wish(values.pop("overridden"), values.pop("why"))
        with asked(settings, values.pop(place, None)) as asker:
            _find_patrons(asker, values)
            answer = (work or ask)(asker, **values)
            if printer is None:
                print_page(asker, answer, as_json)
            else:
                printer(answer, as_json)

    made: Any = call
    decorators: tuple[Parameter, ...] = (click.pass_obj, as_json, *reversed(parameters))
    for each in decorators:
        made = each(made)
    return click.command(name, help=about)(made)


def _find_patrons(asker: Asker, values: dict[str, Any]) -> None:
    """Put the patrons in the place of their cards."""
    for each in _CARDS:
        if values.get(each) is not None:
            values[each] = asker.patron(values[each])


def doing(
    name: str, operations: str, *parameters: Parameter, **more: Any
) -> Callable[[Work], click.Command]:
    """Decorate the work of a command that asks several operations; its docstring is the text of
    `--help`. The other arguments are those of `described`."""

    def describe(work: Work) -> click.Command:
        return described(name, operations, work.__doc__ or "", *parameters, work=work, **more)

    return describe


class Noun(LateGroup):
    """A group of commands that are described."""

    def __init__(
        self, *args: Any, late: Mapping[str, str] | None = None, **attributes: Any
    ) -> None:
        super().__init__(*args, late=late or {}, **attributes)

    def ask(
        self, name: str, operations: str, about: str, *parameters: Parameter, **more: Any
    ) -> None:
        """Add a command; the arguments are those of `described`."""
        self.add_command(described(name, operations, about, *parameters, **more))

    def doing(
        self, name: str, operations: str, *parameters: Parameter, **more: Any
    ) -> Callable[[Work], Work]:
        """Add a command for the decorated work, as `doing` makes it."""

        def add(work: Work) -> Work:
            self.add_command(doing(name, operations, *parameters, **more)(work))
            return work

        return add
