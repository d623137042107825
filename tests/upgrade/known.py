"""What this release means to answer, or to keep, in another way than earlier ones.

Each line takes from a question's two answers, or from the rows of a table, what may differ.
"""

from __future__ import annotations

import re

#: Pattern, what is put in its place, and why. For answers.
ANSWERS = (
    (r"^(24|64)(.{14})\d{3}", r"\1\2   ", "in the language that was asked for"),
    (r"\|CQ[YN]", "", "CQ only where a PIN was given"),
    (r"\|CK\d{3}", "", "the kind of medium as the material group says"),
    (
        r"<FiscalTransactionDescription>[^<]*</FiscalTransactionDescription>",
        "",
        "what a charge is for, in words that the patron reads",
    ),
)
#: Tables whose rows are made anew, or are of the move itself, and of which moves.
TABLES = {
    "imported": {
        "postings": "the index is made anew",
        "reindexings": "the index is made anew",
        "silent_batches": "what happened before an import is not told",
        "silent_rows": "what happened before an import is not told",
    },
    "upgraded": {},
}
#: Tables that there are no more.
GONE = {
    "access_log": "its lines are in the log of look-ups",
    "notice_progress": "what was not told yet is in the outbox",
}
#: Columns that a migration puts in order.
COLUMNS = {("charges", "reason"): "the due date has its own place"}


def as_meant(answer: str) -> str:
    """The answer without what may differ."""
    for pattern, instead, _ in ANSWERS:
        answer = re.sub(pattern, instead, answer)
    return answer
