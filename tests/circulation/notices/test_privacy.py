"""Messages among the rights of persons: all of them are exported, and erased with the person."""

from __future__ import annotations

import json
from collections import namedtuple
from typing import Any

from sqlalchemy import Table, select

from catalogue.database import Statement, many
from circulation.digital_post.receipts import PostReceipt, write_receipt
from circulation.notices.causes import Cause
from circulation.notices.kinds import Basis, NoticeKind
from circulation.notices.schema import notice_messages, notices
from circulation.notices.silence import begin_silent_batch, keep_silent, silent_batch_list
from circulation.patrons.guardians import add_guardian
from circulation.patrons.personal_erasure import erase_person
from circulation.patrons.personal_export import export_person
from tests.builders.circulation import Library, a_patron
from tests.builders.dunning import danish, run_days
from tests.builders.fees import charges_of, hand_in, lend, number_of, paid, total
from tests.builders.notices import EMAIL, act, ask_for, log, rule, sent, write


def rows(library: Library, table: Table) -> list[dict[str, Any]]:
    names = table.columns.keys()

    @many(namedtuple("Row", names))  # type: ignore[misc]
    def all_rows() -> Statement:
        return select(table).order_by(table.c.id)

    return [row._asdict() for row in library.read(all_rows)]


def a_debtor_who_paid(library: Library) -> str:
    """Somebody who was sent all kinds of messages, a bill among them, and owes nothing any more."""
    danish(library)
    card = a_patron(library, email=EMAIL, given_name="Ida", family_name="Ørsted")
    (book,) = lend(library, card, price=12_000, currency="DKK")
    for days in (25, 5, 15, 16):
        run_days(library, days)
        sent(library)
    hand_in(library, book)
    paid(library, card, total(library, card))
    return card


def test_every_message_is_exported(library: Library) -> None:
    card = a_debtor_who_paid(library)
    first = log(library, card)[0]
    receipt = PostReceipt("r1", "u1", first.id, "digital", "Afleveret", library.now)
    write(library, write_receipt, receipt, library.now)
    who = number_of(library, card)
    found = library.read(lambda transaction: export_person(transaction, who))
    assert found is not None
    texts = [row["body"] for row in found["notice_messages"]]
    assert len(texts) == len([each for each in log(library, card) if each.text])
    assert any("Regning" in row["subject"] for row in found["notice_messages"])
    assert len(found["notices"]) >= len(texts)
    assert [row["status"] for row in found["post_receipts"]] == ["Afleveret"]


def test_an_erased_person_is_in_no_message(library: Library) -> None:
    """What was sent of amounts stays as a proof of what was charged, and names nobody."""
    card = a_debtor_who_paid(library)
    ask_for(library, card, NoticeKind.STAFF, Cause(key="1"), facts={"text": "Hej Ida"})
    charged = {line.charge.id for line in charges_of(library, card, only_open=False)}
    write(library, begin_silent_batch, "old system", until=library.now)
    who = number_of(library, card)
    write(library, keep_silent, "old system", Basis.PATRON, [who])
    act(library, erase_person, who)
    assert sent(library) == []
    messages, told = rows(library, notice_messages), rows(library, notices)
    for row in (*messages, *told):
        assert (row["patron_id"], row["recipient_id"]) == (None, None)
        text = json.dumps(row, default=str, ensure_ascii=False)
        for name in ("Ida", "Ørsted", "example.org", "Peters jul", card):
            assert name not in text, row
    (bill,) = [row for row in told if row["kind"] == "bill"]
    assert set(json.loads(bill["cause"])["charges"]) == charged  # the ledger has the amounts
    assert json.loads(bill["facts"])["step_fee"] == 0
    (message,) = [row for row in messages if row["id"] == bill["message_id"]]
    assert (message["channel"], message["state"]) == ("email", "sent")
    assert message["sent"] is not None
    others = [row for row in told if row["kind"] in ("overdue", "due_soon", "staff")]
    assert others
    assert all((row["cause"], row["facts"]) == ("{}", "{}") for row in others)
    assert [each.rows for each in library.read(silent_batch_list)] == [0]


def test_a_guardian_is_erased_and_the_child_is_told_on(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", guardians="copy")
    child = a_patron(library, email="barn@example.org")
    parent = a_patron(library, email=EMAIL, given_name="Gry")
    pair = number_of(library, child), number_of(library, parent)
    act(library, add_guardian, *pair, today=library.today)
    facts = {"text": "Hej"}
    ask_for(library, child, NoticeKind.STAFF, Cause(key="1"), facts=facts)
    assert len(sent(library)) == 2
    ask_for(library, child, NoticeKind.STAFF, Cause(key="2"), facts=facts)
    act(library, erase_person, number_of(library, parent))
    (message,) = sent(library)
    assert message.address == "barn@example.org"
    assert not [each for each in log(library, child) if "Gry" in each.text]
