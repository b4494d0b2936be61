from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
import io
from pathlib import Path
import sqlite3

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
import pytest
from sqlalchemy import insert, inspect, select, text
import sqlglot

from aggregation.keeping.repository import Repository
from aggregation.storage.engine import Database, DatabaseError
from aggregation.storage.migrate import migrate, revision_of, revisions
from aggregation.storage.revise import MIGRATIONS, print_sql
from aggregation.storage.schema import METADATA, ROLLUPS, WEEK_STATES
from aggregation.storage.submissions import find
from tests.databases import make_tables
from tests.made import made, stored

TABLES = set(METADATA.tables)


@pytest.fixture
def empty(storage_url: str) -> Database:
    return Database(storage_url, 5)


def tables(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_files_are_named_by_their_revisions() -> None:
    walked = ScriptDirectory(MIGRATIONS).walk_revisions()
    assert revisions() == tuple(each.revision for each in walked)[::-1]


def test_the_revision_is_read_as_alembic_does(empty: Database) -> None:
    for revision in (*revisions(), "base"):
        migrate(empty, revision)
        with empty.reading() as connection:
            told = MigrationContext.configure(connection).get_current_revision()
            assert revision_of(connection) == told == (None if revision == "base" else revision)
    empty.close()


def test_up_and_down_one_after_the_other(empty: Database) -> None:
    for revision in revisions():
        assert migrate(empty, revision) == revision
    assert tables(empty) == TABLES
    (entry,) = stored(empty, made("a"))
    for revision in revisions()[-2::-1]:
        assert migrate(empty, revision) == revision
    with empty.reading() as connection:
        found = find(connection, made("a"))
    assert found is not None
    assert found.submission_id == entry.submission_id
    assert migrate(empty, "base") is None
    assert tables(empty) == set()
    assert migrate(empty) == revisions()[-1]
    assert tables(empty) == TABLES
    empty.close()


def test_sums_that_were_there_before_their_states_have_one(empty: Database) -> None:
    migrate(empty, "0009")
    with empty.writing() as connection:
        for week, scope in ((2960, "all"), (2960, "gap"), (2961, "all")):
            row = {"week": week, "scope": scope, "scope_value": "", "totals": "{}"}
            connection.execute(insert(ROLLUPS), row)
    migrate(empty)
    with empty.reading() as connection:
        states = dict(connection.execute(select(WEEK_STATES.c.week, WEEK_STATES.c.state)).all())
    assert states.keys() == {2960, 2961}
    assert min(states.values()) > 0
    empty.close()


def test_migrations_make_what_the_schema_says(storage: Database) -> None:
    with storage.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_a_copy_for_tests_is_what_the_migrations_make(tmp_path: Path) -> None:
    copied, migrated = tmp_path / "copied.db", tmp_path / "migrated.db"
    make_tables(copied)
    with closing(Database(f"sqlite:///{migrated}", 5)) as database:
        migrate(database)
    assert migrated.stat().st_mode == copied.stat().st_mode
    with closing(sqlite3.connect(copied)) as one, closing(sqlite3.connect(migrated)) as other:
        assert [*one.iterdump()] == [*other.iterdump()]
        for pragma in ("journal_mode", "page_size", "auto_vacuum", "user_version"):
            assert one.execute(f"PRAGMA {pragma}").fetchone() == other.execute(f"PRAGMA {pragma}").fetchone()


def test_several_processes_at_once(storage_url: str) -> None:
    databases = [Database(storage_url, 10) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(migrate, databases)) == [revisions()[-1]] * 4
    for database in databases:
        database.close()


def test_newer_schema_is_refused(storage: Database, storage_url: str) -> None:
    with storage.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match=r"newer version of the service \(revision 9999\)"):
        Repository.open(storage_url, 5)
    with storage.reading() as connection:
        assert revision_of(connection) == "9999"


def test_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"AGGREGATION_DATABASE_URL: .*SQLITE_CANTOPEN"):
        Repository.open(f"sqlite:///{tmp_path}/missing/aggregation.db", 0.1)


def test_file_is_no_database(no_database: Path) -> None:
    no_database.write_bytes(b"something else, long enough for a header" * 10)
    with pytest.raises(DatabaseError, match="SQLITE_NOTADB"):
        Repository.open(f"sqlite:///{no_database}", 0.1)


def test_tables_of_another_program(no_database: Path) -> None:
    with closing(sqlite3.connect(no_database)) as connection, connection:
        connection.execute("CREATE TABLE submissions (id INTEGER, other TEXT)")
    connection.close()
    with pytest.raises(DatabaseError, match="SQLITE_ERROR"):
        Repository.open(f"sqlite:///{no_database}", 0.1)


def test_nobody_listens() -> None:
    with pytest.raises(DatabaseError, match="OperationalError"):
        Repository.open("postgresql+psycopg://nobody@127.0.0.1:1/none", 1)


@pytest.mark.parametrize(
    ("dialect", "name"), [("mssql", "tsql"), ("postgresql", "postgres"), ("sqlite", "sqlite")]
)
def test_sql_for_those_who_migrate_by_hand(dialect: str, name: str) -> None:
    output = io.StringIO()
    print_sql(dialect, "head", output)
    statements = sqlglot.parse(output.getvalue(), dialect=name)
    made_tables = {
        table.name
        for statement in statements
        if isinstance(statement, sqlglot.exp.Create) and statement.kind == "TABLE"
        if (table := statement.find(sqlglot.exp.Table))
    }
    assert made_tables == TABLES | {"alembic_version"}
