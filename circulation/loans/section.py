"""What library.toml says of past loans."""

from __future__ import annotations

from circulation.loans.privacy import history_days_of, set_history_days
from circulation.sections.parts import AGENCY
from circulation.sections.sections import Changes, Reading, Section, Stored, Storing

_MOST = 3_650


class HistorySection(Section):
    shape = """[agencies.ISIL]   history_days: how long loans without consent name their patron"""
    adds = {AGENCY: ("history_days",)}
    tables = {"history_settings": "agencies"}

    def read(self, reading: Reading) -> None:
        for key, path, table in reading.written(AGENCY):
            days = reading.source.number(path, table, "history_days", _MOST)
            reading.parts.of[AGENCY][key]["history_days"] = days

    def load(self, stored: Stored) -> None:
        for agency_id, days in history_days_of(stored.transaction):
            stored.parts.of[AGENCY][stored.agency_isil[agency_id],]["history_days"] = days

    def remove(self, storing: Storing, changes: Changes) -> None:
        for change in changes[AGENCY]:
            if change.after is None:
                set_history_days(storing.transaction, storing.agency(change.key[0]), None)

    def write(self, storing: Storing, changes: Changes) -> None:
        for change in changes[AGENCY]:
            if change.after is not None:
                agency = storing.agency(change.key[0])
                set_history_days(storing.transaction, agency, change.after["history_days"])
