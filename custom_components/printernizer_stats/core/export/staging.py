"""Staging of an import: checked row by row and laid out beside the tables, before anything is changed."""

from collections.abc import Iterator
from itertools import batched
import json
from typing import Any, Final, TextIO

from fnv_hash_fast import fnv1a_32
from sqlalchemy import ColumnClause, Connection, column, insert, table, text
from sqlalchemy.exc import IntegrityError

from ..counters import ENERGY_COST, Scope
from ..dictionary import DICTIONARY, DictionaryError
from ..timestamps import seconds
from .fields import HEAD, SECTIONS, VERSION, Section
from .reading import ImportRefusedError, Reader
from .reports import check_report

type Staged = tuple[str, tuple[Any, ...]]

_BATCH: Final = 1000
_MOST: Final = 2**40
"""More than anything that is counted at home comes to in a life."""


def stage(conn: Connection, file: TextIO) -> dict[str, Any]:
    """Lay the file out in tables `staged_<section>` of this connection only, and return its head.

    Raises ImportRefusedError at the first thing that is not declared.
    """
    driver: Any = conn.connection.driver_connection
    driver.create_function("fnv1a_32", 1, lambda data: fnv1a_32(data.encode()), deterministic=True)
    for name, section in SECTIONS.items():
        columns = ", ".join(f'"{field}"' for field in section.fields)
        key = ", ".join(f'"{field}"' for field in section.key)
        conn.exec_driver_sql(f'DROP TABLE IF EXISTS temp."staged_{name}"')
        conn.exec_driver_sql(f'CREATE TEMP TABLE "staged_{name}" ({columns}, PRIMARY KEY ({key}))')
    conn.exec_driver_sql("DROP TABLE IF EXISTS temp.staged_spans")
    conn.exec_driver_sql("CREATE TEMP TABLE staged_spans (theirs INTEGER PRIMARY KEY, ours INTEGER)")
    head: dict[str, Any] = {}
    try:
        for batch in batched(_rows(file, head), _BATCH, strict=False):
            by_section: dict[str, list[tuple[Any, ...]]] = {}
            for name, row in batch:
                by_section.setdefault(name, []).append(row)
            for name, rows in by_section.items():
                _insert(conn, name, rows)
    except (UnicodeError, RecursionError) as error:
        raise ImportRefusedError("import_unreadable") from error
    return head


def staged_settings(conn: Connection) -> dict[str, Any]:
    """Return the settings that the file brings."""
    rows = conn.execute(text("SELECT key, value FROM staged_settings"))
    return {key: json.loads(value) for key, value in rows}


def _insert(conn: Connection, name: str, rows: list[tuple[Any, ...]]) -> None:
    columns: list[ColumnClause[Any]] = [column(field) for field in SECTIONS[name].fields]
    statement = insert(table(f"staged_{name}", *columns))
    try:
        conn.execute(statement, [dict(zip(SECTIONS[name].fields, row, strict=True)) for row in rows])
    except IntegrityError as error:
        raise ImportRefusedError("import_twice", name) from error


def _rows(file: TextIO, head: dict[str, Any]) -> Iterator[Staged]:
    """Yield each row of each section as it is to be laid out; puts what comes before them into `head`."""
    numbers = dict.fromkeys(SECTIONS, 0)
    reader = Reader(file, SECTIONS.keys() - {"settings"})
    for name, value in reader.items():
        if name in HEAD:
            _check_head(name, value)
            head[name] = value
            continue
        if name not in SECTIONS:
            raise ImportRefusedError("import_unknown", "the file")
        if "export_version" not in head:
            raise ImportRefusedError("import_incomplete", "export_version")
        for row in _of_object(value) if name == "settings" else (value,):
            numbers[name] += 1
            yield name, _checked(SECTIONS[name], row, f"{name} {numbers[name]}")
    for name in (*HEAD, *SECTIONS):
        if name not in reader.seen:
            raise ImportRefusedError("import_incomplete", name)


def _check_head(name: str, value: object) -> None:
    if name == "export_version" and type(value) is int and value != VERSION:
        raise ImportRefusedError("import_version", str(min(abs(value), 10**9)))
    if not HEAD[name].accepts(value):
        raise ImportRefusedError("import_invalid", name)
    if name == "dictionary_version" and isinstance(value, int) and value > DICTIONARY.version:
        raise ImportRefusedError("import_newer")


def _of_object(value: object) -> Iterator[dict[str, Any]]:
    if not isinstance(value, dict):
        raise ImportRefusedError("import_invalid", "settings")
    for key, each in value.items():
        yield {"key": key, "value": each}


def _checked(section: Section, row: object, place: str) -> tuple[Any, ...]:
    """Return the row's cells in order; raises ImportRefusedError unless it holds just what is declared."""
    if not isinstance(row, dict):
        raise ImportRefusedError("import_invalid", place)
    for field, declared in section.fields.items():
        if field not in row:
            raise ImportRefusedError("import_incomplete", f"{place}, {field}")
        if not declared.accepts(row[field]):
            raise ImportRefusedError("import_invalid", f"{place}, {field}")
    if len(row) != len(section.fields):
        raise ImportRefusedError("import_unknown", place)
    try:
        if section is SECTIONS["events"]:
            DICTIONARY.check_event(row["type"], row["data"])
        elif section is SECTIONS["reports"]:
            check_report(row)
        elif section in (SECTIONS["counters"], SECTIONS["imports"]):
            _check_period(row)
    except DictionaryError as error:
        raise ImportRefusedError("import_invalid", f"{place}, {error.name}") from error
    return tuple(_cell(declared.type, row[field]) for field, declared in section.fields.items())


def _check_period(row: dict[str, Any]) -> None:
    """Raise DictionaryError unless a counter's period is one of its scope."""
    period = row["period"]
    fits = {Scope.TOTAL: not period, Scope.DAY: "-" in period, Scope.INTERVAL: period.isdecimal()}
    if not fits[row["scope"]]:
        raise DictionaryError("invalid_value", "period")
    lowest = -_MOST if row["metric"] == ENERGY_COST else 0
    if not lowest <= row["value"] <= _MOST:
        raise DictionaryError("invalid_value", "value")


def _cell(kind: str, value: Any) -> Any:
    if kind == "any" or (kind in ("categories", "object") and value is not None):
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return seconds(value) if kind == "instant" and value is not None else value
