"""When everything is compared: once a night."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo


def begin_of_night(hours: str, now: datetime, zone: tzinfo) -> datetime | None:
    """Return when the hours (``22:00-05:00``) that it is now began; None outside them."""
    if not hours:
        return None
    first, last = (time.fromisoformat(each) for each in hours.split("-"))
    local = now.astimezone(zone)
    begin = datetime.combine(local.date(), first, zone)
    if local < begin:
        begin -= timedelta(days=1)
    end = datetime.combine(begin.date(), last, zone)
    if end <= begin:
        end += timedelta(days=1)
    return begin if begin <= local < end else None
