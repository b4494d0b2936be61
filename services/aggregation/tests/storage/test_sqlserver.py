"""No SQL Server is at hand: every statement is compiled for it, and parsed as its language.

Those of the statistics run through a server that speaks its protocol and answers from a file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
import json
from pathlib import Path
import socket
import sys
from typing import Any

import pytest
from sqlalchemy import ClauseElement, Select, create_engine, create_mock_engine, event, insert, select
from sqlalchemy.dialects import mssql
import sqlglot

from aggregation.analytics.v1.stats import Stats
from aggregation.keeping.backup import backup
from aggregation.rollups.fold import put_aside, take_back, waiting_since
from aggregation.rollups.retention import purge
from aggregation.storage import changes, keys
from aggregation.storage.engine import Database, LockName, _try_lock, lock
from aggregation.storage.inserts import INSERT
from aggregation.storage.migrate import migrate
from aggregation.storage.records import ApiKeyRow, KeyScope, ReceiptKeyRow, Retention
from aggregation.storage.schema import LIFETIME, PENDING, ROLLUPS, WEEK_STATES
from aggregation.storage.submissions import find
from tests.deploy.programs import running
from tests.made import WEEK, deleted, fold_all, folded, made, stored, verified
from tests.postgres import free_port
from tests.support import wait_until

DAY = date(2026, 11, 22)


@contextmanager
def recorded(database: Database) -> Iterator[list[ClauseElement]]:
    """Give the statements that are executed, as SQLAlchemy has them before it compiles."""
    statements: list[ClauseElement] = []

    def note(_: object, clause: Any, several: Any, one: Any, _options: object) -> None:
        values = dict(one) or (dict(several[0]) if len(several) == 1 else {})
        if isinstance(clause, Select):
            statements.append(clause.params(**values))
        elif isinstance(clause, ClauseElement):
            statements.append(clause)

    for engine in (database.writer, database.reader):
        event.listen(engine, "before_execute", note)
    yield statements


@pytest.fixture
def statements(tmp_path: Path) -> list[ClauseElement]:
    """Do everything once and return what was executed."""
    database = Database(f"sqlite:///{tmp_path / 'a.db'}", 1)
    migrate(database)
    with recorded(database) as found:
        use_everything(database, tmp_path)
    database.close()
    return found


def use_everything(database: Database, folder: Path) -> None:
    stored(database, made("a"), made("b", protocol="2.0"), made("c", WEEK - 70), made("d", WEEK - 200))
    stored(database, made("a", WEEK - 2), made("a", WEEK + 1, app_version="3.0"))
    with database.writing() as connection:
        changes.begin(connection, DAY)
    fold_all(database)
    deleted(database, "a")
    purge(database, Retention(), DAY)
    with database.writing() as connection:
        put_aside(connection, "error")
        take_back(connection)
        waiting_since(connection)
        keys.add_api_key(
            connection, ApiKeyRow(name="n", scope=KeyScope.READ, sha256="0" * 64, created_day=DAY)
        )
        keys.api_keys(connection)
        keys.rotate_api_key(connection, "n", "1" * 64, DAY)
        keys.revoke_api_key(connection, "n", DAY)
        keys.ensure_receipt_key(connection, ReceiptKeyRow(kid="k", private_key="p", created_day=DAY))
        keys.retire_receipt_key(connection, "k", DAY)
        assert changes.is_kept(connection)
        changes.done(connection, changes.waiting(connection, 2))
        assert changes.lag(connection) > 0
        changes.forget(connection)
    with database.reading() as connection:
        find(connection, made("b"))
        backup(connection, folder / "backup")
        Stats(connection, DAY).export()
    verified(database)


def test_every_statement_is_tsql(statements: list[ClauseElement]) -> None:
    dialect = mssql.dialect()  # type: ignore[no-untyped-call]
    dialect.server_version_info = (15, 0)  # type: ignore[assignment]
    texts = {
        str(statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True}))
        for statement in (INSERT, insert(PENDING), *statements)
    }
    assert len(texts) > 25
    for text in texts:
        assert "MERGE" not in text.upper().split()
        assert "ON CONFLICT" not in text.upper()
        (parsed,) = sqlglot.parse(text.replace("%(", ":").replace(")s", ""), dialect="tsql")
        assert parsed is not None
        assert not isinstance(parsed, sqlglot.exp.Command), text


def test_locks_are_tsql() -> None:
    texts: list[str] = []

    class Taken:
        def scalar_one(self) -> int:
            return 0

    def note(statement: Any, *_: object) -> Taken:
        texts.append(str(statement))
        return Taken()

    connection: Any = create_mock_engine("mssql+pymssql://", note)
    lock(connection, LockName.REPORTS, shared=True)
    lock(connection, LockName.ROLLUPS)
    assert _try_lock(connection, LockName.MIRROR)
    kinds = [[type(part).__name__ for part in sqlglot.parse(text, dialect="tsql")] for text in texts]
    assert kinds == [["Execute"], ["Execute"], ["Declare", "Execute", "Select"]]


@contextmanager
def tds_server(folder: Path, rows: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Serve rows of some tables as what a client takes for a SQL Server."""
    for name, some in rows.items():
        (folder / f"{name}.json").write_text(json.dumps(some))
    tables = [{"name": name, "json": str(folder / f"{name}.json")} for name in rows]
    logins = [{"user": "reader", "password": "of the tests"}]
    (folder / "tds.json").write_text(json.dumps({"tables": tables, "logins": logins}))
    port = free_port()
    command = [sys.executable, "-m", "pysqlbridge.server", "--config", str(folder / "tds.json")]
    with running(folder / "tds.log", *command, "--port", str(port)) as server:
        wait_until(lambda: listens(port), server)
        yield f"mssql+pymssql://reader:of%20the%20tests@127.0.0.1:{port}/master"


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without the time at which it was given."""
    return answer | {"exported_at": "", "anomalies": answer["anomalies"] | {"checked_at": ""}}


def test_statistics_over_the_wire(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}", 1)
    migrate(database)
    for number in range(5):
        errors = {"store_error": number}
        weeks = [
            made(f"{number}", WEEK - week, app_version=f"2.{week}", error_summary=errors) for week in range(3)
        ]
        folded(database, *weeks)
    with database.reading() as connection:
        rows = {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in (ROLLUPS, LIFETIME, WEEK_STATES)
        }
        expected = Stats(connection, DAY).export()
    database.close()
    for row in rows["week_states"]:
        row["state"] += 1  # one under which nothing was read yet
    with tds_server(tmp_path, rows) as url:
        engine = create_engine(url)
        with engine.connect() as connection:
            answer = Stats(connection, DAY).export()
        engine.dispose()
    assert told(answer) == told(expected)
    assert answer["installations"]["total"] == 5
