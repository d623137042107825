"""The terms of a scan as a cataloguer wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from catalogue.database import Transaction
from catalogue.index.field_texts import shown_text, whole_forms_of
from catalogue.index.folding import phrase_key
from catalogue.index.spellings import fold_readings
from catalogue.query import Completeness
from catalogue.records import fetch_records
from catalogue.searching.lookups import find_matches
from catalogue.searching.matching import plan_term
from catalogue.searching.scanning import ScanEntry, ScanPage

#: Terms for which a record is read: those of a longer page are shown as the index has them.
MOST_SHOWN = 100


def displayed(transaction: Transaction, page: ScanPage) -> list[str]:
    """For each entry of a list of whole fields, the field as the first record with it has it.

    Words and numbers are given as they are. Some 30 microseconds for each entry of such a list.
    """
    entries: Sequence[ScanEntry] = page.entries
    is_of_fields = page.search.completeness is Completeness.COMPLETE_FIELD
    if not is_of_fields or len(entries) > MOST_SHOWN:
        return [entry.term for entry in entries]
    matches = [plan_term(replace(page.search, text=entry.term)) for entry in entries]
    firsts = [found.min() if found else 0 for found in find_matches(transaction, matches)]
    records = {record.id: record for record in fetch_records(transaction, sorted(set(firsts)))}
    shown = []
    for entry, number in zip(entries, firsts, strict=True):
        forms: list[str] = []
        term = entry.term.encode()
        record = records.get(number)
        if record is not None:
            forms = [
                form
                for form in whole_forms_of(record.format, record.data, page.search.access_point)
                if any(phrase_key(" ".join(each)) == term for each in fold_readings(form))
            ]
        shown.append(shown_text(forms[0]) if forms else entry.term)
    return shown
