"""The migrations make exactly the tables that the code declares, on both databases."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

import circulation.assembly  # noqa: F401  its tables join the metadata
from catalogue.database import metadata, migrate
from catalogue.database.migrations.running import (
    alembic_configuration,
    engine_on,
    is_current,
    upgrade,
)
from tests.conftest import a_postgresql
from tests.test_side_by_side import run_sql


def test_the_tables_are_those_declared(database_url: str) -> None:
    engine = engine_on(database_url)
    try:
        with engine.connect() as connection:
            # SQLite tells defaults in other words than it was given; their texts are the same.
            options = {
                "compare_type": True,
                "compare_server_default": engine.dialect.name != "sqlite",
            }
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, metadata) == []
            assert set(inspect(connection).get_table_names()) == {
                *metadata.tables,
                "alembic_version",
            }
    finally:
        engine.dispose()


def test_partial_indexes_have_their_condition(database_url: str) -> None:
    """`compare_metadata` looks at columns only, and these conditions carry a promise."""
    engine = engine_on(database_url)
    try:
        with engine.connect() as connection:
            dialect = connection.dialect.name
            found = {index["name"]: index for index in inspect(connection).get_indexes("loans")}
            for name, is_unique, holds in (
                ("uq_loans_open_item", True, "checked_in IS NULL"),
                ("ix_loans_open_patron", False, "checked_in IS NULL"),
                ("ix_loans_history", False, "patron_id IS NOT NULL"),
            ):
                assert bool(found[name]["unique"]) is is_unique
                assert holds in str(found[name]["dialect_options"][f"{dialect}_where"])
    finally:
        engine.dispose()


def test_an_index_is_partial_where_it_is_declared_so(database_url: str) -> None:
    engine = engine_on(database_url)
    try:
        with engine.connect() as connection:
            where = f"{connection.dialect.name}_where"
            for table in metadata.sorted_tables:
                declared = {
                    str(index.name)
                    for index in table.indexes
                    if index.dialect_options["sqlite"]["where"] is not None
                }
                made = inspect(connection).get_indexes(table.name)
                partial = {str(i["name"]) for i in made if where in i.get("dialect_options", {})}
                assert partial == declared, table.name
    finally:
        engine.dispose()


def test_checks_are_there(database_url: str) -> None:
    engine = engine_on(database_url)
    try:
        with engine.connect() as connection:
            for table in metadata.sorted_tables:
                declared = {
                    str(constraint.name)
                    for constraint in table.constraints
                    if type(constraint).__name__ == "CheckConstraint"
                }
                made = inspect(connection).get_check_constraints(table.name)
                assert {str(constraint["name"]) for constraint in made} == declared
    finally:
        engine.dispose()


def test_postgresql_keeps_records_in_their_rows_and_compresses_neither_them_nor_bitmaps(
    postgresql_template: tuple[str, str],
) -> None:
    octets = b"a" * 7_000
    with a_postgresql(postgresql_template) as url, psycopg.connect(url) as connection:
        connection.execute("INSERT INTO postings VALUES (1, 'a', 0, 1, %s)", [octets])
        connection.execute(
            "INSERT INTO records (format, title, author, data, created, changed)"
            " VALUES ('marc21', '', '', %s, now(), now())",
            [octets],
        )
        sizes = connection.execute(
            "SELECT pg_column_size(data), pg_column_size(bitmap) FROM records, postings"
        )
        assert min(sizes.fetchone() or (0,)) >= len(octets)
        beside = "SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE relname = %s"
        assert connection.execute(beside, ["records"]).fetchone() == (0,)
        assert connection.execute(beside, ["postings"]).fetchone() != (0,)


def test_there_is_one_history() -> None:
    script = ScriptDirectory.from_config(alembic_configuration())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_migrating_again_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    engine = engine_on(database_url)
    try:
        with engine.connect() as connection:
            assert is_current(connection)
            [row] = connection.exec_driver_sql("SELECT id, version FROM set_up_version").all()
            assert tuple(row) == (1, 0)
    finally:
        engine.dispose()


def test_warnings_and_reasons_of_charges_are_taken_over(tmp_path: Path) -> None:
    """A warning finds the message that gave it, one of which nobody was told goes, and reasons
    lose what stood behind them."""
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    upgrade(url, "0024")
    engine = engine_on(url)
    noon, none = "2027-02-01 11:00:00.000000", "''"
    with engine.begin() as connection:
        for number, kind, facts in (
            (11, "block_warning", "{}"),
            (12, "bill", '{"block_warning": {}}'),
            (13, "bill", "{}"),
        ):
            connection.exec_driver_sql(
                "INSERT INTO notices (id, patron_id, branch_id, kind, cause, facts, failed, state,"
                f" why, created, due) VALUES ({number}, {number}, 1, '{kind}', '{{}}', '{facts}',"
                f" {none}, 'sent', {none}, '{noon}', '{noon}')"
            )
        for patron in (11, 12, 13, 14):
            blocked = f"'{noon}'" if patron == 14 else "NULL"
            connection.exec_driver_sql(
                "INSERT INTO debt_warnings (patron_id, agency_id, warned, amount, currency,"
                f" blocked) VALUES ({patron}, 1, '{noon}', 20000, 'DKK', {blocked})"
            )
        for number, (kind, once, reason) in enumerate(
            (
                ("late_fee", "late 1", "returned late, due 2027-01-01"),
                ("administrative", "step reminder 1", "reminder reminder"),
                ("administrative", "NULL", "reminder of my own"),
            )
        ):
            connection.exec_driver_sql(
                "INSERT INTO charges (id, patron_id, agency_id, branch_id, kind, currency, amount,"
                " paid, written_off, balance, reason, created, once) VALUES"
                f" ({number}, 1, 1, 1, '{kind}', 'DKK', 1, 0, 0, 1, '{reason}', '{noon}',"
                f" {once if once == 'NULL' else repr(once)})"
            )
    engine.dispose()
    upgrade(url)
    engine = engine_on(url)
    with engine.connect() as connection:
        told = connection.exec_driver_sql(
            "SELECT patron_id, notice_id, reached FROM debt_warnings ORDER BY patron_id"
        ).all()
        reasons = connection.exec_driver_sql("SELECT reason FROM charges ORDER BY id").all()
    engine.dispose()
    assert [tuple(row) for row in told] == [(11, 11, None), (12, 12, None), (14, None, None)]
    assert [row[0] for row in reasons] == ["returned late", "reminder", "reminder of my own"]


_MOMENT = "2026-11-25T11:00:00.000000+00:00"


def begin_again(url: str, revision: str) -> None:
    """The database as it was at that revision, without any rows."""
    engine = engine_on(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("DROP SCHEMA public CASCADE")
                connection.exec_driver_sql("CREATE SCHEMA public")
            else:
                for name in inspect(connection).get_table_names():
                    connection.exec_driver_sql(f"DROP TABLE {name}")
        configuration = alembic_configuration()
        with engine.connect() as connection:
            configuration.attributes["connection"] = connection
            command.upgrade(configuration, revision)
            connection.commit()
    finally:
        engine.dispose()


def test_blocks_become_those_of_an_agency(database_url: str) -> None:
    """One for debt that of each agency that warned of it, what is true of the person everybody's,
    any other that of the patron's agency."""
    begin_again(database_url, "0023")
    run_sql(
        database_url,
        "INSERT INTO consortia (id, name) VALUES (1, 'Prøveland')",
        "INSERT INTO agencies (id, consortium_id, isil, name, kind, shares_stock) VALUES"
        " (1, 1, 'DK-1', 'En', 'public', FALSE), (2, 1, 'DK-2', 'To', 'school', FALSE)",
        "INSERT INTO branches (id, agency_id, isil, name) VALUES (1, 1, 'DK-11', 'Hoved')",
        *(
            "INSERT INTO patrons (id, agency_id, home_branch_id, category, name, given_name,"
            " family_name, language, email, phone, note, created) VALUES"
            f" ({number}, 1, 1, 'adult', '', '', '', 'da', '', '', '', '{_MOMENT}')"
            for number in (1, 2)
        ),
        "INSERT INTO debt_warnings (patron_id, agency_id, warned, amount, currency, blocked) VALUES"
        f" (1, 2, '{_MOMENT}', 1, 'DKK', '{_MOMENT}'), (2, 2, '{_MOMENT}', 1, 'DKK', NULL)",
        *(
            "INSERT INTO patron_blocks (patron_id, reason, since, message) VALUES"
            f" ({patron}, '{reason}', '{_MOMENT}', 'why')"
            for patron, reason in (
                (1, "debt"),
                (1, "deceased"),
                (1, "excluded"),
                (2, "debt"),
            )
        ),
    )
    migrate(database_url)
    engine = engine_on(database_url)
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql(
                "SELECT patron_id, reason, agency_id, message FROM patron_blocks"
            ).all()
    finally:
        engine.dispose()
    assert {tuple(row) for row in found} == {
        (1, "debt", 2, "why"),
        (1, "deceased", None, "why"),
        (1, "excluded", 1, "why"),
        (2, "debt", 1, "why"),
    }


