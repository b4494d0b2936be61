"""The schema of the statistics file goes up and down by steps, and what is stored stays."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, inspect, text

from custom_components.printernizer_stats.core.store import (
    StoreTooNewError,
    UsageStore,
    downgrade as program,
)
from custom_components.printernizer_stats.core.store.engine import make_engine
from custom_components.printernizer_stats.core.store.migrations import (
    SCHEMA_VERSION,
    Step,
    current_version,
    downgrade,
    migrate,
)
from custom_components.printernizer_stats.core.store.schema import VIEWS
from custom_components.printernizer_stats.core.store.tables import METADATA

from .conftest import NOON, ZONE, completed


def _up(conn: Connection) -> None:
    conn.execute(text("ALTER TABLE usage_printers ADD COLUMN color TEXT"))
    conn.execute(text("UPDATE usage_printers SET color = 'gray'"))


def _down(conn: Connection) -> None:
    conn.execute(text("ALTER TABLE usage_printers DROP COLUMN color"))


STEPS = (Step(up=_up, down=_down),)
NEXT = SCHEMA_VERSION + 1


@pytest.fixture
def filled(file: Path) -> Path:
    """A file of this version, with a print."""
    store = UsageStore(file, ZONE, lambda _: None, lambda: NOON)
    store.open(NOON)
    store.record((completed(printer="p1"),))
    store.close()
    return file


def _built(conn: Connection) -> dict[str, list[str]]:
    names = [*inspect(conn).get_table_names(), *VIEWS]
    return {name: [column["name"] for column in inspect(conn).get_columns(name)] for name in names}


def _printers(conn: Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in conn.execute(text("SELECT * FROM usage_printers"))]


def test_a_step_up_and_back_leaves_the_file_as_it_was(filled: Path) -> None:
    with make_engine(filled).begin() as conn:
        before, printers = _built(conn), _printers(conn)
        migrate(conn, NOON, STEPS)
        assert current_version(conn) == NEXT
        assert _printers(conn) == [(*row, "gray") for row in printers]
        assert _built(conn)["usage_printers"] == [*before["usage_printers"], "color"]
        assert downgrade(conn, NOON, STEPS) == SCHEMA_VERSION == current_version(conn)
        assert (_built(conn), _printers(conn)) == (before, printers)
        prints = conn.execute(text("SELECT printer_key, result FROM usage_prints")).one()
    assert tuple(prints) == ("p1", "completed")
    store = UsageStore(filled, ZONE, lambda _: None, lambda: NOON)
    assert store.open(NOON).of()["job_completed"] == 1
    store.close()


def test_every_change_is_noted_once(filled: Path) -> None:
    with make_engine(filled).begin() as conn:
        for _ in range(2):
            migrate(conn, NOON, STEPS)
        downgrade(conn, NOON, STEPS)
        noted = conn.scalars(text("SELECT schema_version FROM schema_changes ORDER BY change_id")).all()
    assert noted == [SCHEMA_VERSION, NEXT, SCHEMA_VERSION]


def test_the_first_version_has_nothing_before_it(filled: Path) -> None:
    with make_engine(filled).begin() as conn:
        migrate(conn, NOON, STEPS)
        assert [downgrade(conn, NOON, STEPS) for _ in range(NEXT)] == [*range(SCHEMA_VERSION, 0, -1), 1]


def test_a_file_of_a_newer_version_is_left_alone(filled: Path) -> None:
    with make_engine(filled).begin() as conn:
        migrate(conn, NOON, STEPS)
        built = _built(conn)
    store = UsageStore(filled, ZONE, lambda _: None, lambda: NOON)
    with pytest.raises(StoreTooNewError):
        store.open(NOON)
    with make_engine(filled).begin() as conn:
        assert downgrade(conn, NOON) == NEXT, "it does not know how"
        assert _built(conn) == built


def test_the_program_takes_a_file_back(
    filled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with make_engine(filled).begin() as conn:
        migrate(conn, NOON, STEPS)
    monkeypatch.setattr(program, "downgrade", partial(downgrade, steps=STEPS))
    assert [program.main([str(filled)]) for _ in range(2)] == [0, 1]
    assert capsys.readouterr().out.splitlines() == [
        f"Schema {NEXT} before, {SCHEMA_VERSION} now",
        f"Schema {SCHEMA_VERSION} before, {SCHEMA_VERSION} now",
    ]
    assert program.main([]) == program.main([str(filled.with_name("none"))]) == 2
    assert "Usage" in capsys.readouterr().err


def test_a_file_that_is_begun_has_the_whole_schema_or_nothing(file: Path) -> None:
    file.touch()
    with make_engine(file).connect() as conn:

        @event.listens_for(conn, "before_cursor_execute")
        def end(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if "CREATE INDEX" in statement:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            migrate(conn, NOON)
        conn.rollback()
        assert inspect(conn).get_table_names() == []


def test_what_an_earlier_release_had_begun_is_completed(filled: Path, tmp_path: Path) -> None:
    with make_engine(filled).connect() as conn:
        built = _built(conn)
    half = tmp_path / "half.db"
    half.touch()
    with make_engine(half).begin() as conn:
        METADATA.create_all(conn, tables=METADATA.sorted_tables[:5])
        conn.commit()
    with make_engine(half).begin() as conn:
        migrate(conn, NOON)
        assert _built(conn) == built
