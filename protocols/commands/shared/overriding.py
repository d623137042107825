"""What commands pass over by name, as far as whoever types may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from circulation.kernel.overriding import OVERRIDABLE

_REASONS = click.Choice(sorted(reason.name for reason in OVERRIDABLE), case_sensitive=False)


def overriding(command: Callable[..., None]) -> Callable[..., None]:
    """The options that name what is passed over (`overridden`), and say why."""
    named = click.option(
        "--override",
        "overridden",
        multiple=True,
        type=_REASONS,
        metavar="REASON",
        help="Pass over this hindrance, which a refusal names; may be given several times.",
    )
    why = click.option("--why", default="", help="Why; kept with the event, as who does it.")
    return named(why(command))


def override_wish(overridden: tuple[str, ...], why: str) -> dict[str, Any] | None:
    """What was named, as operations take it. Raises click.UsageError where nobody says why."""
    if not overridden:
        return None
    if not why.strip():
        raise click.UsageError("--why is missing: whoever passes over a reason says why")
    return {"reasons": overridden, "why": why}