def test_what_was_not_told_yet_is_taken_over(tmp_path: Path) -> None:
    """Events after the last that was certainly looked at, of the kinds that are told."""
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    upgrade(url, "0029")
    engine = engine_on(url)
    noon = "2027-02-01 11:00:00.000000"
    kinds = ("checked_out", "checked_in", "hold_placed", "checked_out", "pin_changed")
    with engine.begin() as connection:
        for number, kind in enumerate(kinds, 1):
            connection.exec_driver_sql(
                "INSERT INTO events (id, kind, at, actor, device)"
                f" VALUES ({number}, '{kind}', '{noon}', '', '')"
            )
        connection.exec_driver_sql(
            f"INSERT INTO notice_progress (id, seen, seen_at, safe) VALUES (1, 4, '{noon}', 1)"
        )
    engine.dispose()
    upgrade(url)
    engine = engine_on(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT * FROM outbox ORDER BY event_id").all()
    engine.dispose()
    assert [tuple(row) for row in found] == [("notices", 2), ("notices", 4), ("notices", 5)]


def test_what_a_loan_names_stays_without_its_foreign_key(tmp_path: Path) -> None:
    """Only the text of the table changes, whatever loans there are."""
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    upgrade(url, "0053")
    run_sql(
        url,
        "INSERT INTO loans (id, item_id, patron_id, branch_id, material_group, checked_out, due,"
        f" renewals, checked_in, checked_in_branch_id) VALUES (1, 1, 9, 7, '', '{_MOMENT}',"
        f" '{_MOMENT}', 0, '{_MOMENT}', 7)",
    )
    upgrade(url)
    engine = engine_on(url)
    try:
        with engine.connect() as connection:
            keys = inspect(connection).get_foreign_keys("loans")
            found = connection.exec_driver_sql("SELECT patron_id, checked_in_branch_id FROM loans")
            row = found.one()
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    finally:
        engine.dispose()
    assert tuple(row) == (9, 7)
    assert sorted(column for key in keys for column in key["constrained_columns"]) == [
        "branch_id",
        "co_patron_id",
        "item_id",
    ]
