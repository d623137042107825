"""Filters of templates: dates, amounts and titles as a language writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context

from circulation.ledger.money import exponent_of

_MONTHS = {
    "da": [
        "januar",
        "februar",
        "marts",
        "april",
        "maj",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "december",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
_SHORT_TITLE = 25


def _local(context: Context, value: date | datetime | str) -> date | datetime:
    """A time where the library is. Facts that were stored hold dates and times as text."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(context["timezone"]))
    return value


@pass_context
def day(context: Context, value: date | datetime | str) -> str:
    """``1. februar 2027``, ``1 February 2027``."""
    local = _local(context, value)
    months = _MONTHS.get(context["language"])
    if months is None:
        return f"{local:%Y-%m-%d}"
    point = "." if context["language"] == "da" else ""
    return f"{local.day}{point} {months[local.month - 1]} {local.year}"


@pass_context
def short_day(context: Context, value: date | datetime | str) -> str:
    """For text messages: ``1/2``, or ``1 Feb``."""
    local = _local(context, value)
    if context["language"] == "da":
        return f"{local.day}/{local.month}"
    return f"{local.day} {_MONTHS['en'][local.month - 1][:3]}"


@pass_context
def clock(context: Context, value: datetime | str) -> str:
    """``16.30``, ``16:30``."""
    local = _local(context, value)
    return f"{local:%H.%M}" if context["language"] == "da" else f"{local:%H:%M}"


@pass_context
def money(context: Context, amount: int, currency: str) -> str:
    """An amount in minor units: ``1.234,50 kr.``, ``DKK 1,234.50``."""
    digits = exponent_of(currency)
    sign = "-" if amount < 0 else ""
    whole, fraction = divmod(abs(amount), 10**digits)
    is_danish = context["language"] == "da"
    thousands, point = (".", ",") if is_danish else (",", ".")
    number = f"{whole:,}".replace(",", thousands)
    if digits:
        number += f"{point}{fraction:0{digits}}"
    if is_danish and currency == "DKK":
        return f"{sign}{number} kr."
    return f"{sign}{number} {currency}" if is_danish else f"{sign}{currency} {number}"


def short(title: str, length: int = _SHORT_TITLE) -> str:
    """A title for text messages, cut at a word where there is one."""
    if len(title) <= length:
        return title
    cut = title[: length - 3]
    return (cut.rsplit(" ", 1)[0] if " " in cut[length // 2 :] else cut).rstrip(" ,:;.-/") + "..."


FILTERS: dict[str, Callable[..., Any]] = {
    "clock": clock,
    "day": day,
    "money": money,
    "short": short,
    "short_day": short_day,
}
