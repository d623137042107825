"""Kinds of values that options and arguments take, and options and arguments of many commands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from circulation.ledger.prices import WrongPrice, minor_units
from protocols.commands.shared.settings import Settings

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _Isil(click.types.StringParamType):
    """A branch by its ISIL (ISO 15511); whether there is one is seen where it is needed."""

    name = "ISIL"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The branches of the library, with their names; none where it cannot be asked."""
        from click.shell_completion import CompletionItem

        from circulation.kernel.set_up import all_branches
        from protocols.commands.shared.databases import open_configured

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


class _Day(click.ParamType):  # type: ignore[type-arg]  # older ones take none
    """A date in ISO 8601."""

    name = "date"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date such as 2027-03-31", param, ctx)


class _Moment(click.ParamType):  # type: ignore[type-arg]  # older ones take none
    """A date, or a date and the time of day there, in ISO 8601."""

    name = "moment"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "YYYY-MM-DD[THH:MM]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> date | datetime:
        if isinstance(value, date):
            return value
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date such as 2027-03-31 or 2027-03-31T16:30", param, ctx)
        return found if len(value) > len("2027-03-31") else found.date()


class _Amount(click.types.StringParamType):
    """An amount of money, as people write it."""

    name = "AMOUNT"


def units_of(amount: str, currency: str) -> int:
    """An amount that an option or argument was given, in minor units; more than nothing.

    Raises click.UsageError.
    """
    try:
        units = minor_units(amount, currency)
    except WrongPrice as error:
        raise click.UsageError(str(error)) from error
    if not units:
        raise click.UsageError("an amount is more than nothing")
    return units


ISIL = _Isil()
AMOUNT = _Amount()
MOMENT = _Moment()
DAY = _Day()

at_branch = click.option(
    "--at", "branch", type=ISIL, required=True, help="The branch where it is done."
)
PATRON = click.argument("patron", metavar="PATRON")
#: A patron, for operations that take the card itself.
CARD = click.argument("card", metavar="PATRON")
ITEM = click.argument("item", metavar="BARCODE")
several_items = click.argument("items", nargs=-1, required=True, metavar="BARCODE...")


def flag(*names: str, about: str = "") -> Callable[[Any], Any]:
    """Return an option that takes no value."""
    return click.option(*names, is_flag=True, help=about or None)
