"""Filters of templates: dates, amounts and titles as a language writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context

from circulation.languages.formats import Formats
from circulation.languages.installed import language
from circulation.ledger.money import decimal_of

_SHORT_TITLE = 25


def _formats(context: Context) -> Formats:
    return language(context["language"]).formats


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
    return _formats(context).day(_local(context, value))


@pass_context
def short_day(context: Context, value: date | datetime | str) -> str:
    """For text messages: ``1/2``, or ``1 Feb``."""
    return _formats(context).short_day(_local(context, value))


@pass_context
def clock(context: Context, value: datetime | str) -> str:
    """``16.30``, ``16:30``."""
    return _formats(context).clock(_local(context, value))


@pass_context
def money(context: Context, amount: int, currency: str) -> str:
    """An amount in minor units: ``1.234,50 kr.``, ``DKK 1,234.50``."""
    return _formats(context).money(decimal_of(amount, currency), currency)


@pass_context
def plural(context: Context, count: int, *, other: str, **categories: str) -> str:
    """The words for a number, by its category in CLDR: ``3|plural(one="bog", other="bøger")``."""
    return categories.get(_formats(context).plural(count), other)


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
    "plural": plural,
    "short": short,
    "short_day": short_day,
}
