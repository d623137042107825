"""Each rule sees the row that breaks it, written by hand past every check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import psycopg
import pytest

from tests.pairs.invariants import INVARIANTS
from tests.pairs.running import Template, broken_in, made_template
from tests.pairs.scenes import Scene
from tests.pairs.states import ItemState, MoneyState, TellingState

_ANY: Final = ItemState.FREE


class Break(NamedTuple):
    """Statements that break a rule in a scene that begins so."""

    statements: tuple[str, ...]
    item: ItemState = _ANY
    money: MoneyState | None = None
    telling: TellingState | None = None


_LENT: Final = ItemState.LENT
_SHELVED: Final = ItemState.SHELVED
_ASKED: Final = ItemState.ASKED


def _copied(table: str, condition: str, **changed: str) -> str:
    """Return the statement that copies rows of a table, with other values in some columns."""
    pairs = ", ".join(f"'{name}', {value}" for name, value in changed.items())
    return (
        f"INSERT INTO {table} OVERRIDING SYSTEM VALUE"
        f" SELECT (jsonb_populate_record(r, jsonb_build_object({pairs}))).*"
        f" FROM {table} r WHERE {condition}"
    )


#: A closure of the branch, as that of the scene, around the day on which the item is due.
_CLOSURE: Final = (
    "INSERT INTO closures (branch_id, first, last, reason, announced)"
    " SELECT branch_id, due::date - 2, due::date + 2, 'scene ' || substr(%(item)s, 2, 6), due"
    " FROM loans WHERE item_id = %(item_id)s"
)
_ITS_CLAIM: Final = "id = %(claim_id)s"
_ITS_CASE: Final = "case_id = %(case_id)s"
BREAKS: Final[dict[str, Break]] = {
    "a hold points at a title that is there, and at a copy of it": Break(
        ("DELETE FROM records WHERE id = %(record_id)s",), _SHELVED
    ),
    "an item that is gone is on loan to nobody, and kept for nobody": Break(
        ("DELETE FROM items WHERE id = %(item_id)s",), _LENT
    ),
    "no loan is due while its branch is closed": Break((_CLOSURE,), _LENT),
    "a deposit ends once, and its items go home then": Break(
        ("UPDATE temporary_placements SET closed = created WHERE id = %(placement_id)s",),
        ItemState.PLACED,
    ),
    "a debt is handed over once": Break(
        (
            "DROP INDEX uq_collection_claims_open",
            _copied("collection_claims", _ITS_CLAIM, id="id + 1"),
        ),
        money=MoneyState.HANDED_OVER,
    ),
    "the debtor system hears the end of what it has heard of, once, and nothing else": Break(
        (f"UPDATE collection_claims SET closed = opened WHERE {_ITS_CLAIM}",),
        money=MoneyState.FILED,
    ),
    "the last line says what is claimed": Break(
        (f"UPDATE collection_claims SET amount = 1 WHERE {_ITS_CLAIM}",), money=MoneyState.FILED
    ),
    "a file has the lines that it was written with": Break(
        ("UPDATE collection_lines SET file_id = NULL WHERE claim_id = %(claim_id)s",),
        money=MoneyState.FILED,
    ),
    "a message is put down once": Break(
        (
            "ALTER TABLE notices DROP CONSTRAINT uq_notices_once",
            _copied("notices", "id = %(notice_id)s", id="id + 1"),
        )
    ),
    "what was withdrawn is not sent": Break(
        ("UPDATE notices SET state = 'withdrawn' WHERE id = %(notice_id)s",),
        telling=TellingState.SENDING,
    ),
    "a message and what it tells have come equally far": Break(
        ("UPDATE notice_messages SET state = 'sent' WHERE id = %(message_id)s",),
        telling=TellingState.SENDING,
    ),
    "nobody is sent the same twice at once": Break(
        (_copied("notice_messages", "id = %(message_id)s", id="id + 1"),),
        telling=TellingState.SENDING,
    ),
    "a wish is over when nobody is asked, and nobody is asked when it is over": Break(
        ("UPDATE interlibrary_cases SET closed = created WHERE id = %(case_id)s",), _ASKED
    ),
    "one library is asked at a time, and each once": Break(
        (_copied("interlibrary_loans", _ITS_CASE, id="id + 1", partner="'again'"),), _ASKED
    ),
    "an item is in one interlibrary loan, which is open": Break(
        (f"UPDATE interlibrary_loans SET closed = created WHERE {_ITS_CASE}",), ItemState.BORROWED
    ),
    "an interlibrary loan is lent while its item is": Break(
        ("DELETE FROM loans WHERE item_id = %(item_id)s",), ItemState.LENT_OUT
    ),
    "a partner is told once that it is asked, given up, received or sent home": Break(
        (
            _copied(
                "partner_notices",
                "interlibrary_loan_id = %(partners_loan_id)s",
                id="id + 1000000",
            ),
        ),
        _ASKED,
    ),
}


@pytest.fixture(scope="module")
def template(postgresql_template: tuple[str, str]) -> Iterator[Template]:
    base, migrated = postgresql_template
    states = {each.item for each in BREAKS.values()}
    each = len(MoneyState) * len(TellingState)
    with made_template(f"{base}/postgres", states, each, migrated) as template:
        yield template


def _scene(template: Template, wanted: Break) -> Scene:
    return next(
        each
        for each in template.scenes
        if each.item_state is wanted.item
        and wanted.money in (None, each.money_state)
        and wanted.telling in (None, each.telling_state)
    )


@pytest.mark.parametrize("rule", BREAKS)
def test_a_rule_sees_what_breaks_it(template: Template, rule: str) -> None:
    assert rule in INVARIANTS
    scene = _scene(template, BREAKS[rule])
    values: dict[str, Any] = {
        name: value for name, value in scene._asdict().items() if isinstance(value, (int, str))
    }
    with psycopg.connect(f"{template.server.rpartition('/')[0]}/{template.name}") as connection:
        assert not broken_in(connection, [scene])
        connection.execute("SET session_replication_role = replica")
        for statement in BREAKS[rule].statements:
            connection.execute(statement, values)  # type: ignore[arg-type]
        assert rule in broken_in(connection, [scene])
        connection.rollback()
